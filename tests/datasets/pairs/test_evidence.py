"""Evidence: which training rows each track gives, and that no test row ever comes with them."""

import csv
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from perturb_evals.datasets.evidence import EvidenceError
from perturb_evals.datasets.files.sources import SOURCES
from perturb_evals.datasets.pairs.evidence import PairsEvidence, lines_read, pairs_evidence
from perturb_evals.datasets.pairs.load import CELL_LINES, FILE_SUFFIX, GENE_LINES
from perturb_evals.datasets.pairs.table import TableError

KINDS = ("de", "direction")
DEMO = CELL_LINES["demo"]
HERE = ("k562", "rpe1", "hepg2", "k562_set")  # the lines of the mirror folder
GENES_HERE = ("k562", "rpe1", "hepg2")


def frame(*rows: str) -> pd.DataFrame:
    """Rows written as "PERT gene label split"."""
    return pd.DataFrame([row.split() for row in rows], columns=["pert", "gene", "label", "split"])


@pytest.fixture
def small(put_tables: Callable[..., Path]) -> None:
    """A world of four lines in which every row can be told from every other."""
    put_tables(
        {
            ("k562", "de"): frame("A g1 1 train", "A g2 0 train", "T g1 1 test", "S g1 0 train"),
            ("k562", "direction"): frame("A g1 0 train", "T g1 1 test"),
            ("rpe1", "de"): frame("T g1 1 train", "A g1 0 test", "B g3 1 train"),
            ("rpe1", "direction"): frame("T g1 0 train", "B g3 1 train"),
            ("hepg2", "de"): frame("T g2 0 train", "C g2 1 train"),
            ("hepg2", "direction"): frame("C g2 1 train"),
            ("k562_set", "de"): frame("S cycle 1 test", "A cycle 0 train", "T cycle 1 train"),
            ("k562_set", "direction"): frame("S cycle 1 test", "T cycle 0 train"),
        }
    )


def evidence(
    line: str, kind: str = "de", track: str = "cross", lines: str = ",".join(GENES_HERE)
) -> PairsEvidence:
    names = lines if track == "cross" else None
    return pairs_evidence(
        "perturbqa", line, kind, track, lines_read("perturbqa", line, track, names)
    )


def written(rows: pd.DataFrame) -> set[str]:
    return {" ".join(map(str, row)) for row in rows.to_numpy().tolist()}


# The tracks


def test_none_gives_nothing(small: None):
    shut = evidence("k562", track="none")
    for door in (shut.own, shut.others):
        for kind in (None, *KINDS):
            with pytest.raises(EvidenceError, match="evidence=none does not allow"):
                door(kind)


def test_refusals_say_which_track_would_do(small: None):
    with pytest.raises(EvidenceError, match="-T evidence=within or cross"):
        evidence("k562", track="none").own()
    with pytest.raises(EvidenceError, match=r"-T evidence=cross\."):
        evidence("k562", track="within").others()


def test_within_gives_the_training_rows_of_the_own_line(small: None):
    rows = evidence("k562", "de", "within")
    assert list(rows.own().columns) == ["pert", "gene", "label"]
    assert written(rows.own()) == {"A g1 1", "A g2 0", "S g1 0"}
    assert written(rows.own("direction")) == {"A g1 0"}
    assert written(evidence("k562", "direction", "within").own()) == {"A g1 0"}
    with pytest.raises(EvidenceError):
        rows.others()


def test_cross_gives_the_training_rows_of_the_other_lines_too(small: None):
    rows = evidence("k562")
    assert written(rows.own()) == {"A g1 1", "A g2 0", "S g1 0"}
    assert list(rows.others().columns) == ["line", "pert", "gene", "label"]
    assert written(rows.others()) == {"rpe1 T g1 1", "rpe1 B g3 1", "hepg2 T g2 0", "hepg2 C g2 1"}
    assert written(rows.others("direction")) == {"rpe1 T g1 0", "rpe1 B g3 1", "hepg2 C g2 1"}
    assert written(evidence("k562", "direction").others()) == written(rows.others("direction"))


def test_evidence_lines_are_the_only_lines_read(small: None):
    # The evaluated line is its own line, named or not.
    for lines in ("rpe1", "k562,rpe1", "rpe1,k562"):
        rows = evidence("k562", lines=lines)
        assert rows.lines == ("k562", "rpe1")
        assert written(rows.others()) == {"rpe1 T g1 1", "rpe1 B g3 1"}
        assert written(rows.own()) == {"A g1 1", "A g2 0", "S g1 0"}


