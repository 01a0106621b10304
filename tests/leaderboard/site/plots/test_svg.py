from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from perturb_evals.leaderboard.site.plots.svg import (
    ACCENT,
    NAMES,
    SCHEMES,
    UNPRINTABLE,
    WIDTH,
    label,
    svg,
)


def drawn(text: str, title: str = "A title") -> str:
    def draw(figure: Figure) -> None:
        axes = figure.add_axes((0.1, 0.2, 0.8, 0.7))
        axes.plot([0, 1], [0, 1], color=ACCENT)
        axes.set_title(text)

    return svg(100, title, draw)


def test_text_stays_text_and_the_size_is_that_of_the_figure() -> None:
    root = ElementTree.fromstring(drawn("$x$ <b> & 你好"))
    assert root.get("viewBox") == f"0 0 {WIDTH} 100"
    assert (root.get("width"), root.get("height")) == (str(WIDTH), "100")
    texts = [element.text for element in root.iter() if element.tag.endswith("}text")]
    assert "$x$ <b> & 你好" in texts
    assert next(root.iter("{http://www.w3.org/2000/svg}title")).text == "A title"


def test_every_colour_follows_the_scheme() -> None:
    plot = drawn("a")
    for stand_in, name in NAMES.items():
        assert stand_in not in plot
        for scheme in SCHEMES.values():
            assert f"--{name}:{scheme[stand_in]}" in plot
    assert "prefers-color-scheme:dark" in plot
    assert "var(--accent)" in plot


def test_equal_plots_are_equal_files_without_date_or_maker() -> None:
    assert drawn("a") == drawn("a")
    assert "metadata" not in drawn("a")
    assert "Matplotlib" not in drawn("a")


def test_letters_that_the_font_lacks_are_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    drawn("你好 \U0001f9ec")
    assert not recwarn.list


@given(st.text())
def test_any_text_as_a_label_can_be_drawn(text: str) -> None:
    short = label(text, 20)
    assert len(short) <= 20
    assert not UNPRINTABLE.search(short)
    ElementTree.fromstring(f"<a>{short.replace('&', '').replace('<', '')}</a>")


def test_a_long_label_is_cut() -> None:
    assert label("abcdefgh", 8) == "abcdefgh"
    assert label("abcdefghi", 8) == "abcdefg…"
    assert label("two\n lines\tand \x1b[31m", 40) == "two lines and [31m"
