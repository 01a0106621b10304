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
from perturb_evals.leaderboard.site.plots.rows import (
    NARROW,
    WIDE,
    Group,
    Guide,
    Line,
    box_plot,
    interval_plot,
)
from perturb_evals.leaderboard.site.plots.stated import (
    calibration,
    calibration_plot,
    distribution_plot,
    shares,
    states_probabilities,
)
from perturb_evals.leaderboard.site.plots.svg import Words
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


WORDS = Words("title", "about")


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
    shown = texts(cost_plot(points, "higher", "cost", "score", WORDS))
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
    shown = texts(distribution_plot([("one", "system", table(scores, labels))], WORDS))
    assert "one" in shown
    assert "score" in shown


def test_spread_of_expression_names_every_system() -> None:
    systems: list[Any] = [("a", "system", np.arange(9.0)), ("b", "baseline", np.full(3, 2.0))]
    shown = texts(box_plot(systems, "error", WORDS))
    assert {"a", "b", "error"} <= set(shown)


def test_calibration_plot_names_every_system() -> None:
    stated = table([0.1, 0.2, 0.5, 0.7, 0.9], [0, 0, 1, 0, 1])
    shown = texts(calibration_plot([(name, "baseline", stated) for name in "abc"], WORDS))
    assert {"a", "b", "c", "observed rate"} <= set(shown)


def attribute(element: ElementTree.Element, name: str) -> str:
    return element.get(name) or ""


def test_interval_plot_shows_values_and_leaves_out_what_is_undefined() -> None:
    lines = [
        Line("first", "system", Figure(value=0.62, lower=0.58, upper=0.66)),
        Line("gone", "baseline", Figure(value=None)),
        Line("paper", "published", Figure(value=0.6), said="0.60"),
    ]
    groups = [Group("Track none", lines, "a note"), Group("empty", lines[1:2])]
    for layout in (WIDE, NARROW):
        shown = texts(interval_plot(groups, "score", Guide(0.5, "guessing"), WORDS, layout))
        assert {"Track none", "a note", "first", "paper", "guessing", "score", "0.60"} <= set(shown)
        assert "0.620 [0.580, 0.660]" in shown
        assert not {"gone", "empty"} & set(shown)


def test_the_guide_is_one_line_over_all_rows_and_no_text_stands_in_its_way() -> None:
    names = ["a/rather-long-name-of-a-model-with-many-parts", "short", "another one of some length"]
    lines = [Line(n, "baseline", Figure(value=v, lower=0, upper=1)) for v, n in enumerate(names)]
    groups = [Group("Track one", lines), Group("Track two", lines, "below")]
    for layout in (WIDE, NARROW):
        svg = interval_plot(groups, "x", Guide(0.0, "zero"), WORDS, layout)
        root = ElementTree.fromstring(svg)
        paths = [attribute(e, "d") for e in root.iter() if e.tag.endswith("}path")]
        upright = [re.fullmatch(r"M ([\d.]+) ([\d.]+) L \1 ([\d.]+)\s*", d) for d in paths]
        ends = [(float(m[1]), abs(float(m[3]) - float(m[2]))) for m in upright if m]
        (x, length) = max(ends, key=lambda end: end[1])
        height = float(attribute(root, "viewBox").split()[3])
        assert length > height - 80, "one line from the first row to the axis"
        left, right = layout.bars
        assert left < x < right
        rows = [e for e in root.iter() if e.tag.endswith("}text")]
        for text in rows:
            at, down = (float(attribute(text, name)) for name in "xy")
            if "middle" not in attribute(text, "style") and 25 < down < height - 45:
                assert at < left - 100 or at > right, text.text


def test_blue_is_for_what_is_tested_only() -> None:
    stated = table([0.1, 0.2, 0.5, 0.7, 0.9], [0, 0, 1, 0, 1])
    value = Figure(value=0.5, lower=0.4, upper=0.6)
    for kind, blue in (("system", True), ("baseline", False)):
        one: Any = kind
        plots = [
            interval_plot([Group("", [Line("a", one, value)])], "x", None, WORDS),
            box_plot([("a", one, np.arange(9.0))], "x", WORDS),
            cost_plot([CostPoint("a", 1.0, value, one)], "higher", "cost", "score", WORDS),
            calibration_plot([("a", one, stated)], WORDS),
            distribution_plot([("a", one, stated)], WORDS),
        ]
        assert ["var(--accent)" in plot for plot in plots] == [blue] * 5


def test_intervals_are_drawn_to_scale() -> None:
    lines = [Line("a", "system", Figure(value=2.0, lower=1.0, upper=5.0))]
    svg = interval_plot([Group("", lines)], "x", None, WORDS)
    (left, right, middle) = (
        *re.findall(r'd="M ([\d.]+) [\d.]+ L ([\d.]+) [\d.]+"[^>]*accent', svg)[0],
        re.findall(r'<use[^>]*x="([\d.]+)"[^>]*fill:var\(--accent\)', svg)[0],
    )
    share = (float(middle) - float(left)) / (float(right) - float(left))
    assert share == pytest.approx(0.25, abs=0.01)