@pytest.mark.parametrize("line", HERE)
@pytest.mark.parametrize("track", ["none", "within", "cross"])
def test_the_lines_are_those_whose_rows_come(small: None, line: str, track: str):
    rows = evidence(line, track=track)
    came: set[str] = set()
    if track != "none":
        assert written(rows.own())
        came = {line}
    if track == "cross":
        came |= set(rows.others()["line"])
    assert set(rows.lines) == came
    assert len(rows.lines) == len(came)


def test_a_gene_set_table_opens_no_other_gene_set_table(small: None):
    rows = evidence("k562_set")
    assert set(rows.others()["line"]) == {"k562", "rpe1", "hepg2"}
    assert written(rows.own()) == {"A cycle 0", "T cycle 1"}
    assert "cycle" not in set(rows.others()["gene"])


def test_a_perturbation_tested_in_one_table_of_a_screen_is_no_evidence_from_the_other(small: None):
    # S is a test perturbation of k562_set and a training one of k562.
    for kind in KINDS:
        rows = evidence("k562_set", kind)
        assert written(rows.others("de")) == {
            *("k562 A g1 1", "k562 A g2 0"),
            *("rpe1 T g1 1", "rpe1 B g3 1", "hepg2 T g2 0", "hepg2 C g2 1"),
        }
    # T is a test perturbation of k562 and a training one of k562_set, which is never opened.
    for kind in KINDS:
        for asked in (None, *KINDS):
            others = evidence("k562", kind).others(asked)
            assert set(others["line"]) == {"rpe1", "hepg2"}
            assert "cycle" not in set(others["gene"])


def test_the_pairs_asked_come_without_labels(small: None):
    for track in ("none", "within", "cross"):
        assert evidence("k562", track=track).question_pairs() == {("T", "g1")}
        assert evidence("k562_set", track=track).question_pairs() == {("S", "cycle")}


def test_the_same_arguments_give_the_same_object():
    one = pairs_evidence("demo", "demo_a", "de", "cross", DEMO)
    assert pairs_evidence("demo", "demo_a", "de", "cross", DEMO) is one
    assert one == PairsEvidence("demo", "demo_a", "de", "cross", DEMO)
    assert pairs_evidence("demo", "demo_a", "de", "within", DEMO) != one


# Names of lines


@pytest.mark.parametrize("dataset", CELL_LINES)
def test_each_track_opens_its_lines(dataset: str):
    genes = [line for line in CELL_LINES[dataset] if line != "k562_set"]
    for line in CELL_LINES[dataset]:
        assert lines_read(dataset, line, "none", None) == ()
        assert lines_read(dataset, line, "within", None) == (line,)
        own, *others = lines_read(dataset, line, "cross", None)
        assert own == line
        assert others == [other for other in genes if other != line]


@pytest.mark.each(
    ("line", "names", "lines"),
    [
        ("k562", "rpe1", ("k562", "rpe1")),
        ("k562", "hepg2, k562", ("k562", "hepg2")),
        ("rpe1", ["hepg2", "k562", "k562"], ("rpe1", "k562", "hepg2")),
        ("rpe1", ["hepg2 ", " k562"], ("rpe1", "k562", "hepg2")),
        ("jurkat", "k562,rpe1,hepg2,jurkat", ("jurkat", "k562", "rpe1", "hepg2")),
        ("k562_set", "k562", ("k562_set", "k562")),
        ("k562_set", "jurkat,rpe1", ("k562_set", "rpe1", "jurkat")),
    ],
)
def test_lines_are_read_from_lists_and_commas(line: str, names, lines: tuple[str, ...]):
    assert lines_read("perturbqa", line, "cross", names) == lines


@pytest.mark.each(
    ("names", "unknown"),
    [
        ("K562", ["K562"]),
        ("k562,", [""]),
        ("", [""]),
        ("rpe1;k562", ["rpe1;k562"]),
        ("demo_a,rpe1,x", ["demo_a", "x"]),
        (["k562", "rpe"], ["rpe"]),
        (5, [5]),
        (["x", 5], ["x", 5]),
        ([None], [None]),
        ([["rpe1"]], [["rpe1"]]),
        (True, [True]),
        # Gene-set tables are evidence for no line.
        ("k562_set", ["k562_set"]),
        ("rpe1,k562_set", ["k562_set"]),
    ],
)
@pytest.mark.each("line", ["k562", "k562_set"])
def test_an_unknown_line_is_refused_with_what_was_got_and_what_is_allowed(
    line: str, names, unknown
):
    with pytest.raises(ValueError, match=r"^evidence_lines must be among") as caught:
        lines_read("perturbqa", line, "cross", names)
    allowed = ", ".join(GENE_LINES)
    assert str(caught.value) == f"evidence_lines must be among {allowed}; got {unknown}."


