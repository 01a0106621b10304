"""The package as Inspect and its users find it."""

import ast
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from inspect_ai import eval
from inspect_ai.model import ModelOutput, ModelUsage, get_model

import perturb_evals
from perturb_evals import _registry
from perturb_evals.families import task_names
from perturb_evals.tasks.perturbqa import perturbqa_de

SOURCE = Path(perturb_evals.__file__).parent
# Top to bottom: a room may import itself and what stands below it.
ROOMS = (
    "cli",
    "leaderboard",
    "_registry",
    "families",
    "tasks",
    "solvers",
    "scorers",
    "replies",
    "logs",
    "methods",
    "models",
    "metrics",
    "datasets",
)
# What belongs to one family, in each room; `screens` are the data of `expression`.
FAMILIES = {"pairs": "pairs", "expression": "expression", "screens": "expression"}


def modules() -> list[tuple[Path, ast.Module]]:
    return [(path, ast.parse(path.read_text("utf-8"))) for path in sorted(SOURCE.rglob("*.py"))]


def imports(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def test_imports_point_down_the_house():
    wrong = []
    for path, tree in modules():
        if room(path) not in ROOMS:
            continue
        below = ROOMS[ROOMS.index(room(path)) :]
        for name in imports(tree):
            parts = name.split(".")
            if parts[0] == "perturb_evals" and parts[1] in ROOMS and parts[1] not in below:
                wrong.append(f"{path.name}: {name}")
    assert wrong == []


def family(dotted: str) -> str | None:
    """The family that a module belongs to, by the second part of its place in the house."""
    parts = dotted.split(".")
    return FAMILIES.get(parts[2]) if len(parts) > 2 else None


def test_no_family_imports_another():
    wrong = []
    for path, tree in modules():
        place = ".".join(["perturb_evals", *path.relative_to(SOURCE).with_suffix("").parts])
        for name in imports(tree):
            if name.startswith("perturb_evals.") and {family(place), family(name)} >= {
                "pairs",
                "expression",
            }:
                wrong.append(f"{place}: {name}")
    assert wrong == []


def test_only_the_modules_that_make_samples_know_inspect():
    know = {
        path.relative_to(SOURCE).as_posix()
        for path, tree in modules()
        if room(path) in ("metrics", "datasets")
        and any(name.split(".")[0] == "inspect_ai" for name in imports(tree))
    }
    assert know == {"datasets/pairs/samples.py", "datasets/screens/samples.py"}


def test_leaderboard_and_command_line_know_no_task_and_no_kind_of_outcome():
    """They ask the family, so that a new one needs no change there."""
    wrong = []
    for path, tree in modules():
        if room(path) not in ("leaderboard", "cli"):
            continue
        documented = {
            node.body[0].value
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and node not in documented:
                named = str(node.value).removeprefix("perturb_evals/") in task_names()
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance":
                named = "Outcome" in ast.unparse(node.args[1])
            else:
                named = False
            if named:
                wrong.append(f"{path.relative_to(SOURCE)}:{node.lineno}")
        wrong += [f"{path.name}: {name}" for name in imports(tree) if ".tasks." in name]
    assert wrong == []


def test_only_public_names_of_inspect():
    for path, tree in modules():
        for name in imports(tree):
            if name.startswith("inspect_ai"):
                assert not any(part.startswith("_") for part in name.split(".")), f"{path}: {name}"


def test_the_entry_point_names_the_prefix_of_the_tasks():
    (entry,) = entry_points(group="inspect_ai", name="perturb_evals")
    assert entry.load() is _registry


def test_tasks_are_exported_lazily():
    assert perturb_evals.perturbqa_de is perturbqa_de
    with pytest.raises(AttributeError, match="no attribute 'perturbqa_dee'"):
        perturb_evals.perturbqa_dee  # noqa: B018


def test_a_model_of_inspects_own_answers_every_question(tmp_path):
    reply = ModelOutput.from_content("mockllm/model", "Both are ribosomal.\n\nANSWER: Yes")
    # Without usage Inspect would count tokens, with a vocabulary that it would download.
    reply.usage = ModelUsage(input_tokens=200, output_tokens=10, total_tokens=210)
    model = get_model("mockllm/model", custom_outputs=lambda *_: reply)
    task = perturbqa_de(dataset="demo", genes=3)
    options = {"display": "none", "log_dir": str(tmp_path), "log_realtime": False}
    (log,) = eval(task, model=model, **options)
    assert log.status == "success"
    assert len(log.samples) == len(task.dataset)
    assert {sample.scores["p_positive"].value for sample in log.samples} == {1.0}
    assert log.results.scores[0].metrics["auroc_per_gene"].value == 0.5
