"""What the agent is told: the question, what each tool is for, and when to go on or to end."""

import hashlib
import json
from typing import NamedTuple

from perturb_evals.datasets.pairs.evidence import SETS, TrainingRow
from perturb_evals.datasets.pairs.questions import VERDICTS, Kind
from perturb_evals.solvers.pairs.prompts import QUESTION, READOUT_LABEL, SETTING, describe


class ToolText(NamedTuple):
    """What a model is told of a tool.

    Attributes:
        says: What it gives.
        parameter: Name of its one parameter, a text.
        asks: What that is.
    """

    says: str
    parameter: str
    asks: str


OUTCOMES_OF_PERTURBATION = "outcomes_of_perturbation"
OUTCOMES_OF_GENE = "outcomes_of_gene"
GRAPH_NEIGHBORS = "graph_neighbors"
GENE_CARD = "gene_card"

TOOLS: dict[str, ToolText] = {
    OUTCOMES_OF_PERTURBATION: ToolText(
        "Look up known outcomes of one knock-down: what it did to other genes. Genes that are "
        "closest to the readout gene of the question come first.",
        "perturbation",
        "Symbol of the gene that is knocked down.",
    ),
    OUTCOMES_OF_GENE: ToolText(
        "Look up known outcomes of one readout gene: what knock-downs of other genes did to it. "
        "Knock-downs of genes that are closest to the knocked-down gene of the question come "
        "first.",
        "gene",
        "Symbol of the readout gene.",
    ),
    GRAPH_NEIGHBORS: ToolText(
        "List the neighbors of a gene in a graph of genes that act together, the strongest first.",
        "gene",
        "Symbol of the gene.",
    ),
    GENE_CARD: ToolText(
        "Read what is written of a gene: its full name and a summary of what it does.",
        "gene",
        "Symbol of the gene.",
    ),
}
"""By name; those of outcomes are offered where training rows may be read."""

OPTIONS: dict[Kind, str] = {
    "de": "Options:\nA. Yes\nB. No\nC. Insufficient evidence",
    "direction": "Options:\nA. Increase\nB. Decrease\nC. Insufficient evidence",
}

SUBMIT: dict[Kind, str] = {
    "de": "Give your answer, which ends the question: Yes, No, or Insufficient evidence.",
    "direction": (
        "Give your answer, which ends the question: Increase, Decrease, or Insufficient evidence."
    ),
}

HOW = """\
You have tools that look up what is known, and at most {max_calls} turns, in each of which you may \
call several of them. Look up what helps, weigh it, and then call submit() with the words of one \
option. Only what you submit is your answer, and the first that you submit counts."""

GO_ON = "You called no tool. Look up what you still need, or call submit() with your answer."

LAST_TURN = "This is your last turn: call submit() with your answer now."

NO_ROWS = "There is no training row of it that may be read."
SEVERAL = "This name fits several genes. Give the symbol of one of them."
NO_NEIGHBORS = "The graph has no neighbor of it."
NO_CARD = "Nothing is written of it here."
TOO_MANY = "No more look-ups in this turn."

ROW = "knock-down of "
"""How a row begins that a tool tells."""


def render(kind: Kind, line: str, pert: str, gene: str, *, is_set: bool, max_calls: int) -> str:
    """Render the question.

    Args:
        kind: `de` or `direction`.
        line: Description of the cell line.
        pert: What the knocked-down gene is called.
        gene: What the readout is called.
        is_set: Whether the readout is a set of genes.
        max_calls: Turns that the agent has.

    Returns:
        The prompt. Names are inserted as they are; they are never interpreted.
    """
    template = "\n\n".join([SETTING + "\n" + QUESTION[kind], OPTIONS[kind], HOW])
    return template.format(
        description=line,
        readout_label=READOUT_LABEL["set" if is_set else "gene"],
        pert=pert,
        gene=gene,
        max_calls=max_calls,
    )


def prompt_hash(kind: Kind, cell_line: str, *, max_calls: int, with_rows: bool) -> str:
    """Return 12 hex digits that name all that the agent is told but names and what it looks up.

    They go by the own description of the cell line, whatever a control shows.
    """
    line, is_set = describe(cell_line), cell_line.endswith(SETS)
    asked = render(kind, line, "{pert}", "{gene}", is_set=is_set, max_calls=max_calls)
    tools = [[name, *TOOLS[name]] for name in offered(with_rows)]
    said = [asked, tools, SUBMIT[kind], GO_ON, LAST_TURN, TOO_MANY]
    said += [NO_ROWS, SEVERAL, NO_NEIGHBORS, NO_CARD]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]


def offered(with_rows: bool) -> tuple[str, ...]:
    """Return the names of the tools for looking up."""
    of_rows = (OUTCOMES_OF_PERTURBATION, OUTCOMES_OF_GENE)
    return tuple(name for name in TOOLS if with_rows or name not in of_rows)


def row_line(row: TrainingRow, kind: Kind, cell_line: str) -> str:
    """Return a row as tools tell it.

    Args:
        row: As a view shows it.
        kind: Kind of question.
        cell_line: The evaluated line; a row of another one says which.
    """
    where = "" if row.line == cell_line else f" in {row.line}"
    return f"{ROW}{row.pert}{where}, {row.gene}: {VERDICTS[kind].word(row.label)}"
