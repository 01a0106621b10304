"""A console for tables, and numbers and texts made fit for it."""

import json
import sys
from typing import TYPE_CHECKING, TextIO

from perturb_evals.leaderboard.untrusted_text import harmless, plain

if TYPE_CHECKING:
    from pandas import DataFrame
    from rich.console import Console

    from perturb_evals.leaderboard.results.result import Figure

MISSING = "-"


def console(width: int, file: TextIO | None = None) -> "Console":
    """Return a console on stdout, or on another stream; a pipe has no width, so it gets this one.

    Markup, highlighting and emoji are off: text from logs is data.
    """
    from rich.console import Console

    chosen = None if (file or sys.stdout).isatty() else width
    return Console(highlight=False, markup=False, emoji=False, width=chosen, file=file)


def print_frame(frame: "DataFrame", form: str) -> None:
    """Print a table for programs: `json` for a list of objects, null for what there is not; or CSV.

    In CSV texts are harmless to spreadsheets and terminals; in JSON all but ASCII is escaped.
    """
    if form == "json":
        # As JSON and back: a table's own JSON has no choice of what is escaped.
        rows = json.loads(frame.to_json(orient="records", double_precision=15))
        print(json.dumps(rows, indent=1))
    else:
        shown = frame.astype(object).map(lambda v: harmless(v) if isinstance(v, str) else v)
        print(shown.to_csv(index=False, lineterminator="\n"), end="")


def short(text: str, most: int = 60) -> str:
    """Return text from a log in one line, cut to a length."""
    shown = plain(text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def number(value: float | None, digits: int = 3) -> str:
    """Return a number without its leading zero, as tables of scores are read: .596, -.02."""
    if value is None:
        return MISSING
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.removeprefix("-")  # what rounds to zero has no sign
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def figure(found: "Figure | None") -> str:
    """Return a figure with its interval: `.596 [.55, .64]`; nothing for None."""
    if found is None:
        return ""
    if found.lower is None or found.upper is None:
        return number(found.value)
    return f"{number(found.value)} [{number(found.lower, 2)}, {number(found.upper, 2)}]"
