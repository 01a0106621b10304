"""The Gaussian process against scikit-learn's, and at its edges."""

import math
import resource

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

from perturb_evals.methods.gaussian_process import NOISE_RATIOS, SCALES, GaussianProcess

N, TESTS, G = 40, 10, 6


@pytest.fixture(scope="module")
def world() -> tuple[np.ndarray, np.ndarray]:
    """Embeddings (50, 5), and expression (50, 6) that depends on their direction, with noise."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((N + TESTS, 5), dtype=np.float32).astype(float)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    expression = np.tanh(2 * unit @ rng.standard_normal((5, G))) * np.arange(1, G + 1) + 2
    expression += 0.3 * rng.standard_normal(expression.shape)
    return vectors, expression.astype(np.float32).astype(float)


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Rows of length 1; those of zeros stay."""
    lengths = np.linalg.norm(vectors.astype(float), axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros(vectors.shape), where=lengths > 0)


def mean_of(expression: np.ndarray) -> np.ndarray:
    return expression.mean(axis=0).astype(np.float32)


def fitted(expression: np.ndarray, *embeddings: np.ndarray) -> GaussianProcess:
    """A process of the first rows of some embeddings, as many as there is expression."""
    rows = [unit_rows(vectors[: len(expression)]) for vectors in embeddings]
    return GaussianProcess(rows, expression.astype(np.float32), mean_of(expression))


def predictions(process: GaussianProcess, *embeddings: np.ndarray) -> np.ndarray:
    """Its predictions for the last rows."""
    rows = [unit_rows(vectors[-TESTS:]) for vectors in embeddings]
    return np.array([process.predict(row) for row in zip(*rows, strict=True)])


def median_distance(unit: np.ndarray) -> float:
    return float(np.median([np.linalg.norm(unit[a] - unit[b]) for a in range(N) for b in range(a)]))


def test_likelihood_and_prediction_equal_scikit_learn(world) -> None:
    vectors, expression = world
    process = fitted(expression[:N], vectors)
    unit = unit_rows(vectors)
    signal = process.signal_variance
    kernel = ConstantKernel(signal) * RBF(process.scale * median_distance(unit[:N]))
    kernel += WhiteKernel(signal * process.noise_ratio)
    mean = expression[:N].mean(axis=0)
    golden = GaussianProcessRegressor(kernel, optimizer=None, alpha=1e-12)
    golden.fit(unit[:N], expression[:N] - mean)
    assert process.log_likelihood == pytest.approx(
        golden.log_marginal_likelihood(golden.kernel_.theta), rel=1e-5
    )
    predicted = predictions(process, vectors)
    assert predicted.dtype == np.float32
    np.testing.assert_allclose(predicted, golden.predict(unit[N:]) + mean, atol=2e-6)


def test_the_chosen_point_is_the_best_of_the_grid(world) -> None:
    vectors, expression = world
    process = fitted(expression[:N], vectors)
    unit, departures = unit_rows(vectors)[:N], expression[:N] - expression[:N].mean(axis=0)
    squared = np.array([[np.sum((a - b) ** 2) for b in unit] for a in unit])
    found = {}
    for scale in SCALES:
        kernel = np.exp(-squared / (2 * (scale * median_distance(unit)) ** 2))
        for noise in NOISE_RATIOS:
            total = kernel + noise * np.eye(N)
            signal = np.trace(departures.T @ np.linalg.solve(total, departures)) / (N * G)
            # At the best signal variance the quadratic forms sum to n G.
            found[scale, noise] = -0.5 * (
                N * G * np.log(2 * np.pi * signal) + G * np.linalg.slogdet(total)[1] + N * G
            )
    best = max(found, key=found.__getitem__)
    assert (process.scale, process.noise_ratio) == best
    assert process.log_likelihood == pytest.approx(found[best], rel=1e-5)


def test_it_learns_what_there_is_to_learn(world) -> None:
    vectors, expression = world
    error = predictions(fitted(expression[:N], vectors), vectors) - expression[N:]
    of_mean = mean_of(expression[:N]) - expression[N:]
    assert np.abs(error).mean() < 0.6 * np.abs(of_mean).mean()


def test_embeddings_that_say_nothing_lead_to_the_mean() -> None:
    noise = np.random.default_rng(1).standard_normal((N + TESTS, 5))
    shuffled = np.random.default_rng(2).standard_normal((N, G))
    departure = predictions(fitted(shuffled, noise), noise) - mean_of(shuffled)
    assert np.abs(departure).mean() < 0.2 * np.abs(shuffled).mean()


