"""The Gaussian process against scikit-learn's, and at its edges."""

import resource
from pathlib import Path

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

from perturb_evals.datasets.genes.ncbi import Aliases
from perturb_evals.datasets.genes.symbols import UnknownGenesError
from perturb_evals.datasets.genes.vectors import GeneVectors, checked_vectors
from perturb_evals.datasets.screens.evidence import ExpressionEvidence
from perturb_evals.datasets.screens.make_screen import make_screen
from perturb_evals.solvers.expression.gaussian_process import NOISE_RATIOS, SCALES, GaussianProcess

N, TESTS, G = 40, 10, 6
NAMES = tuple(f"P{number:02d}" for number in range(N + TESTS))


def training_of(expression: np.ndarray, names: tuple[str, ...] = NAMES[:N]) -> ExpressionEvidence:
    n_genes = expression.shape[1]
    screen = make_screen(
        name="small",
        cell_line="",
        perturbations=names,
        expression=expression,
        control=np.full(n_genes, -9.0),
        genes=[f"g{number}" for number in range(n_genes)],
        fingerprint="",
    )
    return ExpressionEvidence(screen, names)


def embedding_of(values: np.ndarray, names: tuple[str, ...] = NAMES) -> GeneVectors:
    return checked_vectors(names, values, "", "here")


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
    vectors = vectors.astype(float)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def median_distance(unit: np.ndarray) -> float:
    return float(np.median([np.linalg.norm(unit[a] - unit[b]) for a in range(N) for b in range(a)]))


def test_likelihood_and_prediction_equal_scikit_learn(world) -> None:
    vectors, expression = world
    process = GaussianProcess(training_of(expression[:N]), [embedding_of(vectors)])
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
    predicted = np.array([process.predict(name) for name in NAMES[N:]])
    assert predicted.dtype == np.float32
    np.testing.assert_allclose(predicted, golden.predict(unit[N:]) + mean, atol=2e-6)


def test_the_chosen_point_is_the_best_of_the_grid(world) -> None:
    vectors, expression = world
    process = GaussianProcess(training_of(expression[:N]), [embedding_of(vectors)])
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
    training = training_of(expression[:N])
    process = GaussianProcess(training, [embedding_of(vectors)])
    error = [np.abs(process.predict(NAMES[i]) - expression[i]).mean() for i in range(N, N + TESTS)]
    of_mean = [np.abs(training.mean - expression[i]).mean() for i in range(N, N + TESTS)]
    assert np.mean(error) < 0.6 * np.mean(of_mean)


def test_embeddings_that_say_nothing_lead_to_the_mean() -> None:
    noise = np.random.default_rng(1).standard_normal((N + TESTS, 5))
    shuffled = np.random.default_rng(2).standard_normal((N, G))
    training = training_of(shuffled)
    process = GaussianProcess(training, [embedding_of(noise)])
    departure = np.array([process.predict(name) - training.mean for name in NAMES[N:]])
    assert np.abs(departure).mean() < 0.2 * np.abs(shuffled).mean()


def test_several_embeddings_average_their_kernels(world) -> None:
    vectors, expression = world
    other = np.random.default_rng(3).standard_normal((N + TESTS, 3), dtype=np.float32)
    text, sequence = embedding_of(vectors), embedding_of(other)
    training = training_of(expression[:N])
    both = GaussianProcess(training, [text, sequence])
    kernels = []
    for unit in (unit_rows(vectors), unit_rows(other)):
        squared = ((unit[:, None] - unit[None]) ** 2).sum(axis=2)
        length = both.scale * median_distance(unit[:N])
        kernels.append(np.exp(-squared / (2 * length**2)))
    kernel = sum(kernels) / 2
    weights = np.linalg.solve(
        kernel[:N, :N] + both.noise_ratio * np.eye(N), expression[:N] - training.mean
    )
    expected = training.mean + kernel[N:, :N] @ weights
    predicted = [both.predict(name) for name in NAMES[N:]]
    np.testing.assert_allclose(predicted, expected, atol=2e-6)
    same = GaussianProcess(training, [text, text]), GaussianProcess(training, [text])
    np.testing.assert_allclose(*(process.predict(NAMES[N]) for process in same), rtol=1e-5)


def test_a_gene_with_one_of_two_embeddings_is_predicted_from_that_one(world) -> None:
    vectors, expression = world
    other = np.random.default_rng(3).standard_normal((N + TESTS, 3), dtype=np.float32)
    partial = embedding_of(other[5:-1], NAMES[5:-1])  # lacks 5 training and 1 test perturbation
    process = GaussianProcess(training_of(expression[:N]), [embedding_of(vectors), partial])
    assert process.n_fitted == N
    assert np.isfinite(process.predict(NAMES[-1])).all()
    # Its kernel with the others is half of that of the first embedding.
    only = GaussianProcess(training_of(expression[:N]), [partial])
    assert only.n_fitted == N - 5
    assert only.predict(NAMES[-1]) == "unknown_gene"


