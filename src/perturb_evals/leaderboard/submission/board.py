"""Is a run on the board that it names, and did it answer every question of it once?

The task is made again from the arguments in the log's header and the data at hand.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, EvalSampleSummary

from perturb_evals.datasets.benchmark import board_key
from perturb_evals.datasets.files.sources import DataError
from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.datasets.pairs.own_tables import is_own, located
from perturb_evals.datasets.pairs.questions import VERDICTS, Kind
from perturb_evals.datasets.pairs.samples import question_samples
from perturb_evals.datasets.pairs.table import TableError
from perturb_evals.datasets.screens.benchmark import expression_benchmark
from perturb_evals.datasets.screens.samples import held_out_samples
from perturb_evals.datasets.screens.screen import ScreenError
from perturb_evals.datasets.screens.splits import SplitError
from perturb_evals.leaderboard.headers import PREFIX
from perturb_evals.leaderboard.submission.checks import Check, NotAtHandError

KINDS: dict[str, Kind] = {"perturbqa_de": "de", "perturbqa_direction": "direction"}
PASSED_BY = ("package_version",)
"""What a header says that may differ from what this version of the package would say."""


@dataclass(frozen=True, eq=False)
class Asked:
    """What the task of a run asks with the data at hand.

    Attributes:
        facts: What its header would say about the data.
        samples: Its samples by id.
        evidence: What a solver may read; None for a screen.
    """

    facts: Mapping[str, Any]
    samples: Mapping[str, Sample]
    evidence: PairsEvidence | None


def asked_again(log: EvalLog) -> Asked:
    """Make the task of a run again.

    Raises:
        NotAtHandError: Its data, or the files that its arguments name, cannot be had here.
        ValueError: Arguments that the task does not allow.
    """
    task, args = log.eval.task.removeprefix(PREFIX), dict(log.eval.task_args)
    try:
        if task == "langpert":
            k = args.pop("k")
            run = expression_benchmark(**args)
            made = held_out_samples(run.folds, k, run.aliases)
            return Asked(run.metadata(task), _by_id(made), None)
        args.pop("answer", None)
        policy = args.pop("abstention")
        if is_own((log.eval.metadata or {}).get("dataset")) and not located(args["dataset"]):
            raise NotAtHandError(f"The tables of {args['dataset']} are not here.")
        asked = pairs_benchmark(KINDS[task], **args)
        made = question_samples(asked.rows, asked.evidence)
        return Asked(asked.metadata(task, abstention=policy), _by_id(made), asked.evidence)
    except (DataError, TableError, ScreenError, SplitError, OSError) as error:
        raise NotAtHandError(f"The data cannot be had here: {error}") from error
    except (KeyError, TypeError) as error:
        raise ValueError(f"the task does not take the arguments of the log: {error!r}") from error


def _by_id(samples: Iterable[Sample]) -> dict[str, Sample]:
    return {str(sample.id): sample for sample in samples}


def board_check(log: EvalLog, asked: Asked) -> Check:
    """Compare what the header says about the data with what the data at hand say."""
    name, about = "board key", log.eval.metadata or {}
    for part, expected in asked.facts["board"].items():
        said = about["board"].get(part)
        if said != expected:
            return Check(name, "fail", f"{part}: the log says {said!r}, the data {expected!r}.")
    if about["board"] != asked.facts["board"]:
        return Check(name, "fail", "The log's board has parts that the task does not have.")
    for part, expected in asked.facts.items():
        if part not in PASSED_BY and not _agree(part, about.get(part), expected):
            return Check(
                name, "fail", f"{part}: the log says {about.get(part)!r}, the data {expected!r}."
            )
    return Check(
        name, "pass", f"The data at hand give the same: {board_key(asked.facts['board'])}."
    )


def questions_check(log: EvalLog, asked: Asked, summaries: Sequence[EvalSampleSummary]) -> Check:
    """Compare the samples of a run with those of its task: ids, epochs, metadata, labels."""
    name, epochs = "questions", log.eval.config.epochs or 1
    expected = {(sample_id, epoch) for sample_id in asked.samples for epoch in range(1, epochs + 1)}
    found = Counter((str(sample.id), sample.epoch) for sample in summaries)
    scored = {(str(sample.id), sample.epoch) for sample in summaries if sample.scores}
    faults = {
        "are not asked by the task": found.keys() - expected,
        "stand in the log more than once": {place for place, count in found.items() if count > 1},
        "are missing or have no score": expected - scored,
    }
    for what, places in faults.items():
        if places:
            sample_id, epoch = min(places)
            first = f"{sample_id}, epoch {epoch}"
            return Check(name, "fail", f"{len(places)} of {len(expected)} answers {what}: {first}.")
    for summary in summaries:
        if fault := _fault(summary, asked.samples[str(summary.id)]):
            return Check(name, "fail", f"{summary.id}, epoch {summary.epoch}: {fault}")
    times = "once" if epochs == 1 else f"once in each of {epochs} epochs"
    return Check(
        name, "pass", f"All {len(asked.samples)} questions were answered {times}, and no other."
    )


def _agree(part: str, said: object, expected: object) -> bool:
    """Whether a log says the same; where a user's tables stand is no matter, their hash is."""
    return said == expected or (part == "dataset" and is_own(said) and is_own(expected))


def _fault(summary: EvalSampleSummary, sample: Sample) -> str:
    """Return where a sample says something else than its task; empty for nowhere."""
    for part, expected in (sample.metadata or {}).items():
        if not _agree(part, summary.metadata.get(part), expected):
            return f"{part} is {summary.metadata.get(part)!r}, not {expected!r}."
    if summary.target != sample.target:
        return f"the truth is {summary.target!r}, not {sample.target!r}."
    kind: Kind | None = (sample.metadata or {}).get("kind")
    if kind is None:
        return ""
    label = int(sample.target == VERDICTS[kind].positive)
    for score in (summary.scores or {}).values():
        if (score.metadata or {}).get("label") != label:
            return f"the label is {(score.metadata or {}).get('label')!r}, not {label}."
    return ""
