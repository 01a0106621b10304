import inspect

import pytest

from perturb_evals import _registry
from perturb_evals.cli.listing import _described
from perturb_evals.cli.main import main
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


def test_every_argument_is_described():
    for function in (*_registry.TASKS, *_registry.SOLVERS):
        summary, described = _described(function)
        assert summary.endswith((".", "?")), function.__name__
        for name in inspect.signature(function).parameters:
            assert described.get(name), f"{function.__name__}: {name} has no description"
