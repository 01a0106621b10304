"""The skill score: 2A - 1, and errors between the training mean and the oracle."""

from collections.abc import Callable

import numpy as np
import pytest

from perturb_evals.families import family_of
from perturb_evals.families.outcome import shared_weights
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.skill import scale_of

Make = Callable[..., Result]
Enter = Callable[..., Entry]
RNG = np.random.default_rng(5)
TRUE = {f"P{i:02}": float(value) for i, value in enumerate(RNG.uniform(0.2, 0.4, 20))}
MEAN = {pert: value + 0.5 for pert, value in TRUE.items()}


def method(
    a_result: Make, entry_of: Enter, solver: str, scores: dict[str, float], **given: int
) -> Entry:
    run = a_result(solver=solver, model="none/none", task="langpert", given=given)
    return entry_of(run, scores, solver)


def test_of_questions_it_is_twice_the_auroc_minus_one() -> None:
    weights = shared_weights(4)
    scale = scale_of(family_of("perturbqa_de"), (), weights)
    assert scale
    assert (scale.zero, scale.one) == (0.5, 1.0)
    drawn = np.linspace(0.3, 0.9, len(weights))
    for value in (0.0, 0.31, 0.5, 0.75, 1.0):
        figure = scale.skill(value, drawn)
        assert figure.value == pytest.approx(2 * value - 1, abs=1e-12)
        assert figure.lower == pytest.approx(2 * np.quantile(drawn, 0.025) - 1)
        assert figure.upper == pytest.approx(2 * np.quantile(drawn, 0.975) - 1)
    assert str(scale.skill(0.5, drawn).value) == "0.0"


def test_of_expression_the_mean_is_0_and_the_oracle_1_and_nothing_is_clipped(
    a_result: Make, entry_of: Enter
) -> None:
    mean = method(a_result, entry_of, "mean_effect", MEAN)
    oracle = method(a_result, entry_of, "oracle_neighbors", TRUE)
    weights = shared_weights(len(TRUE))
    scale = scale_of(family_of("langpert"), [oracle, mean], weights)
    assert scale
    assert (scale.zero_name, scale.one_name) == ("mean_effect", "oracle_neighbors")
    for entry, expected in ((mean, 0.0), (oracle, 1.0)):
        figure = scale.skill(entry.outcome.value, entry.outcome.resampled(weights))
        assert (figure.value, figure.lower, figure.upper) == pytest.approx((expected,) * 3)
    for shift, expected in ((0.75, -0.5), (0.25, 0.5), (-0.25, 1.5)):
        moved = {pert: value + shift for pert, value in TRUE.items()}
        entry = method(a_result, entry_of, "graph_neighbors", moved)
        figure = scale.skill(entry.outcome.value, entry.outcome.resampled(weights))
        assert figure.value == pytest.approx(expected)
        # Moved alike everywhere, so the resamples move system and controls together.
        assert (figure.lower, figure.upper) == pytest.approx((expected, expected))


def test_resamples_move_the_controls_too(a_result: Make, entry_of: Enter) -> None:
    noisy = {pert: value + RNG.normal(0.5, 0.3) for pert, value in TRUE.items()}
    mean = method(a_result, entry_of, "mean_effect", noisy)
    oracle = method(a_result, entry_of, "oracle_neighbors", TRUE)
    other = {pert: value + RNG.normal(0.2, 0.1) for pert, value in TRUE.items()}
    entry = method(a_result, entry_of, "graph_neighbors", other)
    weights = shared_weights(len(TRUE))
    scale = scale_of(family_of("langpert"), [mean, oracle], weights)
    assert scale
    figure = scale.skill(entry.outcome.value, entry.outcome.resampled(weights))
    names = sorted(TRUE)
    expected = []
    for row in weights:
        b, r, u = (
            sum(n * scores[pert] for n, pert in zip(row, names, strict=True)) / len(names)
            for scores in (noisy, TRUE, other)
        )
        expected.append((u - b) / (r - b))
    assert figure.lower == pytest.approx(np.quantile(expected, 0.025))
    assert figure.upper == pytest.approx(np.quantile(expected, 0.975))


def test_an_oracle_with_other_settings_does_not_move_the_scale(
    a_result: Make, entry_of: Enter
) -> None:
    mean = method(a_result, entry_of, "mean_effect", MEAN)
    usual = method(a_result, entry_of, "oracle_neighbors", TRUE)
    other = method(a_result, entry_of, "oracle_neighbors", MEAN, k=1)
    for entries in ([mean, usual, other], [other, usual, mean]):
        scale = scale_of(family_of("langpert"), entries, shared_weights(len(TRUE)))
        assert scale
        assert scale.one == pytest.approx(usual.outcome.value)


def test_without_controls_or_room_between_them_there_is_no_scale(
    a_result: Make, entry_of: Enter
) -> None:
    mean = method(a_result, entry_of, "mean_effect", MEAN)
    oracle = method(a_result, entry_of, "oracle_neighbors", TRUE)
    same = method(a_result, entry_of, "oracle_neighbors", MEAN)
    weights = shared_weights(len(TRUE))
    for entries in ([], [mean], [oracle], [mean, same]):
        assert scale_of(family_of("langpert"), entries, weights) is None


def test_where_the_controls_agree_in_a_resample_it_has_no_skill(
    a_result: Make, entry_of: Enter, recwarn: pytest.WarningsRecorder
) -> None:
    mean = method(a_result, entry_of, "mean_effect", {"A": 1.0, "B": 1.0})
    oracle = method(a_result, entry_of, "oracle_neighbors", {"A": 1.0, "B": 0.5})
    weights = np.array([[2, 0], [1, 1], [0, 2]])
    scale = scale_of(family_of("langpert"), [mean, oracle], weights)
    assert scale
    found = scale.skills(np.array([1.0, 0.75, 0.5]))
    assert np.isnan(found[0])
    assert found[1:].tolist() == [1.0, 1.0]
    assert not recwarn.list
