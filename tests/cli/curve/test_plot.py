import html
import re
from dataclasses import replace

import numpy as np
import pytest

from perturb_evals.cli.curve.plot import COLOURS, _apart, draw, save_plot
from perturb_evals.cli.curve.points import Curve, CurvePoint
from perturb_evals.datasets.published import CURVES
from perturb_evals.leaderboard.results.result import Figure, Result


def curve(systems):
    lines = {
        name: [point(size, value) for size, value in values.items()]
        for name, values in systems.items()
    }
    return Curve("replogle_k562", "replogle_k562", 1092, lines, {})


def point(size, value):
    metrics = {"mae_top20": Figure(value=value, lower=value - 0.01, upper=value + 0.02)}
    return CurvePoint(
        Result.model_construct(metrics=metrics, board={"train": f"{size}x3/seed0"}), size
    )


SYSTEMS = {
    "one size": {850: 0.25},
    "graph <neighbors> & more": {50: 0.31, 100: 0.29, 850: 0.27},
    "mean_effect": {50: 0.33, 100: 0.33, 850: 0.33},
}


def test_lines_and_bands_are_the_points_and_their_intervals():
    figure = draw(curve(SYSTEMS), [])
    (axes,) = figure.axes
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert list(lines) == ["one size", "graph <neighbors> & more", "mean_effect"]  # best first
    for name, values in SYSTEMS.items():
        np.testing.assert_allclose(lines[name].get_xydata(), list(values.items()))
    assert len({(line.get_marker(), line.get_linestyle()) for line in lines.values()}) == 3
    bar, graph, mean = axes.collections
    np.testing.assert_allclose(np.ptp(graph.get_paths()[0].vertices, axis=0)[0], 800)
    heights = mean.get_paths()[0].vertices[:, 1]
    np.testing.assert_allclose([heights.min(), heights.max()], [0.32, 0.35])
    np.testing.assert_allclose(bar.get_segments()[0][:, 1], [0.24, 0.27])
    assert axes.get_xscale() == "log"
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["50", "100", "850"]


def test_published_points_are_marked():
    published = [row for row in CURVES if row.screen == "replogle_k562"]
    figure = draw(curve(SYSTEMS), published)
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels[3:] == [
        f"{name}, published*" for name in ("LangPert", "GP+LLM (text)", "GEARS", "Non-ctrl mean")
    ]
    assert "other protocol" in figure.axes[0].texts[0].get_text()
    assert "other protocol" not in draw(curve(SYSTEMS), []).axes[0].texts[0].get_text()


def test_equal_curves_are_equal_files(tmp_path):
    first = save_plot(curve(SYSTEMS), [], tmp_path / "a.b")
    assert [file.name for file in first] == ["a.b.svg", "a.b.png"]
    second = save_plot(curve(SYSTEMS), [], tmp_path / "c")
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    svg = first[0].read_text(encoding="utf-8")
    assert "graph &lt;neighbors&gt; &amp; more" in svg  # text, not outlines
    assert re.search(r"<text[^>]*>training perturbations</text>", svg)
    assert first[1].read_bytes()[:4] == b"\x89PNG"


def test_many_systems_look_different():
    figure = draw(curve({f"s{i}": {50: 0.3 + i / 100, 100: 0.2} for i in range(28)}), [])
    looks = {(line.get_color(), line.get_linestyle()) for line in figure.axes[0].get_lines()}
    assert len(looks) == 4 * len(COLOURS) == 28


@pytest.mark.parametrize(
    ("sizes", "kept"),
    [({50, 100}, [50, 100]), ({850, 873}, [873]), ({740, 850, 1000}, [850, 1000]), ({7}, [7])],
)
def test_labels_do_not_run_into_each_other(sizes, kept):
    assert _apart(sizes) == kept


@pytest.mark.parametrize("name", ["x$\\frac{$", "$a_1$ b", "100% \\$"])
def test_names_are_no_tex(name, tmp_path):
    named = replace(curve({name: {50: 0.3, 100: 0.2}, "other": {50: 0.4}}), context=name)
    svg, png = save_plot(named, [], tmp_path / "curve")
    assert png.stat().st_size > 1000
    assert svg.read_text(encoding="utf-8").count(html.escape(name)) >= 2  # title and legend