@pytest.mark.parametrize(
    ("names", "got"),
    [
        ("k562", "['k562']"),
        (" k562 ,k562", "['k562', 'k562']"),
        (["k562"], "['k562']"),
        ([], "[]"),
    ],
)
def test_cross_without_another_line_is_refused(names, got: str):
    with pytest.raises(ValueError, match=r"^evidence_lines names no line to read") as caught:
        lines_read("perturbqa", "k562", "cross", names)
    message = str(caught.value)
    assert message == f"evidence_lines names no line to read beside k562; got {got}."


@pytest.mark.each("track", ["none", "within"])
@pytest.mark.each("names", ["rpe1", "k562", ["k562", "rpe1"], "hela", "", []])
def test_lines_are_named_for_cross_only(track: str, names):
    with pytest.raises(ValueError, match=r"^evidence_lines goes with") as caught:
        lines_read("perturbqa", "k562", track, names)
    assert str(caught.value) == f"evidence_lines goes with evidence=cross; got evidence={track}."


# Lines that cannot be had


@pytest.mark.parametrize(
    ("line", "way_out"), [("k562", "rpe1,hepg2"), ("k562_set", "k562,rpe1,hepg2")]
)
def test_a_line_that_cannot_be_had_is_named_with_the_way_out(small: None, line: str, way_out: str):
    with pytest.raises(EvidenceError) as caught:
        evidence(line, lines=",".join(GENE_LINES)).others()
    message = str(caught.value)
    assert "perturbqa/jurkat-de.csv" in message
    assert SOURCES["perturbqa/jurkat-de.csv"].url in message
    _, _, advice = message.partition("-T evidence_lines=")
    lines = advice.split(". ")[0]
    assert lines == way_out
    # The way out leads out.
    assert set(evidence(line, lines=lines).others()["line"]) == set(way_out.split(","))


@pytest.mark.parametrize("lines", ["jurkat", "k562,jurkat"])
def test_no_advice_is_given_that_would_not_work(small: None, lines: str):
    with pytest.raises(EvidenceError, match=r"perturbqa/jurkat-de\.csv") as caught:
        evidence("k562", lines=lines).others()
    message = str(caught.value)
    assert "Or name another line in -T evidence_lines." in message
    assert "evidence_lines=" not in message


def test_a_bad_table_is_no_missing_line(put_tables: Callable[..., Path]):
    good = frame("A g1 1 train", "T g1 1 test")
    put_tables({("k562", "de"): good, ("rpe1", "de"): frame("A g1 7 train")})
    with pytest.raises(TableError, match=r"rpe1-de\.csv, line 2: expected the label"):
        evidence("k562", lines="k562,rpe1").others()


# On the real tables, all rows: read here by another way, with the csv module


@pytest.fixture(scope="module")
def real(real_data: Path) -> Callable[[str, str, str], set[tuple[str, str]]]:
    """The pairs of a real table and split."""

    def read(line: str, kind: str) -> dict[str, set[tuple[str, str]]]:
        path = real_data / f"perturbqa/{line}-{FILE_SUFFIX[kind]}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            pairs: dict[str, set[tuple[str, str]]] = {"train": set(), "test": set()}
            rows = csv.reader(file)
            names = next(rows)
            pert, gene, split = map(names.index, ("pert", "gene", "split"))
            for row in rows:
                pairs[row[split]].add((row[pert], row[gene]))
            return pairs

    tables = {(line, kind): read(line, kind) for line in HERE for kind in KINDS}
    return lambda line, kind, split: tables[line, kind][split]


def pairs_of(rows: pd.DataFrame) -> set[tuple[str, str]]:
    return set(zip(rows["pert"].tolist(), rows["gene"].tolist(), strict=True))


@pytest.mark.parametrize("line", HERE)
@pytest.mark.parametrize("asked", KINDS)
def test_no_test_row_comes_with_the_evidence(real, line: str, asked: str):
    rows = evidence(line, asked)
    tested = real(line, "de", "test") | real(line, "direction", "test")
    tested_perts = {pert for pert, _ in tested}
    for kind in KINDS:
        own = rows.own(kind)
        assert pairs_of(own) == real(line, kind, "train")
        assert not tested_perts & set(own["pert"])
        others = rows.others(kind)
        by_line = {other: pairs_of(part) for other, part in others.groupby("line")}
        for other, pairs in by_line.items():
            # Rows of another line's test split are no evidence either.
            assert pairs <= real(other, kind, "train")
        expected = {"k562", "rpe1", "hepg2"} - {line}
        assert set(by_line) == expected
        for other in expected - {"k562"}:
            assert by_line[other] == real(other, kind, "train")
        if line == "k562_set":
            assert not tested_perts & {pert for pert, _ in by_line["k562"]}
            # Everything else of k562 stays: the filter is no broader than it has to be.
            left = {pair for pair in real("k562", kind, "train") if pair[0] not in tested_perts}
            assert by_line["k562"] == left


