import inspect
import subprocess
import sys

import pytest
from docstring_parser import parse

from perturb_evals import _registry
from perturb_evals.cli.main import main
from perturb_evals.cli.registered import registered
from perturb_evals.metrics import EXPRESSION_METRICS, PAIR_METRICS


def test_list_shows_every_task_and_solver_with_its_arguments(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    for function in (*_registry.TASKS, *_registry.SOLVERS):
        assert f"\n{function.__name__}  " in shown
    for argument in ("cell_line=None", "evidence=none", "power=2.0", "file (required)"):
        assert argument in shown
    assert "unknown=" not in shown  # the catch-all that refuses misspelt arguments


@pytest.mark.parametrize("columns", ["40", "80", "120"])
def test_list_cuts_no_default_whatever_the_width(columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    assert main(["list"]) == 0
    shown = capsys.readouterr().out.partition("Metrics, which")[0]
    assert "…" not in shown
    # In narrower terminals a long default goes on below, beside the description.
    if columns == "120":
        assert "parts=cross_line_knn,factor_model,graph_factor,same_pair " in shown


def test_list_shows_every_metric_with_its_direction_and_formula(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for spec in (*PAIR_METRICS.values(), *EXPRESSION_METRICS.values()):
        (line,) = [line.split() for line in lines if line.split()[:1] == [spec.name]]
        assert line == [spec.name, *(spec.better or "").split(), *spec.formula.split()]


@pytest.mark.parametrize("room", ["tasks", "solvers"])
def test_the_source_says_what_the_registry_has(room):
    functions = {f.__name__: f for f in getattr(_registry, room.upper())}
    found = {one.name: one for one in registered(room)}
    assert set(found) == set(functions)
    assert len(registered(room)) == len(functions)
    for name, function in functions.items():
        assert found[name].docstring == inspect.getdoc(function)
        arguments = [
            (p.name, None if p.default is p.empty else str(p.default))
            for p in inspect.signature(function).parameters.values()
            if p.kind is not p.VAR_KEYWORD
        ]
        assert list(found[name].arguments) == arguments
        doc = parse(found[name].docstring)
        assert (doc.short_description or "").endswith((".", "?")), name
        described = {param.arg_name: param.description for param in doc.params}
        for argument, _ in arguments:
            assert described.get(argument), f"{name}: {argument} has no description"


def test_the_list_imports_neither_inspect_nor_pandas():
    code = (
        "import sys; from perturb_evals.cli.main import main; main(['list']);"
        "print(sorted({'inspect_ai', 'pandas', 'scipy'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
