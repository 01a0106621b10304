"""What is known of the demo world's genes: pairs and short texts, incomplete and partly wrong.

Made from memberships alone (`COMPLEXES`), never from what a knock-down does, as real knowledge is
made before the screen that it foretells. Everything follows from one seed.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import numpy as np
import pandas as pd

from perturb_evals.datasets.demo.facts import BACKGROUND, COMPLEXES

SEED = 7
"""Taken out of 24, so that on demo_a a kNN over it lies in the range of real lines: .66 DE and .75
direction, pairs and texts together (the mean of the 24: .64 and .78)."""
UNKNOWN = 0.15
"""This share of the perturbed genes has no pair within its complex."""
KNOWN_PAIRS = 0.3
"""This share of the pairs within complexes is known, of those of known genes."""
WRONG_PAIRS = 1.0
"""So many pairs a perturbed gene, on average, join it with any gene whatever."""
HUBS = {"UBC": 0.5, "EEF1A1": 0.25}
"""Genes that are a partner of everything, and of which share of the perturbed genes."""

WITHOUT_TEXT = 0.3
"""This share of the perturbed genes has no text."""
UNTOLD = 0.4
"""This share of the texts does not say which complex the gene belongs to."""
GENERIC = (
    "essential in many human cells",
    "widely expressed",
    "conserved from yeast to human",
    "of little studied function",
    "found in nucleus and cytoplasm",
    "regulated in the cell cycle",
    "with several splice variants",
    "a possible drug target",
)
"""What may be said of any gene."""


def demo_pairs() -> pd.DataFrame:
    """Return the pairs of the demo world's STRING: columns gene_a, gene_b, each pair once.

    A new frame at every call.
    """
    return pd.DataFrame(_pairs(), columns=["gene_a", "gene_b"])


@lru_cache(maxsize=1)
def demo_texts() -> Mapping[str, str]:
    """Return short texts by the symbols of perturbed genes; some genes have none."""
    rng = np.random.Generator(np.random.PCG64(SEED + 1))
    texts = {}
    for name, members in COMPLEXES.items():
        for gene in members:
            has_text, is_told, first, second = rng.random(4)
            if has_text < WITHOUT_TEXT:
                continue
            role = f"member of {name.replace('_', ' ')}" if is_told >= UNTOLD else "protein"
            said = dict.fromkeys(GENERIC[int(draw * len(GENERIC))] for draw in (first, second))
            texts[gene] = f"{role}, {', '.join(said)}"
    return MappingProxyType(texts)


@lru_cache(maxsize=1)
def _pairs() -> tuple[tuple[str, str], ...]:
    rng = np.random.Generator(np.random.PCG64(SEED))
    perts = [gene for members in COMPLEXES.values() for gene in members]
    known = {gene for gene in perts if rng.random() >= UNKNOWN}
    pairs = [
        (a, b)
        for members in COMPLEXES.values()
        for place, a in enumerate(members)
        for b in members[place + 1 :]
        if rng.random() < KNOWN_PAIRS and {a, b} <= known
    ]
    others = [*perts, *BACKGROUND]
    for gene in perts:
        for _ in range(2):
            if rng.random() < WRONG_PAIRS / 2:
                pairs.append((gene, others[int(rng.random() * len(others))]))
    pairs += [(hub, gene) for hub, share in HUBS.items() for gene in perts if rng.random() < share]
    once = {(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]}
    return tuple(sorted(once))
