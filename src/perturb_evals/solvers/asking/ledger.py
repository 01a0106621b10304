"""A file that what was spent is written to as it is spent, so that no end of a process loses it.

A line is written before a question goes out, with the dollars that are held for it, and another one
when it was answered, with what it cost. Of a question without the second line what was held counts.
"""

import json
import uuid
from pathlib import Path

from perturb_evals.datasets.errors import DataError


class LedgerError(DataError):
    """A ledger that cannot be read. The message names the file and the line."""


class Ledger:
    """Writes to a ledger; several processes may, one after the other.

    Args:
        path: The file; it is made with its folder, and added to.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path

    def hold(self, dollars: float) -> str:
        """Write what a question that goes out is held to cost; return its name."""
        name = uuid.uuid4().hex
        self._add(name, dollars)
        return name

    def settle(self, name: str, dollars: float) -> None:
        """Write what it did cost; 0 where nothing came of it."""
        self._add(name, dollars)

    def _add(self, name: str, dollars: float) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps([name, dollars])}\n")


def written_off(path: Path) -> float:
    """Return the dollars that a ledger has: of each question its last line; 0 without a file.

    A last line that was broken off counts as not written: what was held stands.

    Raises:
        LedgerError: Another line is none of a ledger.
    """
    if not path.exists():
        return 0.0
    *lines, _ = path.read_text("utf-8").split("\n")  # the last is empty, or was broken off
    last: dict[str, float] = {}
    for number, line in enumerate(lines, 1):
        try:
            name, dollars = json.loads(line)
            last[str(name)] = float(dollars)
        except (ValueError, TypeError, RecursionError) as error:
            raise LedgerError(
                f"{path}, line {number}: expected a question and its dollars; got {line[:80]!r}. "
                "Without this file only the logs say what was spent."
            ) from error
    return sum(last.values())
