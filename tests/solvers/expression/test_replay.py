"""Predicted vectors from a file: what their values are, what is refused, and what a board says."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest
from inspect_ai.log import EvalLog
from numpy.typing import NDArray
from rich.console import Console

from perturb_evals.cli.check_submission import _predictions
from perturb_evals.cli.tables.leaderboard import show_leaderboard
from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.screens.evidence import HeldOut
from perturb_evals.datasets.screens.load import ScreenRequest, load_screen
from perturb_evals.datasets.screens.predictions_file import ExpressionError
from perturb_evals.leaderboard.boards import make_boards
from perturb_evals.leaderboard.entries import read_entries
from perturb_evals.leaderboard.submission.predictions_file import check_predictions, replay_command
from perturb_evals.solvers.expression.replay import ReplayedExpression, replay_expression
from perturb_evals.tasks.langpert import langpert

DEMO = load_screen(ScreenRequest("demo"))
FOLD = HeldOut(ScreenRequest("demo"))
TRUTH = DEMO.expression.astype(np.float64)
Save = Callable[[NDArray[Any]], Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save(values: NDArray[Any]) -> Path:
        frame = pd.DataFrame(values, index=DEMO.perturbations, columns=DEMO.genes)
        frame.to_parquet(tmp_path / "mine.parquet")
        return tmp_path / "mine.parquet"

    return save


def headline(log: EvalLog) -> float:
    assert log.results is not None, log.error
    return log.results.scores[0].metrics["mae_top20"].value


def test_changes_become_expression_and_the_log_says_so(evaluate, save: Save) -> None:
    path = save(TRUTH - DEMO.control + 0.01)
    task = langpert("demo", fold=0)
    log = evaluate(task, solver=replay_expression(str(path), values="delta"))
    assert log.status == "success", log.error
    assert headline(log) == pytest.approx(0.01, abs=1e-4)
    assert log.eval.solver_args == {"file": str(path), "values": "delta"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (TRUTH - DEMO.control, "look like changes, .*-S values=delta"),
        (np.expm1(TRUTH), "look like counts"),
        (TRUTH / np.log(2), "as base-2 logarithms are beside natural"),
        (np.zeros_like(TRUTH), "rows are 0 in all genes"),
    ],
)
def test_what_the_screen_cannot_hold_is_refused(save: Save, values, said: str) -> None:
    with pytest.raises(ExpressionError, match=rf"mine\.parquet: .*{said}"):
        ReplayedExpression(FOLD, save(values))


def test_expression_given_as_changes_is_refused(save: Save) -> None:
    with pytest.raises(ExpressionError, match="values=delta was given, but"):
        ReplayedExpression(FOLD, save(TRUTH), "delta")
    with pytest.raises(ArgumentError, match="values must be one of expression, delta; got 'log2'"):
        replay_expression(str(save(TRUTH)), values="log2")  # type: ignore[arg-type]


def test_what_is_accepted_does_not_hang_on_the_truth(save: Save, monkeypatch) -> None:
    """The truth of the test perturbations is not read: with another one all stays the same."""
    first = ReplayedExpression(FOLD, save(np.roll(TRUTH, 1, axis=1)))
    from perturb_evals.datasets.screens import evidence as module

    tested = [DEMO.perturbations.index(name) for name in first.vectors]
    rows = DEMO.expression.copy()
    rows[tested] = 1e6
    other = type(DEMO)(DEMO.adata.copy())
    other.adata.X = rows
    monkeypatch.setattr(module, "load_screen", lambda request: other)
    module.expression_evidence.cache_clear()
    again = ReplayedExpression(FOLD, save(np.roll(TRUTH, 1, axis=1)))
    module.expression_evidence.cache_clear()
    assert again.marked == first.marked
    assert {mark: len(names) for mark, names in again.marked.items()} == {
        "unlike_screen": len(tested)
    }


def test_a_mark_goes_from_the_file_to_the_boards(
    evaluate, save: Save, tmp_path: Path, logged
) -> None:
    """Values beside the names of the genes: warned of once, ranked last, and said on the board."""
    path = save(np.roll(TRUTH, 1, axis=1))
    log = evaluate(langpert("demo", fold=0), solver=replay_expression(str(path)))
    assert log.results is not None
    metrics = log.results.scores[0].metrics
    asked = len(log.samples)
    assert metrics["n_unlike_screen"].value == asked > 40
    assert "n_other_scale" not in metrics
    assert logged.text.count("do not follow the screen") == 1
    assert "look whether the genes stand in the order of their names" in logged.text
    entries = read_entries([tmp_path / "logs"])
    text = io.StringIO()
    show_leaderboard(Console(file=text, width=200), make_boards(entries), (), entries)
    ranked = re.compile(r" *\d+=? .*replay_expression")
    assert any(map(ranked.match, text.getvalue().splitlines()))
    assert f"{asked} predictions unlike the screen" in text.getvalue()


def test_a_scale_of_its_own_is_counted(evaluate, save: Save) -> None:
    log = evaluate(langpert("demo", fold=0), solver=replay_expression(str(save(TRUTH * 0.55))))
    assert log.results is not None
    assert log.results.scores[0].metrics["n_other_scale"].value > 40


def test_good_predictions_have_no_mark(evaluate, save: Save, logged) -> None:
    log = evaluate(langpert("demo", fold=0), solver=replay_expression(str(save(TRUTH + 0.01))))
    assert log.results is not None
    assert not {"n_unlike_screen", "n_other_scale"} & set(log.results.scores[0].metrics)
    assert logged.text == ""


def test_check_submission_says_the_same(save: Save) -> None:
    given = {"screen": "demo"}
    (found,) = check_predictions(save(TRUTH + 0.01), "langpert", given).checks
    assert (found.outcome, "follow" in found.said) == ("pass", False)
    (found,) = check_predictions(save(np.roll(TRUTH, 1, axis=1)), "langpert", given).checks
    n = len(DEMO.perturbations)
    assert found.outcome == "pass"
    assert f"{n} of {n} predictions (the first is " in found.said
    assert "do not follow the screen" in found.said
    path = save(TRUTH - DEMO.control)
    (found,) = check_predictions(path, "langpert", given).checks
    assert found.outcome == "fail"
    assert "--values delta" in found.said
    (found,) = check_predictions(path, "langpert", {**given, "values": "delta"}).checks
    assert found.outcome == "pass"
    command = replay_command(path, "langpert", {**given, "values": "delta"})
    assert f"-T screen=demo --solver perturb_evals/replay_expression -S file={path}" in command
    assert "-S values=delta" in command


def test_values_goes_with_vectors_only() -> None:
    with pytest.raises(ArgumentError, match="--values does not go with --task perturbqa_de"):
        _predictions(Console(file=io.StringIO()), ["x.csv"], "perturbqa_de", {"values": "delta"})


def test_layers_without_x_are_named(tmp_path: Path) -> None:
    frame = pd.DataFrame(TRUTH, index=DEMO.perturbations, columns=DEMO.genes)
    adata = anndata.AnnData(frame, layers={"pred": TRUTH})
    adata.X = None
    adata.write_h5ad(tmp_path / "mine.h5ad")
    with pytest.raises(ExpressionError, match=r"X is empty.*layers\['pred'\]"):
        ReplayedExpression(FOLD, tmp_path / "mine.h5ad")
