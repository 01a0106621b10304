"""The lines of a prompt that say which pair is meant and what is known of its two genes."""

from perturb_evals.datasets.pairs.evidence import SETS
from perturb_evals.solvers.pairs.prompts import READOUT_LABEL
from perturb_evals.solvers.pairs.summaries import Summaries
from perturb_evals.solvers.pairs.view import View

CASE = """\
Knocked-down gene: {pert}
About {pert}: {pert_text}
{readout_label}: {gene}
About {gene}: {gene_text}
"""


def readout_label(cell_line: str) -> str:
    """Return what the readouts of a line are called: genes, or sets of them."""
    return READOUT_LABEL["set" if cell_line.endswith(SETS) else "gene"]


async def case(view: View, summaries: Summaries, pert: str, gene: str, cell_line: str) -> str:
    """Return the lines of a pair.

    Args:
        view: How it is shown.
        summaries: What is said of genes.
        pert: Symbol of the gene that is shown as knocked down.
        gene: Symbol of the readout.
        cell_line: Its line.

    Raises:
        DataError: A text cannot be had.
    """
    return CASE.format(
        pert=view.name(pert),
        gene=view.name(gene),
        pert_text=view.text(pert, await summaries.of(pert, "perturbed")),
        gene_text=view.text(gene, await summaries.of(gene, "readout")),
        readout_label=readout_label(cell_line),
    )
