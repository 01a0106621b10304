"""From what a user typed to questions and evidence."""

from collections.abc import Callable
from pathlib import Path

import pytest

from perturb_evals.datasets.errors import ArgumentError, DataError
from perturb_evals.datasets.pairs.benchmark import QUESTION_SET, pairs_benchmark
from perturb_evals.datasets.pairs.load import CELL_LINES, load_table
from perturb_evals.datasets.pairs.questions import HOLDOUTS, scored_genes


@pytest.mark.parametrize("kind", ["de", "direction"])
def test_the_defaults_of_the_demo_world(kind):
    asked = pairs_benchmark(kind, dataset="demo")
    assert asked.table is load_table("demo", "demo_a", kind)
    assert asked.question_set == "scored"
    evidence = asked.evidence
    assert (evidence.dataset, evidence.cell_line, evidence.kind) == ("demo", "demo_a", kind)
    assert evidence.track == "none"
    assert evidence.lines == ()
    test = asked.table.split("test")
    assert set(asked.rows["gene"]) == set(scored_genes(test))
    assert 0 < len(asked.rows) < len(test) or kind == "direction"


def test_all_questions():
    asked = pairs_benchmark("de", dataset="demo", questions="all")
    assert asked.question_set == "all"
    assert asked.rows.equals(asked.table.split("test"))


def test_a_sample_of_genes_is_named_with_its_seed():
    asked = pairs_benchmark("de", dataset="demo", genes=5, seed=3)
    assert asked.question_set == "scored/genes5/seed3"
    assert asked.rows["gene"].nunique() == 5
    other = pairs_benchmark("de", dataset="demo", genes=5, seed=4)
    assert set(other.rows["gene"]) != set(asked.rows["gene"])


def test_evidence_lines_go_into_the_evidence():
    asked = pairs_benchmark("de", dataset="demo", evidence="cross", evidence_lines="demo_c,demo_a")
    assert asked.evidence.lines == ("demo_a", "demo_c")
    assert set(asked.evidence.others()["line"]) == {"demo_c"}


@pytest.mark.parametrize(
    ("track", "lines"),
    [("none", ()), ("within", ("demo_b",)), ("cross", ("demo_b", "demo_a", "demo_c"))],
)
def test_each_track_opens_its_lines(track: str, lines: tuple[str, ...]):
    asked = pairs_benchmark("de", dataset="demo", cell_line="demo_b", evidence=track)
    assert asked.evidence.lines == lines


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"evidence_lines": "rpe1"}, "goes with evidence=cross; got evidence=none"),
        (
            {"evidence": "within", "evidence_lines": "rpe1"},
            "goes with evidence=cross; got evidence=within",
        ),
        (
            {"evidence": "cross", "evidence_lines": "k562"},
            r"names no line to read beside k562; got \['k562'\]",
        ),
        (
            {"evidence": "cross", "evidence_lines": "rpe1,k562_set"},
            r"must be among k562, rpe1, hepg2, jurkat; got \['k562_set'\]",
        ),
        (
            {"cell_line": "k562_set", "evidence": "cross", "evidence_lines": "k562_set"},
            r"must be among k562, rpe1, hepg2, jurkat; got \['k562_set'\]",
        ),
    ],
)
def test_lines_are_refused_before_a_table_is_fetched(
    put_tables: Callable[..., Path], options: dict[str, str], message: str
):
    put_tables({})  # no table can be had
    with pytest.raises(ValueError, match=f"^evidence_lines {message}"):
        pairs_benchmark("de", **options)
    with pytest.raises(DataError):
        pairs_benchmark("de", cell_line=options.get("cell_line"))


@pytest.mark.each(
    ("argument", "value", "allowed"),
    [
        ("dataset", "perturbQA", "perturbqa, demo"),
        ("dataset", None, "perturbqa, demo"),
        ("cell_line", "k562", "demo_a, demo_b, demo_c"),
        ("cell_line", "", "demo_a, demo_b, demo_c"),
        ("cell_line", 0, "demo_a, demo_b, demo_c"),
        ("cell_line", "../demo_a", "demo_a, demo_b, demo_c"),
        ("evidence", "all", "none, within, cross"),
        ("evidence", None, "none, within, cross"),
        ("evidence_lines", "demo_a,k562", "demo_a, demo_b, demo_c"),
        ("evidence_lines", 7, "demo_a, demo_b, demo_c"),
        ("questions", "score", "scored, all"),
        ("questions", True, "scored, all"),
        ("genes", 0, "between 1 and"),
        ("genes", "5", "a whole number"),
        ("genes", 5.0, "a whole number"),
        ("genes", True, "a whole number"),
        ("seed", "x", "a whole number"),
        ("seed", None, "a whole number"),
        ("seed", -1, "0 or more"),
    ],
)
def test_every_argument_is_checked(argument: str, value, allowed: str):
    track = {"evidence": "cross"} if argument == "evidence_lines" else {}
    with pytest.raises(ValueError, match=f"^{argument} must be") as caught:
        pairs_benchmark("de", **{"dataset": "demo", **track, argument: value})
    message = str(caught.value)
    assert allowed in message
    got = message.split("got", 1)[1]
    for part in str(value).split(","):
        if part not in CELL_LINES["demo"]:
            assert part in got


