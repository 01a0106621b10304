"""Skill by how well known genes are: is it memory of what was written, or does it carry over?

The genes in each part of a board's questions are cut into thirds by how much is written of them.
Within each third stands the headline of each system, and beside it by how much the best known
third is ahead of the least known. That alone is no proof of memory: well-known genes may be easier
for everybody, so methods without a model stand beside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.errors import DataError
from perturb_evals.families.how_known import HowKnown
from perturb_evals.families.outcome import Outcome, shared_weights
from perturb_evals.leaderboard.boards import Board
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.figures import figure_of, simultaneous_figure
from perturb_evals.leaderboard.ranks import above_zero, sign_of
from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.metrics.intervals import FEWEST, ROUNDING
from perturb_evals.metrics.simultaneous import simultaneous_factor

THIRDS = ("least known", "between", "best known")
GIVEN = "counts of the table that was given"

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Third:
    """Genes that are known about as well.

    Attributes:
        n_genes: Their number.
        fewest: The smallest count among them.
        most: The largest.
    """

    n_genes: int
    fewest: float
    most: float


@dataclass(frozen=True, eq=False)
class KnownRow:
    """A system by how well known genes are.

    Attributes:
        entry: The system.
        within: Its headline within each third, with its interval.
        ahead: How much better it is on the best known third than on the least known, positive for
            better whatever the metric's direction, with an interval that holds for all of the board
            at once; None where a headline is undefined.
    """

    entry: Entry
    within: tuple[Figure, ...]
    ahead: Figure | None

    @property
    def verdict(self) -> str:
        """Whether the difference is told from 0, in words."""
        if self.ahead is None:
            return "A headline is undefined."
        if self.ahead.lower is None or self.ahead.upper is None:
            return "Too few perturbations to tell."
        if above_zero(self.ahead):
            return "Better on the best known, by more than chance can explain."
        if self.ahead.upper < -ROUNDING:
            return "Better on the least known, by more than chance can explain."
        return "No more than chance can explain."


@dataclass(frozen=True, eq=False)
class KnownPart:
    """A part of the questions, such as the perturbation, cut by how well known its genes are.

    Attributes:
        part: Its name in the singular.
        thirds: From the least known to the best known; empty where they cannot be cut.
        n_unknown: Genes of which it is not known; their questions are in no third.
        rows: The systems, those with a model first, each by value.
        why_not: Why it is not cut, in a sentence; empty where it is.
    """

    part: str
    thirds: tuple[Third, ...]
    n_unknown: int
    rows: tuple[KnownRow, ...]
    why_not: str = ""


@dataclass(frozen=True, eq=False)
class KnownBoard:
    """A board by how well known its genes are.

    Attributes:
        board: The board.
        what: What the counts are of, in words.
        parts: The parts of its questions.
        why_not: Why nothing is known, with what to do, in a sentence; empty where it is.
    """

    board: Board
    what: str
    parts: tuple[KnownPart, ...]
    why_not: str = ""


def known_board(board: Board, given: Mapping[str, float] | None = None) -> KnownBoard:
    """Cut a board by how well known its genes are.

    Args:
        board: The board.
        given: A user's own counts by symbol, in the place of those of its family.
    """
    entries = _entries(board)
    if not entries:
        return KnownBoard(board, "", (), "No system ran here.")
    genes = entries[0].outcome.genes
    symbols = sorted({symbol for part in genes.values() for symbol in part})
    try:
        known = HowKnown(GIVEN, given) if given else board.family.how_known(board.parts, symbols)
    except DataError as error:
        return KnownBoard(board, "", (), error.message)
    cut = {part: _cut(of_units, known.counts) for part, of_units in genes.items()}
    within = {
        part: [[_Within(entry.outcome, third == n) for n in range(3)] for entry in entries]
        for part, third in cut.items()
        if third is not None
    }
    factor = _factor([row for rows in within.values() for row in rows])
    sign = sign_of(board.better)
    parts = [
        _part(part, genes[part], known.counts, cut[part], entries, within.get(part), sign, factor)
        for part in genes
    ]
    return KnownBoard(board, known.what, tuple(parts))


def _entries(board: Board) -> list[Entry]:
    """Return the systems of a board, then what they are held against: all but the truth."""
    found = {
        id(row.entry): row.entry
        for track in board.tracks
        for row in track.rows
        if row.entry.kind != "truth"
    }
    sign = sign_of(board.better)

    def place(entry: Entry) -> tuple[bool, bool, float, str]:
        value = entry.outcome.value
        undefined = not np.isfinite(value)
        return entry.kind != "system", undefined, 0.0 if undefined else -sign * value, entry.name

    return sorted(found.values(), key=place)


def _cut(of_units: Sequence[str], counts: Mapping[str, float]) -> NDArray[np.int64] | None:
    """Return the third of each unit, -1 for a gene that has no count; None for no three thirds.

    Each gene counts once, however many units it has. Genes with one count stay together: a third
    begins where their middle does.
    """
    genes = sorted({symbol for symbol in of_units if symbol in counts})
    if not genes:
        return None
    own = np.array([counts[symbol] for symbol in genes])
    below = (own[:, None] > own).sum(axis=1)
    alike = (own[:, None] == own).sum(axis=1)
    third = np.floor(3 * (below + alike / 2) / len(genes)).astype(np.int64)
    if set(third.tolist()) != {0, 1, 2}:
        return None
    by_gene = dict(zip(genes, third.tolist(), strict=True))
    return np.array([by_gene.get(symbol, -1) for symbol in of_units], dtype=np.int64)


class _Within:
    """What a system got on some of the units, in the resamples that the whole board shares."""

    def __init__(self, outcome: Outcome, kept: NDArray[np.bool_]) -> None:
        some = outcome.among(kept)
        self.value, self.n_effective = some.value, some.n_effective
        column = {name: place for place, name in enumerate(outcome.perturbations)}
        weights = shared_weights(outcome.n_perturbations)
        own = weights[:, [column[name] for name in some.perturbations]]
        few = some.n_perturbations < FEWEST
        self.drawn: Floats = np.full(len(weights), np.nan) if few else some.resampled(own)
        self.figure = figure_of(self.value, self.drawn)


def _factor(rows: Sequence[Sequence[_Within]]) -> float:
    """Return the `simultaneous_factor` of the differences of the outer thirds, all at once."""
    outer = [
        (least, best)
        for least, _, best in rows
        if np.isfinite([least.value, best.value]).all()
        and np.isfinite(least.drawn + best.drawn).any()
    ]
    if not outer:
        return float("nan")
    drawn = [np.stack([best.drawn, least.drawn]) for least, best in outer]
    return simultaneous_factor(
        drawn, n_effective=min(one.n_effective for pair in outer for one in pair)
    )


def _part(
    part: str,
    of_units: Sequence[str],
    counts: Mapping[str, float],
    third: NDArray[np.int64] | None,
    entries: Sequence[Entry],
    within: Sequence[Sequence[_Within]] | None,
    sign: float,
    factor: float,
) -> KnownPart:
    n_unknown = len({symbol for symbol in of_units if symbol not in counts})
    if third is None or within is None:
        why = "They cannot be cut into thirds: too few have a count, or too many the same."
        return KnownPart(part, (), n_unknown, (), why)
    rows = [
        KnownRow(entry, tuple(one.figure for one in own), _ahead(own[0], own[-1], sign, factor))
        for entry, own in zip(entries, within, strict=True)
    ]
    return KnownPart(part, _thirds(of_units, counts, third), n_unknown, tuple(rows))


def _thirds(
    of_units: Sequence[str], counts: Mapping[str, float], third: NDArray[np.int64]
) -> tuple[Third, ...]:
    found = []
    for n in range(3):
        genes = {symbol for symbol, own in zip(of_units, third, strict=True) if own == n}
        own = [counts[symbol] for symbol in genes]
        found.append(Third(len(genes), min(own), max(own)))
    return tuple(found)


def _ahead(least: _Within, best: _Within, sign: float, factor: float) -> Figure | None:
    if not np.isfinite([least.value, best.value]).all():
        return None
    # Adding 0 turns -0 into 0.
    value = sign * (best.value - least.value) + 0.0
    return simultaneous_figure(value, sign * (best.drawn - least.drawn) + 0.0, factor)
