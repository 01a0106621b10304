"""The factor model against its docstring, written down once more with loops and NumPy's SVD."""

from statistics import fmean, pstdev

import numpy as np
import pandas as pd
import pytest

from perturb_evals.datasets.pairs.evidence import pairs_evidence
from perturb_evals.solvers.pairs.graph_factor import MIXTURES, GraphFactor, Mixture
from perturb_evals.solvers.pairs.knowledge import Knowledge

KINDS = ("de", "direction")
PRIOR = 0.1
EVEN = Mixture(tendency=0.5, signed=0.7, projected=1.3)


class ByHand:
    """Score = rate + A + SD(A) * (signed * B / SD(B) + projected * C / SD(C)), see `GraphFactor`.

    Args:
        kind: What is asked.
        rows: Training rows of that kind.
        direction: Training rows of the direction table, none for a line without.
        close: How close two perturbations are.
        mixture: How much each part counts.
        rank: Number of singular vectors.
    """

    def __init__(self, kind, rows, direction, close, mixture: Mixture, rank: int) -> None:
        self.kind, self.close, self.mixture = kind, close, mixture
        self.genes = sorted({gene for _, gene, _ in rows})
        self.perts = sorted({pert for pert, _, _ in rows})
        self.everybody = sorted({*self.perts, *(pert for pert, _, _ in direction)})
        self.rates = {
            gene: fmean(label for _, g, label in rows if g == gene) for gene in self.genes
        }
        self.rate = fmean(label for _, _, label in rows)
        self.departure = {(pert, gene): label - self.rates[gene] for pert, gene, label in rows}
        self.mean_departure = {
            pert: fmean(value for (p, _), value in self.departure.items() if p == pert)
            for pert in self.perts
        }
        signs = {(pert, gene): 2 * label - 1 for pert, gene, label in direction}
        self.responses = self.table(signs, self.everybody)
        self.departures = self.table(self.departure, self.perts)
        self.of_responses = self.leading(self.responses, rank)
        self.of_departures = self.leading(self.departures, rank)
        foretold = [self.parts(pert, gene, without=pert) for pert, gene, _ in rows]
        self.sd = [pstdev(part) for part in zip(*foretold, strict=True)]

    def table(self, values, perts) -> np.ndarray:
        return np.array([[values.get((p, g), 0.0) for g in self.genes] for p in perts])

    @staticmethod
    def leading(table: np.ndarray, rank: int) -> np.ndarray:
        _, lengths, vectors = np.linalg.svd(table, full_matrices=False)
        # Between those that are taken and those that are not there is a gap, or the test is none.
        assert rank >= len(lengths) or lengths[rank - 1] > lengths[rank] + 1e-6
        return vectors[:rank]

    def projected(self, weights: list[float], table: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        total = np.zeros(len(self.genes))
        for weight, row in zip(weights, table, strict=True):
            total += weight * row
        mean = total / (sum(weights) + PRIOR)
        return sum((mean @ vector) * vector for vector in vectors)

    def tendency(self, pert: str, without: str | None = None) -> float:
        said = heard = 0.0
        for other in self.perts:
            weight = 0.0 if other == without else self.close(pert, other)
            said += weight * self.mean_departure[other]
            heard += weight
        return said / (heard + PRIOR)

    def parts(self, pert: str, gene: str, without: str | None = None) -> tuple[float, float, float]:
        column = self.genes.index(gene)
        weight = {
            other: 0.0 if other == without else self.close(pert, other) for other in self.everybody
        }
        voters = [(weight[p], value) for (p, g), value in self.departure.items() if g == gene]
        vote = sum(w * value for w, value in voters) / (sum(w for w, _ in voters) + PRIOR)
        a = vote + self.mixture.tendency * self.tendency(pert, without)
        everybody = [weight[other] for other in self.everybody]
        b = self.projected(everybody, self.responses, self.of_responses)[column]
        asked = [weight[other] for other in self.perts]
        c = self.projected(asked, self.departures, self.of_departures)[column]
        return a, abs(b) if self.kind == "de" else b, c

    def score(self, pert: str, gene: str) -> float:
        if gene not in self.rates:
            near = {known: self.close(gene, known) for known in self.genes}
            if not any(near.values()):
                return self.rate + self.tendency(pert)
            said = sum(near[g] * (self.score(pert, g) - self.rates[g]) for g in self.genes)
            return self.rate + said / (sum(near.values()) + PRIOR)
        a, b, c = self.parts(pert, gene)
        of_a, of_b, of_c = self.sd
        found = self.rates[gene] + a
        if of_b > 1e-12:
            found += of_a * self.mixture.signed * b / of_b
        if of_c > 1e-12:
            found += of_a * self.mixture.projected * c / of_c
        return found


@pytest.mark.parametrize("known_world", range(2), indirect=True)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("mixture", "rank"), [(None, 20), (EVEN, 3), (Mixture(1.0, 0.0, 0.0), 1), (EVEN, 1)]
)
def test_graph_factor_is_its_docstring(known_world, kind: str, mixture, rank: int):
    model = GraphFactor(known_world.evidence(kind), Knowledge(known_world.graph), mixture, rank)
    rows, direction = known_world.train(kind), known_world.train("direction")
    close = known_world.closeness()
    by_hand = ByHand(kind, rows, direction, close, mixture or MIXTURES[kind], rank)
    assert all(sd > 0.01 for sd in by_hand.sd)
    for pert in (*known_world.perts, "unseen"):
        near = any(close(pert, other) > 0 for other, _, _ in rows)
        for gene in (*known_world.genes, "unseen"):
            found = model.score(pert, gene)
            assert found == pytest.approx(by_hand.score(pert, gene), abs=1e-9)
            assert found == round(found, 12)
            assert model.informed(pert, gene) == near


