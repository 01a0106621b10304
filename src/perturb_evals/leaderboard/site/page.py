"""What a page is made of before it is HTML, and its name: a hash, never text from logs."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from perturb_evals.leaderboard.boards import Board
from perturb_evals.leaderboard.site.table import PageTable


@dataclass(frozen=True)
class Plot:
    """A plot.

    Attributes:
        name: Of its file, without suffix; of letters, digits and hyphens.
        svg: The file.
        alt: What it shows, for who does not see it.
        caption: What stands below it.
    """

    name: str
    svg: str
    alt: str
    caption: str

    @property
    def file(self) -> str:
        """Relative URL of its file."""
        return f"plots/{self.name}.svg"

    @property
    def height(self) -> int:
        """Height of the plot in its own pixels, so that a page can keep its place."""
        found = re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', self.svg)
        assert found is not None, "Matplotlib writes one"
        return round(float(found[1]))


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
