import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cosine, euclidean
from scipy.stats import pearsonr
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

from perturb_evals.metrics.expression.regression import COUNTS, FoldTruth
from perturb_evals.metrics.expression.spec import SCORES
from perturb_evals.metrics.expression.weighted import gene_weights


def fold(seed=0, n=12, n_genes=150, few=True):
    """Arguments of a fold of the usual shape, with unchanged genes and unmeasured targets."""
    rng = np.random.default_rng(seed)
    control = rng.gamma(1, 1, n_genes).astype(np.float32)
    shift = rng.normal(0, 0.3, n_genes)
    truth = (control + shift + rng.normal(0, 0.3, (n, n_genes))).astype(np.float32)
    if few:  # the last perturbations change few genes, and equal the control elsewhere
        same = np.setdiff1d(np.arange(n_genes), [*range(5, 15), *range(36, 45)])
        truth[-2:, same] = control[same]
    delta = truth - control
    t = delta * rng.uniform(0.5, 2, delta.shape)
    order = np.argsort(-np.abs(t), axis=1, kind="stable")
    targets = [[row] if row % 3 else [] for row in range(n)]
    targets[1] = [1, 3]  # a symbol that stands for two genes
    return {
        "truth": truth,
        "control": control,
        "train_mean": (control + shift + rng.normal(0, 0.05, n_genes)).astype(np.float32),
        "de_order": order.astype(np.uint16),
        "n_ranked": np.count_nonzero(delta, axis=1),
        "weights": gene_weights(t),
        "target_genes": [np.array(own, dtype=int) for own in targets],
        "panel_targets": np.array([*range(n), 40, 41]),
    }


def predictions_of(parts, seed=0):
    rng = np.random.default_rng(seed + 1)
    truth = parts["truth"].astype(float)
    return (truth + parts["train_mean"]) / 2 + rng.normal(0, 0.2, truth.shape)


def by_loop(parts, index, prediction):
    """Every score of one prediction, one number at a time."""
    p = {name: np.asarray(part, float) for name, part in parts.items() if name != "target_genes"}
    control, mean, truth, weights = p["control"], p["train_mean"], p["truth"], p["weights"][index]
    own_target, x = set(parts["target_genes"][index].tolist()), truth[index]
    ranked = [int(g) for g in p["de_order"][index][: int(p["n_ranked"][index])]]
    untargeted = [g for g in ranked if g not in own_target]
    everything = list(range(len(x)))

    def mae(genes):
        return mean_absolute_error(x[genes], prediction[genes])

    def mse(genes):
        return mean_squared_error(x[genes], prediction[genes])

    def r(genes, base):
        return pearsonr((x - base)[genes], (prediction - base)[genes]).statistic

    weights = np.where([g in own_target for g in everything], 0, weights)

    others = [q for q in range(len(truth)) if q != index]
    keep = [g for g in everything if g not in set(p["panel_targets"].astype(int).tolist())]
    to_truth = [cosine((prediction - control)[keep], (t - control)[keep]) for t in truth]
    away = [euclidean(prediction[keep], t[keep]) for t in truth]
    rest = [g for g in everything if g not in own_target]
    top, free = ranked[:20], untargeted[:20]
    by_size = np.argsort(-abs(prediction - control), kind="stable").tolist()
    largest = [g for g in by_size if g not in own_target][: len(free)]
    out = {
        "mae_top20": mae(top),
        "mse_top20": mse(top),
        "pearson_delta_top20": r(top, control),
        "mae_top20_no_target": mae(free),
        "mse_top20_no_target": mse(free),
        "pearson_delta_top20_no_target": r(free, control),
        "mae_top50": mae(ranked[:50]),
        "mae_top50_no_target": mae(untargeted[:50]),
        "mae_top100": mae(ranked[:100]),
        "mae_top100_no_target": mae(untargeted[:100]),
        "mae_all": mae(everything),
        "mae_all_no_target": mae(rest),
        "mse_all": mse(everything),
        "mse_all_no_target": mse(rest),
        "pearson_delta_all": r(everything, control),
        "pearson_delta_all_no_target": r(rest, control),
        "pearson_delta_pert": r(keep, mean),
        "weighted_mse": mean_squared_error(x, prediction, sample_weight=weights),
        "r2_weighted": r2_score(x - mean, prediction - mean, sample_weight=weights),
        "pds": 1 - sum(to_truth[q] < to_truth[index] for q in others) / len(others),
        "centroid_accuracy": np.mean([away[index] < away[q] for q in others]),
        "sign_agreement": np.mean([(x - control)[g] * (prediction - control)[g] > 0 for g in free]),
        "overlap_top20": len(set(free) & set(largest)) / len(free),
        "systematic_share": 1 - cosine((x - control)[rest], (mean - control)[rest]),
    }
    counts = {"n_top20": len(top), "n_top20_no_target": len(free)}
    return out | {name: float(counts.get(name, 0)) for name in COUNTS}


