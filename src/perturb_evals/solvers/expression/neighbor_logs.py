"""The neighbors that finished runs chose, read from their logs."""

from dataclasses import dataclass, field
from typing import Any

from inspect_ai.log import (
    EvalSample,
    EvalSampleSummary,
    read_eval_log_async,
    read_eval_log_sample_async,
    read_eval_log_sample_summaries_async,
)

from perturb_evals.datasets.screens.evidence import HeldOut, fold_of, split_of
from perturb_evals.datasets.screens.load import load_screen

SCORER = "expression"
UNREAD = {"messages", "events", "events_data", "attachments", "store", "output"}


class NeighborLogError(Exception):
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


async def read_neighbor_log(path: str) -> NeighborLog:
    """Read the neighbors of a finished run.

    Args:
        path: The log, also at an address that Inspect can read (`s3://...`).

    Raises:
        NeighborLogError: The log cannot be read, its run did not succeed or is not one of langpert,
            or its answers are not neighbors.
    """
    try:
        header = await read_eval_log_async(path, header_only=True)
        summaries = await read_eval_log_sample_summaries_async(path)
    except Exception as error:
        raise NeighborLogError(f"{path} cannot be read as a log of Inspect: {error}") from error
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
