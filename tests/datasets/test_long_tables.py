"""Long tables: what is read however odd it is written, and what is refused."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from perturb_evals.datasets import long_tables
from perturb_evals.datasets.errors import ArgumentError, DataError
from perturb_evals.datasets.long_tables import check_transferable, read_long_table

HEADER = "context,perturbation,readout,value"
ROWS = ("c1,NA,0012,1", "c1,A+B,NaN,-2.5e-1", "c2,NA,0012,3")
READ = [["c1", "NA", "0012", 1.0], ["c1", "A+B", "NaN", -0.25], ["c2", "NA", "0012", 3.0]]
TEXTS = ["context", "perturbation", "readout"]


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    """Write bytes, text, lines or a frame into a file and return its path."""

    def write(
        content: bytes | str | tuple[str, ...] | pd.DataFrame, name: str = "table.csv"
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        if isinstance(content, pd.DataFrame):
            content.to_parquet(path)
            return path
        text = "\n".join(content) + "\n" if isinstance(content, tuple) else content
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def frame(*rows: str) -> pd.DataFrame:
    """Rows written as "context,perturbation,readout,value"."""
    table = pd.DataFrame([row.split(",") for row in rows], columns=HEADER.split(","))
    return table.assign(value=table["value"].astype(float))


def listed(table: pd.DataFrame) -> list[list[object]]:
    assert table.columns.tolist() == HEADER.split(",")
    return table.to_numpy().tolist()


# What is read


def test_a_table_is_read_as_it_stands_there(put):
    table = read_long_table(str(put((HEADER, *ROWS))))
    assert listed(table) == READ
    assert table["value"].dtype == np.float64
    assert table[TEXTS].dtypes.eq(object).all()
    assert table.index.equals(pd.RangeIndex(3))


@pytest.mark.parametrize(
    ("name", "content"),
    {
        "order of columns, others left aside": (
            "t.csv",
            "n,Value,readout,readout_id,PERTURBATION,context\n"
            "1,1,0012,7,NA,c1\n,-.25,NaN,7,A+B,c1\nx,3,0012,7,NA,c2\n",
        ),
        "byte order, carriage returns, blank lines": (
            "t.csv",
            "\ufeff" + "\r\n\r\n".join([HEADER, *ROWS]) + "\r\n\r\n",
        ),
        "blanks around": (
            "t.csv",
            "\n".join([HEADER, *ROWS]).replace(",", " ,\u00a0 ") + " \n",
        ),
        "quotes": ("t.csv", "\n".join([HEADER, *ROWS]).replace("NA", '"NA"')),
        "tabs": ("T.TSV", "\n".join([HEADER, *ROWS]).replace(",", "\t")),
        "packed": ("t.csv.gz", gzip.compress("\n".join([HEADER, *ROWS]).encode(), mtime=0)),
        "parquet": ("t.parquet", frame(*ROWS)),
        "parquet of classes": (
            "t.parquet",
            frame(*ROWS).astype(dict.fromkeys(TEXTS, "category")).set_index("context"),
        ),
        "parquet of text": ("t.parquet", frame(*ROWS).astype(str).rename(columns=str.upper)),
        "parquet of Arrow's text": (
            "t.parquet",
            frame(*ROWS).astype(dict.fromkeys(TEXTS, "string[pyarrow]")).assign(extra=1),
        ),
    }.values(),
)
def test_the_same_table_written_in_other_ways(put, name, content):
    assert listed(read_long_table(put(content, name))) == READ


def test_numbers_as_names_are_text(put):
    numbers = frame("1,2,3,4", "1,2,5,6").astype({"perturbation": int, "readout": "int8"})
    for path in (put(("context,perturbation,readout,value", "1,2,3,4", "1,2,5,6")),):
        assert listed(read_long_table(path)) == [["1", "2", "3", 4.0], ["1", "2", "5", 6.0]]
    assert listed(read_long_table(put(numbers, "t.parquet")))[1] == ["1", "2", "5", 6.0]


@pytest.mark.parametrize("kind", ["int64", "float32", "uint8"])
def test_values_of_any_numbers(put, kind: str):
    table = frame("c,p,r,4", "c,p,s,6").astype({"value": kind})
    assert read_long_table(put(table, "t.parquet"))["value"].tolist() == [4.0, 6.0]


def test_without_values_none_are_asked_for(put):
    bare = put(("readout,context,perturbation", "r,c,p"), "bare.csv")
    assert read_long_table(bare, values=False).to_dict("list") == {
        "context": ["c"],
        "perturbation": ["p"],
        "readout": ["r"],
    }
    bad = put((HEADER, "c,p,r,none"))
    assert read_long_table(bad, values=False).columns.tolist() == TEXTS


def test_the_split_is_kept_where_there_is_one(put):
    path = put((HEADER + ",Split", "c,p,r,1,train", "c,q,r,1, val ", "c,s,r,1,test"))
    assert read_long_table(path)["split"].tolist() == ["train", "val", "test"]


def test_folders_that_load_dataset_reads(put, tmp_path: Path):
    put((HEADER, *ROWS), "one/t.csv")
    assert listed(read_long_table(tmp_path / "one")) == READ
    put((HEADER, ROWS[0]), "three/train.csv")
    put((HEADER, ROWS[1]), "three/validation.csv")
    put((HEADER, ROWS[2]), "three/test.csv")
    table = read_long_table(tmp_path / "three")
    assert listed(table.drop(columns="split")) == READ
    assert table["split"].tolist() == ["train", "val", "test"]
    put(frame(*ROWS), "columns/t.parquet")
    assert listed(read_long_table(tmp_path / "columns")) == READ


def test_the_synthetic_table(real_data: Path):
    table = read_long_table(real_data / "lpm" / "table.parquet")
    assert table.shape == (3 * 120 * 150, 5)
    assert table["split"].value_counts().to_dict() == {"train": 48600, "val": 2700, "test": 2700}


# What is refused


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("context,pert,readout,value", "c,p,r,1"), "columns context, perturbation, readout, va"),
        (("context,perturbation,readout", "c,p,r"), "readout, value, and perhaps split, once eac"),
        ((HEADER + ",Value", "c,p,r,1,2"), "once each; got .*'value', 'Value'"),
        ((HEADER + ",split,split", "c,p,r,1,train,train"), "once each; got"),
        ((HEADER.replace(",", ";"), "c;p;r;1"), "Part the fields by commas in .csv and by tabs"),
        ((HEADER,), "there are no rows"),
        ((HEADER, "c,p,r"), "it cannot be read: .*Expected 4 columns, got 3"),
        ((HEADER, "c,p,r,1", "c,p,,1", "c, ,r,1"), "data row 2: expected names .*'' \\(2 such"),
        ((HEADER, "c,p,r,1", "c,p,s,nan"), "data row 2: expected a finite number as value; got v"),
        (
            (HEADER, "c,p,r,1", "c,p,s,-3e38"),
            "data row 2: expected a value between -1e.12 and 1e.12",
        ),
        ((HEADER, "c,p,r,-inf"), "got value -inf, context 'c', perturbation 'p', readout 'r' \\(1"),
        ((HEADER, "c,p,r,1", "c,p,s,"), "finite number as value; got value ''"),
        ((HEADER, "c,p,r,1", "c,p,s,high", "c,p,t,"), "row 2: .* got value 'high', .*\\(2 such"),
        ((HEADER, "c,p,r,'0,5'"), "Expected 4 columns, got 5"),
        ((HEADER, "c,p,r,1e999"), "finite number"),
        ((HEADER, "c,p,r,True"), "finite number as value; got value 'True'"),
        ((HEADER, "c,p,r,1", "c,p,s,2", " c,p,r ,1", "c,p,s,3"), "row 3: expected each triple .*2"),
        (
            (HEADER + ",split", "c,p,r,1,train", "c,p,s,1,dev"),
            "train, val, test as split; got s.*v'",
        ),
        ((HEADER + ",split", "c,p,r,1,"), "as split; got split ''"),
    ],
)
def test_what_is_refused_says_where_and_what(put, lines, message: str):
    path = put(lines)
    with pytest.raises(DataError, match=message) as raised:
        read_long_table(path)
    assert str(raised.value.message).startswith(str(path))
    assert "\n" not in raised.value.message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"perturbation": [1.0, 2.0]},
            "text in the column perturbation, got values of type double",
        ),
        ({"readout": [True, False]}, "text in the column readout, got values of type bool"),
        ({"readout": [None, None]}, "expected names of context"),
        ({"readout": ["r", None]}, "data row 2: expected names"),
        ({"value": [None, 1.0]}, "data row 1: expected a finite number as value; got value nan"),
        ({"value": ["x", "1"]}, "data row 1: expected a finite number as value; got value 'x'"),
        ({"value": [True, False]}, "numbers in the column value, got values of type bool"),
        ({"value": pd.to_datetime(["2020", "2021"])}, "numbers in the column value, got val"),
        ({"value": [[1.0], [2.0]]}, "numbers in the column value, got values of type list"),
    ],
)
def test_columns_of_another_kind(put, change, message: str):
    table = frame("c,p,r,1", "c,p,s,2").assign(**change)
    with pytest.raises(DataError, match=message):
        read_long_table(put(table, "t.parquet"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"", "Empty CSV file"),
        ("t.csv", "ä,b".encode("utf-16"), "columns context"),
        ("t.csv", HEADER.encode() + b"\n\xe4,p,r,1\n", "UTF8"),
        ("t.parquet", b"PAR1", "cannot be read"),
        ("t.csv.gz", b"no gzip", "cannot be read"),
        ("t.xlsx", b"", "ending in .csv, .csv.gz, .tsv"),
    ],
)
def test_files_that_are_no_table(put, name: str, content: bytes, message: str):
    with pytest.raises(DataError, match=message) as raised:
        read_long_table(put(content, name))
    assert "\n" not in raised.value.message


def test_what_is_not_there(tmp_path: Path, monkeypatch):
    for name in (tmp_path / "no.csv", tmp_path / "no", "gone.parquet", "a b", ":"):
        with pytest.raises(DataError, match=r"cannot be read: there is no such file or folder"):
            read_long_table(name)

    def off(name: str, cache_dir: str) -> None:
        raise ConnectionError(f"Couldn't reach {name!r}\non the hub")

    monkeypatch.setattr(long_tables, "load_dataset_builder", off)
    with pytest.raises(DataError, match=r"here, and Hugging Face: Couldn't reach 'nobody/nothing'"):
        read_long_table("nobody/nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"cannot be read"):
        read_long_table(tmp_path / "empty")


def test_files_of_one_folder_agree(put, tmp_path: Path):
    put((HEADER + ",split", ROWS[0] + ",train"), "two/train.csv")
    put((HEADER, ROWS[1]), "two/test.csv")
    assert read_long_table(tmp_path / "two")["split"].tolist() == ["train", "test"]
    put((HEADER, ROWS[0]), "two/test.csv")
    with pytest.raises(DataError, match="each triple once"):
        read_long_table(tmp_path / "two")


# What transfer needs


def test_what_can_be_transferred():
    rows = frame("a,p,r,1", "a,q,r,1", "b,p,r,1", "b,q,r,1")
    check_transferable(rows)
    check_transferable(rows[:3], validated=["a"])
    with pytest.raises(DataError, match=r"t.csv: .*'b' has one \(1 such contexts"):
        check_transferable(rows[:3], "t.csv")
    with pytest.raises(ArgumentError, match=r"no context 'c' to validate in; expected one of 'a'"):
        check_transferable(rows, validated=["a", "c"])
    with pytest.raises(DataError, match=r"two contexts or more.*; got 'a'"):
        check_transferable(rows[:2])
    with pytest.raises(DataError, match=r"two contexts or more.*; got none"):
        check_transferable(rows[:0])
    with pytest.raises(DataError, match=r"readouts that two contexts share; none of 2 is in more"):
        check_transferable(rows.assign(readout=["r", "r", "s", "s"]))
    with pytest.raises(DataError, match=r"perturbations that two contexts share; none of 4"):
        check_transferable(rows.assign(perturbation=list("pqst")))
