"""Systems compared in pairs on the same questions or perturbations: is a difference real?"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np

from perturb_evals.datasets.errors import DataError
from perturb_evals.families import family_of
from perturb_evals.families.outcome import Better, Outcome
from perturb_evals.leaderboard.entries import Entry, board_of
from perturb_evals.leaderboard.results.result import Figure, Result
from perturb_evals.leaderboard.systems import identity
from perturb_evals.logs.headers import log_name
from perturb_evals.metrics.intervals import ROUNDING, PairedDifference, difference_of_resamples
from perturb_evals.metrics.significance import (
    detectable_difference,
    holm,
    standard_error_of_interval,
)

MOST_COMPARED = 6
"""Systems and baselines of a track that a site compares, in 15 pairs; more would fill it."""

SHOWN = 20
"""Of the units on which two systems differ most."""


class ComparisonError(DataError):
    """Systems that cannot be compared. The message says which part differs."""


@dataclass(frozen=True)
class Discordant:
    """A question or perturbation on which two systems differ most.

    Attributes:
        unit: What was asked: `PERT>GENE`, or a perturbation.
        truth: The true verdict; empty for expression.
        a_credit: For questions the mean credit over the pairs of its gene, in [0, 1]; for
            expression the headline score of the perturbation.
        b_credit: The same for the other system.
        a_answer: What was answered; empty for expression.
        b_answer: The same for the other system.
        a_sample: Id of the sample; empty for a computed row.
        b_sample: The same for the other system.
    """

    unit: str
    truth: str
    a_credit: float
    b_credit: float
    a_answer: str
    b_answer: str
    a_sample: str
    b_sample: str


@dataclass(frozen=True, eq=False)
class ComparedPair:
    """Two systems on one board.

    Attributes:
        a: One system.
        b: The other.
        difference: Headline of `a` minus that of `b`, with the 95% interval over perturbations.
        p_bootstrap: Two-sided p of no difference from the same resamples; nan without any.
        p_randomised: Two-sided p from swapping the systems' answers by perturbation; nan where no
            gene has both classes.
        p_holm: `p_randomised` adjusted over the pairs of the comparison.
        only_a: Questions that `a` got and `b` missed: credit above one half, and not above. For
            expression, perturbations on which `a` is better.
        only_b: The same the other way round.
        both: Questions that both got; for expression, ties.
        neither: Questions that neither got; 0 for expression.
        detectable: Smallest difference that this number of perturbations shows with 80% power at
            p < .05; nan where the difference does not vary over resamples.
        discordant: The most discordant units, see `most_discordant`.
        n_more: Units not among them that differ as much as the last of them; 0 without any.
    """

    a: Entry
    b: Entry
    difference: Figure
    p_bootstrap: float
    p_randomised: float
    p_holm: float
    only_a: int
    only_b: int
    both: int
    neither: int
    detectable: float
    discordant: tuple[Discordant, ...]
    n_more: int

    @property
    def alike(self) -> bool:
        """Whether both got the same on everything: answers that rank alike, or equal scores.

        False where the headline is undefined.
        """
        return self.difference.value is not None and not self.discordant


@dataclass(frozen=True, eq=False)
class Comparison:
    """All pairs of some systems on one board, in the order of the systems.

    Attributes:
        board_key: The board.
        track: The track whose systems these are, with its lines; empty for systems chosen by hand.
        left_out: What is ranked in the track and not compared here, the best first.
        title: Task and context.
        headline: The metric that is compared.
        better: Its direction.
        unit: What was asked, in the plural: questions, or perturbations.
        n_units: Their number.
        n_perturbations: Number of perturbations.
        pairs: Each pair once.
    """

    board_key: str
    track: str
    left_out: tuple[Entry, ...]
    title: str
    headline: str
    better: Better
    unit: str
    n_units: int
    n_perturbations: int
    pairs: tuple[ComparedPair, ...]


def compare(
    entries: Sequence[Entry],
    track: str = "",
    *,
    left_out: Sequence[Entry] = (),
    older: Sequence[Result] = (),
    logs: Sequence[str] = (),
) -> Comparison:
    """Compare every two of some systems.

    Args:
        entries: Two or more, of one board; one at least has a run.
        track: The track whose systems they are, with its lines; empty for systems chosen by hand.
        left_out: What is ranked in the track and not compared.
        older: Runs that do not count as their systems have newer ones; a message names them.
        logs: What was given, from which a message says that a log was given twice.

    Raises:
        ComparisonError: Fewer than two, no run among them, runs on different boards, or other
            questions or labels.
    """
    runs = [entry.result for entry in entries if entry.result is not None]
    if len(entries) < 2:
        reasons = _reasons(runs, older, logs)
        said = f"A comparison needs two systems or more; got {len(entries)}."
        raise ComparisonError(" ".join([said, *reasons]))
    if not runs:
        raise ComparisonError("A comparison needs a run; got computed rows alone.")
    first = runs[0]
    for other in runs[1:]:
        if board_of(other) != board_of(first):
            raise ComparisonError(
                f"{first.log} and {other.log} are on different boards: {_apart(first, other)}. "
                "Only runs on the same questions can be compared."
            )
    for entry in entries:
        if entry.outcome.units != entries[0].outcome.units:
            raise ComparisonError(f"{entry.name} was asked other questions than {entries[0].name}.")
    pairs = [_pair(a, b, first) for a, b in combinations(entries, 2)]
    adjusted = holm([pair.p_randomised for pair in pairs])
    outcome, family = entries[0].outcome, family_of(first.task)
    return Comparison(
        board_key=first.board_key,
        track=track,
        left_out=tuple(left_out),
        title=f"{first.task} on {first.context}",
        headline=first.headline,
        better=family.better,
        unit=family.unit,
        n_units=len(outcome.units),
        n_perturbations=outcome.n_perturbations,
        pairs=tuple(
            replace(pair, p_holm=float(p)) for pair, p in zip(pairs, adjusted, strict=True)
        ),
    )


def _reasons(runs: Sequence[Result], older: Sequence[Result], logs: Sequence[str]) -> list[str]:
    """Return in sentences why there are fewer than two systems."""
    if not runs:
        return ["What was given holds no complete run."] if logs else []
    (run,) = runs
    same = board_of(run), identity(run)
    often = Counter(log if "://" in log else str(Path(log).resolve()) for log in logs)
    reasons = [f"{log_name(log)} was given twice." for log, n in often.items() if n > 1]
    reasons += [
        f"{log_name(other.log)} is an older run of the same system as {log_name(run.log)}, and of "
        "several the newest counts. A run with a name of its own (--metadata system=NAME) is a "
        "system of its own."
        for other in older
        if (board_of(other), identity(other)) == same
    ]
    if logs and not reasons:
        return ["What was given holds one complete run; a copy of a log counts once."]
    return reasons


def _apart(a: Result, b: Result) -> str:
    names = [name for name in {**a.board, **b.board} if a.board.get(name) != b.board.get(name)]
    said = ", ".join(f"{name} is {a.board.get(name)} and {b.board.get(name)}" for name in names)
    return said or "the data differ"


def _pair(a: Entry, b: Entry, board: Result) -> ComparedPair:
    one, other = a.outcome, b.outcome
    found = difference_of_resamples(
        one.value - other.value, one.drawn, other.drawn, n=one.n_perturbations
    )
    only_a, only_b, both, neither = one.won(other, family_of(board.task).better)
    error = standard_error_of_interval(found.lower, found.upper)
    discordant, n_more = most_discordant(one, other, board.task)
    return ComparedPair(
        a=a,
        b=b,
        difference=_figure(found),
        p_bootstrap=found.p,
        p_randomised=_randomised_p(one, other),
        p_holm=math.nan,
        only_a=only_a,
        only_b=only_b,
        both=both,
        neither=neither,
        # Resamples that do not vary say nothing about what could be found.
        detectable=math.nan if error <= ROUNDING else detectable_difference(error),
        discordant=discordant,
        n_more=n_more,
    )


def _figure(found: PairedDifference) -> Figure:
    """Return a difference as a figure, where what is undefined is None."""
    value, lower, upper = (
        number if math.isfinite(number) else None
        for number in (found.mean, found.lower, found.upper)
    )
    return Figure(value=value, lower=lower, upper=upper)


def _randomised_p(a: Outcome, b: Outcome) -> float:
    try:
        return a.randomised_p(b)
    except ValueError as error:  # other labels
        raise ComparisonError(f"These systems cannot be compared: {error}") from error


def most_discordant(a: Outcome, b: Outcome, task: str) -> tuple[tuple[Discordant, ...], int]:
    """Return the units on which two systems differ most, at most `SHOWN`, the largest first.

    Of equal differences those of questions in more pairs come first, as a credit over many pairs
    says more than one over a single pair; then they go by name. Units without a difference, and
    questions without a credit, are not among them.

    Args:
        a: What one system got.
        b: What the other got on the same units.
        task: What is asked, which says how the verdicts are called.

    Returns:
        The units, and how many more differ as much as the last of them; 0 without any.
    """
    a_credit, b_credit = a.credit, b.credit
    # Rounded, so that differences which are equal but for the last bits are equal.
    apart = np.nan_to_num(np.abs(a_credit - b_credit)).round(12)
    # The units are sorted by name, and this sort keeps their order.
    order = np.lexsort((-a.n_pairs, -apart))
    shown = [row for row in order[:SHOWN] if apart[row] > 0]
    units = a.units
    found = tuple(
        Discordant(
            unit=units[row],
            truth=a.truth(row, task),
            a_credit=float(a_credit[row]),
            b_credit=float(b_credit[row]),
            a_answer=a.answer(row),
            b_answer=b.answer(row),
            a_sample=a.sample_ids[row],
            b_sample=b.sample_ids[row],
        )
        for row in shown
    )
    n_more = int((apart[order[SHOWN:]] == apart[shown[-1]]).sum()) if shown else 0
    return found, n_more
