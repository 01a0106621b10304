"""What is asked: the two kinds of question, and which test rows become questions."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from perturb_evals.datasets.errors import ArgumentError

Kind = Literal["de", "direction"]
KINDS: tuple[Kind, ...] = get_args(Kind)

QuestionSet = Literal["scored", "all"]
QUESTION_SETS: tuple[QuestionSet, ...] = get_args(QuestionSet)

Holdout = Literal["perturbation", "both"]
HOLDOUTS: tuple[Holdout, ...] = get_args(Holdout)
"""What is unseen of a question: its perturbation, as the split has it, or its readout gene too."""


@dataclass(frozen=True)
class Verdicts:
    """The two words that answer one kind of question.

    Attributes:
        positive: The word for label 1.
        negative: The word for label 0.
    """

    positive: str
    negative: str

    def word(self, label: int) -> str:
        """Return the word for a 0/1 label."""
        return self.positive if label == 1 else self.negative


VERDICTS: dict[Kind, Verdicts] = {
    "de": Verdicts(positive="Yes", negative="No"),
    "direction": Verdicts(positive="Increase", negative="Decrease"),
}


def scored_genes(test: pd.DataFrame) -> list[str]:
    """Return the genes that move per-gene AUROC: those whose test labels hold both classes.

    Args:
        test: Test rows with columns gene and label (0/1).

    Returns:
        Gene names, sorted. Empty when no gene has both classes.
    """
    classes = test.groupby("gene", observed=True)["label"].nunique()
    return sorted(classes.index[classes == 2])


def unseen_genes(test: pd.DataFrame, seed: int) -> frozenset[str]:
    """Return the scored genes that are unseen under `holdout="both"`: a random quarter, rounded up.

    Args:
        test: Test rows with columns gene and label (0/1).
        seed: Seed of the quarter.

    Returns:
        Gene names. Empty when no gene has both classes.
    """
    names = scored_genes(test)
    return frozenset(_drawn(names, -(-len(names) // 4), seed))


def select_questions(
    test: pd.DataFrame,
    questions: QuestionSet = "scored",
    genes: int | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Choose the test rows to ask, in the order of the table.

    Args:
        test: Test rows, columns pert, gene, label.
        questions: `scored` keeps the rows of genes with both classes, `all` keeps every row.
            Test labels decide which genes those are; a model is never told.
        genes: Take a random sample of this many scored genes, with all their rows.
        seed: Seed of that sample.

    Returns:
        The chosen rows, index reset.

    Raises:
        ValueError: `genes` with `questions="all"`, or below 1, or above the number of scored genes.
    """
    if genes is not None and questions == "all":
        raise ArgumentError(
            "genes=N samples the scored genes, so it needs questions=scored; got questions=all."
        )
    if questions == "all":
        return test.reset_index(drop=True)
    names = scored_genes(test)
    if genes is not None:
        if not 1 <= genes <= len(names):
            raise ArgumentError(
                f"genes must be between 1 and {len(names)} (scored genes), got {genes}."
            )
        names = _drawn(names, genes, seed)
    return test[test["gene"].isin(names)].reset_index(drop=True)


def _drawn(names: list[str], n: int, seed: int) -> list[str]:
    """Return n of the names, drawn by lot."""
    # The order of random numbers, not Generator.choice, whose draws may change with NumPy: the
    # same seed has to mean the same questions for everybody.
    order = np.random.Generator(np.random.PCG64(seed)).random(len(names))
    return [names[at] for at in np.argsort(order)[:n]]


def question_text(kind: Kind, cell_line: str, pert: str, gene: str) -> str:
    """Return the question in one sentence, as logs and explanations show it."""
    if kind == "de":
        return f"{cell_line}, knock-down of {pert}: is {gene} differentially expressed?"
    return f"{cell_line}, knock-down of {pert}: does {gene} increase or decrease?"
