"""What stands in the place of data while a solver is checked: the same, with the truth exchanged.

Every way to the data asks here before it gives them out, so that whoever reads what no solver may
read gets something else, and shows it. Nothing stands here at any other time.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_INSTEAD: dict[str, Any] = {}


def instead_of(name: str) -> Any:
    """Return what stands in the place of something; None for nothing.

    Args:
        name: `demo tables`; a key of `SOURCES` for a file; the fingerprint of a screen.
    """
    return _INSTEAD.get(name)


@contextmanager
def standing_in(instead: Mapping[str, Any]) -> Iterator[None]:
    """Put things in the place of others for a while: tables, paths of files, or functions.

    Args:
        instead: By name, see `instead_of`: the tables of the demo by line and kind; the path of a
            file, whose checksum nobody asks for; what makes one screen of another.
    """
    before = dict(_INSTEAD)
    _INSTEAD.update(instead)
    try:
        yield
    finally:
        _INSTEAD.clear()
        _INSTEAD.update(before)