@pytest.mark.parametrize("seed", range(3))
def test_every_score_equals_the_plain_loop(seed):
    parts = fold(seed)
    predictions, truth = predictions_of(parts, seed), FoldTruth(**parts)
    for index, prediction in enumerate(predictions):
        scores = truth.scores(index, prediction)
        assert list(scores) == [*SCORES, *COUNTS]
        assert scores == pytest.approx(by_loop(parts, index, prediction), abs=1e-12)


def test_all_at_once_and_one_by_one_agree():
    parts = fold(n=70)  # more than one block
    predictions, truth = predictions_of(parts), FoldTruth(**parts)
    together = truth.score_all(predictions)
    for index, prediction in enumerate(predictions):
        alone = truth.scores(index, prediction)
        for name in (*SCORES, *COUNTS):
            assert together[name][index] == pytest.approx(alone[name], abs=1e-12)


def test_a_perfect_prediction_has_no_error():
    parts = fold()
    scores = FoldTruth(**parts).score_all(parts["truth"])
    for name in SCORES:
        if name.startswith(("mae", "mse", "weighted")):
            assert (scores[name] == 0).all()
    for name in ("pearson_delta_top20", "pearson_delta_pert", "r2_weighted"):
        assert scores[name] == pytest.approx(1, abs=1e-12)
    for name in ("pds", "centroid_accuracy", "sign_agreement"):
        assert (scores[name] == 1).all()


def test_the_training_mean_is_undefined_about_itself_also_after_rounding():
    parts = fold()
    rng = np.random.default_rng(0)
    truth = FoldTruth(**parts)
    for mean in (parts["train_mean"], parts["train_mean"] * (1 + rng.normal(0, 6e-8, 150))):
        scores = truth.score_all(np.broadcast_to(mean, parts["truth"].shape))
        assert (scores["pearson_delta_pert"] == 0).all()
        assert (scores["undefined_pearson_delta_pert"] == 1).all()
        assert (scores["r2_weighted"] <= 0).all()
        assert scores["pds"].mean() == pytest.approx(0.5, abs=1e-15)
        assert scores["centroid_accuracy"].mean() == pytest.approx(0.5, abs=1e-15)
        assert (scores["undefined_pearson_delta_all"] == 0).all()


def test_no_change_is_undefined_against_control():
    parts = fold()
    scores = FoldTruth(**parts).score_all(np.broadcast_to(parts["control"], (12, 150)))
    for name in ("pearson_delta_top20", "pearson_delta_top20_no_target", "pearson_delta_all"):
        assert (scores[name] == 0).all()
        assert (scores[f"undefined_{name}"] == 1).all()
    assert (scores["pds"] == 0.5).all()
    assert (scores["undefined_pds"] == 1).all()
    assert (scores["sign_agreement"] == 0.5).all()
    assert (scores["overlap_top20"] == 0).all()


def test_a_constant_shift_has_no_correlation():
    parts = fold()
    scores = FoldTruth(**parts).score_all(parts["truth"] * 0 + parts["control"] + np.float32(0.1))
    assert (scores["undefined_pearson_delta_all"] == 1).all()
    assert (scores["undefined_pearson_delta_top20"] == 1).all()


def test_where_only_the_target_changed_it_stays_and_is_counted():
    parts = fold(few=False)
    parts["truth"][1] = parts["control"]
    parts["truth"][1, [1, 3]] += np.float32([0.5, -0.25])
    order = [1, 3, *[gene for gene in range(150) if gene not in (1, 3)]]
    parts["de_order"][1], parts["n_ranked"][1] = order, 2
    scores = FoldTruth(**parts).scores(1, parts["control"])
    assert scores["only_target_ranked"] == 1
    assert scores["n_top20"] == scores["n_top20_no_target"] == 2
    assert scores["mae_top20_no_target"] == pytest.approx(0.375, abs=1e-6)
    assert FoldTruth(**parts).scores(2, parts["control"])["only_target_ranked"] == 0


