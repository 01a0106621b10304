"""Which test rows become questions, and how a question reads."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.datasets.pairs.questions import (
    VERDICTS,
    question_text,
    scored_genes,
    select_questions,
    unseen_genes,
)


def rows_of(frame: pd.DataFrame) -> list[tuple]:
    return list(frame.itertuples(index=False, name=None))


def a_table(n: int = 300, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    grid = rng.permutation(40 * 60)[:n]
    return pd.DataFrame(
        {
            "pert": [f"P{i}" for i in grid % 40],
            "gene": [f"g{i}" for i in grid // 40],
            "label": (rng.random(n) < 0.3).astype("int8"),
        }
    )


TABLES = st.lists(
    st.tuples(st.sampled_from("ABC"), st.sampled_from(["g1", "g2", "NA"]), st.integers(0, 1)),
    max_size=9,
    unique_by=lambda row: row[:2],
).map(lambda rows: pd.DataFrame(rows, columns=["pert", "gene", "label"]))


@given(TABLES)
def test_scored_genes_have_both_labels(test: pd.DataFrame):
    both = []
    for gene in sorted({gene for _, gene, _ in rows_of(test)}):
        labels = {label for _, other, label in rows_of(test) if other == gene}
        if labels == {0, 1}:
            both.append(gene)
    assert scored_genes(test) == both


@given(TABLES)
def test_scored_questions_are_the_rows_of_those_genes_in_their_order(test: pd.DataFrame):
    genes = scored_genes(test)
    assert rows_of(select_questions(test)) == [row for row in rows_of(test) if row[1] in genes]
    assert rows_of(select_questions(test, "all")) == rows_of(test)


def test_a_sample_of_genes_has_all_their_rows():
    test = a_table()
    scored = set(scored_genes(test))
    sample = select_questions(test, genes=7, seed=3)
    names = set(sample["gene"])
    assert len(names) == 7
    assert names < scored
    assert rows_of(sample) == [row for row in rows_of(test) if row[1] in names]
    assert sample.index.tolist() == list(range(len(sample)))
    assert set(select_questions(test, genes=len(scored))["gene"]) == scored


def test_the_seed_decides_the_sample():
    test = a_table()
    samples = [
        frozenset(select_questions(test, genes=5, seed=seed)["gene"]) for seed in (0, 0, *range(9))
    ]
    assert samples[0] == samples[1]
    assert len(set(samples)) > 5


def test_every_scored_gene_is_sampled_equally_often():
    test = a_table(120)
    genes = scored_genes(test)
    assert len(genes) > 8
    times = dict.fromkeys(genes, 0)
    for seed in range(300):
        for gene in set(select_questions(test, genes=4, seed=seed)["gene"]):
            times[gene] += 1
    expected = 300 * 4 / len(genes)
    assert all(abs(count - expected) < 5 * expected**0.5 for count in times.values())


def test_labels_shuffled_within_genes_select_the_same_rows():
    test = a_table()
    shuffled = test.copy()
    rng = np.random.default_rng(1)
    shuffled["label"] = test.groupby("gene")["label"].transform(rng.permutation)
    assert (shuffled["label"] != test["label"]).any()
    for genes in (None, 5):
        one, other = (select_questions(t, "scored", genes, seed=2) for t in (test, shuffled))
        assert rows_of(one[["pert", "gene"]]) == rows_of(other[["pert", "gene"]])


@pytest.mark.parametrize("genes", [0, -1, 10_000])
def test_more_or_fewer_genes_than_there_are(genes: int):
    test = a_table()
    scored = len(scored_genes(test))
    with pytest.raises(ValueError, match=f"genes must be between 1 and {scored}.*got {genes}"):
        select_questions(test, genes=genes)


def test_a_sample_of_genes_needs_scored_questions():
    with pytest.raises(ValueError, match=r"questions=scored; got questions=all"):
        select_questions(a_table(), "all", genes=3)


def test_a_table_without_rows():
    nothing = a_table().head(0)
    assert scored_genes(nothing) == []
    assert select_questions(nothing).empty
    assert select_questions(nothing, "all").empty


def test_words():
    assert VERDICTS["de"].word(1) == "Yes"
    assert VERDICTS["de"].word(0) == "No"
    assert VERDICTS["direction"].word(1) == "Increase"
    assert VERDICTS["direction"].word(0) == "Decrease"


@pytest.mark.parametrize("kind", ["de", "direction"])
def test_a_question_names_line_perturbation_and_gene(kind):
    text = question_text(kind, "rpe1", "{AAMP}", "NA")
    assert "rpe1" in text
    assert "knock-down of {AAMP}" in text
    assert " NA " in text
    assert text.endswith("?")
    assert "\n" not in text


def test_the_sample_of_a_seed_never_changes():
    """Runs with genes=50 are ranked together, so a seed must mean the same genes everywhere."""
    rows = [("P", f"g{i:03}", label) for i in range(100) for label in (0, 1)]
    test = pd.DataFrame(rows, columns=["pert", "gene", "label"])
    for seed, genes in {0: [3, 11, 20, 92], 7: [6, 32, 37, 96]}.items():
        assert sorted(set(select_questions(test, genes=4, seed=seed)["gene"])) == [
            f"g{i:03}" for i in genes
        ]


def test_a_smaller_sample_is_part_of_a_larger_one():
    test = a_table()
    small, large = (set(select_questions(test, genes=n, seed=5)["gene"]) for n in (4, 9))
    assert small < large


@given(TABLES, st.integers(0, 5))
def test_unseen_genes_are_a_quarter_of_the_scored_ones(test: pd.DataFrame, seed: int):
    genes = unseen_genes(test, seed)
    assert genes <= set(scored_genes(test))
    assert len(genes) == math.ceil(len(scored_genes(test)) / 4)
    # The order of the rows is no matter.
    assert unseen_genes(test.iloc[::-1], seed) == genes


def test_the_unseen_genes_of_a_seed_never_change():
    """Runs with holdout=both are ranked together: a seed must mean the same genes everywhere."""
    rows = [("P", f"g{i:03}", label) for i in range(16) for label in (0, 1)]
    test = pd.DataFrame(rows, columns=["pert", "gene", "label"])
    for seed in (0, 7):
        drawn = np.random.Generator(np.random.PCG64(seed)).random(16)
        lowest = sorted(range(16), key=lambda at: drawn[at])[:4]
        assert unseen_genes(test, seed) == {f"g{i:03}" for i in lowest}
    assert unseen_genes(test, 0) == {"g002", "g003", "g011", "g013"}


def test_labels_shuffled_within_genes_hide_the_same_genes():
    test = a_table()
    shuffled = test.copy()
    rng = np.random.default_rng(1)
    shuffled["label"] = test.groupby("gene")["label"].transform(rng.permutation)
    assert unseen_genes(shuffled, 2) == unseen_genes(test, 2)
