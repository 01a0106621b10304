"""What stands in the place of data while a solver is checked: the same, with the truth exchanged.

Every way to the data asks here before it gives them out, so that whoever reads what no solver may
read gets something else, and shows it. Nothing stands here at any other time. It is handed on to
processes that are started meanwhile, and to this package where it is imported anew.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

HANDED_ON = "PERTURB_EVALS_EXCHANGED"
"""The environment variable that names the file of what stands in; set by `standing_in` alone."""

SHARE = 0.5
"""What is left of a change from the control: where rows only changed places, their mean and their
spread would be what they were, and whoever reads no more than these would not show."""


def _handed_on() -> dict[str, str]:
    path = os.environ.get(HANDED_ON)
    return dict(json.loads(Path(path).read_text("utf-8"))) if path else {}


_INSTEAD: dict[str, str] = _handed_on()


def instead_of(name: str) -> str | None:
    """Return what stands in the place of something; None for nothing.

    Args:
        name: `demo world`; a key of `SOURCES` for a file; the fingerprint of a screen.
    """
    return _INSTEAD.get(name)


@contextmanager
def standing_in(instead: Mapping[str, str]) -> Iterator[None]:
    """Put things in the place of others for a while.

    Args:
        instead: By name, see `instead_of`: what is other in the demo world, as `described` of its
            `exchange` says it; the path of a file, whose checksum nobody asks for; the names of a
            screen's perturbations, as a list in JSON, that get each other's expression.
    """
    before, outer = dict(_INSTEAD), os.environ.get(HANDED_ON)
    with tempfile.TemporaryDirectory() as folder:
        _INSTEAD.update(instead)
        path = Path(folder, "instead.json")
        path.write_text(json.dumps(_INSTEAD), "utf-8")
        os.environ[HANDED_ON] = str(path)
        try:
            yield
        finally:
            _INSTEAD.clear()
            _INSTEAD.update(before)
            if outer is None:
                del os.environ[HANDED_ON]
            else:
                os.environ[HANDED_ON] = outer