def test_genes_with_all_questions():
    with pytest.raises(ValueError, match="questions=scored; got questions=all"):
        pairs_benchmark("de", dataset="demo", questions="all", genes=5)


def test_unseen_genes_are_asked_about_and_nothing_else():
    asked = pairs_benchmark("de", dataset="demo", holdout="both", seed=3)
    assert asked.question_set == "scored/unseen_genes/seed3"
    test = asked.table.split("test")
    scored, hidden = scored_genes(test), asked.evidence.hidden_genes
    assert len(hidden) == -(-len(scored) // 4)
    assert hidden < set(scored)
    assert asked.rows.equals(test[test["gene"].isin(hidden)].reset_index(drop=True))
    other = pairs_benchmark("de", dataset="demo", holdout="both", seed=4)
    assert other.evidence.hidden_genes != hidden


@pytest.mark.each("seed", [0, 1, 10, 2**70])
@pytest.mark.each("genes", [None, 5])
@pytest.mark.each("holdout", HOLDOUTS)
def test_a_question_set_is_read_as_it_is_written(seed: int, genes: int | None, holdout: str):
    asked = pairs_benchmark("de", "demo", genes=genes, seed=seed, holdout=holdout)
    found = QUESTION_SET.fullmatch(asked.question_set)
    assert found is not None
    assert found["unseen_seed"] == (str(seed) if holdout == "both" else None)


def test_a_sample_of_the_unseen_genes_hides_them_all():
    whole = pairs_benchmark("de", dataset="demo", holdout="both", seed=3)
    asked = pairs_benchmark("de", dataset="demo", holdout="both", genes=5, seed=3)
    assert asked.question_set == "scored/unseen_genes/genes5/seed3"
    assert asked.evidence is whole.evidence
    names = set(asked.rows["gene"])
    assert len(names) == 5
    assert names < whole.evidence.hidden_genes
    with pytest.raises(
        ValueError, match=r"genes must be between 1 and 22 \(scored genes\), got 23"
    ):
        pairs_benchmark("de", dataset="demo", holdout="both", genes=23)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"questions": "all"}, "so it needs questions=scored; got questions=all"),
        ({"cell_line": "k562_set"}, "but k562_set asks about sets of genes"),
    ],
)
def test_unseen_genes_need_scored_questions_about_genes(
    put_tables: Callable[..., Path], options: dict[str, str], message: str
):
    put_tables({})  # refused before a table is fetched
    with pytest.raises(ArgumentError, match=message):
        pairs_benchmark("de", holdout="both", **options)


def test_without_unseen_genes_nothing_is_new():
    usual = pairs_benchmark("de", dataset="demo")
    assert pairs_benchmark("de", dataset="demo", holdout="perturbation").evidence is usual.evidence
    assert usual.evidence.hidden_genes == frozenset()
    assert not {"holdout", "unseen_seed"} & set(usual.facts)


@pytest.mark.parametrize(("kind", "genes", "rows"), [("de", 167, 1_344), ("direction", 38, 438)])
def test_a_quarter_of_k562(real_data: Path, kind, genes: int, rows: int):
    asked = pairs_benchmark(kind, holdout="both")
    assert len(asked.evidence.hidden_genes) == asked.rows["gene"].nunique() == genes
    assert len(asked.rows) == rows


def test_perturbqa_is_the_default(real_data: Path):
    asked = pairs_benchmark("de")
    assert asked.evidence.dataset == "perturbqa"
    assert asked.evidence.cell_line == "k562"
    assert asked.evidence.lines == ()
    cross = pairs_benchmark("de", evidence="cross")
    assert cross.evidence.lines == ("k562", "rpe1", "hepg2", "jurkat")
    assert len(asked.rows) == 5_641
