"""The prompts: plain constants, rendered by one function and named by one hash."""

import hashlib

from perturb_evals.datasets.pairs.questions import Kind
from perturb_evals.replies.pairs import AnswerForm

CELL_LINE_DESCRIPTIONS: dict[str, str] = {
    "k562": (
        "K562, a human chronic myeloid leukaemia line (female, BCR-ABL1 fusion, no functional p53, "
        "erythroid-like, grows in suspension)"
    ),
    "rpe1": (
        "RPE1, a human retinal pigment epithelial line immortalised with hTERT (female, "
        "near-diploid, functional p53, adherent, not derived from a tumour)"
    ),
    "hepg2": (
        "HepG2, a human hepatoblastoma line (male, functional p53, hepatocyte-like: secretes "
        "plasma proteins and is active in lipid metabolism)"
    ),
    "jurkat": (
        "Jurkat, a human acute T-cell leukaemia line (male, no functional p53, no PTEN, "
        "CD4-positive T-cell-like, grows in suspension)"
    ),
}
CELL_LINE_DESCRIPTIONS["k562_set"] = CELL_LINE_DESCRIPTIONS["k562"]

SCREEN = """\
A pooled CRISPR interference screen was read out by single-cell RNA sequencing. In every cell one \
gene was knocked down; its cells were then compared with cells that carry non-targeting guides.

Cell line: {description}
"""

SETTING = (
    SCREEN
    + """\
Knocked-down gene: {pert}
{readout_label}: {gene}
"""
)

READOUT_LABEL = {"gene": "Readout gene", "set": "Readout gene set"}

QUESTION: dict[Kind, str] = {
    "de": (
        "Question: is the expression of {gene} changed significantly, up or down, when {pert} is "
        "knocked down in this cell line?"
    ),
    "direction": (
        "It is known that the expression of {gene} changes significantly when {pert} is knocked "
        "down in this cell line.\n"
        "Question: does the expression of {gene} increase or decrease?"
    ),
}

LABEL_FORMAT: dict[Kind, str] = {
    "de": """\
Options:
A. Yes
B. No
C. Insufficient evidence

Think about what {pert} does, what controls {gene}, and whether a path between them is active in \
this cell line. Then finish with one last line of this form, with the words of one option:
ANSWER: <Yes | No | Insufficient evidence>""",
    "direction": """\
Options:
A. Increase
B. Decrease
C. Insufficient evidence

Think about what {pert} does, what controls {gene}, and how the loss of {pert} would reach it. \
Then finish with one last line of this form, with the words of one option:
ANSWER: <Increase | Decrease | Insufficient evidence>""",
}

PROBABILITY_FORMAT: dict[Kind, str] = {
    "de": """\
Think about what {pert} does, what controls {gene}, and whether a path between them is active in \
this cell line. Then state how probable a significant change is, in percent: 0 is certainly none, \
100 is a certain change. Finish with one last line of this form:
ANSWER: <a number from 0 to 100>""",
    "direction": """\
Think about what {pert} does, what controls {gene}, and how the loss of {pert} would reach it. \
Then state how probable an increase is, in percent: 0 is a certain decrease, 100 is a certain \
increase. Finish with one last line of this form:
ANSWER: <a number from 0 to 100>""",
}

LOGPROBS_FORMAT: dict[Kind, str] = {
    "de": "Reply with one word only: Yes or No.",
    "direction": "Reply with one word only: Increase or Decrease.",
}

FORMATS: dict[AnswerForm, dict[Kind, str]] = {
    "label": LABEL_FORMAT,
    "probability": PROBABILITY_FORMAT,
    "logprobs": LOGPROBS_FORMAT,
}


def template(kind: Kind, form: AnswerForm) -> str:
    """Return the whole prompt of one kind of question and answer form, with its placeholders."""
    return SETTING + "\n" + QUESTION[kind] + "\n\n" + FORMATS[form][kind]


def render(
    kind: Kind, form: AnswerForm, cell_line: str, pert: str, gene: str, description: str = ""
) -> str:
    """Render the prompt of one question.

    Args:
        kind: `de` or `direction`.
        form: How the model is to answer.
        cell_line: Name of the cell line; its description goes into the prompt.
        pert: Symbol of the knocked-down gene.
        gene: Symbol of the readout gene, or the name of a gene set in a `*_set` line.
        description: What is said of the cell line; empty for its own description.

    Returns:
        The prompt. Symbols are inserted as they are; they are never interpreted.
    """
    return template(kind, form).format(
        description=description or describe(cell_line),
        readout_label=READOUT_LABEL["set" if cell_line.endswith("_set") else "gene"],
        pert=pert,
        gene=gene,
    )


def describe(cell_line: str) -> str:
    """Return the description of a cell line; the name of one that is not known here."""
    if cell_line in CELL_LINE_DESCRIPTIONS:
        return CELL_LINE_DESCRIPTIONS[cell_line]
    from perturb_evals.datasets.demo.world import DEMO_CELL_LINE_DESCRIPTIONS

    return DEMO_CELL_LINE_DESCRIPTIONS.get(cell_line, cell_line)


def prompt_hash(kind: Kind, form: AnswerForm, cell_line: str) -> str:
    """Return 12 hex digits that name a prompt: all of it but the two symbols."""
    text = render(kind, form, cell_line, pert="{pert}", gene="{gene}")
    return hashlib.sha256(text.encode()).hexdigest()[:12]
