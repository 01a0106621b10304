"""A questionnaire: the questions of one run with the evidence for them, from what a user typed."""

from dataclasses import dataclass

import pandas as pd

from perturb_evals.datasets.options import one_of, whole_number
from perturb_evals.datasets.pairs.evidence import Evidence, evidence_for
from perturb_evals.datasets.pairs.perturbqa import CELL_LINES, TRACKS, lines_read, load_table
from perturb_evals.datasets.pairs.questions import QUESTION_SETS, Kind, select_questions
from perturb_evals.datasets.pairs.table import Table


@dataclass(frozen=True)
class Questionnaire:
    """The questions of one run.

    Attributes:
        evidence: What a solver may read; it also names dataset, cell line and kind.
        rows: Test rows to ask, columns pert, gene, label.
        table: The table they come from.
        question_set: `scored`, `all`, or `scored/genes50/seed0` for a sample of genes.
    """

    evidence: Evidence
    rows: pd.DataFrame
    table: Table
    question_set: str


def questionnaire(
    kind: Kind,
    dataset: str = "perturbqa",
    cell_line: str | None = None,
    evidence: str = "none",
    evidence_lines: str | list[str] | None = None,
    questions: str = "scored",
    genes: int | None = None,
    seed: int = 0,
) -> Questionnaire:
    """Choose the questions of a run; the arguments are those of the tasks.

    Raises:
        ValueError: An argument that is not allowed; the message says what was got and what is.
        DataError: A table cannot be had.
        TableError: A table is not of PerturbQA's form.
    """
    source = one_of("dataset", dataset, CELL_LINES)
    lines = CELL_LINES[source]
    line = one_of("cell_line", lines[0] if cell_line is None else cell_line, lines)
    track = one_of("evidence", evidence, TRACKS)
    chosen = one_of("questions", questions, QUESTION_SETS)
    if whole_number("seed", seed) < 0:
        raise ValueError(f"seed must be 0 or more; got {seed}.")
    if genes is not None:
        whole_number("genes", genes)
    opened = lines_read(source, line, track, evidence_lines)
    table = load_table(source, line, kind)
    return Questionnaire(
        evidence=evidence_for(source, line, kind, track, opened),
        rows=select_questions(table.split("test"), chosen, genes, seed),
        table=table,
        question_set=chosen if genes is None else f"{chosen}/genes{genes}/seed{seed}",
    )
