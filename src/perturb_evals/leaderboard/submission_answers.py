"""Are the stored scores those of the answers? Some samples are scored again."""

import asyncio
import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

from inspect_ai.log import EvalLog, EvalSample, EvalSampleSummary, read_eval_log_samples_by_id
from inspect_ai.model import ModelName
from inspect_ai.scorer import Score, Scorer, Target
from inspect_ai.solver import TaskState

from perturb_evals.datasets.screen import ScreenError
from perturb_evals.datasets.sources import DataError
from perturb_evals.datasets.splits import SplitError
from perturb_evals.leaderboard.headers import PREFIX
from perturb_evals.leaderboard.submission_checks import Check
from perturb_evals.scorers.expression import expression
from perturb_evals.scorers.forecast import Forecast
from perturb_evals.scorers.note import attached
from perturb_evals.scorers.p_positive import p_positive

SCORED_AGAIN = 20
TOLERANCE = 1e-6
"""Sums over thousands of genes differ a little from machine to machine."""

KEPT = ("label", "abstained", "route", "neighbors", "fallback")
"""What a score's metadata says that metrics go by."""


def chosen(
    log: EvalLog, summaries: Sequence[EvalSampleSummary], most: int
) -> list[tuple[int | str, int]]:
    """Return the ids and epochs of all samples, or of `most` of them drawn at random.

    The draw follows from the run's id, which Inspect gives: everybody draws the same, and nobody
    can know it before the run.
    """
    places = sorted(((sample.id, sample.epoch) for sample in summaries), key=str)
    if len(places) <= most:
        return places
    return random.Random(log.eval.eval_id).sample(places, most)


def answers_check(log: EvalLog, summaries: Sequence[EvalSampleSummary]) -> Check:
    """Score up to `SCORED_AGAIN` samples again with the package's own scorer.

    Their outputs are read from the full log; what comes out is compared with the score in the
    summaries, which is what metrics are made of. A predicted vector is not in any log.
    """
    name = "answers"
    scored = [sample for sample in summaries if sample.scores]
    stored = {(sample.id, sample.epoch): sample.scores for sample in scored}
    places = chosen(log, scored, SCORED_AGAIN)
    samples = read_eval_log_samples_by_id(log.location, places, resolve_attachments="core")
    about_genes = log.eval.task.removeprefix(PREFIX) == "langpert"
    scorer, n_again = expression() if about_genes else p_positive(), 0
    for sample in samples:
        place = f"{sample.id}, epoch {sample.epoch}"
        try:
            if about_genes and attached(sample.output, Forecast).method == "vector":
                continue
            again = _score(log, sample, scorer)
        except (DataError, ScreenError, SplitError) as error:
            return Check(name, "not checked", f"The data cannot be had here: {error}")
        except (IndexError, KeyError, TypeError, ValueError) as error:
            return Check(name, "fail", f"{place} cannot be scored again: {error!r}.")
        (score,) = (stored[sample.id, sample.epoch] or {}).values()
        if fault := _difference(score, again):
            return Check(name, "fail", f"{place}: {fault}")
        n_again += 1
    if not n_again:
        return Check(
            name,
            "not applicable",
            "Predicted vectors are not in logs; they cannot be scored again.",
        )
    return Check(
        name, "pass", f"{n_again} of {len(scored)} answers were scored again, with the same scores."
    )


def _score(log: EvalLog, sample: EvalSample, scorer: Scorer) -> Score:
    state = TaskState(
        model=ModelName(str(log.eval.model)),
        sample_id=sample.id,
        epoch=sample.epoch,
        input=sample.input,
        messages=sample.messages,
        target=Target(sample.target),
        output=sample.output,
        metadata=sample.metadata,
    )

    async def score() -> Score | None:
        return await scorer(state, state.target)

    found = asyncio.run(score())
    assert found is not None
    return found


def _difference(stored: Score, again: Score) -> str:
    """Return what differs between two scores; empty for nothing."""
    said, found = _values(stored), _values(again)
    for name in dict.fromkeys([*found, *said]):
        pair = said.get(name, math.nan), found.get(name, math.nan)
        if not math.isclose(*pair, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
            return f"the stored {name} is {pair[0]:.6g}, the answer gives {pair[1]:.6g}."
    for name in KEPT:
        told, true = ((score.metadata or {}).get(name) for score in (stored, again))
        left_out = isinstance(told, str) and isinstance(true, list)  # of a summary, above 1 KB
        if told != true and not left_out:
            return f"the stored {name} is {told!r}, the answer gives {true!r}."
    return ""


def _values(score: Score) -> Mapping[str, float]:
    value: Any = score.value
    return value if isinstance(value, dict) else {"score": float(value)}
