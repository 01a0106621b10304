from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from perturb_evals.leaderboard.site.plots.svg import (
    ACCENT,
    NAMES,
    SCHEMES,
    WIDTH,
    Words,
    label,
    svg,
    wrapped,
)
from perturb_evals.leaderboard.untrusted_text import visible


def drawn(text: str, title: str = "A title") -> str:
    def draw(figure: Figure) -> None:
        axes = figure.add_axes((0.1, 0.2, 0.8, 0.7))
        axes.plot([0, 1], [0, 1], color=ACCENT)
        axes.set_title(text)

    return svg(100, Words(title, "What it shows: $1 <b>."), draw)


def test_text_stays_text_and_the_size_is_that_of_the_figure() -> None:
    root = ElementTree.fromstring(drawn("$x$ <b> & 你好"))
    assert root.get("viewBox") == f"0 0 {WIDTH} 100"
    assert (root.get("width"), root.get("height")) == (str(WIDTH), "100")
    texts = [element.text for element in root.iter() if element.tag.endswith("}text")]
    assert "$x$ <b> & 你好" in texts


def test_a_file_says_what_it_is_and_shows_to_who_does_not_see_it() -> None:
    root = ElementTree.fromstring(drawn("a", "A \x00 title"))
    assert root.get("role") == "img"
    named = {element.get("id"): element.text for element in root if element.get("id")}
    assert named == {"title": "A title", "about": "What it shows: $1 <b>."}
    assert str(root.get("aria-labelledby")).split() == list(named)


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
    assert visible(short) == short
    ElementTree.fromstring(f"<a>{short.replace('&', '').replace('<', '')}</a>")


@given(st.text(), st.integers(1, 30))
def test_any_name_is_broken_into_a_few_lines_that_fit(text: str, letters: int) -> None:
    lines = wrapped(text, letters)
    assert 1 <= len(lines) <= 4
    assert all(len(line) <= letters for line in lines)
    assert all(visible(line) == line for line in lines)


def test_a_name_is_broken_behind_its_signs_and_not_cut() -> None:
    assert wrapped("perturb_scripted/biologist", 20) == ["perturb_scripted/", "biologist"]
    assert wrapped("a" * 30, 20) == ["a" * 20, "a" * 10]
    assert wrapped("Track none, mean of 2 boards", 20) == ["Track none, mean of", "2 boards"]
    assert wrapped("x" * 90, 20)[-1].endswith("…")


def test_a_long_label_is_cut() -> None:
    assert label("abcdefgh", 8) == "abcdefgh"
    assert label("abcdefghi", 8) == "abcdefg…"
    assert label("two\n lines\tand \x1b[31m", 40) == "two lines and [31m"