def test_several_embeddings_average_their_kernels(world) -> None:
    vectors, expression = world
    other = np.random.default_rng(3).standard_normal((N + TESTS, 3), dtype=np.float32)
    mean = mean_of(expression[:N])
    both = fitted(expression[:N], vectors, other)
    kernels = []
    for unit in (unit_rows(vectors), unit_rows(other)):
        squared = ((unit[:, None] - unit[None]) ** 2).sum(axis=2)
        length = both.scale * median_distance(unit[:N])
        kernels.append(np.exp(-squared / (2 * length**2)))
    kernel = sum(kernels) / 2
    weights = np.linalg.solve(kernel[:N, :N] + both.noise_ratio * np.eye(N), expression[:N] - mean)
    expected = mean + kernel[N:, :N] @ weights
    np.testing.assert_allclose(predictions(both, vectors, other), expected, atol=2e-6)
    twice = predictions(fitted(expression[:N], vectors, vectors), vectors, vectors)
    once = predictions(fitted(expression[:N], vectors), vectors)
    np.testing.assert_allclose(twice, once, rtol=1e-5)


def test_a_row_with_one_of_two_embeddings_is_predicted_from_that_one(world) -> None:
    vectors, expression = world
    other = np.random.default_rng(3).standard_normal((N + TESTS, 3))
    other[:5] = other[-1] = 0
    process = fitted(expression[:N], vectors, other)
    assert process.n_fitted == N
    # Its kernel with the others is half of that of the first embedding.
    unit, mean = unit_rows(vectors), mean_of(expression[:N])
    kernels = []
    for rows in (unit, unit_rows(other)):
        known = rows.any(axis=1)
        squared = ((rows[:, None] - rows[None]) ** 2).sum(axis=2)
        pairs = squared[:N, :N][np.ix_(known[:N], known[:N])][np.triu_indices(known[:N].sum(), 1)]
        kernel = np.exp(-squared / (2 * process.scale**2 * np.median(pairs)))
        kernel[~known] = kernel[:, ~known] = 0
        np.fill_diagonal(kernel, 1)
        kernels.append(kernel)
    kernel = sum(kernels) / 2
    noise = process.noise_ratio * np.eye(N)
    weights = np.linalg.solve(kernel[:N, :N] + noise, expression[:N] - mean)
    expected = mean + kernel[-1, :N] @ weights
    np.testing.assert_allclose(predictions(process, vectors, other)[-1], expected, atol=2e-6)
    assert fitted(expression[:N], other).n_fitted == N - 5


@pytest.mark.parametrize("n_known", [0, 1])
def test_fewer_than_two_known_rows_teach_nothing(world, n_known: int) -> None:
    vectors, expression = world
    few = vectors.copy()
    few[: N - n_known] = 0
    process = fitted(expression[:N], few)
    assert process.n_fitted == n_known
    assert math.isnan(process.scale)
    assert math.isnan(process.log_likelihood)
    np.testing.assert_array_equal(predictions(process, few)[0], mean_of(expression[:N]))


def test_constant_expression_and_equal_embeddings(world) -> None:
    vectors, expression = world
    process = fitted(np.tile(expression[:1], (N, 1)), vectors)
    assert process.signal_variance == 0
    np.testing.assert_allclose(predictions(process, vectors)[0], expression[0], rtol=1e-6)
    equal = np.ones((N + TESTS, 2))
    predicted = predictions(fitted(expression[:N], equal), equal)
    np.testing.assert_allclose(predicted[0], expression[:N].mean(axis=0), atol=1e-4)


def test_the_order_of_outputs_and_their_unit_do_not_matter(world) -> None:
    vectors, expression = world
    first = fitted(expression[:N], vectors)
    turned = fitted(5 * expression[:N, ::-1], vectors)
    assert (turned.scale, turned.noise_ratio) == (first.scale, first.noise_ratio)
    assert turned.signal_variance == pytest.approx(25 * first.signal_variance, rel=1e-5)
    expected = 5 * predictions(first, vectors)[:, ::-1]
    np.testing.assert_allclose(predictions(turned, vectors), expected, rtol=1e-4)


def test_many_outputs_stay_small() -> None:
    rng = np.random.default_rng(0)
    expression, vectors = rng.standard_normal((150, 8000)), rng.standard_normal((160, 64))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert predictions(fitted(expression, vectors), vectors).shape == (TESTS, 8000)
    # n * n * G numbers would be 1.4 GB.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000  # kB
