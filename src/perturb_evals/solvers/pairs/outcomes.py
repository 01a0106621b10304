"""Outcomes of training rows in the words of prompts."""

from collections.abc import Iterable

from perturb_evals.datasets.pairs.evidence import TrainingRow
from perturb_evals.datasets.pairs.questions import Kind

OUTCOMES: dict[Kind, tuple[str, str]] = {
    "de": ("unchanged", "changed"),
    "direction": ("decreased", "increased"),
}
"""What became of a readout, by kind of question: label 0, then label 1."""


def lines(rows: Iterable[TrainingRow], kind: Kind, cell_line: str) -> str:
    """Return a line for each row, as a view shows it.

    Args:
        rows: As a view gives them.
        kind: Kind of question.
        cell_line: The evaluated line; rows of others say theirs.
    """
    return "\n".join(
        f"- knock-down of {row.pert}: {row.gene} {OUTCOMES[kind][row.label]}"
        + ("" if row.line == cell_line else f" (in {row.line})")
        for row in rows
    )
