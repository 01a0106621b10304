"""What a page is made of before it is HTML, and its name: a hash, never text from logs."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from perturb_evals.leaderboard.boards import Board
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.site.table import PageTable
from perturb_evals.leaderboard.text import decimal, with_interval


def system_name(entry: Entry) -> str:
    """Return how sentences of a page call a system."""
    return entry.name


WRITTEN = (system_name, decimal, with_interval)
"""How sentences of a page write systems, headlines, and figures with their intervals."""


@dataclass(frozen=True)
class Plot:
    """A plot.

    Attributes:
        name: Of its file, without suffix; of letters, digits and hyphens.
        svg: The file.
        alt: What it shows, for who does not see it.
        caption: What stands below it.
        narrow: The same for a phone; empty where the file is narrow enough.
        kinds: Of the systems in it, whose marks a legend explains.
    """

    name: str
    svg: str
    alt: str
    caption: str
    narrow: str = ""
    kinds: frozenset[str] = frozenset()

    @property
    def file(self) -> str:
        """Relative URL of its file."""
        return f"plots/{self.name}.svg"

    @property
    def narrow_file(self) -> str:
        """Relative URL of the file for a phone."""
        return f"plots/{self.name}-narrow.svg"

    @property
    def files(self) -> dict[str, str]:
        """Its files by their relative URL."""
        return {self.file: self.svg} | ({self.narrow_file: self.narrow} if self.narrow else {})

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in its own pixels, so that a page can keep its place."""
        return _size(self.svg)

    @property
    def narrow_size(self) -> tuple[int, int]:
        """Those of the file for a phone."""
        return _size(self.narrow)


@dataclass(frozen=True, eq=False)
class Page:
    """A page.

    Attributes:
        file: Its name.
        template: Name of its template.
        title: Its heading.
        values: What else the template uses.
        tables: All its tables; the CSV files of those with rows are written beside it.
        plots: All its plots, whose files are written beside it.
    """

    file: str
    template: str
    title: str
    values: dict[str, Any]
    tables: tuple[PageTable, ...] = ()
    plots: tuple[Plot, ...] = ()


def _size(svg: str) -> tuple[int, int]:
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert found is not None, "Matplotlib writes one"
    return round(float(found[1])), round(float(found[2]))


def board_stem(key: str, data_sha256: str) -> str:
    """Return the name of a board's page, without suffix."""
    return f"board-{short_hash(key, data_sha256)}"


def board_page(board: Board) -> str:
    """Return the URL of a board's page."""
    return f"{board_stem(board.key, board.data_sha256)}.html"


def system_stem(kind: str, name: str) -> str:
    """Return the name of a system's page; a baseline has one page, whether run or computed."""
    return f"system-{short_hash(kind, name)}"


def short_hash(*parts: str) -> str:
    """Return ten digits that stand for some texts."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:10]
