"""Rows that every board of pairs has: the gene's and the perturbation's training rates.

They read training rows through the same door as the solvers of the same names.
"""

import numpy as np

from perturb_evals.datasets.pairs.benchmark import PairsBenchmark, pairs_benchmark
from perturb_evals.datasets.pairs.evidence import lines_read, pairs_evidence
from perturb_evals.datasets.pairs.load import cell_lines, named_dataset, why_not_here
from perturb_evals.datasets.pairs.questions import Kind
from perturb_evals.families.family import BoardAtHand, NoReferencesError, Reference, same_data
from perturb_evals.families.pairs.outcome import AnswersOutcome, sorted_answers
from perturb_evals.metrics.pairs.predictions import Abstention, Predictions
from perturb_evals.solvers.pairs.baselines import GeneFrequency, PerturbationRate, Predictor


def training_rates(kind: Kind, of: BoardAtHand) -> list[Reference]:
    """Compute the rows; see `Family.references`.

    Where a board has no track cross, the perturbation's rate is that of all lines whose tables are
    here.
    """
    given = {
        name: of.task_args[name] for name in ("dataset", "cell_line", "questions", "genes", "seed")
    }
    given["holdout"] = of.task_args.get("holdout", "perturbation")  # older logs have none
    source = named_dataset(given["dataset"])
    if lacking := why_not_here(source, given["cell_line"] or str(of.parts["context"]), kind):
        raise NoReferencesError(lacking)
    asked = pairs_benchmark(kind, **given)
    same_data(asked.table.sha256, of.data_sha256)
    policy: Abstention = "lowest" if of.parts["abstention"] == "lowest" else "half"
    dataset, line = asked.evidence.dataset, asked.evidence.cell_line
    unseen = asked.evidence.unseen_seed
    found = []
    if of.wanted("gene_frequency", "within", ()):
        own = pairs_evidence(dataset, line, kind, "within", (line,)).hiding(unseen)
        outcome = _answers(asked, policy, GeneFrequency(own))
        found.append(Reference("gene_frequency", "baseline", "within", (), outcome))
    for lines in sorted(of.line_sets) or [_lines_here(asked)]:
        # The rate is that of other lines: without one there is none.
        if len(lines) > 1 and of.wanted("perturbation_rate", "cross", lines):
            opened = pairs_evidence(dataset, line, kind, "cross", lines).hiding(unseen)
            outcome = _answers(asked, policy, PerturbationRate(opened))
            found.append(Reference("perturbation_rate", "baseline", "cross", lines, outcome))
    return found


def _lines_here(asked: PairsBenchmark) -> tuple[str, ...]:
    """Return the lines of the track cross whose tables are here."""
    about = asked.evidence
    if len(cell_lines(about.dataset, about.kind)) < 2:
        return ()
    lines = lines_read(about.dataset, about.cell_line, "cross", None)
    return tuple(line for line in lines if not why_not_here(about.dataset, line, about.kind))


def _answers(asked: PairsBenchmark, policy: Abstention, predictor: Predictor) -> AnswersOutcome:
    pairs = list(zip(asked.rows["pert"], asked.rows["gene"], strict=True))
    scores = [predictor.score(pert, gene) for pert, gene in pairs]
    table = Predictions(
        asked.rows["pert"].to_numpy(dtype=object),
        asked.rows["gene"].to_numpy(dtype=object),
        asked.rows["label"].to_numpy(dtype=int),
        np.asarray(scores, dtype=float),  # none for None, where it abstains
        [score is None for score in scores],
    )
    return sorted_answers(table, policy, ("",) * len(pairs))
