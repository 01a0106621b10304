"""Plots as small SVG files that follow the reader's light or dark scheme.

Matplotlib draws with stand-in colours; here each becomes a CSS variable, which a media query inside
the file sets. Text stays text. Equal plots are equal files: ids are hashed, there is no date.
"""

import io
import re
import warnings
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from matplotlib import rc_context
from matplotlib.figure import Figure

INK, MUTED, GRID, ACCENT, PAPER = "#101010", "#707070", "#d0d0d0", "#1020f0", "#fefefe"
"""Stand-ins: text, secondary text and marks, lines of the grid, what is looked at, background."""

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

WIDTH = 460
"""Of a plot, in its own pixels: two stand side by side on a desktop, one on a phone."""

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

SPACE = "{http://www.w3.org/2000/svg}"
UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+"
)
LONG_NUMBER = re.compile(r"\d+\.\d{3,}")
FONTS = "system-ui,sans-serif"
FAMILY = re.compile(r"(?:font-family: )?'DejaVu Sans'[^;]*(?:; )?")
NO_TURN = re.compile(r"rotate\(-?0 [^)]*\)")


def svg(height: float, title: str, draw: Callable[[Figure], object]) -> str:
    """Return a plot as an SVG file.

    Args:
        height: In the plot's own pixels; all plots are of one width.
        title: Its title, for who opens the file by itself.
        draw: Draws it with the stand-in colours into an empty figure.
    """
    out = io.BytesIO()
    with rc_context(SETTINGS), warnings.catch_warnings():
        # Names may hold letters that Matplotlib's own font lacks; the reader's has them.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI)
        draw(figure)
        figure.savefig(
            out,
            format="svg",
            metadata={"Date": None, "Creator": None, "Type": None, "Format": None},
        )
    return _light(ElementTree.fromstring(out.getvalue()), title)


def label(text: str, length: int) -> str:
    """Return a text of a log as a plot can show it: one line, no control characters, cut."""
    clean = " ".join(UNPRINTABLE.sub(" ", text).split())
    return clean if len(clean) <= length else clean[: length - 1].rstrip() + "…"


def _light(root: ElementTree.Element, title: str) -> str:
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
    heading = ElementTree.Element(f"{SPACE}title")
    heading.text = title
    root.insert(0, heading)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _unwrap(parent: ElementTree.Element) -> None:
    """Put what stands in groups without attributes in their place."""
    kept: list[ElementTree.Element] = []
    for child in parent:
        _unwrap(child)
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
    if name in ("style", "d", "x", "y", "transform", "width", "height", "viewBox"):
        value = LONG_NUMBER.sub(lambda found: f"{float(found[0]):.2f}", value)
    return " ".join(value.split())


def _schemes() -> str:
    light, dark = (
        ";".join(f"--{NAMES[stand_in]}:{colour}" for stand_in, colour in SCHEMES[scheme].items())
        for scheme in ("light", "dark")
    )
    media = "@media screen and (prefers-color-scheme:dark)"
    return f"svg{{{light}}}{media}{{svg{{{dark}}}}}text{{font-family:{FONTS}}}"
