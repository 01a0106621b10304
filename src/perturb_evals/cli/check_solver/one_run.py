"""One run of a solver, and all that it was shown and said; in a process of its own.

What a solver keeps from run to run, in its module or elsewhere, would hide that it read the truth.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inspect_ai.log import EvalSample
    from inspect_ai.scorer import Scorer

    from perturb_evals.families.family import Family

Part = tuple[str, str]
"""What it is, and the text of it."""

EVERYWHERE = "all questions"


@dataclass(frozen=True)
class Wanted:
    """A run that is to be made.

    Attributes:
        solver: A solver as for `inspect eval --solver`.
        solver_args: Its arguments.
        task: Name of the task.
        task_args: Its arguments.
        exchanged: Whether the truth of the test rows is exchanged.
    """

    solver: str
    solver_args: dict[str, Any]
    task: str
    task_args: dict[str, Any]
    exchanged: bool


@dataclass
class Seen:
    """What a run showed.

    Attributes:
        fault: Why it could not be made, in a line; empty for nothing.
        usage: Whether that is about an argument.
        task_args: The arguments of the task.
        targets: The true answers by question, as they are in reach of a solver.
        parts: By question all that was sent, said and predicted, in order; what no question can be
            told of stands under `EVERYWHERE`.
        failed: By question the errors that ended it.
    """

    fault: str = ""
    usage: bool = False
    task_args: dict[str, Any] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)
    parts: dict[str, list[Part]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def made(wanted: Wanted) -> Seen:
    """Make a run in this process."""
    from perturb_evals.datasets.errors import ArgumentError, why
    from perturb_evals.families import family_of

    try:
        family = family_of(wanted.task)
        args = family.checked_with(wanted.task_args)
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder, "data")
            data.mkdir()
            exchange = family.exchanged(wanted.task, args, data)
            with exchange if wanted.exchanged else nullcontext(args) as given:
                seen = _run(wanted, family, given, Path(folder, "logs"))
        moved = {str(given[name]): str(args[name]) for name in args if given[name] != args[name]}
        seen.task_args = args
        seen.parts = {
            name: [(what, _replaced(text, moved)) for what, text in parts]
            for name, parts in seen.parts.items()
        }
        return seen
    except (ArgumentError, TypeError) as error:
        return Seen(fault=why(error), usage=True)
    except Exception as error:  # a solver is anybody's code
        return Seen(fault=why(error))


def _run(wanted: Wanted, family: "Family", args: dict[str, Any], logs: Path) -> Seen:
    from inspect_ai import eval as evaluate
    from inspect_ai.log import read_eval_log
    from inspect_ai.solver import SolverSpec

    from perturb_evals.models.recorder import GIVEN, RECORDER

    make = next(task for task in family.tasks if task.__name__ == wanted.task)
    task = make(**args)
    task.scorer, task.metrics, task.headline_metric = [_left_scorer(family)], None, None
    GIVEN.clear()
    (log,) = evaluate(
        task,
        model=RECORDER,
        solver=SolverSpec(wanted.solver, wanted.solver_args, wanted.solver_args),
        log_dir=str(logs),
        display="none",
        max_samples=1,  # one after the other, as some solvers remember what they were asked
        fail_on_error=False,
        log_realtime=False,
        score_display=False,
        log_buffer=1000,
    )
    if log.status != "success":
        return Seen(fault=log.error.message if log.error else f"the run ended as {log.status}")
    log = read_eval_log(log.location, resolve_attachments=True)
    samples = sorted(log.samples or [], key=lambda sample: str(sample.id))
    seen = Seen()
    for sample in samples:
        seen.targets[str(sample.id)] = str(sample.target)
        seen.parts[str(sample.id)] = _parts(sample)
        if sample.error:
            seen.failed[str(sample.id)] = sample.error.message
    # Also what was asked beside the transcript.
    seen.parts[EVERYWHERE] = [("a prompt", given) for given in sorted(GIVEN)]
    return seen


def _left_scorer(family: "Family") -> "Scorer":
    """Return a scorer that keeps what a solver left in memory, and judges nothing."""
    from inspect_ai.scorer import Score, Scorer, Target, mean, scorer
    from inspect_ai.solver import TaskState

    @scorer(metrics=[mean()], name="left")
    def left() -> Scorer:
        async def score(state: TaskState, target: Target) -> Score:
            scores = {
                name: own.model_dump(mode="json") for name, own in (state.scores or {}).items()
            }
            return Score(value=0, metadata={"left": family.left(state), "scores": scores})

        return score

    return left()


def _parts(sample: "EvalSample") -> list[Part]:
    from inspect_ai.event import ModelEvent

    parts: list[Part] = []
    calls = [event for event in sample.events if isinstance(event, ModelEvent)]
    for number, event in enumerate(calls, start=1):
        what = f"prompt {number}"
        parts += [(f"{what}, {m.role} message", _text(_dumped(m))) for m in event.input]
        parts += [(f"{what}, a tool", _text(_dumped(tool))) for tool in event.tools]
        asked = [event.model, str(event.tool_choice), _dumped(event.config)]
        parts.append((f"{what}, the settings", _text(asked)))
    output = sample.output
    parts.append(("the prediction", output.completion))
    choices = [choice.model_dump(mode="json", exclude_none=True) for choice in output.choices]
    parts.append(("the prediction", _text([output.model, output.metadata, output.error, choices])))
    for score in (sample.scores or {}).values():
        parts.append(("the predicted vector or score", _text(score.metadata)))
    parts += [(f"the conversation, {m.role} message", _text(_dumped(m))) for m in sample.messages]
    if sample.error:
        parts.append(("the error", sample.error.message))
    return list(_without_ids(parts, sample))


def _without_ids(parts: list[Part], sample: "EvalSample") -> Iterator[Part]:
    """Yield texts in which the ids of messages, which are drawn by lot, are numbers."""
    from inspect_ai.event import ModelEvent

    messages = list(sample.messages)
    for event in sample.events:
        if isinstance(event, ModelEvent):
            messages += [*event.input, *(choice.message for choice in event.output.choices)]
    messages += [choice.message for choice in sample.output.choices]
    ids = dict.fromkeys(message.id for message in messages if message.id)
    numbered = {str(known): f"message {number}" for number, known in enumerate(ids, start=1)}
    for what, text in parts:
        yield what, _replaced(text, numbered)


def _replaced(text: str, instead: dict[str, str]) -> str:
    for old, new in instead.items():
        text = text.replace(old, new)
    return text


def _dumped(part: Any) -> Any:
    return part.model_dump(mode="json", exclude_none=True)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def main() -> None:
    """Make the run that one file asks for, as JSON, and write to another what it showed."""
    request, reply = map(Path, sys.argv[1:])
    seen = made(Wanted(**json.loads(request.read_text("utf-8"))))
    reply.write_text(json.dumps(asdict(seen)), "utf-8")


if __name__ == "__main__":
    main()
