"""The questions of one run with the evidence for them, from what a user typed."""

import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from perturb_evals.datasets.benchmark import Benchmark
from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.options import one_of, whole_number
from perturb_evals.datasets.pairs.evidence import (
    TRACKS,
    PairsEvidence,
    lines_read,
    pairs_evidence,
    screen_of_sets,
)
from perturb_evals.datasets.pairs.load import cell_lines, load_table, named_dataset
from perturb_evals.datasets.pairs.own_tables import is_own, shown_name
from perturb_evals.datasets.pairs.questions import (
    HOLDOUTS,
    QUESTION_SETS,
    Kind,
    QuestionSet,
    select_questions,
)
from perturb_evals.datasets.pairs.table import Table, TableError

_GENES, _NUMBER = "/genes[1-9][0-9]*", "(?:0|[1-9][0-9]*)"
QUESTION_SET = re.compile(
    rf"all|scored(?:{_GENES}/seed{_NUMBER}"
    rf"|/unseen_genes(?:{_GENES})?/seed(?P<unseen_seed>{_NUMBER}))?"
)
"""How `PairsBenchmark.question_set` is written; the group is there where genes are hidden."""


@dataclass(frozen=True)
class PairsBenchmark(Benchmark):
    """The questions of one run.

    Attributes:
        evidence: What a solver may read; it also names dataset, cell line and kind.
        rows: Test rows to ask, columns pert, gene, label.
        table: The table they come from.
        question_set: `scored`, `all`, `scored/genes50/seed0` for a sample of genes,
            `scored/unseen_genes/seed0` or `scored/unseen_genes/genes50/seed0` for unseen genes.
    """

    evidence: PairsEvidence
    rows: pd.DataFrame
    table: Table
    question_set: str

    @property
    def n_questions(self) -> int:
        """Number of rows that are asked."""
        return len(self.rows)

    @property
    def board(self) -> dict[str, Any]:
        """The parts of the board that the data fix."""
        return {
            "context": self.evidence.cell_line,
            "data": self.table.sha256[:6],
            "questions": self.question_set,
        }

    @property
    def facts(self) -> dict[str, Any]:
        """What the log header says after the board."""
        return {
            "data_sha256": self.table.sha256,
            "n_questions": self.n_questions,
            "dataset": shown_name(self.evidence.dataset),
            "evidence": self.evidence.track,
            "evidence_lines": list(self.evidence.lines),
            **self.evidence.holdout_facts,
            "licence": self.table.licence,
            "citation": self.table.citation,
        }


def pairs_benchmark(
    kind: Kind,
    dataset: str = "perturbqa",
    cell_line: str | None = None,
    evidence: str = "none",
    evidence_lines: str | list[str] | None = None,
    questions: str = "scored",
    genes: int | None = None,
    seed: int = 0,
    holdout: str = "perturbation",
) -> PairsBenchmark:
    """Choose the questions of a run; the arguments are those of the tasks.

    The path of a user's folder is made absolute, so that a log can be scored again from any folder.

    Raises:
        ArgumentError: An argument that is not allowed; the message says what was got and what is.
        DataError: A table cannot be had.
        TableError: A table is not of PerturbQA's form, or has nothing to ask.
    """
    source = named_dataset(dataset)
    line = _line(source, cell_line, kind)
    track = one_of("evidence", evidence, TRACKS)
    chosen = one_of("questions", questions, QUESTION_SETS)
    both = one_of("holdout", holdout, HOLDOUTS) == "both"
    if both and chosen == "all":
        raise ArgumentError(
            "holdout=both asks about a quarter of the scored genes, so it needs questions=scored; "
            "got questions=all."
        )
    if both and screen_of_sets(line) is not None:
        raise ArgumentError(
            f"holdout=both hides the rows of readout genes, but {line} asks about sets of genes, "
            "whose members' rows stand in other tables. Ask about a line of genes."
        )
    if whole_number("seed", seed) < 0:
        raise ArgumentError(f"seed must be 0 or more; got {seed}.")
    if genes is not None:
        whole_number("genes", genes)
    opened = lines_read(source, line, track, evidence_lines)
    table = load_table(source, line, kind)
    test = table.split("test")
    if test.empty:
        raise TableError(f"{source}, {line}: expected rows of the split test, got none to ask.")
    about = pairs_evidence(source, line, kind, track, opened)
    if both:
        about = about.hiding(seed)
        test = test[test["gene"].isin(about.hidden_genes)]
    rows = select_questions(test, chosen, genes, seed)
    if rows.empty:
        raise TableError(
            f"{source}, {line}: expected a gene with both labels, 0 and 1, in the split test, got "
            "none. Ask with questions=all."
        )
    return PairsBenchmark(
        evidence=about,
        rows=rows,
        table=table,
        question_set=_question_set(chosen, both, genes, seed),
    )


def _question_set(chosen: QuestionSet, unseen: bool, genes: int | None, seed: int) -> str:
    parts: list[str] = [chosen]
    parts += ["unseen_genes"] if unseen else []
    parts += [f"genes{genes}"] if genes is not None else []
    parts += [f"seed{seed}"] if len(parts) > 1 else []
    return "/".join(parts)


def _line(dataset: str, cell_line: str | None, kind: Kind) -> str:
    """Return the line asked for; by default the first of a known dataset, or a user's only one."""
    if is_own(dataset):
        lines, having = cell_lines(dataset), cell_lines(dataset, kind)
        if cell_line is None and len(having) > 1:
            raise ArgumentError(
                f"cell_line must be one of {', '.join(having)}, as {dataset} has several; got none."
            )
        if not having or (cell_line in lines and cell_line not in having):
            raise ArgumentError(
                f"cell_line must be one of those with a table of {kind} questions, of which "
                f"{dataset} has {', '.join(having) or 'none'}; got {cell_line!r}."
            )
    else:
        having = cell_lines(dataset)
    return one_of("cell_line", having[0] if cell_line is None else cell_line, having)
