"""Systems compared in pairs on the same questions or perturbations: is a difference real?"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perturb_evals.leaderboard.boards import ROUNDING, Better, direction
from perturb_evals.leaderboard.discordant import Discordant, most_discordant
from perturb_evals.leaderboard.entries import Entry, board_of
from perturb_evals.leaderboard.headers import log_name
from perturb_evals.leaderboard.outcomes import ExpressionOutcome, Outcome, QuestionOutcome
from perturb_evals.leaderboard.result import Figure, Result
from perturb_evals.leaderboard.systems import identity
from perturb_evals.metrics.intervals import PairedDifference, difference_of_resamples
from perturb_evals.metrics.pairs.auroc import question_credit
from perturb_evals.metrics.pairs.differences import randomised_auroc_test
from perturb_evals.metrics.significance import (
    detectable_difference,
    holm,
    randomised_mean_test,
    standard_error_of_interval,
)

Floats = NDArray[np.float64]


class ComparisonError(Exception):
    """Systems that cannot be compared. The message says which part differs."""


@dataclass(frozen=True, eq=False)
class Pair:
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
        n_units: Number of questions or perturbations.
        n_perturbations: Number of perturbations.
        pairs: Each pair once.
    """

    board_key: str
    track: str
    left_out: tuple[Entry, ...]
    title: str
    headline: str
    better: Better
    n_units: int
    n_perturbations: int
    pairs: tuple[Pair, ...]


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
    outcome = entries[0].outcome
    return Comparison(
        board_key=first.board_key,
        track=track,
        left_out=tuple(left_out),
        title=f"{first.task} on {first.context}",
        headline=first.headline,
        better=direction(first.headline),
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


def _pair(a: Entry, b: Entry, board: Result) -> Pair:
    one, other = a.outcome, b.outcome
    found = difference_of_resamples(
        one.value - other.value, one.drawn, other.drawn, n=one.n_perturbations
    )
    credits = _credit(one), _credit(other)
    only_a, only_b, both, neither = _won(one, *credits, direction(board.headline))
    error = standard_error_of_interval(found.lower, found.upper)
    discordant, n_more = most_discordant(one, other, *credits, board.task)
    return Pair(
        a=a,
        b=b,
        difference=_figure(found),
        p_bootstrap=found.p,
        p_randomised=_randomised(one, other),
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


def _randomised(a: Outcome, b: Outcome) -> float:
    if isinstance(a, QuestionOutcome) and isinstance(b, QuestionOutcome):
        try:
            return randomised_auroc_test(a.predictions, b.predictions, abstention=a.abstention)
        except ValueError as error:  # other labels
            raise ComparisonError(f"These systems cannot be compared: {error}") from error
    assert isinstance(a, ExpressionOutcome)
    assert isinstance(b, ExpressionOutcome)
    return randomised_mean_test(a.scores, b.scores)


def _credit(outcome: Outcome) -> Floats:
    if isinstance(outcome, QuestionOutcome):
        return question_credit(outcome.predictions, abstention=outcome.abstention)
    assert isinstance(outcome, ExpressionOutcome)
    return outcome.scores


def _won(outcome: Outcome, a: Floats, b: Floats, better: Better) -> tuple[int, int, int, int]:
    if isinstance(outcome, QuestionOutcome):
        scored = np.isfinite(a)  # the same rows for both: it depends on labels alone
        got_a, got_b = a[scored] > 0.5, b[scored] > 0.5
    else:
        got_a, got_b = (a > b, b > a) if better == "higher" else (a < b, b < a)
        ties = int((~got_a & ~got_b).sum())
        return int(got_a.sum()), int(got_b.sum()), ties, 0
    counts = (got_a & ~got_b, got_b & ~got_a, got_a & got_b, ~got_a & ~got_b)
    only_a, only_b, both, neither = (int(count.sum()) for count in counts)
    return only_a, only_b, both, neither
