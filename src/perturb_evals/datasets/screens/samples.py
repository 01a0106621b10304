"""Held-out perturbations into Inspect samples."""

from collections.abc import Iterable

from inspect_ai.dataset import MemoryDataset, Sample

from perturb_evals.datasets.screens.evidence import HeldOut, expression_evidence, fold_of


def held_out_samples(folds: Iterable[HeldOut], k: int, aliases: str) -> MemoryDataset:
    """Return one Sample a test perturbation, fold by fold.

    Args:
        folds: The folds of one screen, and their repeats.
        k: The most neighbors that count, for solver and scorer.
        aliases: Whether names are also matched as synonyms, for the scorer.

    Returns:
        Samples with a readable id (`replogle_k562/fold0/SMG5`; `.../fold0/repeat1/SMG5` where
        training subsets are repeated), and metadata that names the fold. Nothing of the truth is in
        a sample: solvers get expression from `expression_evidence`, scorers from the screen.
    """
    folds = list(folds)
    repeated = any(held_out.repeat for held_out in folds)
    samples = [
        Sample(
            id="/".join(
                [
                    expression_evidence(held_out).screen,
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
    return MemoryDataset(samples, name=expression_evidence(folds[0]).screen)
