"""Is a run on the board that it names, and did it answer every question of it once?

The task is made again from the arguments in the log's header and the data at hand.
"""

from collections import Counter
from collections.abc import Sequence

from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, EvalSampleSummary

from perturb_evals.datasets.benchmark import board_key
from perturb_evals.datasets.errors import DataError
from perturb_evals.families import family_of
from perturb_evals.families.asked_again import AskedAgain
from perturb_evals.families.family import Family
from perturb_evals.leaderboard.submission.checks import Check, NotAtHandError
from perturb_evals.logs.headers import PREFIX

PASSED_BY = ("package_version", "licence", "citation")
"""What a header says that may differ from what this version of the package would say. Data are
known by their hash; the words about them may be put right later."""


def asked_again(log: EvalLog) -> AskedAgain:
    """Make the task of a run again.

    Raises:
        NotAtHandError: Its data, or the files that its arguments name, cannot be had here.
        ValueError: Arguments that the task does not allow.
    """
    task = log.eval.task.removeprefix(PREFIX)
    try:
        about = log.eval.metadata or {}
        return family_of(task).asked_again(task, dict(log.eval.task_args), about)
    except (DataError, OSError) as error:
        raise NotAtHandError(f"The data cannot be had here: {error}") from error
    except (KeyError, TypeError) as error:
        raise ValueError(f"the task does not take the arguments of the log: {error!r}") from error


def board_check(log: EvalLog, asked: AskedAgain) -> Check:
    """Compare what the header says about the data with what the data at hand say."""
    name, about = "board key", log.eval.metadata or {}
    family = family_of(log.eval.task.removeprefix(PREFIX))
    for part, expected in asked.facts["board"].items():
        said = about["board"].get(part)
        if said != expected:
            return Check(name, "fail", f"{part}: the log says {said!r}, the data {expected!r}.")
    if about["board"] != asked.facts["board"]:
        return Check(name, "fail", "The log's board has parts that the task does not have.")
    for part, expected in asked.facts.items():
        if part not in PASSED_BY and not family.same_fact(part, about.get(part), expected):
            return Check(
                name, "fail", f"{part}: the log says {about.get(part)!r}, the data {expected!r}."
            )
    return Check(
        name, "pass", f"The data at hand give the same: {board_key(asked.facts['board'])}."
    )


def questions_check(
    log: EvalLog, asked: AskedAgain, summaries: Sequence[EvalSampleSummary]
) -> Check:
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
    family = family_of(log.eval.task.removeprefix(PREFIX))
    for summary in summaries:
        if fault := _fault(summary, asked.samples[str(summary.id)], family):
            return Check(name, "fail", f"{summary.id}, epoch {summary.epoch}: {fault}")
    times = "once" if epochs == 1 else f"once in each of {epochs} epochs"
    return Check(
        name, "pass", f"All {len(asked.samples)} questions were answered {times}, and no other."
    )


def _fault(summary: EvalSampleSummary, sample: Sample, family: Family) -> str:
    """Return where a sample says something else than its task; empty for nowhere."""
    for part, expected in (sample.metadata or {}).items():
        if not family.same_fact(part, summary.metadata.get(part), expected):
            return f"{part} is {summary.metadata.get(part)!r}, not {expected!r}."
    if summary.target != sample.target:
        return f"the truth is {summary.target!r}, not {sample.target!r}."
    return family.label_fault(summary, sample)
