"""Brackets within brackets without end, wherever a user's text is read: one sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perturb_evals.cli.arguments import complain, named_values
from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.pairs.own_tables import read_own
from perturb_evals.datasets.pairs.predictions_file import read_predictions
from perturb_evals.datasets.screens.splits import read_split
from perturb_evals.leaderboard.results.result import read_result
from perturb_evals.scorers.expression.reading import parse_neighbors
from perturb_evals.solvers.asking.ledger import written_off
from perturb_evals.solvers.asking.prices import read_prices

NESTED = {"brackets": "[" * 20_000, "braces": '{"a":' * 20_000, "both": '{"a":[' * 2_000}


def own_table(path: Path) -> object:
    folder = path.with_name("own")
    folder.mkdir(exist_ok=True)
    name = path.read_text("utf-8").replace('"', "'").replace(",", ";")
    (folder / "mine-de.csv").write_text(f"pert,gene,label,split\n{name},G,1,train\n", "utf-8")
    return read_own(str(folder), "mine", "de")


READERS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "predictions": ("p.jsonl", lambda path: read_predictions(path, "mine", ("mine",))),
    "folds": ("f.json", lambda path: read_split(path, ["A", "B"])),
    "prices in JSON or YAML": ("p.yaml", read_prices),
    "a result": ("r.json", read_result),
    "a ledger": ("l.jsonl", written_off),
    "a table": ("t.csv", own_table),
}


@pytest.mark.each("text", NESTED.values())
@pytest.mark.each("what", READERS)
def test_files(what: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name, read = READERS[what]
    (tmp_path / name).write_text(text + "\n", "utf-8")
    with pytest.raises(DataError) as caught:
        read(tmp_path / name)
    complain("it", caught.value)
    assert len(capsys.readouterr().err) < 5000


@pytest.mark.each("text", NESTED.values())
def test_arguments_and_answers(text: str) -> None:
    with pytest.raises(ValueError, match="-T x expects YAML") as caught:
        named_values("-T", [f"x={text}"])
    assert len(str(caught.value)) < 2000
    assert parse_neighbors(f'{{"kNN": {text}') is None