def test_without_the_rule_the_two_tables_of_k562_would_leak(real):
    """The test above can fail: these perturbations are there to be left out."""
    perts = {
        (line, split): {pert for pert, _ in real(line, "de", split)}
        for line in ("k562", "k562_set")
        for split in ("train", "test")
    }
    in_k562 = perts["k562", "train"] | perts["k562", "test"]
    assert len(perts["k562_set", "test"] & in_k562) == 277
    assert len(perts["k562_set", "test"] & perts["k562", "train"]) == 227
    # Why a table of gene sets is never opened for another line.
    assert perts["k562", "test"] & perts["k562_set", "train"]


# Unseen genes


@pytest.fixture
def quarter(put_tables: Callable[..., Path]) -> None:
    """A world with one scored gene, h, which is hidden; every row can be told from every other."""
    put_tables(
        {
            ("k562", "de"): frame(
                *("A h 1 train", "A g 0 train", "h g 1 train"),
                *("T h 1 test", "S h 0 test", "T g 1 test"),
            ),
            ("k562", "direction"): frame("A h 0 train", "A g 1 train", "T h 1 test", "S h 1 test"),
            ("rpe1", "de"): frame("T h 1 train", "T g 0 train", "B h 1 test"),
            ("rpe1", "direction"): frame("T h 0 train", "T g 1 train"),
        }
    )


def test_no_row_of_a_hidden_gene_comes_in_any_track(quarter: None):
    usual = evidence("k562", "de", lines="k562,rpe1")
    within = evidence("k562", "de", "within").hiding(0)
    cross = usual.hiding(0)
    assert within.hidden_genes == cross.hidden_genes == {"h"}
    for rows in (within, cross):
        assert written(rows.own("de")) == {"A g 0", "h g 1"}  # a perturbation h is no readout
        assert written(rows.own("direction")) == {"A g 1"}
    assert written(cross.others("de")) == {"rpe1 T g 0"}
    assert written(cross.others("direction")) == {"rpe1 T g 1"}
    assert within.open_pairs() == {("A", "g"), ("h", "g")}
    assert cross.open_pairs() == {("A", "g"), ("h", "g"), ("T", "g")}
    assert list(cross.own().index) == [0, 1]
    # Names of what is asked stay, and so does the evidence of others.
    assert cross.question_pairs() == usual.question_pairs()
    assert usual.hidden_genes == frozenset()
    assert "rpe1 T h 1" in written(usual.others("de"))


def test_where_every_row_is_hidden_it_is_said(put_tables: Callable[..., Path]):
    put_tables({("k562", "de"): frame("A h 1 train", "T h 1 test", "S h 0 test")})
    with pytest.raises(EvidenceError, match=r"has none for genes that are not hidden\.$"):
        evidence("k562", track="within").hiding(0).own()


def test_hidden_genes_come_from_what_a_sample_declares():
    about = {"dataset": "demo", "cell_line": "demo_a", "kind": "de", "evidence": "within"}
    about["evidence_lines"] = "demo_a"
    usual = PairsEvidence.from_metadata(about)
    assert usual.holdout_facts == {}
    hiding = usual.hiding(3)
    assert hiding.holdout_facts == {"holdout": "both", "unseen_seed": 3}
    assert PairsEvidence.from_metadata({**about, **hiding.holdout_facts}) is hiding
    assert hiding.hiding(3) is hiding
    assert hiding.hiding(None) is hiding
    assert usual.hiding(None) is usual
    assert len({usual, hiding, usual.hiding(4)}) == 3


@pytest.mark.parametrize("asked", KINDS)
def test_no_row_of_a_hidden_gene_comes_from_the_real_tables(real, asked: str):
    rows = evidence("k562", asked).hiding(0)
    assert len(rows.hidden_genes) > 30
    for kind in KINDS:
        shown = {line: real(line, kind, "train") for line in GENES_HERE}
        left = {
            line: {pair for pair in pairs if pair[1] not in rows.hidden_genes}
            for line, pairs in shown.items()
        }
        assert all(left[line] < shown[line] for line in shown)
        assert pairs_of(rows.own(kind)) == left["k562"]
        for line, others in rows.others(kind).groupby("line"):
            assert pairs_of(others) == left[line]
