import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.site.plots.cost import CostPoint, cost_plot, frontier
from perturb_evals.leaderboard.site.plots.rows import Guide, Line, box_plot, interval_plot
from perturb_evals.leaderboard.site.plots.stated import (
    calibration,
    calibration_plot,
    distribution_plot,
    shares,
    states_probabilities,
)
from perturb_evals.metrics.pairs.classification import ece
from perturb_evals.metrics.pairs.predictions import Predictions

POINTS = st.lists(
    st.builds(
        CostPoint,
        st.text("abc", min_size=1, max_size=2),
        st.sampled_from([0.0, 0.5, 1.0, 2.0]),
        st.sampled_from([0.1, 0.5, 0.9]).map(lambda value: Figure(value=value)),
    ),
    min_size=1,
    max_size=8,
)


def texts(svg: str) -> list[str]:
    return [e.text or "" for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("}text")]


def table(scores: Sequence[float], labels: Sequence[int], silent: Any = None) -> Predictions:
    genes = [f"g{n}" for n in range(len(scores))]
    return Predictions(["p"] * len(scores), genes, list(labels), list(scores), silent)


@given(POINTS, st.sampled_from(["higher", "lower"]))
def test_nothing_beats_a_point_of_the_frontier(points: list[CostPoint], better: Any) -> None:
    sign = 1 if better == "higher" else -1

    def beats(a: CostPoint, b: CostPoint) -> bool:
        """No dearer and no worse, and one of both better."""
        rest = (a.cost < b.cost, sign * a.value > sign * b.value)
        return a.cost <= b.cost and sign * a.value >= sign * b.value and any(rest)

    best = frontier(points, better)
    assert all(not beats(other, point) for point in best for other in points)
    for point in points:
        same = [(p.cost, p.value) == (point.cost, point.value) for p in best]
        assert any(same) or any(beats(other, point) for other in best)
    assert all(a.cost < b.cost and sign * a.value < sign * b.value for a, b in pairwise(best))


def test_the_best_that_costs_nothing_is_a_line_of_the_cost_plot() -> None:
    points = [
        CostPoint("dear", 2.0, Figure(value=0.7, lower=0.6, upper=0.8)),
        CostPoint("free", 0.0, Figure(value=0.5)),
        CostPoint("free and worse", 0.0, Figure(value=0.4)),
    ]
    shown = texts(cost_plot(points, "higher", "cost", "score", "title"))
    assert "dear" in shown
    assert "free, at no cost" in shown
    assert not [text for text in shown if "worse" in text]


@given(st.integers(0, 2**32), st.integers(5, 60), st.booleans())
def test_calibration_has_the_bins_of_ece(seed: int, n: int, rounded: bool) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.random(n).round(1 if rounded else 9)
    labels = rng.integers(0, 2, n)
    labels[:2] = 0, 1
    silent = rng.random(n) < 0.2
    silent[2] = False
    stated = table(scores, labels, silent)
    bins = calibration(stated)
    assert bins[:, 2].sum() == (~silent).sum()
    gap = (np.abs(bins[:, 0] - bins[:, 1]) * bins[:, 2]).sum() / bins[:, 2].sum()
    assert gap == pytest.approx(ece(stated))
    assert (np.diff(bins[:, 0]) > 0).all()


def test_calibration_of_nothing_has_no_bins() -> None:
    assert calibration(table([0.5], [1], [True])).shape == (0, 3)


def test_labels_and_other_scales_state_no_probability() -> None:
    grades = np.linspace(0, 1, 9)
    labels = [0, 1] * 4 + [1]
    assert states_probabilities(table(grades, labels))
    assert not states_probabilities(table(grades + 1, labels))
    assert not states_probabilities(table((grades > 0.5).astype(float), labels))
    assert not states_probabilities(table(grades, labels, [True] * 9))


def test_shares_of_each_class_sum_to_one_where_it_answered() -> None:
    scores, labels = [0.05, 0.95, 0.95, 0.5], [0, 1, 1, 1]
    positive, negative = shares(table(scores, labels), np.linspace(0, 1, 11))
    assert positive.tolist() == pytest.approx([0, 0, 0, 0, 0, 1 / 3, 0, 0, 0, 2 / 3])
    assert negative.tolist() == [1] + [0] * 9
    positive, negative = shares(table([0.1, 0.2], [0, 1], [False, True]), np.linspace(0, 1, 11))
    assert (positive.sum(), negative.sum()) == (0, 1)


@pytest.mark.parametrize("scores", [[3.0] * 4, [-5.0, 0.0, 2.0, 7.0], [0.0, 1.0, 1.0, 0.0]])
def test_any_scale_has_a_distribution(scores: list[float]) -> None:
    labels = [0, 1, 0, 1]
    shown = texts(distribution_plot([("one", table(scores, labels))], "title"))
    assert "one" in shown
    assert "score" in shown


def test_spread_of_expression_names_every_system() -> None:
    systems = [("a", np.arange(9.0)), ("b", np.full(3, 2.0))]
    shown = texts(box_plot(systems, "error", "title"))
    assert {"a", "b", "error"} <= set(shown)


def test_calibration_plot_names_every_system() -> None:
    stated = table([0.1, 0.2, 0.5, 0.7, 0.9], [0, 0, 1, 0, 1])
    shown = texts(calibration_plot([("a", stated), ("b", stated), ("c", stated)], "title"))
    assert {"a", "b", "c", "observed rate"} <= set(shown)


def test_interval_plot_shows_values_and_leaves_out_what_is_undefined() -> None:
    lines = [
        Line("first", "system", Figure(value=0.62, lower=0.58, upper=0.66), "none"),
        Line("gone", "baseline", Figure(value=None)),
        Line("paper", "published", Figure(value=0.6), said="0.60"),
    ]
    shown = texts(interval_plot(lines, "score", [Guide(0.5, "guessing")], "title"))
    assert {"first", "paper", "guessing", "score", "0.60"} <= set(shown)
    assert "none · 0.620 [0.580, 0.660]" in shown
    assert "gone" not in shown


def test_intervals_are_drawn_to_scale() -> None:
    lines = [Line("a", "system", Figure(value=2.0, lower=1.0, upper=5.0))]
    svg = interval_plot(lines, "x", [], "title")
    (left, right, middle) = (
        *re.findall(r'd="M ([\d.]+) [\d.]+ L ([\d.]+) [\d.]+"[^>]*accent', svg)[0],
        re.findall(r'<use[^>]*x="([\d.]+)"[^>]*fill:var\(--accent\)', svg)[0],
    )
    share = (float(middle) - float(left)) / (float(right) - float(left))
    assert share == pytest.approx(0.25, abs=0.01)
