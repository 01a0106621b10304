"""A world of labels drawn by lot, in which something is known of some genes, and sums by hand."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from statistics import fmean

import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from perturb_evals.datasets.pairs.evidence import PairsEvidence, pairs_evidence

PERTS = tuple(f"P{i}" for i in range(26))
GENES = tuple(f"g{i}" for i in range(14))
# The graph says Q3 where the tables say P3, and knows nothing of the last four.
SYNONYM = ("Q3", "P3")
NOT_IN_THE_GRAPH = PERTS[-4:]
LINES = ("k562", "rpe1")
Rows = list[tuple[str, str, int]]


@dataclass(frozen=True)
class KnownWorld:
    """Tables in their place, and what is known of their genes."""

    tables: dict[tuple[str, str], pd.DataFrame]
    graph: str
    pairs: list[tuple[str, str]]
    texts: dict[str, str]
    perts = PERTS
    genes = GENES

    def evidence(self, kind: str, track: str = "within") -> PairsEvidence:
        lines = LINES if track == "cross" else LINES[:1]
        return pairs_evidence("perturbqa", "k562", kind, track, lines)

    def train(self, kind: str, hidden: frozenset[str] = frozenset()) -> Rows:
        """The own line's training rows."""
        table = self.tables["k562", kind].query("split == 'train'")
        rows = zip(table["pert"], table["gene"], table["label"], strict=True)
        return [row for row in rows if row[1] not in hidden]

    def closeness(
        self, shared: str = "partners", power: float = 2, text_weight: float = 0.5
    ) -> Callable[[str, str], float]:
        """How close two genes are, by hand."""
        partners: dict[str, set[str]] = {}
        for a, b in self.pairs:
            partners.setdefault(a, set()).add(b)
            partners.setdefault(b, set()).add(a)
        texts = dict(sorted(self.texts.items()))
        tfidf = TfidfVectorizer(sublinear_tf=True, min_df=2, max_df=0.05).fit_transform(
            texts.values()
        )
        row_of = {gene: tfidf[[place]].toarray()[0] for place, gene in enumerate(texts)}

        @cache
        def row(gene: str) -> dict[str, float]:
            return {a: 1 / math.log(len(partners[a]) + 2) for a in {gene, *partners[gene]}}

        def in_graph(a: str, b: str) -> float:
            if a not in partners or b not in partners:
                return 0.0
            if shared == "pair":
                return float(b in partners[a])
            one, other = row(a), row(b)
            dot = sum(one[gene] * other[gene] for gene in one.keys() & other.keys())
            return dot / math.hypot(*one.values()) / math.hypot(*other.values())

        @cache
        def weight(a: str, b: str) -> float:
            a, b = (SYNONYM[0] if gene == SYNONYM[1] else gene for gene in (a, b))
            said = float(row_of[a] @ row_of[b]) if a in row_of and b in row_of else 0.0
            return in_graph(a, b) ** power + text_weight * said**power

        return weight


@pytest.fixture
def known_world(
    request: pytest.FixtureRequest,
    put_tables: Callable[..., Path],
    put_knowledge: Callable[..., str],
) -> KnownWorld:
    """A world drawn from a seed, the fixture's parameter."""
    rng = random.Random(getattr(request, "param", 0))
    tables = {}
    for line in LINES:
        de = []
        for number, pert in enumerate(PERTS):
            split = "test" if number % 4 == 0 else "train"
            # The last gene has no training row.
            of = GENES if split == "test" else GENES[:-1]
            de += [(pert, gene, rng.randint(0, 1), split) for gene in rng.sample(of, 8)]
        direction = [(p, g, rng.randint(0, 1), split) for p, g, label, split in de if label]
        columns = ["pert", "gene", "label", "split"]
        tables[line, "de"] = pd.DataFrame(de, columns=columns)
        tables[line, "direction"] = pd.DataFrame(direction, columns=columns)
    named = [SYNONYM[0] if p == SYNONYM[1] else p for p in PERTS if p not in NOT_IN_THE_GRAPH]
    pairs = [pair for pair in combinations([*named, "H", *GENES[:3]], 2) if rng.random() < 0.15]
    others = {f"Z{i}": "of no account" for i in range(60)}  # so that a word of three is rare
    texts = {gene: f"word{rng.randint(0, 9)} word{rng.randint(0, 9)}" for gene in (*named, "P25")}
    folder = put_tables(tables)
    texts |= others
    return KnownWorld(tables, put_knowledge(folder, pairs, texts, dict([SYNONYM])), pairs, texts)


def rate(rows: Rows, gene: str | None = None) -> float:
    return fmean(label for _, g, label in rows if gene in (None, g))
