"""How large and how deep a log is once it is unpacked, held before it is read.

A log of a few kB can unpack to gigabytes, and a zip may say that it does not. So the sizes that it
tells are held, and then the members are unpacked without being kept, up to the size allowed. And
where JSON is read in pieces, each bracket within brackets costs memory for all around it.
"""

import copy
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec
import zstandard

from perturb_evals.datasets.errors import DataError

MOST_HEADER, MOST_SUMMARIES, MOST_SAMPLE = 64 << 20, 512 << 20, 256 << 20
"""Bytes. A header of 8,000 questions has .2 MB, their summaries 7, a long conversation 1."""
HEADERS = ("header.json", "_journal/start.json", "reductions.json")
SUMMARIES = ("summaries.json", "_journal/summaries/")
MOST_DEPTH = 500
"""Brackets within brackets; a log has some twenty."""
PIECE = 1 << 16
_MARK = re.compile(rb"\\.|[\"\[\]{}]", re.DOTALL)
ZSTANDARD = 93
"""The number of that method of a zip; Inspect writes it."""


class LogTooLargeError(DataError):
    """A log that unpacks to more, or is nested deeper, than one is, so that it is not read."""


def check_header(location: str) -> None:
    """Make sure that the header of a log has a size that headers have.

    A log in JSON is as large as it is; of that the depth is held.

    Raises:
        LogTooLargeError: It has not.
        Exception: The log is no zip, or cannot be opened: of zip, or of its address.
    """
    if not location.endswith(".eval"):
        with (
            fsspec.open(location, "rb") if "://" in location else Path(location).open("rb") as file
        ):
            _check_depth(iter(lambda: file.read(PIECE), b""))
        return
    _check(location, "header", MOST_HEADER, lambda name: name in HEADERS)


def check_summaries(location: str) -> None:
    """Make sure of the same for the summaries of its samples; see `check_header`."""
    _check(location, "summaries", MOST_SUMMARIES, lambda name: name.startswith(SUMMARIES))


def check_sample(location: str, sample_id: int | str, epoch: int) -> None:
    """Make sure of the same for one sample, and of its depth; see `check_header`."""
    member = f"samples/{sample_id}_epoch_{epoch}.json"
    _check(location, f"sample {sample_id}", MOST_SAMPLE, lambda name: name == member)
    with opened(location) as log:
        for info in _members(log, lambda name: name == member):
            _check_depth(_unpacked(log, info))


def check_samples(location: str) -> None:
    """Make sure of the size of every sample; see `check_header`. The whole log is unpacked."""
    with opened(location) as log:
        for info in _members(log, lambda name: name.startswith("samples/")):
            _check_members(log, [info], info.filename, MOST_SAMPLE)


def _check(location: str, what: str, most: int, counts: Callable[[str], bool]) -> None:
    with opened(location) as log:
        _check_members(log, _members(log, counts), what, most)


@contextmanager
def opened(location: str) -> Iterator[zipfile.ZipFile | None]:
    """Give the zip that a log at any address is; None for one in JSON."""
    if not location.endswith(".eval"):
        yield None
    elif "://" in location:
        with fsspec.open(location, "rb") as file, zipfile.ZipFile(file) as log:
            yield log
    else:  # as a path: of an address `#` and `?` are more than letters
        with zipfile.ZipFile(location) as log:
            yield log


def _members(log: zipfile.ZipFile | None, counts: Callable[[str], bool]) -> list[zipfile.ZipInfo]:
    return [member for member in log.infolist() if counts(member.filename)] if log else []


def _check_members(
    log: zipfile.ZipFile | None, members: list[zipfile.ZipInfo], what: str, most: int
) -> None:
    told = sum(member.file_size for member in members)
    if told > most:
        raise _too_large(what, f"{told / 1e6:,.0f} MB", most)
    found = 0
    for member in members:
        for piece in _unpacked(log, member):
            found += len(piece)
            if found > most:
                raise _too_large(what, "more", most)


def _unpacked(log: zipfile.ZipFile | None, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield what a member unpacks to in pieces, whatever the zip says of its size."""
    assert log is not None, "it has a member"
    packed = copy.copy(member)
    packed.compress_type, packed.file_size = zipfile.ZIP_STORED, member.compress_size
    del packed.CRC  # of what is unpacked
    with log.open(packed) as file:
        if member.compress_type == ZSTANDARD:
            with zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as part:
                yield from iter(lambda: part.read(PIECE), b"")
        elif member.compress_type == zipfile.ZIP_DEFLATED:
            found = zlib.decompressobj(-zlib.MAX_WBITS)
            while piece := found.unconsumed_tail or file.read(PIECE):
                yield found.decompress(piece, PIECE)
        else:
            yield from iter(lambda: file.read(PIECE), b"")


def _check_depth(pieces: Iterable[bytes]) -> None:
    depth, in_text, left = 0, False, b""
    for piece in pieces:
        # A backslash at the end belongs to what comes next.
        piece, left = left + piece, b""
        if (len(piece) - len(piece.rstrip(b"\\"))) % 2:
            piece, left = piece[:-1], piece[-1:]
        for mark in _MARK.findall(piece):
            if mark == b'"':
                in_text = not in_text
            elif in_text or len(mark) > 1:
                continue
            else:
                depth += 1 if mark in b"[{" else -1
                if depth > MOST_DEPTH:
                    raise LogTooLargeError(
                        f"Its brackets are nested too deep, over {MOST_DEPTH}: it is damaged, or "
                        "made to fill the memory."
                    )


def _too_large(what: str, size: str, most: int) -> LogTooLargeError:
    return LogTooLargeError(
        f"Its {what} would unpack to {size}, where {most / 1e6:,.0f} MB are the most that one has: "
        "it is damaged, or made to fill the memory."
    )
