"""The summary over boards: mean skill of the systems that ran every part; gaps are shown.

Beside it stands what publications give, see `over_lines`.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.demo.world import SIMULATED
from perturb_evals.families import tracks
from perturb_evals.families.outcome import shared_weights
from perturb_evals.leaderboard.boards import Board, BoardTrack
from perturb_evals.leaderboard.entries import TrackKey
from perturb_evals.leaderboard.figures import figure_of, simultaneous_figure
from perturb_evals.leaderboard.over_lines import OverLines, mean_headline, over_lines
from perturb_evals.leaderboard.ranks import Row, above_zero
from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.skill import Scale, scale_of
from perturb_evals.metrics.simultaneous import simultaneous_factor

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Rules = tuple[str, ...]

OWN = ("task", "context", "data", "split")
"""Parts of the key in which boards of one summary may differ."""


@dataclass(frozen=True, eq=False)
class SummaryRow:
    """A system over the parts of a summary.

    Attributes:
        system: See `systems.identity`.
        name: Its name.
        kind: See `entries.Entry`.
        mean: Mean skill over all parts, with its interval; None for a system that lacks a part.
        skills: Its skill in every part; None for a part that it did not run.
        over_lines: Its mean headline for each of `Summary.over_lines`, with its interval; None
            where it lacks a line.
        with_best: Whether the interval of the difference cannot tell its mean from the best mean.
        behind: How far its mean is behind the best; None for the best, and without a mean.
        over_zero: Its mean again, with an interval that holds with those of all differences; None
            without a mean.
    """

    system: str
    name: str
    kind: str
    mean: Figure | None
    skills: tuple[Figure | None, ...]
    with_best: bool
    over_lines: tuple[Figure | None, ...] = ()
    behind: Figure | None = None
    over_zero: Figure | None = None


@dataclass(frozen=True, eq=False)
class Summary:
    """One track over several boards.

    Attributes:
        title: What is summed up.
        track: The track.
        lines: The lines that are open in it, for cross, sorted.
        parts: The boards, one a task and context: of several the one on which most systems ran.
        notes: Which boards are left out for these, in sentences.
        rows: Those with a mean first, the best first; then the others by name.
        over_lines: What else is summed up: of each task that has several of the parts.
    """

    title: str
    track: str
    lines: tuple[str, ...]
    parts: tuple[Board, ...]
    notes: tuple[str, ...]
    rows: tuple[SummaryRow, ...]
    over_lines: tuple[OverLines, ...] = ()

    @property
    def track_title(self) -> str:
        """The track with its lines, which tell tracks cross apart."""
        return f"{self.track} ({', '.join(self.lines)})" if self.lines else self.track


def summaries(boards: Sequence[Board]) -> tuple[Summary, ...]:
    """Return a summary of each track that two boards or more of the same rules have.

    The rules are all parts of the board key but task, context, data and split. The demo world and
    real data do not mix, and of a screen that was cut into two tables one is enough. Boards without
    a skill scale take no part. What is not ranked on a board counts as not run.
    """
    grouped: dict[tuple[Rules, TrackKey], list[Board]] = defaultdict(list)
    for board in boards:
        if not board.family.repeats(str(board.parts["context"])):
            found = {_key(track) for track in board.tracks if board.scale}
            for key in (key for key in found if _ranked(board, key)):
                grouped[_rules(board), key].append(board)
    summed = []
    for rules, key in sorted(grouped, key=lambda place: (place[0], _width(place[1]))):
        track, lines = key
        parts = _one_each(grouped[rules, key], key)
        if len(parts) > 1:
            said = ", ".join(filter(None, rules))
            about = parts[0].family.summary
            title = f"{about} ({said})"
            notes = _notes(grouped[rules, key], parts, key)
            over = over_lines(parts, track)
            rows = _rows(parts, key, over)
            summed.append(Summary(title, track, lines, parts, notes, rows, over))
    return tuple(summed)


def _rules(board: Board) -> Rules:
    """Return what boards of one summary have in common, in words; the first is empty for real."""
    world = "simulated" if board.parts["context"] in SIMULATED else ""
    kept = {name: part for name, part in board.parts.items() if name not in OWN}
    return world, *(f"{name.replace('_', ' ')} {part}" for name, part in kept.items())


def _key(track: BoardTrack) -> TrackKey:
    """Return what a track has on every board: a board names its own cell line first."""
    return track.name, tuple(sorted(track.lines))


def _width(key: TrackKey) -> tuple[int, int, tuple[str, ...]]:
    return tracks().index(key[0]), len(key[1]), key[1]


def _one_each(boards: Sequence[Board], key: TrackKey) -> tuple[Board, ...]:
    """Return one board a task and context; of several that with the most systems of the track."""
    best: dict[tuple[str | int, str | int], Board] = {}
    for board in sorted(boards, key=lambda board: (-_n_run(board, key), board.key)):
        best.setdefault((board.parts["task"], board.parts["context"]), board)
    return tuple(sorted(best.values(), key=lambda board: board.key))


def _notes(boards: Sequence[Board], parts: tuple[Board, ...], key: TrackKey) -> tuple[str, ...]:
    """Return a sentence for every board that another one of its task and context stands for."""
    notes = []
    for kept in parts:
        place = kept.parts["task"], kept.parts["context"]
        for other in boards:
            if other is kept or (other.parts["task"], other.parts["context"]) != place:
                continue
            notes.append(
                f"Of {kept.title} the board with {_told_apart(kept, other)} takes part "
                f"({_runs(kept, key)}), not that with {_told_apart(other, kept)} "
                f"({_runs(other, key)})."
            )
    return tuple(sorted(notes))


def _told_apart(board: Board, other: Board) -> str:
    """Return what tells a board from another one of its task and context."""
    names = [name for name in OWN if board.parts.get(name) != other.parts.get(name)]
    said = [f"{name} {board.parts.get(name, 'unnamed')}" for name in names]
    return ", ".join(said) or f"data {board.data_sha256[:12]}"


def _runs(board: Board, key: TrackKey) -> str:
    n = _n_run(board, key)
    return f"{n} ranked {'run' if n == 1 else 'runs'}"


def _n_run(board: Board, key: TrackKey) -> int:
    return sum(row.entry.result is not None for row in _ranked(board, key).values())


def _ranked(board: Board, key: TrackKey) -> dict[str, Row]:
    """Return the ranked rows of a track by system."""
    rows = [row for track in board.tracks if _key(track) == key for row in track.rows]
    return {row.entry.system: row for row in rows if row.rank is not None and row.skill}


def _rows(
    parts: tuple[Board, ...], key: TrackKey, over: tuple[OverLines, ...]
) -> tuple[SummaryRow, ...]:
    tables = [_ranked(board, key) for board in parts]
    systems = sorted({system for table in tables for system in table})
    drawn: dict[str, Floats] = {}
    means: dict[str, Figure] = {}
    scales = _joint_scales(parts, tables)
    for system in systems:
        if all(system in table for table in tables):
            rows = [table[system] for table in tables]
            drawn[system] = np.mean(
                [
                    scale.skills(row.entry.outcome.resampled(weights))
                    for row, (scale, weights) in zip(rows, scales, strict=True)
                ],
                axis=0,
            )
            mean = np.mean([row.skill.value for row in rows if row.skill is not None])
            means[system] = figure_of(float(mean), drawn[system])
    best = max(means, key=lambda s: (means[s].value or 0.0, s)) if means else None
    factor = _factor(parts, drawn)
    weights = [weights for _, weights in scales]
    found = []
    for system in systems:
        row = next(table[system] for table in tables if system in table)
        own = tuple(table[system].skill if system in table else None for table in tables)
        behind = over_zero = None
        if best is not None and system in means:
            over_zero = simultaneous_figure(means[system].value or 0.0, drawn[system], factor)
            if system != best:
                behind = _lead(best, system, means, drawn, factor)
        entry = row.entry
        over_lines = tuple(mean_headline(system, one, parts, tables, weights) for one in over)
        found.append(
            SummaryRow(
                system,
                entry.name,
                entry.kind,
                means.get(system),
                own,
                system in means and (behind is None or not above_zero(behind)),
                over_lines,
                behind,
                over_zero,
            )
        )
    return tuple(sorted(found, key=_order))


def _joint_scales(
    parts: tuple[Board, ...], tables: list[dict[str, Row]]
) -> list[tuple[Scale, Integers]]:
    """Return for each part its skill scale and weights under resamples that all parts share.

    Perturbations are drawn by name over all parts: what is asked of one gene's knock-down in
    several lines and tasks is not independent.
    """
    outcomes = [next(iter(table.values())).entry.outcome for table in tables]
    names = sorted({name for outcome in outcomes for name in outcome.perturbations})
    column = {name: place for place, name in enumerate(names)}
    weights = shared_weights(len(names))
    scales = []
    for board, outcome in zip(parts, outcomes, strict=True):
        own = weights[:, [column[name] for name in outcome.perturbations]]
        entries = {id(row.entry): row.entry for track in board.tracks for row in track.rows}
        scale = scale_of(board.family, list(entries.values()), own)
        assert scale is not None, "a board without a scale is no part"
        scales.append((scale, own))
    return scales


def _factor(parts: tuple[Board, ...], drawn: dict[str, Floats]) -> float:
    """Return the `simultaneous_factor` of all differences of means, and of each to 0."""
    if not drawn:
        return float("nan")
    outcomes = [board.tracks[0].rows[0].entry.outcome for board in parts]
    n_effective = min(outcome.n_effective for outcome in outcomes)
    zero = np.zeros_like(next(iter(drawn.values())))
    return simultaneous_factor([np.stack([*drawn.values(), zero])], n_effective=n_effective)


def _lead(
    best: str, other: str, means: dict[str, Figure], drawn: dict[str, Floats], factor: float
) -> Figure:
    """Return how far the best mean is ahead of another one."""
    value = (means[best].value or 0.0) - (means[other].value or 0.0)
    return simultaneous_figure(value, drawn[best] - drawn[other], factor)


def _order(row: SummaryRow) -> tuple[bool, float, str]:
    mean = row.mean.value if row.mean and row.mean.value is not None else None
    return mean is None, -(mean or 0.0), row.name
