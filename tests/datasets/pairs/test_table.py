"""Tables of PerturbQA's form: what is read, what is refused and how it is said; the real facts."""

import csv
import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.datasets.files.sources import SOURCES
from perturb_evals.datasets.pairs.load import load_table
from perturb_evals.datasets.pairs.questions import scored_genes
from perturb_evals.datasets.pairs.table import TableError, check_rows, read_csv, table_of

HEADER = "pert,gene,label,split\n"
GOOD = "AAMP,ATP5IF1,1,train\nAAMP,MT1X,0,train\nAARS,ATP5IF1,0,test\n"


@pytest.fixture
def write(tmp_path: Path):
    def write(content: str | bytes, name: str = "x-de.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def rows_of(table: pa.Table) -> list[list]:
    return table.to_pandas().to_numpy().tolist()


# What is read


def test_a_table_is_arrow(write):
    table = read_csv(write(HEADER + GOOD))
    types = {field.name: str(field.type) for field in table.schema}
    assert types == {"pert": "string", "gene": "string", "label": "int8", "split": "string"}
    row = {"pert": "AARS", "gene": "ATP5IF1", "label": 0, "split": "test"}
    assert table.slice(2, 1).to_pylist() == [row]


def test_missing_value_words_are_gene_symbols(write):
    names = ["NA", "NaN", "nan", "null", "None", "N/A", "1", "TRUE", "MARCH5", "SEPT2"]
    table = read_csv(write(HEADER + "".join(f"{name},{name}2,1,train\n" for name in names)))
    assert table["pert"].to_pylist() == names
    assert table["gene"].to_pylist() == [name + "2" for name in names]
    alone = read_csv(write(HEADER + "NA,NA,1,train\n"))
    assert rows_of(alone) == [["NA", "NA", 1, "train"]]


def test_a_split_keeps_the_order_of_the_file(put_tables):
    rows = [("B", "x", 1, "train"), ("C", "x", 0, "test"), ("A", "x", 0, "train")]
    frame = pd.DataFrame(rows, columns=["pert", "gene", "label", "split"])
    put_tables({("k562", "de"): frame})
    table = load_table("perturbqa", "k562", "de")
    train = table.split("train")
    assert list(train.columns) == ["pert", "gene", "label"]
    assert train.to_numpy().tolist() == [["B", "x", 1], ["A", "x", 0]]
    assert table.split("test").index.tolist() == [0]
    assert table.sha256 == SOURCES["perturbqa/k562-de.csv"].sha256
    assert "Genentech Non-Commercial Software License 1.0" in table.licence
    assert "CC BY 4.0" in table.licence
    assert "2502.21290" in table.citation


@pytest.mark.parametrize(
    "content",
    [
        (HEADER + GOOD).encode(),
        (HEADER + GOOD).replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + (HEADER + GOOD).encode(),
        (HEADER + GOOD).rstrip("\n").encode(),
        (HEADER + GOOD).replace("AAMP", '"AAMP"').encode(),
    ],
    ids=["plain", "CRLF", "BOM", "no last newline", "quoted"],
)
def test_ways_to_write_one_table(write, content: bytes):
    assert rows_of(read_csv(write(content))) == [
        ["AAMP", "ATP5IF1", 1, "train"],
        ["AAMP", "MT1X", 0, "train"],
        ["AARS", "ATP5IF1", 0, "test"],
    ]


NAMES = st.text(st.characters(blacklist_categories=("Cc", "Cs")), min_size=1, max_size=8).filter(
    lambda name: name.strip() != "" and name[0] != "\ufeff"
) | st.sampled_from(["NA", "NaN", "null", "1", "a,b", 'a"b', '"', "Lysosome, early"])


@st.composite
def tables(draw: st.DrawFn) -> list[list]:
    """Rows of a valid table: unique pairs, each perturbation in one split."""
    split_of = draw(st.dictionaries(NAMES, st.sampled_from(["train", "test"]), min_size=1))
    pairs = st.tuples(st.sampled_from(sorted(split_of)), NAMES)
    chosen = draw(st.lists(pairs, min_size=1, max_size=12, unique=True))
    return [[pert, gene, draw(st.integers(0, 1)), split_of[pert]] for pert, gene in chosen]


def as_csv(rows: list[list], end: str = "\n") -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows([HEADER.strip().split(","), *rows])
    return text.getvalue().encode()


@settings(max_examples=60, deadline=None)
@given(rows=tables(), end=st.sampled_from(["\n", "\r\n"]))
def test_any_valid_table_comes_back_as_it_was_written(tmp_path_factory, rows, end):
    path = tmp_path_factory.mktemp("round") / "x.csv"
    path.write_bytes(as_csv(rows, end))
    assert rows_of(read_csv(path)) == rows
    frame = pd.DataFrame(rows, columns=["pert", "gene", "label", "split"])
    assert rows_of(table_of(frame)) == rows


# What is refused

BAD_ROWS = {
    ",ATP5IF1,1,train": "expected a perturbation and a gene",
    "AAMP,,1,train": "expected a perturbation and a gene",
    "AAMP,  ,1,train": "expected a perturbation and a gene",
    "AAMP,X1,2,train": "expected the label 0 or 1, got '2'",
    "AAMP,X1,,train": "expected the label 0 or 1, got ''",
    "AAMP,X1, 1,train": "expected the label 0 or 1, got ' 1'",
    "AAMP,X1,1.0,train": "expected the label 0 or 1, got '1.0'",
    "AAMP,X1,yes,train": "expected the label 0 or 1, got 'yes'",
    "AAMP,X1,NA,train": "expected the label 0 or 1, got 'NA'",
    "AAMP,X1,1,Train": "expected the split train or test, got 'Train'",
    "AAMP,X1,1,": "expected the split train or test, got ''",
    "AAMP,X1,1,val": "expected the split train or test, got 'val'",
    "AAMP,ATP5IF1,1,train": "the pair AAMP and ATP5IF1 stands here a second time",
    "AAMP,ATP5IF1,0,train": "the pair AAMP and ATP5IF1 stands here a second time",
    "AAMP,X1,1,test": "the perturbation AAMP is in both splits",
}


@pytest.mark.parametrize("row", BAD_ROWS)
def test_a_bad_row_is_reported_with_file_line_and_row(write, row: str):
    path = write(HEADER + GOOD + row + "\nZZZ3,X1,1,train\n")
    with pytest.raises(TableError) as caught:
        read_csv(path)
    message = str(caught.value)
    assert message.startswith(f"{path}, line 5: ")
    assert BAD_ROWS[row] in message
    assert f"(row: {row}; 1 such rows)" in message


def test_the_first_of_several_bad_rows_is_named_and_all_are_counted(write):
    path = write(HEADER + GOOD + "A1,X,2,train\nA2,X,0,train\nA3,X,no,train\n")
    with pytest.raises(TableError, match=r"line 5: .*got '2' \(row: A1,X,2,train; 2 such rows\)"):
        read_csv(path)


@settings(max_examples=30, deadline=None)
@given(rows=tables(), bad=st.sampled_from(["label", "split", "name", "twice"]), data=st.data())
def test_one_bad_row_anywhere_is_found_at_its_line(tmp_path_factory, rows, bad, data):
    at = data.draw(st.integers(0, len(rows) - 1), label="index of the bad row")
    if bad == "twice":
        rows.insert(at + 1, list(rows[at]))
        at += 1
    else:
        column, value = {"label": (2, "2"), "split": (3, "dev"), "name": (1, " ")}[bad]
        rows[at][column] = value
    path = tmp_path_factory.mktemp("bad") / "x.csv"
    path.write_bytes(as_csv(rows))
    with pytest.raises(TableError) as caught:
        read_csv(path)
    assert str(caught.value).startswith(f"{path}, line {at + 2}: ")


@pytest.mark.parametrize("row", ["AARS,X1,0", "AARS", "AARS,X1,0,test,more"])
def test_a_ragged_row_is_reported_with_file_line_and_row(write, row: str):
    path = write(HEADER + GOOD + row + "\n")
    with pytest.raises(TableError) as caught:
        read_csv(path)
    message = str(caught.value)
    assert str(path) in message
    assert "#5" in message or "line 5" in message
    assert "4 columns" in message
    assert row in message


def test_a_blank_line_is_refused_as_it_would_shift_the_count(write):
    path = write(HEADER + GOOD + "\nA1,X,2,train\n")
    with pytest.raises(TableError, match=r"line 5: expected a perturbation .*\(row: ,,,;"):
        read_csv(path)


def test_a_line_break_in_a_name_is_refused_as_it_would_shift_the_count(write):
    path = write(HEADER + '"AA\nMP",X,1,train\n' + "A1,X,2,train\n")
    with pytest.raises(TableError, match="line 2: "):
        read_csv(path)


def test_text_that_is_not_utf8_is_reported_with_file_and_line(write):
    path = write((HEADER + GOOD).encode() + b"A\xff1,X,1,train\n")
    with pytest.raises(TableError) as caught:
        read_csv(path)
    message = str(caught.value)
    assert str(path) in message
    assert "#5" in message
    assert "UTF8" in message


@pytest.mark.parametrize(
    "content", ["pert,g\u00e9ne,label,split\n".encode("latin-1"), (HEADER + GOOD).encode("utf-16")]
)
def test_other_encodings_are_refused(write, content: bytes):
    path = write(content)
    with pytest.raises(TableError, match="not readable as CSV"):
        read_csv(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not readable as CSV"),
        ("\n", "not readable as CSV|expected the columns"),
        (HEADER.strip(), "not readable as CSV|no rows"),
        (HEADER, "no rows below the header"),
        ("pert,gene,label,split,more\nA,B,1,train,2\n", "got pert,gene,label,split,more"),
        ("pert,gene,label\nA,B,1\n", "got pert,gene,label"),
        ("gene,pert,label,split\nA,B,1,train\n", "got gene,pert,label,split"),
        ("pert,pert,label,split\nA,B,1,train\n", "got pert,pert,label,split"),
        ("Pert,gene,label,split\nA,B,1,train\n", "got Pert,gene,label,split"),
        ("pert\tgene\tlabel\tsplit\nA\tB\t1\ttrain\n", "expected the columns pert,gene,label"),
        (GOOD, "expected the columns pert,gene,label,split, got AAMP,ATP5IF1,1,train"),
    ],
)
def test_a_file_that_is_no_such_table(write, content: str, message: str):
    path = write(content)
    with pytest.raises(TableError, match=message) as caught:
        read_csv(path)
    assert str(path) in str(caught.value)


