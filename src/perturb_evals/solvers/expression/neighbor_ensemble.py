"""Ensembles without a model: the neighbors that several finished answers chose, put together."""

import json
from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean, median_low
from typing import Literal, get_args

from inspect_ai.model import ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import concurrency

from perturb_evals.datasets.options import one_of, whole_number
from perturb_evals.datasets.screens.evidence import HeldOut
from perturb_evals.replies.expression import ExpressionReply
from perturb_evals.replies.reply import attach
from perturb_evals.solvers.expression.neighbor_logs import NeighborLog, read_neighbor_log

Rule = Literal["vote", "union"]
RULES: tuple[Rule, ...] = get_args(Rule)


@solver
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
            raise ValueError("k belongs to rule=vote; a union keeps all names.")
        if whole_number("k", k) < 1:
            raise ValueError(f"k must be 1 or more; got {k}.")
    read: list[NeighborLog] = []
    checked: set[HeldOut] = set()

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        held_out, pert = HeldOut.from_metadata(state.metadata), str(state.metadata["pert"])
        async with concurrency("logs of the ensemble", 1, visible=False):
            if not read:
                read.extend([await read_neighbor_log(path) for path in paths])
        if held_out not in checked:
            for log in read:
                log.check(held_out)
            checked.add(held_out)
        answers = [names for log in read for names in log.of(str(state.sample_id), pert, held_out)]
        found = ranked(answers)
        if rule == "vote":
            found = found[: k or usual_size(answers)]
        state.output = ModelOutput.from_content(
            model="perturb_evals/neighbor_ensemble",
            content=json.dumps({"kNN": found}, ensure_ascii=False),
        )
        attach(state.output, ExpressionReply("neighbors", limit=max(1, len(found)), names=found))
        return state

    return solve


def _paths(logs: object) -> list[str]:
    given = logs.split(",") if isinstance(logs, str) else logs
    if isinstance(given, list | tuple) and all(isinstance(path, str) for path in given):
        paths = [path.strip() for path in given]
        if paths and all(paths):
            return paths
    raise ValueError(f"logs must be paths of logs, separated by commas; got {logs!r}.")


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
