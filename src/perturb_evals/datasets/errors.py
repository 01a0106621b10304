"""The two errors that users can mend; commands tell them without a traceback."""


class DataError(Exception):
    """Data, logs or files that cannot be had or used.

    The message says what was got, what was expected, where, and what to do.
    """


class ArgumentError(ValueError):
    """An argument that is not allowed; the message says what was got and what is allowed."""
