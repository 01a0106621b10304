"""Control runs of a board: what a system loses when something is taken from what it is shown.

A control run answers the questions of its board, shown in another way: with codes for names, say.
Its headline is that of no system, so it is never ranked, and no system's rank depends on it. What
it tells is the difference to its original, the run that agrees with it in everything but the
control, on the same questions.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from perturb_evals.families import family_of
from perturb_evals.leaderboard.entries import Entry, board_of
from perturb_evals.leaderboard.figures import simultaneous_figure
from perturb_evals.leaderboard.ranks import above_zero, sign_of
from perturb_evals.leaderboard.results.result import Figure, Result
from perturb_evals.leaderboard.systems import (
    NO_MODEL,
    PROMPT,
    VERSION,
    asks_model,
    control_of,
    without_control,
)
from perturb_evals.leaderboard.text import MISSING, percent
from perturb_evals.metrics.intervals import ROUNDING
from perturb_evals.metrics.simultaneous import simultaneous_factor

TITLE = "What controls take away"
HOW_TO_READ = (
    "Original minus control on the same questions, positive where the control takes something "
    "away; the intervals over perturbations hold for all controls of the board at once. Controls "
    "are never ranked."
)
MUCH_FEWER = 0.1
"""By how much coverage must be lower under a control before the words say so."""


@dataclass(frozen=True, eq=False)
class ControlRow:
    """A control run.

    Attributes:
        entry: The run.
        control: What it takes away, as its solver was told.
        original: The run that agrees in everything else; None where there is none.
        lost: How much better the original is, positive for better whatever the metric's direction,
            with an interval that holds for all controls of the board at once; None without an
            original, and where a headline is undefined.
    """

    entry: Entry
    control: str
    original: Entry | None = None
    lost: Figure | None = None

    @property
    def name(self) -> str:
        """The name of the system."""
        return self.entry.name if self.original is None else self.original.name

    @property
    def without(self) -> Figure | None:
        """The headline without the control; None where there is no original."""
        return None if self.original is None else self.original.figure

    @property
    def coverage(self) -> tuple[float | None, float | None]:
        """Share of replies with an answer, of the original and under the control; None: unknown."""
        return _run(self.original).coverage if self.original else None, _run(self.entry).coverage

    @property
    def coverage_text(self) -> str:
        """The coverage of the original and under the control: `92% → 0%`; a dash for unknown."""
        shares = [percent(share) for share in self.coverage]
        return MISSING if set(shares) == {MISSING} else " → ".join(shares)

    @property
    def board(self) -> str:
        """Task and context of its board."""
        run = _run(self.entry)
        return f"{run.task} on {run.context}"

    def as_pair(self) -> tuple[Entry, Entry] | None:
        """Return the original and the control run under a name of its own; None without one."""
        if self.original is None:
            return None
        return self.original, replace(self.entry, name=f"{self.name}, control {self.control}")

    @property
    def about(self) -> str:
        """What the control does, in a few words; empty for one that the family does not know."""
        return family_of(_run(self.entry).task).controls.get(self.control, "")

    @property
    def to_run(self) -> str:
        """The command of the original where it is not there; empty where it cannot be told."""
        return "" if self.original else _command_without_control(_run(self.entry))

    @property
    def verdict(self) -> str:
        """Whether the difference is told from 0, and that far fewer questions had an answer."""
        before, under = self.coverage
        if before is not None and under is not None and before - under > MUCH_FEWER + ROUNDING:
            return f"{self._told} The system answered fewer questions: {self.coverage_text}."
        return self._told

    @property
    def _told(self) -> str:
        if self.original is None:
            return "There is no run of the same without the control."
        if self.lost is None:
            return "A headline is undefined."
        if self.lost.lower is None or self.lost.upper is None:
            return "Too few perturbations to tell."
        if above_zero(self.lost):
            return "It takes away more than chance can explain."
        if self.lost.upper < -ROUNDING:
            return "The original is worse than under the control, by more than chance can explain."
        if max(abs(self.lost.lower), abs(self.lost.upper)) <= ROUNDING:
            return "Both have the same headline, in every resample."
        return "No more than chance can explain."


def control_rows(runs: Sequence[Entry], controls: Sequence[Entry]) -> tuple[ControlRow, ...]:
    """Return the control runs of a board, each against its original, by system and control.

    Args:
        runs: Its systems that have a run.
        controls: Its control runs, which were asked the same.
    """
    if not controls:
        return ()
    sign = sign_of(family_of(_run(controls[0]).task).better)
    rows = [
        ControlRow(entry, control_of(_run(entry)), _original(entry, runs)) for entry in controls
    ]
    drawn = [
        np.stack([row.original.outcome.drawn, row.entry.outcome.drawn])
        for row in rows
        if row.original is not None and _defined(row)
    ]
    factor = simultaneous_factor(drawn, n_effective=controls[0].outcome.n_effective)
    found = [replace(row, lost=_lost(row, sign, factor)) for row in rows]
    return tuple(sorted(found, key=_order))


def _lost(row: ControlRow, sign: float, factor: float) -> Figure | None:
    if row.original is None or not _defined(row):
        return None
    with_it, without = row.entry.outcome, row.original.outcome
    # Adding 0 turns -0 into 0.
    return simultaneous_figure(
        sign * (without.value - with_it.value) + 0.0,
        sign * (without.drawn - with_it.drawn) + 0.0,
        factor,
    )


def _defined(row: ControlRow) -> bool:
    """Whether both headlines are numbers."""
    both = [row.entry, *filter(None, (row.original,))]
    return all(np.isfinite(entry.outcome.value) for entry in both)


def _original(control: Entry, runs: Sequence[Entry]) -> Entry | None:
    """Return the run without the control: of several that with the same given name, the newest."""
    run = _run(control)
    found = [
        entry for entry in runs if entry.result and _but_control(entry.result) == _but_control(run)
    ]
    return max(
        found,
        key=lambda entry: (
            _run(entry).system == run.system,
            _run(entry).created,
            _run(entry).eval_id,
        ),
        default=None,
    )


def _but_control(run: Result) -> tuple[object, ...]:
    """Return all that a control run and its original agree in."""
    protocol, asks = run.protocol, asks_model(run.protocol)
    given = without_control(run).protocol.given
    return (
        board_of(run),
        protocol.solver,
        {name: value for name, value in given.items() if name not in (VERSION, PROMPT)},
        protocol.track,
        sorted(protocol.evidence_lines),
        protocol.answer,
        protocol.prompts,
        protocol.model if asks else NO_MODEL,
        protocol.epochs if asks else 1,
    )


def _command_without_control(run: Result) -> str:
    """Return the command of a control run without its control; empty where it has no such part."""
    argument = family_of(run.task).control_argument
    try:
        words = shlex.split(run.command)
    except ValueError:
        return ""
    kept, place = [], 0
    while place < len(words):
        if words[place] == "-S" and "".join(words[place + 1 : place + 2]).startswith(
            f"{argument}="
        ):
            place += 2
            continue
        kept.append(words[place])
        place += 1
    return shlex.join(kept) if len(kept) < len(words) else ""


def _run(entry: Entry) -> Result:
    assert entry.result is not None, "a control row is of runs"
    return entry.result


def _order(row: ControlRow) -> tuple[bool, str, str, str]:
    known = list(family_of(_run(row.entry).task).controls)
    place = known.index(row.control) if row.control in known else len(known)
    return row.original is None, row.name, f"{place:03}", row.control
