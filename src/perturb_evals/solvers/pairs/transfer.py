"""Questions about a pair as transfer between contexts: what the perturbation does in other lines.

The methods themselves know nothing of questions (`perturb_evals.methods`): they learn from values
of (context, perturbation, readout), here the labels 0 and 1 by cell line, knock-down and gene.
"""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
import pandas as pd

from perturb_evals.datasets.options import one_of
from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.methods.triples import Triples, TriplesModel
from perturb_evals.solvers.pairs.baselines import Fit
from perturb_evals.solvers.pairs.knn import DECIMALS, by_knowledge
from perturb_evals.solvers.pairs.knowledge import Knowledge

Fallback = Literal["none", "graph_knn"]
FALLBACKS: tuple[Fallback, ...] = get_args(Fallback)


class Transferred:
    """Scores of a table's questions by a method that learns from all open lines.

    Args:
        evidence: Training rows and the names of the questions; needs the track cross.
        fit: Learns from the labels of all lines, the own one among them, and may be told the own
            line's name.
    """

    def __init__(
        self, evidence: PairsEvidence, fit: Callable[[Triples, str], TriplesModel]
    ) -> None:
        rows = training_triples(evidence)
        pairs = sorted(evidence.question_pairs())
        asked = pd.DataFrame(pairs, columns=["perturbation", "readout"])
        model = fit(rows, evidence.cell_line)
        found = np.round(model.predict(asked.assign(context=evidence.cell_line)), DECIMALS)
        self._scores = dict(zip(pairs, found.tolist(), strict=True))

    def score(self, pert: str, gene: str) -> float | None:
        """Return a finite score; None where the method has nothing to go by."""
        found = self._scores[pert, gene]
        return None if np.isnan(found) else found

    def informed(self, pert: str, gene: str) -> bool:
        """Whether the method has something to go by."""
        return not np.isnan(self._scores[pert, gene])


def training_triples(evidence: PairsEvidence) -> Triples:
    """Return the labels of the evaluated kind, 0 or 1, of all open lines.

    Raises:
        EvidenceError: The track is not cross, or a line's table cannot be had.
        NoRowsError: The own line or the other lines have no such rows.
    """
    others = evidence.others()  # first, as it says which track is needed
    own = evidence.own().assign(line=evidence.cell_line)
    rows = pd.concat([own, others], ignore_index=True)
    return Triples.of(
        rows.rename(
            columns={
                "line": "context",
                "pert": "perturbation",
                "gene": "readout",
                "label": "value",
            }
        )
    )


def stand_in(fallback: Fallback) -> tuple[str, Fit] | None:
    """Return what answers where no line knows the perturbation, for `numeric`; None abstains.

    Raises:
        ValueError: A fallback that there is not.
    """
    if one_of("fallback", fallback, FALLBACKS) == "none":
        return None
    return fallback, lambda evidence: by_knowledge(evidence, Knowledge())
