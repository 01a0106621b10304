"""Two methods outside the package, written down as prediction files for `replay`.

- `text_knn`: own-line training labels of the gene, weighted by how alike NCBI's summaries of the
  two knocked-down genes are. It reads training rows of the own line (track within).
- `vote`: the mean of the ranks that `cross_line_knn`, `same_pair` and `text_knn` give to the
  questions of one gene. It reads other lines too (track cross).
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from perturb_evals.datasets.genes.ncbi import human_aliases
from perturb_evals.datasets.genes.texts import text_vectors
from perturb_evals.datasets.pairs.evidence import PairsEvidence, pairs_evidence
from perturb_evals.datasets.pairs.load import load_table
from perturb_evals.datasets.pairs.questions import Kind
from perturb_evals.solvers.pairs.baselines import GeneFrequency, SamePair
from perturb_evals.solvers.pairs.knn import by_other_lines

POWER, PRIOR_WEIGHT = 3.0, 0.1
METHODS = ("text_knn", "vote")


def write_predictions(folder: Path, line: str, kind: Kind, lines: tuple[str, ...]) -> None:
    """Write one CSV a method for all test pairs of a table."""
    test = load_table("perturbqa", line, kind).split("test")[["pert", "gene"]].copy()
    evidence = pairs_evidence("perturbqa", line, kind, "cross", lines)
    text = text_knn(evidence)
    scores = pd.DataFrame({"text_knn": [text(*pair) for pair in test.itertuples(index=False)]})
    for name, method in (("knn", by_other_lines(evidence)), ("same", SamePair(evidence))):
        scores[name] = [method.score(*pair) for pair in test.itertuples(index=False)]
    scores.index = test.index
    scores["vote"] = scores.groupby(test["gene"]).rank().mean(axis=1)
    for name in METHODS:
        test.assign(score=scores[name]).to_csv(folder / f"{name}-{line}-{kind}.csv", index=False)


def text_knn(evidence: PairsEvidence) -> Callable[[str, str], float]:
    """Return the method, fitted to the own line's training rows."""
    own, prior = evidence.own(), GeneFrequency(evidence)
    names = sorted({*own["pert"], *(pert for pert, _ in evidence.question_pairs())})
    rows = text_vectors().unit_rows(names, human_aliases())
    place = {name: row for row, name in enumerate(names)}
    rows_of_gene = dict(iter(own.groupby("gene")))

    def score(pert: str, gene: str) -> float:
        expected = prior.score(pert, gene)
        known = rows_of_gene.get(gene)
        if known is None:
            return expected
        like = rows[[place[name] for name in known["pert"]]] @ rows[place[pert]]
        weight = np.maximum(like, 0.0) ** POWER
        votes = float(weight @ known["label"].to_numpy(dtype=float))
        return (votes + PRIOR_WEIGHT * expected) / (float(weight.sum()) + PRIOR_WEIGHT)

    return score
