"""Outcomes of training rows in the words of prompts."""

from perturb_evals.datasets.pairs.evidence import TrainingRow
from perturb_evals.datasets.pairs.questions import Kind

OUTCOMES: dict[Kind, tuple[str, str]] = {
    "de": ("unchanged", "changed"),
    "direction": ("decreased", "increased"),
}
"""What became of a readout, by kind of question: label 0, then label 1."""


def line_of(row: TrainingRow, kind: Kind, cell_line: str) -> str:
    """Return a row in a line of a list.

    Args:
        row: As a view shows it.
        kind: Kind of question.
        cell_line: The evaluated line; a row of another one says which.
    """
    said = f"- knock-down of {row.pert}: {row.gene} {OUTCOMES[kind][row.label]}"
    return said if row.line == cell_line else f"{said} (in {row.line})"
