"""The gallery of prompts: the first thing that each solver sends a model, a question a task.

    python examples/prompts.py > docs/prompts.md

Real requests, taken from runs on the demo's simulated screen, so that no label of a published table
stands in it. A test holds that the page is what this writes.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from inspect_ai import Task, task_with
from inspect_ai import eval as inspect_eval
from inspect_ai.event import ModelEvent
from inspect_ai.log import resolve_sample_attachments
from inspect_ai.solver import Solver

from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.families import FAMILIES
from perturb_evals.models.recorder import RECORDER
from perturb_evals.solvers.asking.tokens import prose_tokens
from perturb_evals.solvers.baseline import READS
from perturb_evals.solvers.pairs.summaries import Part, Summaries

QUESTIONS = {"perturbqa_de": 23, "perturbqa_direction": 44, "langpert": 0}
"""Which question of the demo stands for all, by task: one of which both genes have a text."""

OF_LOGS = ("neighbor_ensemble",)
"""What reads finished runs."""

HEAD = """\
# Prompts

What each solver that asks a model sends first, word for word, for one question of the demo's
simulated screen. `python examples/prompts.py > docs/prompts.md` writes this page from the requests
of real runs, and a test holds that it is up to date. Tokens are counted as {characters:g} letters
each, as `perturb-evals estimate` counts prose; gene symbols take more. [Solvers](solvers.md) says
what each of them does with the answer.
"""


@dataclass(frozen=True)
class Sent:
    """The first request of a solver.

    Attributes:
        messages: Role and text of each message.
        tools: Name and description of each tool that is offered.
        n_requests: How many conversations were begun for the question.
    """

    messages: tuple[tuple[str, str], ...]
    tools: tuple[tuple[str, str], ...]
    n_requests: int


def first_requests(tasks: list[Task]) -> Iterator[Sent]:
    """Run a question of each task with a model that keeps what it is sent."""
    with tempfile.TemporaryDirectory() as folder:
        logs = inspect_eval(tasks, model=RECORDER, log_dir=folder, display="none", max_tasks=4)
        for log in logs:
            if not log.samples or log.status != "success":
                raise SystemExit(f"{log.eval.task} ended as {log.status}: {log.error}")
            sample = resolve_sample_attachments(log.samples[0], "full")
            calls = [event for event in sample.events if isinstance(event, ModelEvent)]
            begun = [call for call in calls if all(m.role != "assistant" for m in call.input)]
            yield Sent(
                tuple((message.role, message.text) for message in calls[0].input),
                tuple((tool.name, tool.description) for tool in calls[0].tools),
                len(begun),
            )


def solvers() -> Iterator[tuple[Callable[..., Task], Callable[..., Solver]]]:
    """Yield each task with each solver of its family that asks a model and needs no argument."""
    for family in FAMILIES:
        for task in family.tasks:
            for solver in family.solvers:
                if solver.__name__ not in (*READS, family.replay_solver, *OF_LOGS):
                    yield task, solver


def one_question(make: Callable[..., Task], solver: Callable[..., Solver]) -> Task:
    """Return a task of the demo that asks one question, with a solver."""
    given: dict[str, Any] = {"dataset": "demo", "genes": 20, "evidence": "within"}
    if make.__name__ == "langpert":
        given = {"screen": "demo", "fold": 0}
    task = make(**given)
    place = QUESTIONS[make.__name__]
    return task_with(task, solver=solver(), dataset=task.dataset[place : place + 1])


def section(task: str, solver: str, sent: Sent) -> str:
    """Return what stands of one solver and task."""
    letters = sum(len(text) for _, text in sent.messages)
    letters += sum(len(tool) + len(said) for tool, said in sent.tools)
    often = f", {sent.n_requests} such requests a question" if sent.n_requests > 1 else ""
    lines = [
        f"## {solver}, {task}\n",
        f"About {prose_tokens(letters):,.0f} tokens{often}.\n",
    ]
    for role, text in sent.messages:
        lines.append(f"**{role}**\n\n````text\n{text.rstrip()}\n````\n")
    if sent.tools:
        lines.append("Tools:\n")
        lines += [f"- `{tool}`: {' '.join(said.split())}" for tool, said in sent.tools]
        lines.append("")
    return "\n".join(lines)


def notes() -> str:
    """Return what stands of the summarizer, for the two genes of the first task."""
    asked = pairs_benchmark("de", dataset="demo", genes=20)
    row = asked.rows.iloc[QUESTIONS["perturbqa_de"]]
    summaries = Summaries(asked.evidence, "model")
    parts: dict[Part, str] = {"perturbed": row["pert"], "readout": row["gene"]}
    return "\n".join(
        section(
            f"a {part} gene", "summarizer", Sent((("user", summaries.prompt(of, part)),), (), 1)
        )
        for part, of in parts.items()
    )


def gallery() -> str:
    """Return the page."""
    made = list(solvers())
    sent = first_requests([one_question(task, solver) for task, solver in made])
    parts = [
        section(task.__name__, solver.__name__, one)
        for (task, solver), one in zip(made, sent, strict=True)
    ]
    parts.append(notes())
    return "\n".join([HEAD.format(characters=1 / prose_tokens(1)), *parts]).rstrip() + "\n"


if __name__ == "__main__":
    print(gallery(), end="")
