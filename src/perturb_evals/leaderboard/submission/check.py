"""A submission: runs, given as logs or as results that name them, and all checks of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from inspect_ai.log import EvalLog, EvalSampleSummary

from perturb_evals.leaderboard.results.files import whole_result
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.submission.agreement.calls import Calls
from perturb_evals.leaderboard.submission.agreement.copies import Copies
from perturb_evals.leaderboard.submission.agreement.header import Header
from perturb_evals.leaderboard.submission.agreement.members import file_check
from perturb_evals.leaderboard.submission.agreement.outputs import Outputs
from perturb_evals.leaderboard.submission.agreement.parts import RunParts
from perturb_evals.leaderboard.submission.agreement.scorings import Scorings
from perturb_evals.leaderboard.submission.agreement.times import Times
from perturb_evals.leaderboard.submission.answers import RescoredAnswers
from perturb_evals.leaderboard.submission.board import asked_again, board_check, questions_check
from perturb_evals.leaderboard.submission.checks import Check, Checked, CheckOutcome, NotAtHandError
from perturb_evals.leaderboard.submission.evidence_audit import Prompts
from perturb_evals.leaderboard.submission.files import Given, gather
from perturb_evals.leaderboard.submission.metrics import metrics_check
from perturb_evals.leaderboard.submission.samples import SampleCheck, checked_samples
from perturb_evals.leaderboard.systems import names
from perturb_evals.logs.headers import PREFIX, TAKEN_UP, SetAside
from perturb_evals.logs.samples import read_samples, read_summaries

NAMES = (
    *("result", "complete", "file", "header", "copies", "calls", "outputs", "scorings", "times"),
    *("board key", "questions", "metrics", "answers", "evidence"),
)
"""The checks of a run, in their order."""

Facts = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Submission:
    """What was checked.

    Attributes:
        runs: The checks of every run, and of every result whose log is not here.
        set_aside: Logs that could not be checked, and those that a later log goes on from.
    """

    runs: tuple[Checked, ...]
    set_aside: tuple[SetAside, ...]

    @property
    def passed(self) -> bool:
        """Whether there is a run, and each of them passed, and no log was left out for a fault."""
        faults = [aside for aside in self.set_aside if aside.reason != TAKEN_UP]
        return bool(self.runs) and not faults and all(run.passed for run in self.runs)


def check_runs(paths: Sequence[str], begun: Callable[[int, int], None] | None = None) -> Submission:
    """Check all runs of a submission.

    Args:
        paths: Logs, folders and results, see `gather`.
        begun: Called before each run with its number, from 1, and the number of runs.

    Raises:
        LogsError: A local path that does not exist.
    """
    gathered = gather(paths)
    given: dict[str, list[Given]] = {}
    for one in gathered.given:
        given.setdefault(one.result.eval_id if one.result else "", []).append(one)
    runs, checked = gathered.headers.runs, list[Checked]()
    for number, log in enumerate(runs, start=1):
        if begun is not None:
            begun(number, len(runs))
        checked.append(_check(log, given.pop(log.eval.eval_id, [])))
    checked += [_without_log(one) for rest in given.values() for one in rest]
    return Submission(tuple(checked), gathered.headers.set_aside)


def _without_log(given: Given) -> Checked:
    said = given.fault or "It is valid, but its log is not here: nothing else can be checked."
    first = Check("result", "fail" if given.fault else "not checked", said)
    title = given.result.protocol_line if given.result else "a result"
    return Checked(title, str(given.path), (first,))


def _check(log: EvalLog, given: Sequence[Given]) -> Checked:
    try:
        result = whole_result(log)
        title = f"{result.task} on {result.context}: {', '.join(names([result]).values())}"
    except Exception as error:  # whatever a header or its samples hold
        checks = [Check("result", "fail", f"No result can be made of the log: {error}")]
        return Checked(str(log.eval.task), log.location, checks)
    checks = [_result_check(result, given), _complete_check(result)]
    if (said := log.eval.task.removeprefix(PREFIX)) != result.task:
        fault = f"The log is of the task {said!r}, its board of {result.task!r}."
        return Checked(title, log.location, [*checks, Check("board key", "fail", fault)])
    if not (log.results and log.results.scores):
        return Checked(title, log.location, checks)
    summaries = read_summaries(log.location)
    checks += [_made("file", lambda: file_check(log, summaries))]
    checks += _checks_of_samples(log, result, summaries)
    return Checked(title, log.location, checks)


def _checks_of_samples(
    log: EvalLog, result: Result, summaries: list[EvalSampleSummary]
) -> list[Check]:
    def metrics() -> Check:
        return metrics_check(log, read_samples(log).scores)

    held = agreement_checks(log, result)

    try:
        asked = asked_again(log)
    except (NotAtHandError, ValueError) as error:
        outcome: CheckOutcome = "fail" if isinstance(error, ValueError) else "not checked"
        without = {name: Check(name, outcome, str(error)) for name in NAMES}
        first = [without["board key"], without["questions"]]
        *agree, answers = checked_samples(log, summaries, [*held, RescoredAnswers(log)])
        return [*agree, *first, _made("metrics", metrics), answers, without["evidence"]]
    last: list[SampleCheck] = [
        RescoredAnswers(log),
        Prompts(asked.audit, records=RunParts(log).manner != "foreign"),
    ]
    found = checked_samples(log, summaries, [*held, *last])
    return [
        *found[: len(held)],
        _made("board key", lambda: board_check(log, asked)),
        _made("questions", lambda: questions_check(log, asked, summaries)),
        _made("metrics", metrics),
        *found[len(held) :],
    ]


def agreement_checks(log: EvalLog, result: Result) -> list[SampleCheck]:
    """Return the checks of whether a log agrees with itself, in the order of `NAMES`.

    Args:
        log: Its header, with results.
        result: What is made of it.
    """
    per_sample: tuple[Callable[[EvalLog], SampleCheck], ...]
    per_sample = (Copies, Calls, Outputs, Scorings, Times)
    return [Header(log, result), *(check(log) for check in per_sample)]


def _made(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except Exception as error:  # a log may hold anything; what breaks a check has not passed it
        return Check(name, "fail", f"The log is not as this package writes it: {error!r}")


def _result_check(result: Result, given: Sequence[Given]) -> Check:
    """Compare results that were handed in with the one that the log gives."""
    again = _facts(Result.model_validate_json(result.model_dump_json()))
    for one in given:
        assert one.result is not None
        if where := _differing(_facts(one.result), again):
            return Check("result", "fail", f"{one.path.name} is not what the log gives: {where}.")
    if not given:
        return Check("result", "pass", "The log gives a valid result.")
    return Check("result", "pass", f"{given[0].path.name} is what the log gives.")


def _facts(result: Result) -> Facts:
    """Return what a result says but for what may move: the place of the log, and prices."""
    return result.model_dump(mode="json", exclude={"log": True, "usage": {"cost"}})


def _differing(said: Any, again: Any, where: str = "") -> str:
    """Return the first part in which two results differ, with both values; empty for none."""
    if not (isinstance(said, dict) and isinstance(again, dict)):
        return "" if said == again else f"{where} is {said!r}, the log gives {again!r}"
    for name in dict.fromkeys([*again, *said]):
        inner = f"{where}.{name}" if where else str(name)
        if found := _differing(said.get(name), again.get(name), inner):
            return found
    return ""


def _complete_check(result: Result) -> Check:
    if result.status == "complete":
        return Check("complete", "pass", f"All {result.n_questions} questions have a score.")
    return Check("complete", "fail", f"{result.status}: {result.reason} It would not be ranked.")
