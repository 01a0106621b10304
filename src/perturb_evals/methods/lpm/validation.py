"""Combinations of context and perturbation that are kept from training, to stop it in time."""

import numpy as np

from perturb_evals.datasets.errors import ArgumentError, DataError
from perturb_evals.methods.triples import Triples

SHARE, SEED = 0.15, 13
"""As published: a share of the perturbations of each target context, drawn by this seed."""


def held_out(
    rows: Triples, contexts: tuple[str, ...], share: float = SHARE, seed: int = SEED
) -> tuple[Triples, Triples]:
    """Return the rows to train on, and those to validate on.

    Of each of the contexts a share of the perturbations is drawn, and their rows in this context
    are kept from training; in other contexts they stay. Only perturbations that another context has
    are drawn, since of others nothing would be learned.

    Args:
        rows: All rows that may be read.
        contexts: The target contexts.
        share: Share of the perturbations that can be drawn, rounded; at least one is.
        seed: Seed of the draw.

    Raises:
        ArgumentError: No such context, or one is named twice.
        DataError: A context with a single perturbation, or without one that another context has.
    """
    if len(set(contexts)) != len(contexts):
        raise ArgumentError(f"Contexts to validate in must differ; got {', '.join(contexts)}.")
    pairs = np.unique(np.stack([rows.context, rows.perturbation]), axis=1)
    in_contexts = np.bincount(pairs[1], minlength=len(rows.perturbations))
    rng = np.random.default_rng(seed)
    drawn = np.zeros((len(rows.contexts), len(rows.perturbations)), dtype=bool)
    for context in contexts:
        own = pairs[1, pairs[0] == _place(rows, context)]
        elsewhere = own[in_contexts[own] > 1]
        if len(own) < 2 or not len(elsewhere):
            found = (
                f"{len(own)} perturbation{'s' if len(own) != 1 else ''}"
                if len(own) < 2
                else f"{len(own)} perturbations, none of which another context has"
            )
            raise DataError(
                f"Nothing can be kept to validate on in {context!r}: it has {found}. Expected two "
                "or more, and some that other contexts have; train without validation."
            )
        # One stays to be trained on, else the context would be unknown.
        count = min(max(1, round(share * len(elsewhere))), len(own) - 1)
        drawn[_place(rows, context), rng.choice(elsewhere, count, replace=False)] = True
    is_kept = drawn[rows.context, rows.perturbation]
    return rows.take(~is_kept), rows.take(is_kept)


def _place(rows: Triples, context: str) -> int:
    if context not in rows.contexts:
        raise ArgumentError(
            f"There is no context {context!r} to validate in; the rows have "
            f"{', '.join(map(str, rows.contexts[:10]))}."
        )
    return list(rows.contexts).index(context)
