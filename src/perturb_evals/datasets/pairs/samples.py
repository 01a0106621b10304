"""Questions about pairs into Inspect samples."""

from typing import Any

import pandas as pd
from inspect_ai.dataset import MemoryDataset, Sample

from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.datasets.pairs.questions import VERDICTS, question_text


def question_samples(questions: pd.DataFrame, evidence: PairsEvidence) -> MemoryDataset:
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
        **evidence.holdout_facts,
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
