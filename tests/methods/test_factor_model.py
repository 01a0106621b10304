"""The factor model against plain loops, and what it learns of a table of low rank."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from perturb_evals.methods.additive import Additive
from perturb_evals.methods.factor_model import FactorModel, FactorSettings
from perturb_evals.methods.triples import Triples

SMALL = FactorSettings("squared", epochs=7, batch=1000, rank=3, dropout=0.0, start=0.5)


def table(n_contexts: int, n_perturbations: int, n_readouts: int, seed: int = 0) -> pd.DataFrame:
    """Two factors, scaled by the context, on a level by context and readout, with noise of .2."""
    rng = np.random.default_rng(seed)
    left, right = rng.normal(size=(n_perturbations, 2)), rng.normal(size=(n_readouts, 2))
    scale = rng.uniform(0.5, 1.5, size=(n_contexts, 2))
    level = rng.normal(size=(n_contexts, 1, n_readouts))
    value = np.einsum("pk,rk,ck->cpr", left, right, scale) + level
    value += rng.normal(scale=0.2, size=value.shape)
    names = (
        [f"{kind}{n}" for n in range(size)] for kind, size in zip("cpr", value.shape, strict=True)
    )
    index = pd.MultiIndex.from_product(names, names=["context", "perturbation", "readout"])
    return pd.Series(value.ravel(), index=index, name="value").reset_index()


def in_loops(rows: Triples, settings: FactorSettings) -> tuple[list[np.ndarray], np.ndarray]:
    """One step an epoch over all values, by the chain rule written out for each of them."""
    rng = np.random.Generator(np.random.PCG64(settings.seed))
    sizes = len(rows.perturbations), len(rows.readouts), len(rows.contexts)
    u, v, w = (
        settings.start * rng.standard_normal((n, settings.rank), np.float32).astype(float)
        for n in sizes
    )
    weights = [u, v, w + 1, np.zeros(sizes[0]), np.zeros((sizes[2], sizes[1]))]
    first, second = ([np.zeros_like(x) for x in weights] for _ in range(2))
    logistic = settings.loss == "logistic"
    mean, spread = rows.value.mean(), 1.0 if logistic else rows.value.std()
    base = logit(mean) if logistic else 0.0
    target = rows.value if logistic else (rows.value - mean) / spread
    for step in range(1, settings.epochs + 1):
        u, v, w, tendency, level = weights
        slopes = [np.zeros_like(x) for x in weights]
        places = zip(rows.context, rows.perturbation, rows.readout, target, strict=True)
        for c, p, r, wanted in places:
            z = base + tendency[p] + level[c, r]
            z += sum(u[p, k] * v[r, k] * w[c, k] for k in range(settings.rank))
            error = ((expit(z) if logistic else z) - wanted) / len(rows)
            for k in range(settings.rank):
                slopes[0][p, k] += error * v[r, k] * w[c, k]
                slopes[1][r, k] += error * u[p, k] * w[c, k]
                slopes[2][c, k] += error * u[p, k] * v[r, k]
            slopes[3][p] += error
            slopes[4][c, r] += error
        for x, slope, m, s in zip(weights, slopes, first, second, strict=True):
            m[...] = 0.9 * m + 0.1 * slope
            s[...] = 0.999 * s + 0.001 * slope**2
            x *= 1 - settings.learning_rate * settings.decay
            x -= (
                settings.learning_rate
                * (m / (1 - 0.9**step))
                / (np.sqrt(s / (1 - 0.999**step)) + 1e-8)
            )
    u, v, w, tendency, level = weights
    z = np.einsum("pk,rk,ck->cpr", u, v, w) + tendency[None, :, None] + level[:, None, :]
    return weights, expit(base + z) if logistic else mean + spread * z


@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_it_is_trained_as_plain_loops_train(loss):
    rows = table(2, 5, 4)
    if loss == "logistic":
        rows["value"] = (rows["value"] > 0.1).astype(float)
    some = rows.sample(frac=0.8, random_state=1)
    triples = Triples.of(some)
    settings = replace(SMALL, loss=loss)
    _, expected = in_loops(triples, settings)
    found = FactorModel(triples, settings).predict(rows)
    # Single precision, and the small number in AdamW's denominator stands elsewhere.
    np.testing.assert_allclose(found, expected.ravel(), rtol=2e-3, atol=2e-3)
    before = FactorModel(triples, replace(settings, epochs=1)).predict(rows)
    assert np.abs(found - before).max() > 0.02


def test_it_foretells_combinations_better_than_shifts_do():
    rows = table(3, 40, 30)
    unseen = (rows["context"] == "c0") & rows["perturbation"].isin([f"p{n}" for n in range(8)])
    triples = Triples.of(rows)
    training = triples.take((~unseen).to_numpy())
    settings = FactorSettings("squared", epochs=120, batch=500, rank=16, decay=0.3, dropout=0.1)

    def error(model) -> float:
        difference = model.predict(rows[unseen]) - rows.loc[unseen, "value"]
        return float(np.sqrt(np.mean(difference**2)))

    model = FactorModel(training, settings)
    assert model.epochs == 120
    assert error(model) < 0.4 < 1.0 < error(Additive(training))


def test_validation_keeps_the_best_epoch():
    rows = table(2, 20, 20)
    triples = Triples.of(rows)
    drawn = np.random.default_rng(0).random(len(rows)) < 0.2
    settings = FactorSettings("squared", epochs=200, batch=100, rank=16, decay=0.0, dropout=0.0)
    model = FactorModel(triples.take(~drawn), settings, triples.take(drawn))
    assert 1 < model.epochs < 190
    stopped = FactorModel(triples.take(~drawn), replace(settings, epochs=model.epochs))
    np.testing.assert_array_equal(model.predict(rows), stopped.predict(rows))


def test_equal_seeds_give_equal_numbers():
    rows = table(2, 6, 5)
    triples, settings = Triples.of(rows), replace(SMALL, dropout=0.3, batch=7)
    one, same, other = (
        FactorModel(triples, replace(settings, seed=seed)).predict(rows) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-3


def test_what_nothing_was_learned_of_is_not_foretold():
    rows = table(2, 4, 3)
    triples = Triples.of(rows)
    # In the names, but without a value.
    without = triples.take((rows["perturbation"] != "p1").to_numpy())
    asked = pd.DataFrame(
        {
            "context": ["c0", "c0", "elsewhere", "c0", "c0"],
            "perturbation": ["p0", "p1", "p0", "never", "p0"],
            "readout": ["r0", "r0", "r0", "r0", "none"],
        }
    )
    found = FactorModel(without, SMALL).predict(asked)
    assert np.isfinite(found).tolist() == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("loss", "value"), [("squared", 3.5), ("logistic", 0.0), ("logistic", 1.0)]
)
def test_values_that_are_all_alike_are_foretold_as_they_are(loss, value):
    rows = table(2, 4, 3).assign(value=value)
    found = FactorModel(Triples.of(rows), replace(SMALL, loss=loss, start=0.0)).predict(rows)
    np.testing.assert_allclose(found, value, atol=0.03)


@pytest.mark.parametrize(
    ("loss", "value", "said"),
    [
        ("logistic", 1.5, r"from 0.0 to 1.0; got 1.5 \(24 such values\)"),
        ("logistic", np.nan, "got nan"),
        ("squared", np.inf, "finite values from -inf to inf; got inf"),
    ],
)
def test_values_that_cannot_be_learned_are_refused(loss, value, said):
    rows = table(2, 4, 3).assign(value=value)
    with pytest.raises(ValueError, match=said):
        FactorModel(Triples.of(rows), replace(SMALL, loss=loss))


def test_no_values_are_refused():
    rows = table(2, 4, 3)
    with pytest.raises(ValueError, match="got none"):
        FactorModel(Triples.of(rows).take(np.zeros(len(rows), bool)), SMALL)


@pytest.mark.each(
    ("changed", "said"),
    [
        ({"epochs": 0}, "epochs must be at least 1; got 0"),
        ({"batch": 0}, "batch must be"),
        ({"rank": -1}, "rank must be"),
        ({"dropout": 1.0}, "dropout must be from 0 to below 1; got 1.0"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
        ({"decay": 1e9}, "decay times it"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changed, said):
    with pytest.raises(ValueError, match=said):
        replace(SMALL, **changed)


def test_of_one_context_what_is_unknown_is_not_foretold_either():
    rows = table(1, 4, 3)
    asked = pd.DataFrame({"context": ["no"], "perturbation": ["p0"], "readout": ["none"]})
    model = FactorModel(Triples.of(rows), replace(SMALL, dropout=0.999))
    assert np.isnan(model.predict(asked)).all()
    assert np.isfinite(model.predict(rows)).all()