def test_check_rows_takes_frames_that_come_from_elsewhere():
    rows = [["A", "x", "1", "train"], ["A", "x", "0", "train"]]
    frame = pd.DataFrame(rows, columns=["pert", "gene", "label", "split"], index=[7, 9])
    with pytest.raises(TableError, match="here, line 3: the pair A and x"):
        check_rows(frame, "here")
    check_rows(frame.head(1), "here")


# The real tables, as perturbqa.md gives them

FACTS = {
    # rows and perturbations of train and test, rates, genes scored and all, rows in scored genes
    ("k562", "de"): (134_467, 1_564, 23_212, 267, 0.125, 0.134, 665, 4_118, 5_641),
    ("rpe1", "de"): (149_147, 1_596, 37_942, 406, 0.143, 0.141, 684, 4_754, 8_611),
    ("hepg2", "de"): (101_140, 1_086, 25_749, 278, 0.141, 0.140, 707, 7_096, 5_163),
    ("jurkat", "de"): (113_684, 1_227, 29_138, 313, 0.140, 0.141, 750, 6_698, 6_321),
    ("k562", "direction"): (16_861, 1_489, 3_119, 242, 0.655, 0.811, 150, 685, 1_558),
    ("rpe1", "direction"): (21_287, 1_521, 5_365, 381, 0.394, 0.395, 193, 695, 2_845),
    ("hepg2", "direction"): (14_257, 1_011, 3_603, 253, 0.438, 0.444, 166, 776, 1_712),
    ("jurkat", "direction"): (15_937, 1_152, 4_121, 288, 0.321, 0.335, 181, 781, 2_599),
    ("k562_set", "de"): (20_606, 1_401, 5_235, 357, 0.545, 0.541, 20, 20, 5_235),
    ("k562_set", "direction"): (11_239, 1_326, 2_832, 332, 0.352, 0.351, 19, 20, 2_617),
}


