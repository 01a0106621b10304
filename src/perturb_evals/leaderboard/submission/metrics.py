"""Are the metrics in a header those of the run's scores?"""

import math
from collections.abc import Sequence
from typing import Any, cast

from inspect_ai.log import EvalLog
from inspect_ai.scorer import SampleScore

from perturb_evals.families import family_of
from perturb_evals.leaderboard.submission.checks import Check
from perturb_evals.logs.headers import PREFIX

TOLERANCE = 1e-9


def metrics_check(log: EvalLog, scores: Sequence[SampleScore]) -> Check:
    """Compute the metrics again, as the task would, and compare them with the header.

    Args:
        log: The header, of a run with results.
        scores: All its unreduced scores.
    """
    name = "metrics"
    assert log.results is not None
    stored, *appended = log.results.scores
    family = family_of(log.eval.task.removeprefix(PREFIX))
    expected = family.scorer_name
    if stored.name.removeprefix(PREFIX) != expected:
        return Check(name, "fail", f"Expected the scorer {expected}, got {stored.name}.")
    try:
        n_questions = int((log.eval.metadata or {})["n_questions"])
        compute = family.metric(log.eval.task_args, n_questions)
        again = dict(cast(Any, compute)(list(scores)))
    except (KeyError, TypeError, ValueError) as error:
        return Check(name, "fail", f"The stored scores cannot be used: {error}")
    said = {metric: found.value for metric, found in stored.metrics.items()}
    older = family.older_metrics((log.eval.metadata or {}).get("board", {}))
    redrawn = older.redrawn if older else ()
    for metric in (*family.lost_metrics(scores), *redrawn):
        said.pop(metric, None)
        again.pop(metric, None)
    for metric in dict.fromkeys([*again, *said]):
        if not _same(said.get(metric), again.get(metric)):
            return Check(
                name,
                "fail",
                f"{metric}: the header says {_shown(said.get(metric))}, the stored scores give "
                f"{_shown(again.get(metric))}.",
            )
    more = "".join(f" Not ranked, and not checked: {score.name!r}." for score in appended)
    found = f"All {len(said)} are those of the {len(scores)} stored scores."
    return Check(name, "pass", found + more)


def _same(said: float | None, again: float | None) -> bool:
    if said is None or again is None:
        return False
    both_undefined = math.isnan(said) and math.isnan(again)
    return both_undefined or math.isclose(said, again, rel_tol=0.0, abs_tol=TOLERANCE)


def _shown(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.12g}"