def test_the_unbiased_error_is_the_product_of_what_both_halves_miss():
    parts, rng = fold(), np.random.default_rng(8)
    halves = parts["truth"] + rng.normal(0, 0.3, (2, 12, 150))
    predictions = predictions_of(parts)
    scores = FoldTruth(**parts, halves=halves).score_all(predictions)
    for row, own in enumerate(parts["target_genes"]):
        rest = np.setdiff1d(np.arange(150), own)
        products = (halves[0] - predictions)[row, rest] * (halves[1] - predictions)[row, rest]
        assert scores["mse_unbiased"][row] == pytest.approx(products.mean(), abs=1e-12)
    assert "mse_unbiased" not in FoldTruth(**parts).scores(0, predictions[0])


def test_noise_of_the_truth_adds_nothing_to_the_unbiased_error():
    """What is predicted is off by .2, and the noise of the truth about as large again."""
    parts, rng = fold(n=60, few=False), np.random.default_rng(9)
    true = parts["truth"].astype(float)
    halves = true + rng.normal(0, 0.3, (2, *true.shape))
    off = true + 0.2 * rng.choice([-1, 1], true.shape)
    measured = FoldTruth(**(parts | {"truth": halves.mean(axis=0)}), halves=halves)
    assert measured.score_all(true)["mse_unbiased"].mean() == pytest.approx(0, abs=0.003)
    found = measured.score_all(off)
    assert found["mse_unbiased"].mean() == pytest.approx(0.04, abs=0.004)
    assert found["mse_all_no_target"].mean() == pytest.approx(0.04 + 0.045, abs=0.004)


def test_a_missed_knock_down_leaves_the_version_without_the_target():
    parts = fold(few=False)
    parts["truth"][2, 2] = parts["control"][2] - 1  # the knock-down itself
    parts["de_order"] = np.argsort(-abs(parts["truth"] - parts["control"]), axis=1)
    prediction = parts["truth"][2].copy()
    prediction[2] += 1
    scores = FoldTruth(**parts).scores(2, prediction)
    assert scores["mae_top20"] == pytest.approx(1 / 20, abs=1e-6)
    assert scores["mae_top20_no_target"] == 0


def test_one_truth_and_one_gene_still_give_finite_scores():
    one = FoldTruth(
        truth=[[1.0]],
        control=[0.5],
        train_mean=[0.5],
        de_order=np.array([[0]]),
        n_ranked=np.array([1]),
        weights=[[1.0]],
        target_genes=[[0]],
        panel_targets=[0],
    )
    scores = one.scores(0, [0.75])
    assert np.isfinite(list(scores.values())).all()
    assert scores["mae_top20"] == scores["mae_all"] == 0.25
    assert scores["pds"] == scores["centroid_accuracy"] == 0.5
    assert scores["r2_weighted"] == scores["pearson_delta_top20"] == scores["systematic_share"] == 0
    for name in COUNTS[2:]:
        assert scores[name] == 1
    assert scores["mae_all_no_target"] == 0.25  # there is no other gene


