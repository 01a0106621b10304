"""Records into Inspect samples: the one module of this room that knows Inspect."""

from collections.abc import Iterable
from typing import Any

import pandas as pd
from inspect_ai.dataset import MemoryDataset, Sample

from perturb_evals.datasets.evidence import Evidence
from perturb_evals.datasets.questions import VERDICTS, question_text
from perturb_evals.datasets.training import HeldOut, fold_of, training_for


def question_samples(questions: pd.DataFrame, evidence: Evidence) -> MemoryDataset:
    """Return one Sample a question, in the order of the rows.

    Args:
        questions: Test rows, columns pert, gene, label.
        evidence: What a solver may read; its parts go into the sample's metadata.

    Returns:
        Samples with a readable id (`k562/de/AAMP>ATP5IF1`), the question in a sentence, the label
        as a word in `target`, where only the scorer looks, and metadata without the label.
    """
    shared = {
        "dataset": evidence.dataset,
        "cell_line": evidence.cell_line,
        "kind": evidence.kind,
        "evidence": evidence.track,
        "evidence_lines": ",".join(evidence.lines),
    }
    samples = [
        record_to_sample(str(pert), str(gene), int(label), shared)
        for pert, gene, label in zip(
            questions["pert"], questions["gene"], questions["label"], strict=True
        )
    ]
    return MemoryDataset(samples, name=f"{evidence.cell_line}_{evidence.kind}")


def record_to_sample(pert: str, gene: str, label: int, shared: dict[str, Any]) -> Sample:
    """Return the Sample of one test row.

    Args:
        pert: Symbol of the knocked-down gene.
        gene: Symbol of the readout gene.
        label: 0 or 1; it goes into `target` as a word and nowhere else.
        shared: Metadata that all samples of the task have; cell_line and kind are read here.
    """
    cell_line, kind = shared["cell_line"], shared["kind"]
    return Sample(
        id=f"{cell_line}/{kind}/{pert}>{gene}",
        input=question_text(kind, cell_line, pert, gene),
        target=VERDICTS[kind].word(label),
        metadata={"pert": pert, "gene": gene, **shared},
    )


def held_out_samples(folds: Iterable[HeldOut], k: int, aliases: str) -> MemoryDataset:
    """Return one Sample a test perturbation, fold by fold.

    Args:
        folds: The folds of one screen, and their repeats.
        k: The most neighbors that count, for solver and scorer.
        aliases: Whether names are also matched as synonyms, for the scorer.

    Returns:
        Samples with a readable id (`replogle_k562/fold0/SMG5`; `.../fold0/repeat1/SMG5` where
        training subsets are repeated), and metadata that names the fold. Nothing of the truth is in
        a sample: solvers get expression from `training_for`, scorers from the screen.
    """
    folds = list(folds)
    repeated = any(held_out.repeat for held_out in folds)
    samples = [
        Sample(
            id="/".join(
                [
                    training_for(held_out).screen,
                    f"fold{held_out.fold}",
                    *([f"repeat{held_out.repeat}"] if repeated else []),
                    pert,
                ]
            ),
            input=f"Which training perturbations act most like a knock-down of {pert}?",
            metadata={"pert": pert, **held_out.to_metadata(), "k": k, "aliases": aliases},
        )
        for held_out in folds
        for pert in fold_of(held_out).test
    ]
    return MemoryDataset(samples, name=training_for(folds[0]).screen)
