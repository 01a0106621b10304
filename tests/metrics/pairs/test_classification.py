import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    matthews_corrcoef,
)

from perturb_evals.metrics.pairs.classification import (
    average_precision,
    balanced_accuracy,
    brier,
    ece,
    gene_only_share,
    mcc,
)
from perturb_evals.metrics.pairs.predictions import Predictions


def table(labels, scores, abstained=None):
    return Predictions(range(len(labels)), ["g"] * len(labels), labels, scores, abstained)


PAIRS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from([0.0, 0.1, 0.3, 0.49, 0.51, 0.8, 1.0])),
    min_size=2,
    max_size=40,
).filter(lambda rows: 0 < sum(label for label, _ in rows) < len(rows))


@given(PAIRS)
def test_equal_to_scikit_learn_when_all_is_answered(rows):
    labels, scores = map(np.array, zip(*rows, strict=True))
    predictions, yes = table(labels, scores), scores > 0.5
    for ours, theirs in (
        (average_precision(predictions), average_precision_score(labels, scores)),
        (balanced_accuracy(predictions), balanced_accuracy_score(labels, yes)),
        (mcc(predictions), matthews_corrcoef(labels, yes)),
        (brier(predictions), brier_score_loss(labels, scores)),
    ):
        assert ours == pytest.approx(theirs, abs=1e-12)


def test_equal_to_scikit_learn_on_a_real_table(perturbqa):
    rows = perturbqa("k562-de", "test")
    scores = 1 / (1 + np.exp(-np.random.default_rng(0).normal(rows.label - 2, 1)))
    predictions = Predictions(rows.pert, rows.gene, rows.label, scores)
    expected = average_precision_score(rows.label, scores)
    assert average_precision(predictions) == pytest.approx(expected, abs=1e-12)
    assert mcc(predictions) == pytest.approx(matthews_corrcoef(rows.label, scores > 0.5), abs=1e-12)


# Abstentions


@given(PAIRS, st.data())
def test_an_abstention_is_a_stated_half(rows, data):
    labels, scores = map(np.array, zip(*rows, strict=True))
    gone = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))))
    silent, stated = table(labels, scores, gone), table(labels, np.where(gone, 0.5, scores))
    for metric in (balanced_accuracy, mcc, brier):
        assert metric(silent) == metric(stated)


@given(PAIRS, st.data())
def test_abstentions_are_retrieved_last_together(rows, data):
    labels, scores = map(np.array, zip(*rows, strict=True))
    gone = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))))
    expected = average_precision_score(labels, np.where(gone, -1.0, scores))
    assert average_precision(table(labels, scores, gone)) == pytest.approx(expected, abs=1e-12)


def test_values_by_hand():
    # Yes, No and silent positives; No, Yes, No and silent negatives.
    predictions = table(
        [1, 1, 1, 0, 0, 0, 0],
        [0.9, 0.2, 0.0, 0.1, 0.7, 0.3, 0.0],
        [0, 0, 1, 0, 0, 0, 1],
    )
    assert balanced_accuracy(predictions) == pytest.approx((1.5 / 3 + 2.5 / 4) / 2)
    tp, fn, fp, tn = 1.5, 1.5, 1.5, 2.5
    assert mcc(predictions) == pytest.approx((tp * tn - fp * fn) / np.sqrt(3 * 3 * 4 * 4))
    assert brier(predictions) == pytest.approx((0.01 + 0.64 + 0.25 + 0.01 + 0.49 + 0.09 + 0.25) / 7)
    # Retrieved: + at 1, - at 2, - at 3, + at 4, - at 5, then one + and one - together.
    assert average_precision(predictions) == pytest.approx((1 / 1 + 2 / 4 + 3 / 7) / 3)


# Calibration error


def test_ece_is_the_gap_of_equal_bins_of_sorted_scores():
    rng = np.random.default_rng(0)
    scores = rng.random(200)
    labels = (rng.random(200) < scores**2).astype(int)
    bins = np.array_split(np.argsort(scores), 10)
    expected = np.mean([abs(scores[b].mean() - labels[b].mean()) for b in bins])
    assert ece(table(labels, scores)) == pytest.approx(expected, abs=1e-12)


def test_ece_of_a_constant_is_its_distance_from_the_base_rate():
    assert ece(table([1, 0, 0, 0], [0.6] * 4)) == pytest.approx(0.35)


def test_ece_does_not_depend_on_the_order_of_tied_rows():
    rng = np.random.default_rng(1)
    labels, scores = rng.integers(0, 2, 97), rng.choice([0.1, 0.2, 0.7], 97)
    values = {
        round(ece(table(labels[order], scores[order])), 12)
        for order in (rng.permutation(97) for _ in range(20))
    }
    assert len(values) == 1


def test_ece_reads_answered_rows_only():
    labels, scores = [1, 0, 1, 0], [0.8, 0.3, 0.0, 0.0]
    assert ece(table(labels, scores, [0, 0, 1, 1])) == ece(table(labels[:2], scores[:2]))
    assert np.isnan(ece(table(labels, scores, [1, 1, 1, 1])))


@pytest.mark.parametrize("score", [-0.01, 1.01, -5.0])
def test_scores_that_are_no_probabilities_have_no_calibration(score):
    predictions = table([1, 0, 1], [0.2, score, 0.3])
    assert np.isnan(brier(predictions))
    assert np.isnan(ece(predictions))
    silent = table([1, 0, 1], [0.2, score, 0.3], [0, 1, 0])
    assert np.isfinite(brier(silent))
    assert np.isfinite(ece(silent))


# How much the gene alone explains


def test_gene_only_share():
    genes = ["a", "a", "b", "b"]

    def share(scores, abstained=None):
        return gene_only_share(Predictions(range(4), genes, [0, 1, 0, 1], scores, abstained))

    assert share([0.1, 0.1, 0.7, 0.7]) == pytest.approx(1)
    assert share([0.1, 0.7, 0.1, 0.7]) == pytest.approx(0)
    assert share([0.0, 2.0, 2.0, 4.0]) == pytest.approx(0.5)  # 4 between, 8 in all
    assert share([0.1, 0.1, 0.7, 9.0], [0, 0, 0, 1]) == pytest.approx(1)
    assert np.isnan(share([0.3] * 4))
    assert np.isnan(share([0.1, 0.2, 0.3, 0.4], [1] * 4))


def test_gene_only_share_of_noise_is_its_degrees_of_freedom():
    rng = np.random.default_rng(0)
    n, genes = 4000, 400
    noise = Predictions(range(n), rng.integers(0, genes, n), [0] * n, rng.random(n))
    assert gene_only_share(noise) == pytest.approx((genes - 1) / (n - 1), abs=0.02)
