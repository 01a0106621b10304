"""Numbers and tracks as text, on pages and the terminal; an undefined number is a dash."""

import math
from collections.abc import Sequence

from perturb_evals.leaderboard.results.result import Figure, SummaryUsage
from perturb_evals.metrics.intervals import ENOUGH, FEWEST

MISSING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
SMALL = 5e-4
"""What is smaller than this has no three decimals."""
SIZES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def decimal(value: float | None, beside: float | None = None) -> str:
    """Return a number with three decimals, fewer above 10, two digits below .0005; a dash for none.

    Zero and everything that rounds to it is 0.000, without a sign.

    Args:
        value: The number.
        beside: For a difference a number in the same units: where that has three decimals, smaller
            digits of the difference say nothing to a reader, and it has no more.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    size = abs(value)
    if size >= 10:
        return _minus(f"{value:,.0f}" if size >= 1000 else f"{value:.3g}")
    if 0 < size < SMALL and (beside is None or abs(beside) < SMALL):
        return _minus(f"{value:.1e}") if size >= 1e-12 else "0.000"
    return _minus(f"{value:.3f}")


def interval(figure: Figure, beside: float | None = None) -> str:
    """Return `[lower, upper]`; empty without bounds. For `beside` see `decimal`."""
    if figure.lower is None or figure.upper is None:
        return ""
    return f"[{decimal(figure.lower, beside)}, {decimal(figure.upper, beside)}]"


def as_published(value: float) -> str:
    """Return a number of a publication with its own decimals, two or more."""
    return f"{value:.3f}".removesuffix("0")


def with_interval(figure: Figure | None, beside: float | None = None) -> str:
    """Return `value [lower, upper]`; a dash for no figure or an undefined one. See `decimal`."""
    if figure is None or figure.value is None:
        return MISSING
    return f"{decimal(figure.value, beside)} {interval(figure, beside)}".rstrip()


def percent(share: float | None) -> str:
    """Return a share as whole per cent; with one decimal near 0 and 1, where the difference is."""
    if share is None or not math.isfinite(share):
        return MISSING
    if 0 < share < 0.05 or 0.95 < share < 1:
        # 99.97% is not 100%.
        return f"{min(max(100 * share, 0.1), 99.9):.1f}%"
    return f"{100 * share:.0f}%"


def count(number: float | None) -> str:
    """Return a number of things; from 10,000 on with three digits and k, M or G."""
    if number is None or not math.isfinite(number):
        return MISSING
    for size, letter in SIZES:
        if abs(number) >= size and abs(number) >= 1e4:
            return f"{number / size:.3g}{letter}"
    return f"{number:,.0f}"


def dollars(cost: float | None) -> str:
    """Return a cost in US dollars; a dash where it is not known."""
    if cost is None or not math.isfinite(cost):
        return MISSING
    if 0 < cost < 0.01:
        return "< $0.01"
    return f"${cost:,.2f}"


def summaries_text(usage: SummaryUsage) -> str:
    """Return what summaries of genes took, in words: `$0.02, 5,100 tokens; 12 asked for`."""
    tokens = usage.tokens.get("total_tokens", 0)
    parts = [f"{dollars(usage.cost)}, {count(tokens)} tokens"]
    for number, words in (
        (usage.asked, "asked for"),
        (usage.kept, "kept from earlier at no cost"),
        (usage.unusable, "of them not usable"),
    ):
        if number:
            parts.append(f"{count(number)} {words}")
    return "; ".join(parts)


def duration(seconds: float | None) -> str:
    """Return a time with its unit: seconds, minutes or hours."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    if seconds < 120:
        return f"{seconds:.3g} s"
    if seconds < 7200:
        return f"{seconds / 60:.3g} min"
    return f"{seconds / 3600:.3g} h"


def p_value(p: float | None) -> str:
    """Return a p-value with three decimals, or that it is below .001."""
    if p is None or not math.isfinite(p):
        return MISSING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def track_text(name: str, lines: Sequence[str]) -> str:
    """Return a track with the cell lines that are open in it."""
    return f"{name} ({', '.join(lines)})" if lines else name


def few_perturbations(n_perturbations: int) -> str:
    """Return in words that intervals over so many are too short or not there; empty if not."""
    if n_perturbations < FEWEST:
        return f"{n_perturbations} perturbations are too few for intervals, which need {FEWEST}"
    if n_perturbations >= ENOUGH:
        return ""
    return f"over {n_perturbations} perturbations intervals are too short"


def _minus(text: str) -> str:
    """Return a number with the minus of typography, which is as wide as the plus; none for zero."""
    if text.startswith("-"):
        return MINUS + text[1:] if text.strip("-0.") else text[1:]
    return text
