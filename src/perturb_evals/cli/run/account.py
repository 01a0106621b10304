"""What the lines of `perturb-evals run` spent, and how far they came, by their logs and ledger."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from inspect_ai.log import EvalLog

from perturb_evals.cli.run.lines import Line
from perturb_evals.logs.headers import PREFIX, read_headers
from perturb_evals.logs.samples import read_summaries
from perturb_evals.solvers.asking.budget import NO_BUDGET
from perturb_evals.solvers.asking.ledger import written_off
from perturb_evals.solvers.asking.prices import Prices, cost_of


def spent(lines: Iterable[Line], prices: Prices, ledger: Path) -> float:
    """Return the dollars that were spent so far.

    The ledger has all that was spent under a budget, also on answers that were in flight when a run
    ended and are in no log; the logs have what was spent without one. The larger counts.
    """
    logged = sum(_logged(header, prices) for line in lines for header in _runs(line))
    return max(logged, written_off(ledger))


def _logged(header: EvalLog, prices: Prices) -> float:
    used = [header.stats.model_usage]
    if header.status == "started":  # killed: only its samples say what they took
        used = [sample.model_usage for sample in read_summaries(header.location)]
    return sum(
        cost_of(model, usage, prices) or 0.0 for usages in used for model, usage in usages.items()
    )


def complete(line: Line, models: Sequence[str]) -> int:
    """Return how many runs of a line are complete; other logs in its folder are none of them."""
    done = {
        (header.eval.task.removeprefix(PREFIX), header.eval.model)
        for header in _runs(line)
        if header.status == "success"
    }
    return sum((task, model) in done for task in line.tasks for model in models)


def why_not_asked(line: Line) -> str:
    """Return why a question of a line was not asked for the budget's sake; empty if all were."""
    for header in _runs(line):
        if header.status == "error":
            for sample in read_summaries(header.location):
                if sample.error is not None and sample.error.startswith(NO_BUDGET):
                    return sample.error
    return ""


def _runs(line: Line) -> Sequence[EvalLog]:
    return read_headers([line.folder]).runs if line.folder.is_dir() else ()