@pytest.mark.parametrize("kind", KINDS)
def test_of_unseen_genes_it_tells_what_close_genes_do_or_the_tendency(known_world, kind: str):
    close = known_world.closeness()
    said, kinds_of_genes = set(), set()
    for seed in range(4):
        evidence = known_world.evidence(kind).hiding(seed)
        hidden = evidence.hidden_genes
        model = GraphFactor(evidence, Knowledge(known_world.graph))
        rows, direction = (known_world.train(which, hidden) for which in (kind, "direction"))
        by_hand = ByHand(kind, rows, direction, close, MIXTURES[kind], 20)
        kinds_of_genes |= {any(close(gene, g) > 0 for g in by_hand.genes) for gene in hidden}
        for pert in (*known_world.perts, "unseen"):
            near = any(close(pert, other) > 0 for other, _, _ in rows)
            for gene in known_world.genes:
                expected = None if gene in hidden and not near else by_hand.score(pert, gene)
                found = model.score(pert, gene)
                assert (found is None) == (expected is None)
                if expected is not None:
                    assert found == pytest.approx(expected, abs=1e-9)
                said.add((gene in hidden, found is None))
    assert said == {(True, True), (True, False), (False, False)}
    assert kinds_of_genes == {True, False}, "the world has genes with and without close ones"


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_other_table_it_goes_by_what_there_is(known_world, kind: str, tmp_path):
    """A line with one table alone: for DE there is no signed response then."""
    folder = tmp_path / "mine"
    folder.mkdir()
    suffix = {"de": "de", "direction": "dir"}[kind]
    known_world.tables["k562", kind].to_csv(folder / f"hela-{suffix}.csv", index=False)
    evidence = pairs_evidence(str(folder), "hela", kind, "within", ("hela",))
    model = GraphFactor(evidence, Knowledge(known_world.graph))
    rows = known_world.train(kind)
    direction = rows if kind == "direction" else []
    by_hand = ByHand(kind, rows, direction, known_world.closeness(), MIXTURES[kind], 20)
    for pert in known_world.perts:
        for gene in known_world.genes:
            expected = by_hand.score(pert, gene)
            assert model.score(pert, gene) == pytest.approx(expected, abs=1e-9)


def test_far_from_everything_it_tells_the_gene_s_rate(known_world):
    model = GraphFactor(known_world.evidence("de"), Knowledge(known_world.graph))
    rows = known_world.train("de")
    for gene in known_world.genes[:-1]:
        rate = fmean(label for _, g, label in rows if g == gene)
        assert model.score("unseen", gene) == pytest.approx(rate)
    everything = fmean(label for _, _, label in rows)
    assert model.score("unseen", known_world.genes[-1]) == pytest.approx(everything)


CONSTANT = {
    "all labels alike": [(p, g, 1) for p in ("P1", "P2", "P3") for g in ("g1", "g2")],
    "one row": [("P1", "g1", 1)],
    "one perturbation": [("P1", "g1", 1), ("P1", "g2", 0)],
    "one gene": [("P1", "g1", 1), ("P2", "g1", 0), ("P3", "g1", 1)],
    # Halves sum to 0 to the last bit.
    "two perturbations": [("P1", "g1", 1), ("P2", "g1", 0), ("P1", "g2", 0), ("P2", "g2", 1)],
}


@pytest.mark.parametrize("name", CONSTANT)
@pytest.mark.parametrize("kind", KINDS)
def test_tables_of_next_to_nothing_give_finite_scores(known_world, name: str, kind: str, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    rows = [(*row, "train") for row in CONSTANT[name]] + [("P9", "g1", 1, "test")]
    table = pd.DataFrame(rows, columns=["pert", "gene", "label", "split"])
    table.to_csv(folder / f"hela-{'de' if kind == 'de' else 'dir'}.csv", index=False)
    evidence = pairs_evidence(str(folder), "hela", kind, "within", ("hela",))
    one, other = (GraphFactor(evidence, Knowledge(known_world.graph)) for _ in range(2))
    for pert in ("P1", "P2", "P9", "unseen"):
        for gene in ("g1", "g2", "g3"):
            found = one.score(pert, gene)
            assert np.isfinite(found)
            assert found == other.score(pert, gene)
            if name in ("all labels alike", "one row"):
                assert found == 1
