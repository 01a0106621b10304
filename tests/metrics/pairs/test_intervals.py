import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.metrics.intervals import resample_weights
from perturb_evals.metrics.pairs.auroc import auroc_per_gene
from perturb_evals.metrics.pairs.intervals import bootstrap_auroc_per_gene, resampled_auroc_per_gene
from perturb_evals.metrics.pairs.predictions import Predictions

ROW = st.tuples(
    st.sampled_from("PQRST"),  # perturbation
    st.integers(0, 2),  # gene
    st.integers(0, 1),  # label
    st.sampled_from([0.0, 0.2, 0.5, 1.0]),  # score
    st.booleans(),  # abstained
)
ROWS = st.lists(ROW, min_size=1, max_size=20)


def repeated(predictions, drawn):
    """The table with every row repeated as often as its perturbation was drawn."""
    rows = [i for pert in drawn for i in np.flatnonzero(predictions.perts == pert)]
    return Predictions(
        predictions.perts[rows],
        predictions.genes[rows],
        predictions.labels[rows],
        predictions.scores[rows],
        predictions.abstained[rows],
    )


@settings(deadline=None)
@given(rows=ROWS, seed=st.integers(0, 2**32 - 1), abstention=st.sampled_from(["half", "lowest"]))
def test_equals_really_repeating_the_rows(pair_credits, rows, seed, abstention):
    predictions = Predictions(*zip(*rows, strict=True))
    perts = sorted(set(predictions.perts))
    weights = resample_weights(len(perts), resamples=5, seed=seed)
    values, n_genes = resampled_auroc_per_gene(predictions, weights, abstention=abstention)
    naive = []  # per resample: {gene: AUROC}
    for row in weights:
        table = repeated(predictions, np.repeat(perts, row))
        counted = pair_credits(table.genes, table, abstention)
        naive.append({gene: np.mean([c for *_, c in pairs]) for gene, pairs in counted.items()})
    stays = Counter(gene for aurocs in naive for gene in aurocs)
    for aurocs, value, n in zip(naive, values, n_genes, strict=True):
        assert n == len(aurocs)
        if aurocs:
            importance = [1 / stays[gene] for gene in aurocs]
            expected = np.average(list(aurocs.values()), weights=importance)
            assert value == pytest.approx(expected, abs=1e-12)
        else:
            assert np.isnan(value)


def test_genes_that_drop_out_often_do_not_shift_the_interval():
    """Hard genes with a single positive, easy genes with four: the plain mean would favour easy."""
    rng = np.random.default_rng(0)
    perts, genes, labels, scores = [], [], [], []
    for gene in range(120):
        n_positive = 1 if gene % 2 else 4
        perts += rng.choice(200, 8, replace=False).tolist()
        genes += [gene] * 8
        label = np.arange(8) < n_positive
        labels += label.tolist()
        scores += (rng.normal(size=8) + label * (0 if gene % 2 else 2)).tolist()
    table = Predictions(perts, genes, labels, scores)
    interval = bootstrap_auroc_per_gene(table)
    spread = interval.values.std()
    assert interval.values.mean() == pytest.approx(auroc_per_gene(table), abs=0.1 * spread)


def test_drawing_every_perturbation_once_gives_the_metric(example):
    table = example()
    n_perts = len(np.unique(table.perts))
    values, genes = resampled_auroc_per_gene(table, np.ones((1, n_perts), dtype=int))
    assert values[0] == pytest.approx(auroc_per_gene(table), abs=1e-12)
    counts = [len(np.unique(table.labels[table.genes == g])) for g in np.unique(table.genes)]
    assert genes[0] == counts.count(2)


def test_chunks_do_not_show(example, monkeypatch):
    table = example()
    whole = bootstrap_auroc_per_gene(table, resamples=50)
    monkeypatch.setattr("perturb_evals.metrics.pairs.ranked_groups.CHUNK_SIZE", 1)
    pieces = bootstrap_auroc_per_gene(table, resamples=50)
    np.testing.assert_allclose(pieces.values, whole.values, rtol=0, atol=1e-12)


