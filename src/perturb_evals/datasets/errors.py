"""The errors that users can mend, told without a traceback, and the words of other errors.

`DataError` and `ArgumentError` are errors of Click too, the library that Inspect's command line is
made with: raised while a task or a solver is made they end `inspect eval` with their message alone.
In Python, and in a sample that runs, they are exceptions like any other.
"""

import errno

import click


class DataError(click.ClickException):
    """Data, logs or files that cannot be had or used.

    The message says what was got, what was expected, where, and what to do.
    """


class ArgumentError(click.ClickException, ValueError):
    """An argument that is not allowed; the message says what was got and what is allowed."""


_IN_WORDS = {
    errno.ENOENT: "there is no such file or folder",
    errno.ENOTDIR: "a part of its path is no folder",
    errno.EISDIR: "it is a folder, not a file",
    errno.EACCES: "you have no permission",
    errno.EPERM: "you have no permission",
    errno.EEXIST: "something of that name is there",
    errno.EROFS: "it is on a disk that is read only",
    errno.ENOSPC: "the disk is full",
    errno.ENAMETOOLONG: "its name is too long",
}


def why(error: BaseException) -> str:
    """Return what an exception says in words, without number, type or the file that it is about.

    A message that somebody wrote stays as it is; one of the system's about a file, `[Errno 2] ...`,
    is said in words; an exception without a message is named.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return _IN_WORDS.get(error.errno, error.strerror or str(error))
    if isinstance(error, RecursionError):
        return "its brackets are nested too deep"
    if isinstance(error, KeyError):
        return f"it lacks {error}"
    if isinstance(error, UnicodeDecodeError):
        return f"it is not text in UTF-8 (byte {error.start})"
    return str(error).strip() or type(error).__name__
