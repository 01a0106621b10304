"""Plots as small SVG files that follow the reader's light or dark scheme.

Matplotlib draws with stand-in colours; here each becomes a CSS variable, which a media query inside
the file sets. Text stays text. Equal plots are equal files: ids are hashed, there is no date.
"""

import io
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from matplotlib import rc_context
from matplotlib.figure import Figure

from perturb_evals.leaderboard.untrusted_text import plain

INK, MUTED, GRID, ACCENT, PAPER = "#101010", "#707070", "#d0d0d0", "#1020f0", "#fefefe"
"""Stand-ins: text, secondary text and marks, lines of the grid, models, background.

What has the accent is a model, or another system under test: nothing else is blue.
"""

SCHEMES = {
    "light": {INK: "#1c2126", MUTED: "#5b6570", GRID: "#dfe3e7", ACCENT: "#0b62a8", PAPER: "#fff"},
    "dark": {
        INK: "#e4e8ec",
        MUTED: "#9aa5b0",
        GRID: "#333b44",
        ACCENT: "#6cb6f5",
        PAPER: "#14181d",
    },
}
NAMES = {INK: "ink", MUTED: "muted", GRID: "grid", ACCENT: "accent", PAPER: "paper"}

WIDTH = 350
"""Of a plot, in its own pixels: as wide as a phone, so that its text is as large as the page's."""

DPI = 72  # one unit of Matplotlib's is then one pixel
SIZE = 11.5
# Any key: the names that are known differ between versions of Matplotlib.
SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "perturb-evals",
    # Names may hold a $ and are no TeX.
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": SIZE,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": GRID,
    "axes.linewidth": 1.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": SIZE,
    "axes.labelsize": SIZE - 0.5,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": SIZE - 1,
    "ytick.labelsize": SIZE - 1,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}

MOST_LINES = 4
"""Of a name that is broken into lines."""

SPACE = "{http://www.w3.org/2000/svg}"
LONG_NUMBER = re.compile(r"(?<!\d)\d+\.\d{2,}")
"""Of a place, which a tenth of a pixel is near enough to."""
FONTS = "system-ui,sans-serif"
HALO = "paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round"
"""Around letters, so that no line strikes them where they have to meet."""
FAMILY = re.compile(r"(?:font-family: )?'DejaVu Sans'[^;]*(?:; )?")
NO_TURN = re.compile(r"rotate\(-?0 [^)]*\)")


@dataclass(frozen=True)
class Words:
    """What a plot is called, and what it shows."""

    title: str
    about: str


def svg(height: float, words: Words, draw: Callable[[Figure], object], width: float = WIDTH) -> str:
    """Return a plot as an SVG file.

    Args:
        height: In the plot's own pixels.
        words: Its title and what it shows, for who opens the file by itself or does not see it.
        draw: Draws it with the stand-in colours into an empty figure.
        width: In the plot's own pixels.
    """
    out = io.BytesIO()
    with rc_context(SETTINGS), warnings.catch_warnings():
        # Names may hold letters that Matplotlib's own font lacks; the reader's has them.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
        draw(figure)
        figure.savefig(
            out,
            format="svg",
            metadata={"Date": None, "Creator": None, "Type": None, "Format": None},
        )
    return _light(ElementTree.fromstring(out.getvalue()), words)


def label(text: str, length: int) -> str:
    """Return a text of a log as a plot can show it: one line, cut."""
    clean = plain(text)
    return clean if len(clean) <= length else clean[: length - 1].rstrip() + "…"


def wrapped(text: str, letters: int) -> list[str]:
    """Return a text of a log in lines of so many letters at most, four lines at most.

    It is broken behind blanks and the signs that names are made with, a longer word anywhere.
    """
    lines = [""]
    for word in re.findall(r"[^\s/_,.:-]*[\s/_,.:-]?", label(text, MOST_LINES * letters)):
        for part in re.findall(f".{{1,{letters}}}", word):
            if len((lines[-1] + part).rstrip()) > letters:
                lines.append("")
            lines[-1] += part
    shown = [line.strip() for line in lines]
    if len(shown) > MOST_LINES:
        shown = [*shown[: MOST_LINES - 1], label(" ".join(shown[MOST_LINES - 1 :]), letters)]
    return shown


def _light(root: ElementTree.Element, words: Words) -> str:
    """Return the file without what no reader needs, with colours by scheme."""
    ElementTree.register_namespace("", SPACE[1:-1])
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    for element in root.findall(f"{SPACE}metadata"):
        root.remove(element)
    used = _used(root)
    for element in root.iter():
        if element.tag == f"{SPACE}style":
            element.text = f"*{{stroke-linejoin:round;stroke-linecap:butt}}{_schemes()}"
        if element.get("id") not in used:
            element.attrib.pop("id", None)
        for name, value in list(element.attrib.items()):
            element.set(name, _short(name, value))
        if NO_TURN.fullmatch(element.get("transform", "")):
            element.attrib.pop("transform")
        if element.tag != f"{SPACE}text" and element.tag != f"{SPACE}style":
            element.text = (element.text or "").strip() or None
        element.tail = None
    _unwrap(root)
    for name in ("width", "height"):
        root.set(name, root.get(name, "").removesuffix("pt"))
    root.set("role", "img")
    root.set("aria-labelledby", "title about")
    for place, (name, said) in enumerate((("title", words.title), ("desc", words.about))):
        found = ElementTree.Element(f"{SPACE}{name}", id=("title", "about")[place])
        found.text = plain(said)
        root.insert(place, found)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _unwrap(parent: ElementTree.Element) -> None:
    """Put what stands in groups without attributes in their place, and leave out what is unseen."""
    kept: list[ElementTree.Element] = []
    for child in parent:
        _unwrap(child)
        if child.get("style") == "fill:none":
            continue  # the background, which is not painted
        kept.extend([child] if child.attrib or child.tag != f"{SPACE}g" else child)
    parent[:] = kept


def _used(root: ElementTree.Element) -> set[str | None]:
    """Return the ids that something refers to."""
    found: set[str | None] = set()
    for element in root.iter():
        for value in element.attrib.values():
            found.update(re.findall(r"#([\w-]+)", value))
    return found


def _short(name: str, value: str) -> str:
    if name == "style":
        value = FAMILY.sub(f"{FONTS};" if "font: " in value else "", value)
        for colour, variable in NAMES.items():
            value = value.replace(colour, f"var(--{variable})")
        value = value.replace(": ", ":").replace("; ", ";")
    if name in ("d", "x", "y", "transform", "width", "height", "viewBox"):
        value = LONG_NUMBER.sub(lambda found: f"{float(found[0]):.1f}", value)
    return " ".join(value.split())


def _schemes() -> str:
    light, dark = (
        ";".join(f"--{NAMES[stand_in]}:{colour}" for stand_in, colour in SCHEMES[scheme].items())
        for scheme in ("light", "dark")
    )
    media = "@media screen and (prefers-color-scheme:dark)"
    return f"svg{{{light}}}{media}{{svg{{{dark}}}}}text{{font-family:{FONTS};{HALO}}}"
