"""A user's own tables: what a folder may hold, what is refused, and what tells data apart."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from perturb_evals.datasets.demo.world import demo_tables
from perturb_evals.datasets.errors import ArgumentError, DataError
from perturb_evals.datasets.evidence import EvidenceError
from perturb_evals.datasets.pairs import own_tables
from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.datasets.pairs.load import load_table
from perturb_evals.datasets.pairs.table import TableError

ROWS = ("A g1 1 train", "A g2 0 train", "T g1 1 test", "S g1 0 test")


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))


def frame(*rows: str) -> pd.DataFrame:
    """Rows written as "PERT gene label split"."""
    return pd.DataFrame([row.split() for row in rows], columns=["pert", "gene", "label", "split"])


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., str]:
    """Write tables by file name, as CSV or Parquet, and return the folder."""

    def put(tables: dict[str, pd.DataFrame], name: str = "mine") -> str:
        (tmp_path / name).mkdir(exist_ok=True)
        for file, rows in tables.items():
            if file.endswith(".csv"):
                rows.to_csv(tmp_path / name / file, index=False)
            else:
                rows.to_parquet(tmp_path / name / file, index=False)
        return str(tmp_path / name)

    return put


# What it may hold


def test_one_line_needs_no_name(folder):
    asked = pairs_benchmark("de", folder({"hela-de.csv": frame(*ROWS)}))
    assert asked.evidence.cell_line == "hela"
    assert asked.rows.to_numpy().tolist() == [["T", "g1", 1], ["S", "g1", 0]]
    facts = asked.metadata("perturbqa_de", abstention="half")
    assert facts["dataset"] == "mine/"
    assert facts["board"]["context"] == "hela"


def test_a_table_is_loaded_by_what_a_user_types(folder, tmp_path: Path, monkeypatch):
    place = folder({"hela-de.csv": frame(*ROWS)})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own").mkdir()
    Path(place).rename(tmp_path / "own" / "mine")
    assert len(load_table("own/mine", "hela", "de").split("train")) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nope", "x", "de"), "dataset must be one of perturbqa, demo"),
        (("demo", "x", "de"), "cell_line must be one of demo_a"),
        (("demo", "demo_a", "foo"), "kind must be one of de, direction"),
    ],
)
def test_a_table_that_there_is_not_is_told_as_an_argument(arguments, message: str):
    with pytest.raises(ArgumentError, match=message):
        load_table(*arguments)


@pytest.mark.parametrize("name", ["hela-dir.csv", "hela-direction.csv", "hela-direction.parquet"])
def test_the_names_of_direction_tables(folder, name: str):
    assert pairs_benchmark("direction", folder({name: frame(*ROWS)})).n_questions == 2


def test_a_name_with_hyphens_and_a_folder_with_letters_of_patterns(folder):
    place = folder({"HCT-116-de.csv": frame(*ROWS)}, "a [b]*c")
    assert pairs_benchmark("de", place).evidence.cell_line == "HCT-116"


def test_the_same_rows_are_the_same_data_in_any_form(folder):
    text = frame(*ROWS)
    columns = ["split", "gene", "label", "pert"]
    forms = {
        "csv": {"x-de.csv": text},
        "csv2": {"x-de.csv": text[columns].assign(note="as it is")},
        "text": {"x-de.parquet": text},
        "numbers": {"x-de.parquet": text.assign(label=text["label"].astype(float))[columns]},
        "truth": {"x-de.parquet": text.assign(label=text["label"] == "1", n=range(4))},
        "classes": {"x-de.parquet": text.astype("category")},
    }
    keys = {
        pairs_benchmark("de", folder(files, name)).metadata("perturbqa_de")["board_key"]
        for name, files in forms.items()
    }
    assert len(keys) == 1
    turned = folder({"x-de.csv": frame(*ROWS[:2], "T g1 0 test", "S g1 1 test")}, "turned")
    assert pairs_benchmark("de", turned).metadata("perturbqa_de")["board_key"] not in keys
    csv = Path(folder(forms["csv"]), "x-de.csv").read_bytes()
    asked = pairs_benchmark("de", folder(forms["csv"]))
    assert asked.table.sha256 == hashlib.sha256(csv).hexdigest()


def test_a_copy_of_perturbqa_is_the_same_data(real_data: Path, tmp_path: Path):
    place = tmp_path / "copy"
    place.mkdir()
    (place / "k562-dir.csv").symlink_to(real_data / "perturbqa" / "k562-dir.csv")
    mine, known = pairs_benchmark("direction", str(place)), pairs_benchmark("direction")
    assert mine.metadata("t")["board_key"] == known.metadata("t")["board_key"]
    assert mine.rows.equals(known.rows)


def test_symbols_that_look_like_something_else(folder):
    rows = frame("CTRL 1-X 1 train", "TRUE1 0X7 1 test", "NULL1 0X7 0 test")
    for name in ("x-de.csv", "x-de.parquet"):
        asked = pairs_benchmark("de", folder({name: rows}, name.replace(".", "_")))
        assert asked.rows.to_numpy().tolist() == [["TRUE1", "0X7", 1], ["NULL1", "0X7", 0]]
        assert asked.table.split("train").to_numpy().tolist() == [["CTRL", "1-X", 1]]


def test_a_changed_file_is_read_anew(folder):
    place = folder({"x-de.csv": frame(*ROWS)})
    before = pairs_benchmark("de", place).table.sha256
    folder({"x-de.csv": frame(*ROWS, "U g1 1 test")})
    os.utime(Path(place) / "x-de.csv", (1, 1))
    after = pairs_benchmark("de", place)
    assert after.table.sha256 != before
    assert after.n_questions == 3


def test_a_relative_path_is_that_of_the_folder_of_the_run(folder, monkeypatch, tmp_path):
    folder({"x-de.csv": frame(*ROWS)})
    monkeypatch.chdir(tmp_path)
    asked = pairs_benchmark("de", "mine", evidence="within")
    assert asked.evidence.dataset == str(tmp_path / "mine")
    monkeypatch.chdir("/")
    assert len(asked.evidence.own()) == 2


def test_a_data_set_of_hugging_face_goes_the_same_way(folder, monkeypatch, tmp_path):
    place = folder({"x-de.csv": frame(*ROWS)})
    monkeypatch.setattr(own_tables, "HUB", f"file://{tmp_path.parent}/")
    name = f"{tmp_path.name}/mine"
    asked = pairs_benchmark("de", name)
    assert asked.metadata("t")["dataset"] == asked.evidence.dataset == name
    assert asked.table.sha256 == pairs_benchmark("de", place).table.sha256
    with pytest.raises(DataError, match="no folder nobody/nothing here, and the data set"):
        pairs_benchmark("de", "nobody/nothing")


# Evidence


def test_lines_have_the_tables_that_they_have(folder):
    place = folder(
        {
            "a-de.csv": frame(*ROWS),
            "a-dir.csv": frame("A g1 0 train", "T g1 1 test"),
            "b-de.parquet": frame("B g1 1 train", "T g3 0 test"),
            "c-dir.csv": frame("C g1 1 train"),
        }
    )
    evidence = pairs_benchmark("de", place, "a", evidence="cross").evidence
    assert evidence.lines == ("a", "b", "c")
    assert set(evidence.own()["pert"]) == {"A"}
    assert set(evidence.others()["line"]) == {"b"}
    assert set(evidence.others("direction")["line"]) == {"c"}
    assert evidence.open_pairs() == {("A", "g1"), ("A", "g2"), ("B", "g1"), ("C", "g1")}
    alone = pairs_benchmark("de", place, "a", evidence="cross", evidence_lines="b").evidence
    with pytest.raises(EvidenceError, match="rows of direction questions for b, of which"):
        alone.others("direction")


def test_a_line_of_sets_is_evidence_for_no_other(folder):
    place = folder(
        {
            "x-de.csv": frame("A g1 1 train", "S g1 0 train", "T g1 1 test", "U g1 0 test"),
            "x_set-de.csv": frame("A cycle 1 train", "S cycle 1 test", "V cycle 0 test"),
            "y-de.csv": frame("B g1 1 train"),
        }
    )
    genes = pairs_benchmark("de", place, "x", evidence="cross").evidence
    assert genes.lines == ("x", "y")
    sets = pairs_benchmark("de", place, "x_set", evidence="cross").evidence
    assert sets.lines == ("x_set", "x", "y")
    assert set(sets.others()["pert"]) == {"A", "B"}  # S is tested in the same screen


def test_no_training_rows_are_told(folder):
    place = folder({"x-de.csv": frame(*ROWS[2:]), "y-de.csv": frame(*ROWS)})
    within = pairs_benchmark("de", place, "x", evidence="within")
    with pytest.raises(EvidenceError, match="training rows of de questions for x"):
        within.evidence.own()


# What is refused


@pytest.mark.parametrize(
    ("tables", "error", "message"),
    [
        ({}, TableError, "expected tables named <line>-de.csv"),
        ({"notes.csv": ()}, TableError, "expected tables named <line>-de.csv"),
        ({"a,b-de.csv": ROWS}, TableError, r"letters, digits and _ \. \+ - only, got 'a,b'"),
        ({"demo_a-de.csv": ROWS}, TableError, "demo_a is a cell line of the simulated demo"),
        ({"a-de.csv": ROWS, "b-de.csv": ROWS}, ValueError, "cell_line must be one of a, b, as"),
        ({"a-dir.csv": ROWS}, ValueError, "a table of de questions, of which .* has none"),
        ({"a-de.csv": ROWS, "a-de.parquet": ROWS}, TableError, "got a-de.csv and a-de.parquet"),
        ({"a-de.csv": ("A g 2 train",)}, TableError, "line 2: expected the label 0 or 1, got '2'"),
        ({"a-de.parquet": ("A g x test",)}, TableError, "row 1: expected the label 0 or 1"),
        ({"a-de.csv": ("A g 1 dev",)}, TableError, "line 2: expected the split train or test"),
        ({"a-de.csv": (*ROWS, ROWS[0])}, TableError, "line 6: the pair A and g1 stands here a"),
        ({"a-de.csv": ROWS[:2]}, TableError, "expected rows of the split test"),
        ({"a-de.csv": ROWS[:3]}, TableError, "a gene with both labels.* Ask with questions=all"),
        ({"a-de.csv": ()}, TableError, "expected rows in the columns pert, gene, label, split"),
        ({"a-de.parquet": ()}, TableError, "(expected|no) rows"),
    ],
)
def test_what_cannot_be_asked(folder, tables, error, message: str):
    place = folder({name: frame(*rows) for name, rows in tables.items()})
    with pytest.raises(error, match=message) as caught:
        pairs_benchmark("de", place)
    assert place in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "message"),
    [([1, 0, None, 0], "row 3: expected the label 0 or 1, got ''"), ([1, 0, 0.5, 0], "cannot")],
)
def test_labels_that_are_no_labels(folder, labels: list[float], message: str):
    place = folder({"x-de.parquet": frame(*ROWS).assign(label=labels)})
    with pytest.raises(TableError, match=message):
        pairs_benchmark("de", place)


@pytest.mark.parametrize("name", ["x-de.csv", "x-de.parquet"])
def test_a_missing_column_is_named(folder, name: str):
    place = folder({name: frame(*ROWS).drop(columns="split")})
    with pytest.raises(TableError, match=f"{name}: expected rows in the columns.*split"):
        pairs_benchmark("de", place)


def test_a_line_of_the_other_kind_only(folder):
    place = folder({"a-de.csv": frame(*ROWS), "b-dir.csv": frame(*ROWS)})
    assert pairs_benchmark("de", place).evidence.cell_line == "a"
    with pytest.raises(ValueError, match=r"a table of de questions, of which .* has a; got 'b'"):
        pairs_benchmark("de", place, "b")
    with pytest.raises(ValueError, match="cell_line must be one of a; got 'c'"):
        pairs_benchmark("de", place, "c")


def test_a_folder_that_is_gone(folder):
    place = folder({"x-de.csv": frame(*ROWS)})
    asked = pairs_benchmark("de", place, evidence="within")
    Path(place).rename(place + "-moved")
    with pytest.raises(DataError, match="There is no folder"):
        asked.evidence.own()
    with pytest.raises(ValueError, match="dataset must be one of perturbqa, demo, a folder"):
        pairs_benchmark("de", place)


@pytest.mark.each("typed", [["a", "b"], 7, "", "nowhere", "/no/where", "a/b/c"])
def test_what_is_no_data_set(typed: object):
    with pytest.raises(ValueError, match="dataset must be one of perturbqa, demo, a folder"):
        pairs_benchmark("de", typed)


def test_the_demo_world_as_a_folder_is_the_demo_world(folder):
    """But for its name: what is called demo counts as simulated."""
    names = {"demo_a": "a", "demo_b": "b", "demo_c": "c"}
    tables = {
        f"{names[line]}-{'de' if kind == 'de' else 'dir'}.parquet": rows
        for (line, kind), rows in demo_tables().items()
    }
    place = folder(tables)
    for kind in ("de", "direction"):
        mine = pairs_benchmark(kind, place, "b", evidence="cross")
        known = pairs_benchmark(kind, "demo", "demo_b", evidence="cross")
        assert mine.rows.equals(known.rows)
        assert mine.evidence.lines == tuple(names[line] for line in known.evidence.lines)
        others = known.evidence.others().replace({"line": names})
        assert mine.evidence.others().equals(others)
