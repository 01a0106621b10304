"""Columns about systems by how well known the genes of a board are."""

from collections.abc import Callable
from typing import Any

from perturb_evals.leaderboard.known import THIRDS, KnownRow
from perturb_evals.leaderboard.site.columns.standings import named
from perturb_evals.leaderboard.site.table import Cell, Column, figure, figures, text, told


def _within(third: int) -> Callable[[KnownRow], Cell]:
    return lambda row: figure(row.within[third])


def _ahead(row: KnownRow) -> Cell:
    return told(row.ahead, beside=row.within[-1].value)


SYSTEM = Column(
    "System",
    "The model or method; baselines, which ask no model, stand below.",
    ("system", "kind"),
    lambda row: named(row.entry.kind, row.entry.name),
    heads=True,
)
WITHIN: tuple[Column, ...] = tuple(
    figures(
        name.capitalize(),
        f"The headline on the third of genes that is {name}, with its interval over perturbations.",
        name.replace(" ", "_"),
        _within(place),
        legend=False,
        extra=True,
    )
    for place, name in enumerate(THIRDS)
)
AHEAD = figures(
    "Best minus least known",
    "How much better the system is on the best known third of genes than on the least known, "
    "positive for better, with an interval over perturbations that holds for all such differences "
    "of the board at once.",
    "best_minus_least_known",
    _ahead,
)
VERDICT = Column(
    "In words",
    "Whether the difference is told from 0.",
    ("in_words",),
    lambda row: text(row.verdict),
    wide=True,
)


def public_since(place: Any) -> Cell:
    """Return when the data of a place became public."""
    found = place.board.family.public_since(place.board.parts)
    return text("" if found is None else found.isoformat())


PUBLIC = Column(
    "Data public", "When the data of the board were published.", ("public",), public_since
)
