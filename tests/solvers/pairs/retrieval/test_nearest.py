"""The nearest rows on both sides, by their definition, and their vote."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.evidence import EvidenceError
from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.datasets.pairs.evidence import PairsEvidence, TrainingRow, pairs_evidence
from perturb_evals.solvers.pairs.knowledge import Knowledge
from perturb_evals.solvers.pairs.retrieval.nearest import SIDES, NearestOfEach, Vote

KINDS, TRACKS = ("de", "direction"), ("within", "cross")
CLOSE_GENES = 10
DEMO_LINES = ("demo_a", "demo_b", "demo_c")


def demo(kind: str = "de", track: str = "cross") -> PairsEvidence:
    lines = DEMO_LINES if track == "cross" else DEMO_LINES[:1]
    return pairs_evidence("demo", "demo_a", kind, track, lines)


@pytest.mark.parametrize("track", TRACKS)
def test_they_are_the_nearest_by_definition(known_world, track: str):
    close, each, factor = known_world.closeness(), 2, 0.3
    of_close_genes = of_same_pert = 0
    for kind in KINDS:
        evidence = known_world.evidence(kind, track)
        rows = [TrainingRow(*row) for row in evidence.opened().itertuples(index=False)]
        rows.sort(key=lambda row: (row.pert, row.gene, row.line != "k562", row.line))
        perts, genes = {row.pert for row in rows}, {row.gene for row in rows}
        nearest = NearestOfEach(evidence, Knowledge(known_world.graph), each, factor)
        near_genes = {}
        for gene in (*known_world.genes, "unseen"):
            weights = {other: round(close(gene, other), 12) for other in genes if other != gene}
            first = sorted(weights, key=lambda other: (-weights[other], other))[:CLOSE_GENES]
            near_genes[gene] = {other: factor * weights[other] / 1.5 for other in first}
            near_genes[gene][gene] = 1.0
        for pert in (*known_world.perts, "unseen"):
            near_perts = {other: round(close(pert, other), 12) / 1.5 for other in perts}
            near_perts[pert] = 1.0
            for gene, near in near_genes.items():
                weights = {
                    row: near_perts[row.pert] * near.get(row.gene, 0.0)
                    for row in rows
                    if row[:3] != ("k562", pert, gene)  # the asked row itself
                }
                order = sorted(
                    (row for row in weights if weights[row] > 0), key=lambda row: -weights[row]
                )
                found = nearest.nearest(pert, gene)
                for label in (1, 0):
                    expected = [row for row in order if row.label == label][:each]
                    of_label = [row for row, _ in found if row.label == label]
                    assert of_label == expected
                for row, nearness in found:
                    assert nearness == pytest.approx(weights[row], abs=1e-12)
                    of_close_genes += row.gene != gene
                    of_same_pert += row.pert == pert
    assert of_close_genes > 20
    assert of_same_pert > 20


@pytest.fixture
def few(put_tables: Callable[..., Path], put_knowledge: Callable[..., str]) -> NearestOfEach:
    """Rows about g and h, of B (as close to A as can be) and C (whose pair is no pair of A)."""
    rows = [("B", "g", 1), ("C", "g", 0), ("B", "h", 1), ("B", "i", 0), ("D", "g", 0)]
    test = [("A", "g", 1, "test"), ("D", "i", 0, "test")]
    frame = pd.DataFrame(
        [*((*row, "train") for row in rows if row[0] != "D"), *test],
        columns=["pert", "gene", "label", "split"],
    )
    folder = put_tables({("k562", "de"): frame})
    graph = put_knowledge(folder, [("A", "B"), ("A", "C"), ("g", "h")], {"A": "a text"})
    evidence = pairs_evidence("perturbqa", "k562", "de", "within", ("k562",))
    known = Knowledge(graph, text_weight=0, shared="pair", power=1)
    return NearestOfEach(evidence, known, each=2, gene_factor=0.5)


def test_a_few_rows_and_their_vote_by_hand(few: NearestOfEach):
    """Pairs of the graph are close by 1, all others by 0."""
    found = [(row.pert, row.gene, nearness) for row, nearness in few.nearest("A", "g")]
    assert found == [("B", "g", 1.0), ("B", "h", 0.5), ("C", "g", 1.0)]
    assert [one.kind for one in few.rows("A", "g")] == ["positive", "positive", "negative"]
    vote = Vote(few, prior_nearness=0.5)
    assert vote.score("A", "g") == pytest.approx((1.5 + 0.25) / (2.5 + 0.5))
    assert vote.counted("A", "g") == tuple(one.row for one in few.rows("A", "g"))
    # Of i there is a negative row of B; nothing is near to D.
    assert vote.score("A", "i") == pytest.approx(0.25 / 1.5)
    assert vote.score("D", "g") is None
    assert vote.counted("D", "g") == ()


@cache
def made(evidence: PairsEvidence, each: int) -> NearestOfEach:
    return NearestOfEach(evidence, None, each)


@given(data=st.data())
def test_of_any_question(data: st.DataObject):
    evidence = demo(data.draw(st.sampled_from(KINDS)), data.draw(st.sampled_from(TRACKS)))
    pert, gene = data.draw(st.sampled_from(sorted(evidence.question_pairs())))
    each = data.draw(st.sampled_from([1, 2, 12]))
    nearest = made(evidence, each)
    found = nearest.nearest(pert, gene)
    rows = [row for row, _ in found]
    opened = {TrainingRow(*row) for row in evidence.opened().itertuples(index=False)}
    assert set(rows) <= opened
    assert len(rows) == len(set(rows))
    assert ("demo_a", pert, gene) not in [row[:3] for row in rows]
    for label, side in ((1, "positive"), (0, "negative")):
        of_side = [nearness for row, nearness in found if row.label == label]
        assert len(of_side) <= each
        assert of_side == sorted(of_side, reverse=True)
        assert [one.row for one in nearest.rows(pert, gene) if one.kind == side] == [
            row for row in rows if row.label == label
        ]
    assert all(0 < nearness <= 1 for _, nearness in found)
    labels = [row.label for row in rows]
    assert labels == sorted(labels, reverse=True)
    score = Vote(nearest).score(pert, gene)
    assert (score is None) == (not rows)
    if rows and len(set(labels)) == 1:
        assert (score > 0.5) == bool(labels[0])


def test_sides_are_in_the_order_in_which_they_are_shown():
    assert SIDES == ("positive", "negative")


def test_close_genes_speak_of_a_hidden_one():
    evidence = demo("de", "within").hiding(0)
    nearest = NearestOfEach(evidence)
    vote, told, silent = Vote(nearest), 0, 0
    for pert, gene in sorted(evidence.question_pairs()):
        if gene in evidence.hidden_genes:
            rows = vote.counted(pert, gene)
            assert not {row.gene for row in rows} & evidence.hidden_genes
            assert (vote.score(pert, gene) is None) == (not rows)
            told, silent = told + bool(rows), silent + (not rows)
    assert told > 0
    assert silent > 0


@pytest.mark.each("each", [0, -1, 2.0, "3", None, True])
def test_the_number_of_rows_is_checked(each: object):
    with pytest.raises(ArgumentError, match=rf"^each must be .*; got {each!r}\.$"):
        NearestOfEach(demo(), each=each)


def test_without_rows_in_reach_it_says_so():
    with pytest.raises(EvidenceError, match="evidence=none does not allow"):
        NearestOfEach(pairs_evidence("demo", "demo_a", "de", "none", ()))


def test_real_questions_have_both_sides(real_data: Path):
    asked = pairs_benchmark("direction", cell_line="k562", evidence="within")
    nearest = NearestOfEach(asked.evidence)
    pairs = list(zip(asked.rows["pert"], asked.rows["gene"], strict=True))[::20]
    kinds = [[one.kind for one in nearest.rows(*pair)] for pair in pairs]
    both = [*["positive"] * 3, *["negative"] * 3]
    assert sum(found == both for found in kinds) > 0.9 * len(kinds)
