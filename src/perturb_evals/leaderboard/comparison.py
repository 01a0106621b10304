"""Systems compared in pairs on the same questions or perturbations: is a difference real?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from perturb_evals.datasets.questions import VERDICTS, Kind
from perturb_evals.leaderboard.boards import Better, direction
from perturb_evals.leaderboard.entries import Entry, board_of
from perturb_evals.leaderboard.outcomes import ExpressionOutcome, Outcome, QuestionOutcome
from perturb_evals.leaderboard.result import Figure, Result
from perturb_evals.metrics.credit import question_credit
from perturb_evals.metrics.detectable import (
    detectable_difference,
    standard_error_of_interval,
)
from perturb_evals.metrics.holm import holm
from perturb_evals.metrics.means import PairedDifference
from perturb_evals.metrics.paired_auroc import difference_of_resamples
from perturb_evals.metrics.randomisation import randomised_auroc_test, randomised_mean_test

SHOWN = 20
Floats = NDArray[np.float64]


class ComparisonError(Exception):
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
class Pair:
    """Two systems on one board.

    Attributes:
        a: One system.
        b: The other.
        difference: Headline of `a` minus that of `b`, with the 95% interval over perturbations.
        p_bootstrap: Two-sided p of no difference from the same resamples; nan without any.
        p_randomised: Two-sided p from swapping the systems' answers by perturbation; nan where no
            gene has both classes.
        p_holm: `p_randomised` adjusted over all pairs of the comparison.
        only_a: Questions that `a` got and `b` missed: credit above one half, and not above. For
            expression, perturbations on which `a` is better.
        only_b: The same the other way round.
        both: Questions that both got; for expression, ties.
        neither: Questions that neither got; 0 for expression.
        detectable: Smallest difference that this number of perturbations shows with 80% power at
            p < .05.
        discordant: The most discordant units, at most 20.
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


@dataclass(frozen=True, eq=False)
class Comparison:
    """All pairs of some systems on one board, in the order of the systems.

    Attributes:
        board_key: The board.
        track: The track whose systems these are; empty for systems chosen by hand.
        title: Task and context.
        headline: The metric that is compared.
        better: Its direction.
        n_units: Number of questions or perturbations.
        n_perturbations: Number of perturbations.
        pairs: Each pair once.
    """

    board_key: str
    track: str
    title: str
    headline: str
    better: Better
    n_units: int
    n_perturbations: int
    pairs: tuple[Pair, ...]


def compare(entries: Sequence[Entry], track: str = "") -> Comparison:
    """Compare every two of some systems.

    Args:
        entries: Two or more, of one board; one at least has a run.
        track: The track whose systems they are; empty for systems chosen by hand.

    Raises:
        ComparisonError: Fewer than two, no run among them, runs on different boards, or other
            questions or labels.
    """
    runs = [entry.result for entry in entries if entry.result is not None]
    if len(entries) < 2:
        raise ComparisonError(f"A comparison needs two systems or more; got {len(entries)}.")
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
        title=f"{first.task} on {first.context}",
        headline=first.headline,
        better=direction(first.headline),
        n_units=len(outcome.units),
        n_perturbations=outcome.n_perturbations,
        pairs=tuple(
            replace(pair, p_holm=float(p)) for pair, p in zip(pairs, adjusted, strict=True)
        ),
    )


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
        detectable=detectable_difference(standard_error_of_interval(found.lower, found.upper)),
        discordant=_discordant(one, other, *credits, board.task),
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


def _discordant(
    a: Outcome, b: Outcome, a_credit: Floats, b_credit: Floats, task: str
) -> tuple[Discordant, ...]:
    apart = np.nan_to_num(np.abs(a_credit - b_credit))
    # Ties in the order of the units, which is that of their names.
    order = np.argsort(-apart, kind="stable")[:SHOWN]
    units = a.units
    return tuple(
        Discordant(
            unit=units[row],
            truth=_truth(a, row, task),
            a_credit=float(a_credit[row]),
            b_credit=float(b_credit[row]),
            a_answer=_answer(a, row),
            b_answer=_answer(b, row),
            a_sample=a.sample_ids[row],
            b_sample=b.sample_ids[row],
        )
        for row in order
        if apart[row] > 0
    )


def _truth(outcome: Outcome, row: int, task: str) -> str:
    if not isinstance(outcome, QuestionOutcome):
        return ""
    kind: Kind = "de" if task == "perturbqa_de" else "direction"
    return VERDICTS[kind].word(int(outcome.predictions.labels[row]))


def _answer(outcome: Outcome, row: int) -> str:
    if not isinstance(outcome, QuestionOutcome):
        return ""
    if outcome.predictions.abstained[row]:
        return "no answer"
    return f"{outcome.predictions.scores[row]:.3g}"