@pytest.mark.parametrize(("line", "kind"), FACTS)
def test_the_facts_of_the_real_tables(real_data: Path, line: str, kind: str):
    suffix = {"de": "de", "direction": "dir"}[kind]
    if not (real_data / f"perturbqa/{line}-{suffix}.csv").exists():
        pytest.skip(f"the mirror folder {real_data} has no {line} tables")
    table = load_table("perturbqa", line, kind)
    train, test = table.split("train"), table.split("test")
    genes = scored_genes(test)
    assert (
        len(train),
        train["pert"].nunique(),
        len(test),
        test["pert"].nunique(),
        round(float(train["label"].mean()), 3),
        round(float(test["label"].mean()), 3),
        len(genes),
        test["gene"].nunique(),
        int(test["gene"].isin(genes).sum()),
    ) == FACTS[line, kind]


@pytest.mark.parametrize("line", ["k562", "rpe1", "hepg2", "k562_set"])
def test_direction_rows_are_the_positives_of_de(real_data: Path, line: str):
    de = load_table("perturbqa", line, "de").rows.to_pandas()
    direction = load_table("perturbqa", line, "direction").rows.to_pandas()
    key = ["pert", "gene", "split"]
    positives = set(map(tuple, de.loc[de["label"] == 1, key].to_numpy()))
    assert positives == set(map(tuple, direction[key].to_numpy()))
