"""Predictions from files: four formats, one meaning, and no bad row that becomes a number."""

import json
import math
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.datasets.pairs.predictions_file import PredictionsError, read_predictions

LINES = ("k562", "rpe1")
SUFFIXES = ("csv", "tsv", "parquet", "jsonl")
ROWS = [
    {"pert": "AAMP", "gene": "ATP5IF1", "score": 0.25},
    {"pert": "NA", "gene": "NaN", "score": -3.0},
    {"pert": "AARS", "gene": "null", "score": 1e-300},
]


@pytest.fixture
def write(tmp_path: Path):
    """Write rows in a format, or text as it is."""

    def write(content: str | bytes | list[dict], suffix: str = "csv") -> Path:
        path = tmp_path / f"mine.{suffix}"
        if isinstance(content, list):
            save(content, path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def save(rows: list[dict], path: Path) -> None:
    frame = pd.DataFrame(rows)
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        frame.to_csv(path, sep="," if path.suffix == ".csv" else "\t", index=False)


def read(path: Path, line: str = "k562") -> list[dict]:
    return read_predictions(path, line, LINES).to_dict("records")


def refused(path: Path, line: str = "k562") -> str:
    with pytest.raises(PredictionsError) as caught:
        read_predictions(path, line, LINES)
    message = str(caught.value)
    assert message.startswith(str(path))
    return message


# What is read


@pytest.mark.parametrize("suffix", [*SUFFIXES, "CSV", "JSONL"])
def test_every_format_says_the_same(write, suffix: str):
    path = write("")
    lower = write(ROWS, suffix.lower())
    path = lower.rename(path.with_name(f"yours.{suffix}"))
    assert read(path) == ROWS


def test_types_of_the_columns(write):
    frame = read_predictions(write(ROWS), "k562", LINES)
    assert list(frame.columns) == ["pert", "gene", "score"]
    assert frame["score"].dtype == "float64"
    assert frame.index.tolist() == [0, 1, 2]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_other_columns_are_left_aside(write, suffix: str):
    rows = [{"note": "x,\ty", "n": 1, **ROWS[0]}, {"note": "", "n": 2.5, **ROWS[1]}]
    assert read(write(rows, suffix)) == ROWS[:2]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rows_of_other_lines_are_left_aside(write, suffix: str):
    rows = [
        {**ROWS[0], "cell_line": "rpe1", "score": 9.0},
        {**ROWS[0], "cell_line": "k562"},
        {**ROWS[1], "cell_line": "rpe1"},
        {**ROWS[2], "cell_line": "k562"},
    ]
    path = write(rows, suffix)
    assert read(path, "k562") == [ROWS[0], ROWS[2]]
    assert [row["score"] for row in read(path, "rpe1")] == [9.0, -3.0]


@pytest.mark.parametrize(
    "content",
    [
        b"pert,gene,score\r\nAAMP,MT1X,0.5\r\n",
        b"\xef\xbb\xbfpert,gene,score\nAAMP,MT1X,0.5",
        b'"pert","gene","score"\n"AAMP","MT1X","0.5"\n',
        b"score,gene,pert\n 5e-1,MT1X,AAMP\n\n",
    ],
    ids=["CRLF", "BOM", "quoted", "reordered"],
)
def test_ways_to_write_a_csv(write, content: bytes):
    assert read(write(content)) == [{"pert": "AAMP", "gene": "MT1X", "score": 0.5}]


@settings(max_examples=60, deadline=None)
@given(
    scores=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8),
    suffix=st.sampled_from(SUFFIXES),
)
def test_scores_come_back_to_the_last_bit(tmp_path_factory, scores: list[float], suffix: str):
    rows = [{"pert": "A", "gene": f"g{i}", "score": score} for i, score in enumerate(scores)]
    path = tmp_path_factory.mktemp("bits") / f"x.{suffix}"
    save(rows, path)
    assert [row["score"] for row in read(path)] == scores


def test_a_saved_index_does_not_matter(write):
    frame = pd.DataFrame(ROWS, index=["x", "y", "z"])
    path = write("", "parquet")
    frame.to_parquet(path)
    assert read(path) == ROWS
    frame.assign(score=[0.1, math.nan, 0.3]).to_parquet(path)
    assert "data row 2" in refused(path)


# What is refused


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite(write, suffix: str, score: float):
    rows = [ROWS[0], {**ROWS[1], "score": score}, {**ROWS[2], "score": score}]
    message = refused(write(rows, suffix))
    assert "data row 2: a score that is not a finite number (pert=NA, gene=NaN" in message
    assert "2 such rows" in message


@pytest.mark.parametrize("score", ["", "high", "0,5", "0x10", "True", "1e400", "0.5 0.5", "-"])
def test_a_score_that_is_no_number_is_quoted(write, score: str):
    path = write(f'pert,gene,score\nA,x,1\nA,y,"{score}"\n')
    message = refused(path)
    assert "data row 2: a score that is not a finite number" in message
    assert f"score={score}" in message


@pytest.mark.parametrize("score", ["null", "true", "[0.5]", '{"a": 1}', '"high"', "1e999", "NaN"])
def test_a_score_that_is_no_number_in_json(write, score: str):
    path = write(f'{{"pert": "A", "gene": "x", "score": {score}}}\n', "jsonl")
    assert "data row 1: a score that is not a finite number (pert=A, gene=x" in refused(path)