def test_the_interval_is_the_percentiles_of_the_values(example):
    interval = bootstrap_auroc_per_gene(example(), resamples=300, seed=4, confidence=0.9)
    assert interval.resamples == 300
    assert interval.values.shape == (300,)
    assert interval.lower == pytest.approx(np.quantile(interval.values, 0.05))
    assert interval.upper == pytest.approx(np.quantile(interval.values, 0.95))
    assert interval.lower < auroc_per_gene(example()) < interval.upper


def test_deterministic_in_seed_and_blind_to_row_order_and_scale(example):
    table = example()
    order = np.random.default_rng(5).permutation(len(table))
    first = bootstrap_auroc_per_gene(table, resamples=200, seed=1)
    columns = (table.perts, table.genes, table.labels, 3 * table.scores - 7)
    again = bootstrap_auroc_per_gene(
        Predictions(*(column[order] for column in columns)), resamples=200, seed=1
    )
    np.testing.assert_allclose(first.values, again.values, rtol=0, atol=1e-12)
    other = bootstrap_auroc_per_gene(table, resamples=200, seed=2)
    assert first.values.tolist() != other.values.tolist()


def test_more_confidence_is_wider(example):
    widths = []
    for confidence in (0.5, 0.8, 0.95, 0.99):
        interval = bootstrap_auroc_per_gene(example(), resamples=300, confidence=confidence)
        widths.append(interval.upper - interval.lower)
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


def test_genes_that_lose_a_class_drop_out():
    genes = ["g"] * 2 + ["of one class"] * 8
    table = Predictions(range(10), genes, [1] + [0] * 9, [0.9] + [0.1] * 9)
    interval = bootstrap_auroc_per_gene(table, resamples=2000)
    # A resample has a value where it draws the first two perturbations.
    drawn = (resample_weights(10, resamples=2000, seed=0)[:, :2] > 0).all(axis=1)
    assert np.array_equal(np.isfinite(interval.values), drawn)
    assert (interval.lower, interval.upper, interval.mean_genes) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    "rows",
    [
        ([], [], [], []),
        (["p", "p"], ["g", "g"], [1, 0], [0.9, 0.1]),
        (["p", "q"], ["g", "g"], [1, 1], [0.9, 0.1]),
        (range(9), ["g"] * 9, [1, 0, 0] * 3, range(9)),
    ],
)
def test_without_ten_perturbations_or_a_gene_there_is_no_interval(rows):
    interval = bootstrap_auroc_per_gene(Predictions(*rows), resamples=20)
    assert np.isnan([interval.lower, interval.upper, interval.mean_genes]).all()
    assert interval.values.shape == (20,)


def test_every_resample_draws_as_many_perturbations_as_there_are():
    weights = resample_weights(7, resamples=4000, seed=0)
    assert weights.shape == (4000, 7)
    assert (weights.sum(axis=1) == 7).all()
    np.testing.assert_allclose(weights.mean(axis=0), 1, atol=0.08)
    np.testing.assert_allclose(weights.var(axis=0), 6 / 7, atol=0.1)


def test_memory_stays_small_for_large_groups():
    """20 gene sets of 262 rows: 340,000 pairs, which times 2,000 resamples would be 5 GB."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 20 * 262)
    perts = np.concatenate([rng.choice(357, 262, replace=False) for _ in range(20)])
    table = Predictions(perts, np.repeat(np.arange(20), 262), labels, rng.random(len(labels)))
    tracemalloc.start()
    bootstrap_auroc_per_gene(table, resamples=2000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64e6


def test_bad_arguments_are_refused(example):
    table = example()
    with pytest.raises(ValueError, match="resamples must be at least 1, got 0"):
        bootstrap_auroc_per_gene(table, resamples=0)
    with pytest.raises(ValueError, match=r"confidence must be between 0 and 1, got 95"):
        bootstrap_auroc_per_gene(table, confidence=95)
    with pytest.raises(ValueError, match=r"shape \(resamples, 30\).*got \(2, 29\)"):
        resampled_auroc_per_gene(table, np.ones((2, 29), dtype=int))
    with pytest.raises(ValueError, match="abstention must be one of"):
        bootstrap_auroc_per_gene(table, abstention="drop")
