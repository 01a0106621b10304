"""Are the stored scores those of the answers? All samples are scored again."""

import asyncio
import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from inspect_ai.log import EvalLog, EvalSample, EvalSampleSummary
from inspect_ai.model import ModelName
from inspect_ai.scorer import Score, Target
from inspect_ai.solver import TaskState

from perturb_evals.datasets.errors import DataError
from perturb_evals.families import family_of
from perturb_evals.leaderboard.submission.checks import Check
from perturb_evals.logs.headers import PREFIX

TOLERANCE = 1e-6
"""Sums over thousands of genes differ a little from machine to machine."""

ROUNDED = 1e-4
"""Lists of numbers in a score's metadata are projections, kept with five digits."""


class RescoredAnswers:
    """Every answer scored again with the package's own scorer; no model is called.

    What comes out is compared with the score in the summary, which is what metrics are made of:
    its values, and its metadata, whose counts are metrics too. A predicted vector is not in any
    log; such answers are counted.
    """

    name = "answers"

    def __init__(self, log: EvalLog) -> None:
        self._model = ModelName(str(log.eval.model))
        self._family = family_of(log.eval.task.removeprefix(PREFIX))
        self._scorer = self._family.scorer()
        older = self._family.older_metrics((log.eval.metadata or {}).get("board", {}))
        self._changed = older.changed if older else frozenset()
        # Scores that `inspect score` appended stand behind those of the run, which are ranked.
        self._ranked = log.results.scores[0].name if log.results else ""
        self._n_again = self._n_vectors = self._n_other = 0
        self._first = ""

    def read(self, summary: EvalSampleSummary, sample: EvalSample) -> None:
        """Score a sample again; one without a score has nothing to compare with."""
        if not summary.scores:
            return
        if fault := self._fault(summary, sample):
            self._n_other += 1
            self._first = self._first or f"{summary.id}, epoch {summary.epoch}: {fault}"

    def check(self) -> Check:
        """Return how many answers have the scores that are stored, and the first that has not."""
        vectors = ""
        if self._n_vectors:
            vectors = f" {self._n_vectors} predicted vectors are not in the log: not scored again."
        n_scored = self._n_again + self._n_vectors
        if self._n_other:
            found = f"{self._n_other} of {n_scored} answers have another score than is stored"
            return Check(self.name, "fail", f"{found}; the first, {self._first}{vectors}")
        if not self._n_again:
            what = vectors.strip() or "No answer has a score."
            return Check(self.name, "not applicable", what)
        found = f"{self._n_again} of {n_scored} answers were scored again, with the same scores."
        if self._changed:
            found += " What this metric version computes otherwise could not be held against them."
        return Check(self.name, "pass", found + vectors)

    def _fault(self, summary: EvalSampleSummary, sample: EvalSample) -> str:
        """Return what is wrong with a stored score; empty for nothing."""
        try:
            if not self._family.in_log(sample.output):
                self._n_vectors += 1
                return ""
            self._n_again += 1
            stored = (summary.scores or {})[self._ranked]
            again = self._score(summary, sample)
            said = (sample.scores or {})[self._ranked].answer  # a summary cuts what is long
            if said != again.answer and not self._changed:
                return f"the stored answer is {said!r}, the output gives {again.answer!r}."
            return _difference(stored, again, self._changed)
        except DataError:
            raise
        except (IndexError, KeyError, TypeError, ValueError) as error:
            return f"it cannot be scored again: {error!r}."

    def _score(self, summary: EvalSampleSummary, sample: EvalSample) -> Score:
        state = TaskState(
            model=self._model,
            sample_id=summary.id,
            epoch=summary.epoch,
            input=sample.input,
            messages=sample.messages,
            target=Target(summary.target),
            output=sample.output,
            metadata=summary.metadata,
        )

        async def score() -> Score | None:
            return await self._scorer(state, state.target)

        found = asyncio.run(score())
        assert found is not None
        return found


def _difference(stored: Score, again: Score, changed: Collection[str]) -> str:
    """Return what differs between two scores but for what has changed; empty for nothing."""
    said, found = _values(stored), _values(again)
    for name in _without(changed, [*found, *said]):
        pair = said.get(name, math.nan), found.get(name, math.nan)
        if not math.isclose(*pair, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
            return f"the stored {name} is {pair[0]:.6g}, the answer gives {pair[1]:.6g}."
    told, true = stored.metadata or {}, again.metadata or {}
    for name in _without(changed, [*true, *told]):
        if not _same(told.get(name), true.get(name)):
            return f"the stored {name} is {told.get(name)!r}, the answer gives {true.get(name)!r}."
    return ""


def _without(changed: Collection[str], names: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name not in changed]


def _values(score: Score) -> Mapping[str, float]:
    value: Any = score.value
    return value if isinstance(value, dict) else {"score": float(value)}


def _same(told: Any, true: Any) -> bool:
    if isinstance(told, str) and isinstance(true, list):
        return True  # Inspect leaves lists above 1 KB out of summaries
    if isinstance(told, list) and isinstance(true, list) and len(told) == len(true):
        return all(map(_same, told, true))
    if isinstance(told, float) and isinstance(true, float):
        return math.isclose(told, true, rel_tol=ROUNDED, abs_tol=ROUNDED)
    return bool(told == true)