def test_no_embedding_no_prediction(world) -> None:
    vectors, expression = world
    process = GaussianProcess(training_of(expression[:N]), [embedding_of(vectors)])
    assert process.predict("UNHEARD") == "unknown_gene"
    zeroed = vectors.copy()
    zeroed[[3, N]] = 0
    process = GaussianProcess(training_of(expression[:N]), [embedding_of(zeroed)])
    assert process.n_fitted == N - 1
    assert process.predict(NAMES[N]) == "unknown_gene"
    with pytest.raises(ValueError, match="at least one set"):
        GaussianProcess(training_of(expression[:N]), [])


@pytest.mark.parametrize("n_known", [0, 1])
def test_fewer_than_two_known_genes_teach_nothing(world, n_known: int) -> None:
    vectors, expression = world
    known = slice(N - n_known, None)
    process = GaussianProcess(
        training_of(expression[:N]), [embedding_of(vectors[known], NAMES[known])]
    )
    assert process.n_fitted == n_known
    assert process.predict(NAMES[N]) == "no_partner"
    assert process.predict(NAMES[0]) == "unknown_gene"


def test_each_embedding_has_to_know_a_training_perturbation(world) -> None:
    vectors, expression = world
    training = training_of(expression[:N])
    text = embedding_of(vectors)
    other = embedding_of(vectors[:3], ("ENSG01", "ENSG02", NAMES[-1]))
    GaussianProcess(training, [text]).check(training)
    with pytest.raises(UnknownGenesError, match=r"here: it knows none of the 40 .*'ENSG01'"):
        GaussianProcess(training, [text, other]).check(training)


def test_constant_expression_and_equal_embeddings(world) -> None:
    vectors, expression = world
    constant = training_of(np.tile(expression[:1], (N, 1)))
    process = GaussianProcess(constant, [embedding_of(vectors)])
    assert process.signal_variance == 0
    np.testing.assert_allclose(process.predict(NAMES[N]), expression[0], rtol=1e-6)
    equal = GaussianProcess(training_of(expression[:N]), [embedding_of(np.ones((N + TESTS, 2)))])
    np.testing.assert_allclose(equal.predict(NAMES[N]), expression[:N].mean(axis=0), atol=1e-4)


def test_symbols_of_other_years(world) -> None:
    vectors, expression = world
    aliases = Aliases(current={NAMES[N]: (1,)}, synonyms={"OLD": (1,)})
    process = GaussianProcess(training_of(expression[:N]), [embedding_of(vectors)], aliases)
    np.testing.assert_array_equal(process.predict("OLD"), process.predict(NAMES[N]))


def test_the_order_of_outputs_and_their_unit_do_not_matter(world) -> None:
    vectors, expression = world
    first = GaussianProcess(training_of(expression[:N]), [embedding_of(vectors)])
    turned = GaussianProcess(training_of(5 * expression[:N, ::-1]), [embedding_of(vectors)])
    assert (turned.scale, turned.noise_ratio) == (first.scale, first.noise_ratio)
    assert turned.signal_variance == pytest.approx(25 * first.signal_variance, rel=1e-5)
    expected = 5 * first.predict(NAMES[N])[::-1]
    np.testing.assert_allclose(turned.predict(NAMES[N]), expected, rtol=1e-4)


def test_many_outputs_stay_small() -> None:
    rng = np.random.default_rng(0)
    names = tuple(f"P{number:03d}" for number in range(301))
    training = training_of(rng.standard_normal((300, 5000)), names[:300])
    vectors = embedding_of(rng.standard_normal((301, 64)), names)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert GaussianProcess(training, [vectors]).predict(names[300]).shape == (5000,)
    # n * n * G numbers would be 3.6 GB.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kB


@pytest.mark.slow
def test_gene_texts_beat_the_training_mean(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from perturb_evals.datasets.genes.ncbi import human_aliases
    from perturb_evals.datasets.genes.texts import text_vectors
    from perturb_evals.datasets.screens.evidence import HeldOut, expression_evidence, fold_of
    from perturb_evals.datasets.screens.load import ScreenRequest, load_screen

    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path))
    request = ScreenRequest(str(real_data / "screens" / "replogle_k562_pc9_surrogate.h5ad"))
    screen, aliases, vectors = load_screen(request), human_aliases(), text_vectors()
    row_of = {name: row for row, name in enumerate(screen.perturbations)}
    difference = []
    for number in range(5):
        held_out = HeldOut(request, fold=number)
        training = expression_evidence(held_out)
        process = GaussianProcess(training, [vectors], aliases)
        for name in fold_of(held_out).test:
            truth, predicted = screen.expression[row_of[name]], process.predict(name)
            predicted = training.mean if isinstance(predicted, str) else predicted
            difference.append(
                np.abs(predicted - truth).mean() - np.abs(training.mean - truth).mean()
            )
    n = len(difference)
    draws = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=2000)
    assert np.quantile(draws @ np.array(difference) / n, 0.975) < -0.2