def test_a_json_row_without_a_score(write):
    path = write('{"pert": "A", "gene": "x", "score": 1}\n{"pert": "A", "gene": "y"}\n', "jsonl")
    assert "data row 2: a score that is not a finite number (pert=A, gene=y" in refused(path)


def test_a_date_is_no_score(write):
    path = write("", "parquet")
    pd.DataFrame(ROWS).assign(score=pd.Timestamp("2020-01-01")).to_parquet(path)
    assert "data row 1: a score that is not a finite number" in refused(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_pair_given_twice(write, suffix: str):
    message = refused(write([*ROWS, {**ROWS[1], "score": 2.0}], suffix))
    assert "data row 4: a pair that stands here twice (pert=NA, gene=NaN, score=2.0" in message


def test_a_pair_given_twice_within_one_line_only(write):
    rows = [{**ROWS[0], "cell_line": line} for line in ("k562", "rpe1", "rpe1")]
    path = write(rows)
    assert len(read(path, "k562")) == 1
    assert "data row 3: a pair that stands here twice" in refused(path, "rpe1")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("column", ["pert", "gene", "score"])
def test_a_missing_column(write, suffix: str, column: str):
    rows = [{name: value for name, value in row.items() if name != column} for row in ROWS]
    left = ", ".join(rows[0])
    assert f"expected the columns pert, gene and score, got {left}." in refused(write(rows, suffix))


@pytest.mark.parametrize("header", ["Pert,gene,score", "pert;gene;score", "pert,gene,scores"])
def test_a_column_of_another_name(write, header: str):
    message = refused(write(f"{header}\nA,x,1\n" if "," in header else f"{header}\nA;x;1\n"))
    assert "expected the columns pert, gene and score" in message


def test_a_column_given_twice_is_ambiguous(write):
    message = refused(write("pert,gene,score,score\nA,x,0.1,0.9\n"))
    assert "got pert, gene, score, score" in message


@pytest.mark.parametrize(
    "row", ["A,x", "A", "A,x,0.5,", "A,x,0.5,0.7", "1,A,x,0.5"], ids=lambda row: row or "none"
)
@pytest.mark.parametrize("first", ["", "A,w,0.5\n"], ids=["first row", "second row"])
def test_a_row_with_more_or_fewer_fields_than_the_header(write, row: str, first: str):
    message = refused(write(f"pert,gene,score\n{first}{row}\n"))
    fields = row.count(",") + 1
    assert f"line {3 if first else 2} has {fields} fields, the header has 3" in message


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("column", ["pert", "gene"])
def test_an_empty_name(write, suffix: str, column: str):
    message = refused(write([ROWS[0], {**ROWS[1], column: ""}], suffix))
    assert "data row 2: a name that is empty or no text" in message


@pytest.mark.parametrize("name", ["null", "7", '["x"]', '" "'])
def test_a_name_that_is_no_text_in_json(write, name: str):
    path = write(f'{{"pert": "A", "gene": {name}, "score": 1}}\n', "jsonl")
    assert "data row 1: a name that is empty or no text" in refused(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_unknown_cell_line(write, suffix: str):
    rows = [{**ROWS[0], "cell_line": line} for line in ("k562", "K562", "hela")]
    message = refused(write(rows, suffix))
    assert "unknown cell lines ['K562', 'hela']; allowed are k562, rpe1." in message


def test_a_row_without_its_cell_line(write):
    path = write("pert,gene,score,cell_line\nA,x,1,k562\nA,y,1,\n")
    assert "unknown cell lines ['']" in refused(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_row_for_the_line_wanted(write, suffix: str):
    path = write([{**ROWS[0], "cell_line": "rpe1"}], suffix)
    assert "no predictions for k562" in refused(path)


@pytest.mark.parametrize(
    ("content", "suffix", "message"),
    [
        ("", "csv", "expected the columns|not readable"),
        ("pert,gene,score\n", "csv", "no predictions for k562"),
        (b"pert,gene,score\nA\xff,x,1\n", "csv", "not readable as csv: .*UTF-8"),
        ('pert,gene,score\n"A,x,1\n', "csv", "not readable as csv"),
        ("", "jsonl", "expected the columns|not readable"),
        ("{}\n", "jsonl", "expected the columns"),
        ("[]\n", "jsonl", "expected the columns"),
        ('{"pert": "A"\n', "jsonl", "line 1 is no JSON object"),
        ('{"pert": "A", "gene": "x", "score": 1}\n[1]\n', "jsonl", "line 2 is no JSON object"),
        ("not parquet", "parquet", "not readable as parquet"),
        ("pert,gene,score\nA,x,1\n", "txt", r"expected a file ending in \.csv, \.tsv"),
        ("pert,gene,score\nA,x,1\n", "csv.gz", r"expected a file ending in \.csv, \.tsv"),
    ],
)
def test_a_file_that_is_no_predictions_file(write, content, suffix: str, message: str):
    assert re.search(message, refused(write(content, suffix)))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_path_that_leads_nowhere(tmp_path: Path, suffix: str):
    assert "there is no such file" in refused(tmp_path / f"nowhere.{suffix}")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_folder(tmp_path: Path, suffix: str):
    folder = tmp_path / f"folder.{suffix}"
    folder.mkdir()
    assert "not readable" in refused(folder) or "got none" in refused(folder)
