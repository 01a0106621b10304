"""Ensembles without a model: the neighbors that finished runs chose, read from their logs."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median_low
from typing import Any, Literal, get_args

import anyio.to_thread
from inspect_ai.log import (
    EvalSample,
    EvalSampleSummary,
    read_eval_log_async,
    read_eval_log_sample_async,
    read_eval_log_sample_summaries_async,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import concurrency

from perturb_evals.datasets.errors import ArgumentError, DataError, why
from perturb_evals.datasets.options import named_arguments, one_of, whole_number
from perturb_evals.datasets.screens.evidence import HeldOut, fold_of, split_of
from perturb_evals.datasets.screens.load import load_screen
from perturb_evals.logs.headers import LogsError, read_headers
from perturb_evals.logs.unpacked import check_header, check_summaries
from perturb_evals.replies.expression import ExpressionReply
from perturb_evals.solvers.expression.computed import answered

Rule = Literal["vote", "union"]
RULES: tuple[Rule, ...] = get_args(Rule)

SCORER = "expression"
UNREAD = {"messages", "events", "events_data", "attachments", "store", "output"}


@solver
@named_arguments
def neighbor_ensemble(logs: str | list[str], rule: Rule = "vote", k: int | None = None) -> Solver:
    """Put the neighbors of finished langpert runs together, question by question.

    Every epoch of every log is one answer: one log with several epochs, or logs of several models.
    The logs must be about the same screen, split and training subsets, and have answered all that
    is asked. An answer for which the fallback stepped in chose nothing; where that holds for all,
    the fallback steps in again. Run it with `--model none/none`.

    Args:
        logs: Paths of logs, as a list or separated by commas.
        rule: `vote`: the k names that most answers chose, see `ranked`; `union`: all names that any
            answer chose, in the same order.
        k: For `vote`, how many neighbors; by default the median number (of two middle ones the
            lower) that the answers to the question chose, those that chose nothing left out.

    Raises:
        ValueError: An argument that is not allowed.
    """
    paths = _paths(logs)
    one_of("rule", rule, RULES)
    if k is not None:
        if rule == "union":
            raise ArgumentError("k belongs to rule=vote; a union keeps all names.")
        if whole_number("k", k) < 1:
            raise ArgumentError(f"k must be 1 or more; got {k}.")
    for path in paths:
        if "://" not in path and not Path(path).exists():
            raise ArgumentError(f"logs must be paths of logs; got {path!r}, and nothing is there.")
    read: list[NeighborLog] = []
    checked: set[HeldOut] = set()

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        held_out, pert = HeldOut.from_metadata(state.metadata), str(state.metadata["pert"])
        async with concurrency("logs of the ensemble", 1, visible=False):
            if not read:
                read.extend(await read_neighbor_logs(paths))
        if held_out not in checked:
            for log in read:
                log.check(held_out)
            checked.add(held_out)
        answers = [names for log in read for names in log.of(str(state.sample_id), pert, held_out)]
        found = ranked(answers)
        if rule == "vote":
            found = found[: k or usual_size(answers)]
        reply = ExpressionReply("neighbors", limit=max(1, len(found)), names=found)
        text = json.dumps({"kNN": found}, ensure_ascii=False)
        return answered(state, "neighbor_ensemble", text, reply)

    return solve


def _paths(logs: object) -> list[str]:
    given = logs.split(",") if isinstance(logs, str) else logs
    if isinstance(given, list | tuple) and all(isinstance(path, str) for path in given):
        paths = [path.strip() for path in given]
        if paths and all(paths):
            return paths
    raise ArgumentError(f"logs must be paths of logs, separated by commas; got {logs!r}.")


def ranked(answers: Sequence[Sequence[str]]) -> list[str]:
    """Return all chosen names: those of most answers first, then by mean rank, then by name.

    Args:
        answers: The names of each answer, most similar first, none twice; the mean rank of a name
            is over the answers that chose it.
    """
    ranks: defaultdict[str, list[int]] = defaultdict(list)
    for names in answers:
        for rank, name in enumerate(names):
            ranks[name].append(rank)
    return sorted(ranks, key=lambda name: (-len(ranks[name]), fmean(ranks[name]), name))


def usual_size(answers: Sequence[Sequence[str]]) -> int:
    """Return the lower median of the sizes of answers that are not empty; 0 without any."""
    sizes = [len(names) for names in answers if names]
    return median_low(sizes) if sizes else 0


class NeighborLogError(DataError):
    """A log whose neighbors cannot be used here. The message says which one, why, what to do."""


@dataclass(frozen=True)
class NeighborLog:
    """The answers of one run.

    Attributes:
        path: Where the log stands.
        facts: What the log header says about its data.
        answers: By sample id the neighbors of each epoch's answer, most similar first; empty where
            the fallback stepped in.
        subset: `n_train` of its samples, and the seed where they have one.
    """

    path: str
    facts: dict[str, Any]
    subset: tuple[int | None, int | None]
    answers: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)

    def of(self, sample_id: str, pert: str, held_out: HeldOut) -> list[tuple[str, ...]]:
        """Return the answers to one question.

        Args:
            sample_id: Id of its sample.
            pert: The perturbation in question.
            held_out: What the sample says about its fold.

        Raises:
            NeighborLogError: There is none, or one that names no training perturbation.
        """
        fold = fold_of(held_out)
        if sample_id not in self.answers:
            stem = sample_id.removesuffix(pert)
            lacking = sum(stem + name not in self.answers for name in fold.test)
            raise NeighborLogError(
                f"{self.path} has no answer to {sample_id}; it lacks {lacking} of the "
                f"{len(fold.test)} test perturbations of fold {held_out.fold}. Each log must have "
                "answered all that is asked here."
            )
        found = self.answers[sample_id]
        strange = {name for names in found for name in names} - set(fold.train)
        if strange:
            raise NeighborLogError(
                f"{self.path}: {min(strange)!r}, chosen for {sample_id}, is no training "
                f"perturbation of fold {held_out.fold} here."
            )
        return found

    def check(self, held_out: HeldOut) -> None:
        """Make sure that the run was about the same data, split and training subsets.

        Raises:
            NeighborLogError: It was not.
        """
        mine = {
            "data": load_screen(held_out.request).fingerprint,
            "split": split_of(held_out.request, held_out.split).sha256,
            "train": subset_of(held_out),
        }
        theirs = {
            "data": self.facts["data_sha256"],
            "split": self.facts["split_sha256"],
            "train": self.subset,
        }
        other = [part for part, value in mine.items() if theirs[part] != value]
        if other:
            raise NeighborLogError(
                f"{self.path} is about another task: {', '.join(other)} "
                f"{'differs' if len(other) == 1 else 'differ'} (its board key is "
                f"{self.facts['board_key']}). Give logs of runs with the same screen, split, "
                "n_train and seed."
            )


def subset_of(held_out: HeldOut) -> tuple[int | None, int | None]:
    """Return the size of the training subsets and their seed; two times None for no subsets."""
    return held_out.n_train, None if held_out.n_train is None else held_out.seed


async def read_neighbor_logs(paths: Sequence[str]) -> list[NeighborLog]:
    """Read the neighbors of finished runs.

    Which logs count as runs is the leaderboard's rule, see `read_headers`: a run counts once,
    however often it is given, and one that was taken up again counts by its last log.

    Raises:
        NeighborLogError: A log that is no run that counts, or see `read_neighbor_log`.
    """
    try:
        found = await anyio.to_thread.run_sync(read_headers, paths)
    except LogsError as error:
        raise NeighborLogError(str(error)) from error
    for aside in found.set_aside:
        raise NeighborLogError(f"{aside.log} has no part in an ensemble: {aside.reason}")
    return [await read_neighbor_log(log.location) for log in found.runs]


async def read_neighbor_log(path: str) -> NeighborLog:
    """Read the neighbors of a finished run.

    Args:
        path: The log, also at an address that Inspect can read (`s3://...`).

    Raises:
        NeighborLogError: The log cannot be read, its run did not succeed or is not one of langpert,
            or its answers are not neighbors.
    """
    try:
        await anyio.to_thread.run_sync(check_header, path)
        await anyio.to_thread.run_sync(check_summaries, path)
        header = await read_eval_log_async(path, header_only=True)
        summaries = await read_eval_log_sample_summaries_async(path)
    except Exception as error:
        raise NeighborLogError(
            f"{path} cannot be read as a log of Inspect: {why(error)}"
        ) from error
    facts = header.eval.metadata or {}
    if header.status != "success" or not summaries:
        raise NeighborLogError(
            f"{path} is no finished run: its status is {header.status}. Take it up again with "
            f"`inspect eval-retry {path}`."
        )
    if not {"board_key", "data_sha256", "split_sha256"} <= facts.keys():
        raise NeighborLogError(
            f"{path} is a log of {header.eval.task}; expected one of perturb_evals/langpert."
        )
    answers: dict[str, list[tuple[str, ...]]] = {}
    for sample in await _whole(path, summaries):
        answers.setdefault(str(sample.id), []).append(_neighbors(path, sample))
    subset = subset_of(HeldOut.from_metadata(summaries[0].metadata))
    return NeighborLog(path, facts, subset, answers)


async def _whole(
    path: str, summaries: list[EvalSampleSummary]
) -> list[EvalSampleSummary | EvalSample]:
    """Replace summaries from which Inspect left out the neighbors, lists above 1 kB, by samples."""
    return [
        await read_eval_log_sample_async(path, summary.id, summary.epoch, exclude_fields=UNREAD)
        if isinstance(_account(summary).get("neighbors"), str)
        else summary
        for summary in summaries
    ]


def _account(sample: EvalSampleSummary | EvalSample) -> dict[str, Any]:
    score = (sample.scores or {}).get(SCORER)
    return (score.metadata if score else None) or {}


def _neighbors(path: str, sample: EvalSampleSummary | EvalSample) -> tuple[str, ...]:
    found = _account(sample)
    if found.get("method") != "neighbors":
        raise NeighborLogError(
            f"{path}: the answer to {sample.id} is not a choice of neighbors (its method is "
            f"{found.get('method', 'not known')}), so it has no part in an ensemble."
        )
    return tuple(found["neighbors"])
