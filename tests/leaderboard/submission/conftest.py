"""Honest logs of a handful of questions, small enough to be forged in many ways."""

import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import inspect_ai
import pytest
from inspect_ai import Task
from inspect_ai.log import (
    EvalLog,
    read_eval_log,
    read_eval_log_sample_summaries,
    write_eval_log,
)
from inspect_ai.model import GenerateConfig, ModelAPI, ModelCall, ModelOutput, ModelUsage, modelapi
from inspect_ai.solver import Solver

from perturb_evals.leaderboard.results.files import whole_result
from perturb_evals.leaderboard.submission.check import agreement_checks, check_runs
from perturb_evals.leaderboard.submission.samples import checked_samples
from perturb_evals.solvers.expression.baselines import mean_effect
from perturb_evals.solvers.pairs.baselines import constant
from perturb_evals.solvers.pairs.knn import cross_line_knn
from perturb_evals.tasks.langpert import langpert
from perturb_evals.tasks.perturbqa import perturbqa_de

FEW = {"dataset": "demo", "cell_line": "demo_a", "genes": 1}
SCRIPTED = "perturb_scripted/biologist"

Found = Mapping[str, tuple[str, str]]


def few(**args: Any) -> Task:
    """The questions about one gene."""
    return perturbqa_de(**{**FEW, **args})


class Server(ModelAPI):
    """Answers every question alike; the name of the model says how the server behaves."""

    asked = 0

    def __init__(self, model_name: str, *given: Any, **named: Any) -> None:
        config = named.get("config", GenerateConfig())
        super().__init__(model_name, config=config)

    async def generate(self, input: Any, tools: Any, tool_choice: Any, config: Any) -> Any:
        Server.asked += 1
        if self.model_name == "breaks" and Server.asked % 3 == 0:
            raise RuntimeError("The server broke down.")
        if self.model_name == "short":
            raise RuntimeError("The prompt is too long: it exceeds the maximum context length.")
        if self.model_name == "short_in_words":
            said = "The prompt is too long: it exceeds the maximum context length."
            return ModelOutput.from_content("short", said, stop_reason="model_length")
        if self.model_name == "calls_tools":
            return ModelOutput.for_tool_call("calls_tools", "answer", {"answer": "Yes"})
        # Longer than what Inspect keeps in place, and under the name of a dated version.
        text = "It is a gene of the nucleus." + 20 * " And so on." + "\n\nAnswer: Yes"
        if self.model_name == "writer":
            asked = input[-1].text
            gene = asked.partition("Gene: ")[2].partition("\n")[0]
            text = f"A note of {len(asked)} letters on {gene}."
        output = ModelOutput.from_content(f"{self.model_name}-2026-01-31", text)
        if self.model_name != "uncounted":
            output.usage = ModelUsage(input_tokens=90, output_tokens=30, total_tokens=120)
        sent = [{"role": message.role, "content": message.text} for message in input]
        reply = {"choices": [{"message": {"role": "assistant", "content": text}}]}
        return output, ModelCall.create(request={"messages": sent}, response=reply)


@modelapi(name="loopback")
def loopback() -> type[ModelAPI]:
    return Server


@pytest.fixture(scope="session", name="few")
def few_fixture() -> Callable[..., Task]:
    """Make the task with the questions about one gene."""
    return few


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the server that breaks down count its questions from the first again."""
    return lambda: monkeypatch.setattr(Server, "asked", 0)


@pytest.fixture(scope="session")
def run_few(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., EvalLog]:
    """Run a system on a handful of questions."""
    folder = tmp_path_factory.mktemp("few")

    def run_few(solver: Solver | None = None, task: Task | None = None, **options: Any) -> EvalLog:
        options = {"model": "none/none", "log_realtime": False, "score_display": False} | options
        (log,) = inspect_ai.eval(
            task or few(), solver=solver, log_dir=str(folder), display="none", **options
        )
        return log

    return run_few


@pytest.fixture(scope="session")
def honest(run_few: Callable[..., EvalLog]) -> Mapping[str, Path]:
    """Runs that every forgery begins with; do not change them."""
    screen = langpert(screen="demo", fold=1)
    made = {
        "asks": run_few(model=SCRIPTED, epochs=2),
        "served": run_few(model="loopback/some"),
        "computes": run_few(constant()),
        "cross": run_few(cross_line_knn(), task=few(evidence="cross")),
        "names": run_few(task=screen, model=SCRIPTED, limit=2),
        "mean": run_few(mean_effect(), task=screen, limit=2),
    }
    return {name: Path(log.location) for name, log in made.items()}


def found_in(path: Path | str) -> Found:
    """Outcome and words of each check of the one run in a log."""
    (checked,) = check_runs([str(path)]).runs
    return {check.name: (check.outcome, check.said) for check in checked.checks}


@pytest.fixture(scope="session", name="found_in")
def found_in_fixture() -> Callable[[Path | str], Found]:
    """Check a log: outcome and words by check."""
    return found_in


def held_in(path: Path | str) -> Found:
    """Outcome and words of the checks that hold a log against itself."""
    log = read_eval_log(str(path), header_only=True)
    checks = agreement_checks(log, whole_result(log))
    found = checked_samples(log, read_eval_log_sample_summaries(str(path)), checks)
    return {check.name: (check.outcome, check.said) for check in found}


@pytest.fixture(scope="session", name="held_in")
def held_in_fixture() -> Callable[[Path | str], Found]:
    """Hold a log against itself: outcome and words by check."""
    return held_in


@pytest.fixture(scope="session")
def whole(honest: Mapping[str, Path]) -> Mapping[str, EvalLog]:
    """The honest runs, read; do not change them."""
    return {
        name: read_eval_log(str(path), resolve_attachments="full") for name, path in honest.items()
    }


@pytest.fixture
def forge(whole: Mapping[str, EvalLog], tmp_path: Path) -> Callable[..., Path]:
    """Change a run in place by a function of its whole log, and write it as Inspect does."""

    def forge(name: str, change: Callable[[EvalLog], object], suffix: str = "eval") -> Path:
        log = whole[name].model_copy(deep=True)
        change(log)
        path = tmp_path / f"forged.{suffix}"
        write_eval_log(log, str(path))
        return path

    return forge


@pytest.fixture
def rezip(honest: Mapping[str, Path], tmp_path: Path) -> Callable[..., Path]:
    """Copy a run's archive with members changed, left out (None), or added by name."""

    def rezip(name: str, changed: Mapping[str, Any], more: Any = (), comment: bytes = b"") -> Path:
        path = tmp_path / "forged.eval"
        with zipfile.ZipFile(honest[name]) as old, zipfile.ZipFile(path, "w") as new:
            for member in old.namelist():
                said = changed.get(member, old.read(member))
                if said is not None:
                    new.writestr(member, said)
            with warnings.catch_warnings(action="ignore"):  # a name may stand there already
                for member, said in more:
                    new.writestr(member, said)
            new.comment = comment
        return path

    return rezip
