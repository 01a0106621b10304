"""What a page is made of, before it is HTML."""

import re
from dataclasses import dataclass, field
from typing import Any

from perturb_evals.leaderboard.site.table import Table


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
        tables: All its tables, whose CSV files are written beside it.
        plots: All its plots, whose files are written beside it.
    """

    file: str
    template: str
    title: str
    values: dict[str, Any]
    tables: tuple[Table, ...] = field(default=())
    plots: tuple[Plot, ...] = field(default=())
