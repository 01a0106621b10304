"""Whether a file about genes and a screen name genes in the same way."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perturb_evals.datasets.genes.ncbi import Aliases
    from perturb_evals.datasets.genes.vectors import GeneVectors
    from perturb_evals.datasets.screens.evidence import ExpressionEvidence

SHOWN = 3
SHOWN_LETTERS = 30


class UnknownGenesError(Exception):
    """A file that knows no training perturbation. The message names genes of both sides."""


def check_vectors(
    vectors: "GeneVectors", training: "ExpressionEvidence", aliases: "Aliases | None"
) -> None:
    """Make sure that some training perturbation has an embedding.

    Args:
        vectors: The embeddings.
        training: The training perturbations, all of a fold: of a small subset none may be known by
            chance.
        aliases: What names mean; None for no match by alias.

    Raises:
        UnknownGenesError: None has.
    """
    if not vectors.unit_rows(training.perturbations, aliases).any():
        rows = zip(vectors.symbols, vectors.matrix, strict=True)
        genes = [name for name, vector in rows if vector.any()]
        raise no_gene_known(vectors.where, genes, training)


def no_gene_known(
    where: str, genes: Sequence[str], training: "ExpressionEvidence"
) -> UnknownGenesError:
    """Return the error of a file that knows no training perturbation.

    Such a file is of no use, and most likely about other ids, as of Ensembl or Entrez: to go on
    would be to predict the training mean for everything.

    Args:
        where: The file.
        genes: Its genes.
        training: The training perturbations.
    """
    names = training.perturbations
    return UnknownGenesError(
        f"{where}: it knows none of the {len(names)} training perturbations of {training.screen}. "
        f"Its genes are {_examples(genes)}; expected symbols as the screen writes them: "
        f"{_examples(names)}. Give a file with such symbols, or translate the names in this one; "
        "synonyms are understood with aliases=ncbi."
    )


def _examples(names: Sequence[str]) -> str:
    # repr makes control characters visible, so that a name does nothing to a terminal.
    shown = [
        repr(name if len(name) <= SHOWN_LETTERS else name[: SHOWN_LETTERS - 1] + "\u2026")
        for name in names[:SHOWN]
    ]
    return ", ".join(shown) + (" ..." if len(names) > SHOWN else "")