def test_screens_of_log_fold_changes_have_a_control_of_zero():
    parts = fold()
    whole = FoldTruth(**parts).score_all(predictions_of(parts))
    control = parts["control"].astype(float)
    moved = {
        **parts,
        "truth": parts["truth"] - control,
        "control": control * 0,
        "train_mean": parts["train_mean"] - control,
    }
    change = FoldTruth(**moved).score_all(predictions_of(parts) - control)
    for name in SCORES:
        assert change[name] == pytest.approx(whole[name], abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_genes_and_of_perturbations_does_not_matter(seed):
    parts, rng = fold(seed % 7), np.random.default_rng(seed)
    predictions = predictions_of(parts, seed % 5)
    before = FoldTruth(**parts).score_all(predictions)
    genes, rows = rng.permutation(150), rng.permutation(12)
    place = np.argsort(genes)
    moved = {
        "truth": parts["truth"][rows][:, genes],
        "control": parts["control"][genes],
        "train_mean": parts["train_mean"][genes],
        "de_order": place[parts["de_order"][rows]],
        "n_ranked": parts["n_ranked"][rows],
        "weights": parts["weights"][rows][:, genes],
        "target_genes": [place[parts["target_genes"][row]] for row in rows],
        "panel_targets": place[parts["panel_targets"]],
    }
    after = FoldTruth(**moved).score_all(predictions[rows][:, genes])
    for name in (*SCORES, *COUNTS):
        assert after[name] == pytest.approx(before[name][rows], abs=1e-10)


@settings(max_examples=25, deadline=None)
@given(factor=st.floats(1e-3, 1e3), seed=st.integers(0, 5))
def test_the_unit_of_expression_scales_errors_and_nothing_else(factor, seed):
    parts = fold(seed)
    predictions = predictions_of(parts, seed)
    before = FoldTruth(**parts).score_all(predictions)
    scaled = {
        name: parts[name].astype(float) * factor for name in ("truth", "control", "train_mean")
    }
    after = FoldTruth(**(parts | scaled)).score_all(predictions * factor)
    for name in SCORES:
        power = 1 if "mae" in name else 2 if "mse" in name else 0
        assert after[name] == pytest.approx(before[name] * factor**power, rel=1e-9, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 8),
    n_genes=st.integers(1, 30),
    spread=st.sampled_from([0.0, 1e-9, 1.0, 1e6]),
)
def test_scores_are_finite_and_in_range_whatever_is_predicted(seed, n, n_genes, spread):
    rng = np.random.default_rng(seed)
    truth = rng.integers(-2, 3, (n, n_genes)).astype(float)
    truth[:, 0] = np.where(truth.any(axis=1), truth[:, 0], 1.0)  # no perturbation without effect
    order = np.argsort(-abs(truth), axis=1, kind="stable")
    control = np.zeros(n_genes)
    fold_truth = FoldTruth(
        truth=truth,
        control=control,
        train_mean=rng.integers(-1, 2, n_genes),
        de_order=order,
        n_ranked=np.count_nonzero(truth, axis=1),
        weights=gene_weights(rng.integers(0, 3, (n, n_genes))),
        target_genes=[rng.integers(0, n_genes, rng.integers(0, 3)) for _ in range(n)],
        panel_targets=rng.integers(0, n_genes, n),
    )
    scores = fold_truth.score_all(rng.integers(-2, 3, (n, n_genes)) * spread)
    for name in (*SCORES, *COUNTS):
        assert np.isfinite(scores[name]).all()
    for name in SCORES:
        if name.startswith("pearson") or name == "systematic_share":
            assert (abs(scores[name]) <= 1).all()
        elif name in ("pds", "centroid_accuracy", "sign_agreement", "overlap_top20"):
            assert ((scores[name] >= 0) & (scores[name] <= 1)).all()
        elif name != "r2_weighted":
            assert (scores[name] >= 0).all()
    assert (scores["r2_weighted"] <= 1).all()


def test_predictions_that_are_no_predictions_are_refused():
    truth = FoldTruth(**fold())
    with pytest.raises(ValueError, match=r"prediction must have shape \(150\), got \(149,\)"):
        truth.scores(0, np.zeros(149))
    with pytest.raises(ValueError, match=r"first is nan at \(3,\)"):
        truth.scores(0, np.where(np.arange(150) == 3, np.nan, 0.0))
    with pytest.raises(ValueError, match=r"predictions must have shape \(12, 150\)"):
        truth.score_all(np.zeros((11, 150)))
    last = np.zeros((12, 150))
    last[11, 4] = -np.inf
    with pytest.raises(ValueError, match=r"1 of 1800 values are not, the first is -inf at \(11, 4"):
        truth.score_all(last)
    for index in (-1, 12):
        with pytest.raises(IndexError, match=f"rows 0 to 11, got {index}"):
            truth.scores(index, np.zeros(150))


@pytest.mark.each(
    ("name", "value", "message"),
    [
        ("truth", np.zeros((0, 150)), "truth must have shape"),
        ("control", np.zeros(3), r"control must have shape \(150\)"),
        ("train_mean", np.full(150, np.nan), "train_mean must be finite"),
        ("de_order", np.zeros((12, 150), dtype=int), "every gene position once"),
        ("n_ranked", np.zeros(12, dtype=int), "from 1 to 150, got 0 in row 0"),
        ("n_ranked", np.full(12, 150), "n_ranked counts genes .* that equal the control"),
        ("weights", np.ones((12, 150)), "weights must be those of gene_weights"),
        ("target_genes", [[]] * 11, "target_genes must hold 12 arrays, got 11"),
        ("target_genes", [[150]] * 12, "from 0 to 149"),
        ("panel_targets", [-1], "panel_targets must be positions"),
        ("panel_targets", [True], "panel_targets must be positions"),
        ("halves", np.zeros((1, 12, 150)), r"halves must have shape \(2, 12, 150\)"),
        ("halves", np.full((2, 12, 150), np.nan), "halves must be finite"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(name, value, message):
    with pytest.raises(ValueError, match=message):
        FoldTruth(**(fold() | {name: value}))
