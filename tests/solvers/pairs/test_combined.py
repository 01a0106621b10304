"""The mixture of baselines against ranks by SciPy, and whatever it must not depend on."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from inspect_ai.log import EvalLog
from scipy.stats import rankdata

from perturb_evals.datasets.evidence import EvidenceError
from perturb_evals.datasets.pairs.evidence import PairsEvidence, pairs_evidence
from perturb_evals.solvers.pairs.baselines import GeneFrequency, PerturbationRate, SamePair
from perturb_evals.solvers.pairs.combined import MAKES, PARTS, Combined, combined
from perturb_evals.solvers.pairs.factor_model import by_factors
from perturb_evals.solvers.pairs.graph_factor import GraphFactor
from perturb_evals.solvers.pairs.knn import by_knowledge, by_other_lines
from perturb_evals.solvers.pairs.knowledge import Knowledge
from perturb_evals.tasks.perturbqa import perturbqa_direction

KINDS = ("de", "direction")
LINES = ("demo_b", "demo_a", "demo_c")
ALONE: dict[str, Callable[[PairsEvidence], Any]] = {
    "cross_line_knn": by_other_lines,
    "factor_model": by_factors,
    "graph_knn": lambda evidence: by_knowledge(evidence, Knowledge()),
    "graph_factor": GraphFactor,
    "same_pair": SamePair,
    "perturbation_rate": PerturbationRate,
}


@lru_cache
def alone(name: str, evidence: PairsEvidence) -> Any:
    return ALONE[name](evidence)


def cross(kind: str = "de") -> PairsEvidence:
    return pairs_evidence("demo", "demo_b", kind, "cross", LINES)


def by_gene(evidence: PairsEvidence) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pert, gene in sorted(evidence.question_pairs()):
        found.setdefault(gene, []).append(pert)
    return found


def by_hand(evidence: PairsEvidence, parts: tuple[str, ...]) -> dict[tuple[str, str], float | None]:
    """Within each gene: ranks by SciPy, averaged over the parts that have something to say."""
    made, rate = [alone(name, evidence) for name in parts], GeneFrequency(evidence)
    found: dict[tuple[str, str], float | None] = {}
    for gene, perts in by_gene(evidence).items():
        ranks, speak = [], []
        for part in made:
            says = [part.informed(pert, gene) for pert in perts]
            base = rate.score(perts[0], gene)
            base = 0.5 if base is None else base
            scores = [
                part.score(p, gene) if says_so else base
                for p, says_so in zip(perts, says, strict=True)
            ]
            ranks.append((rankdata(scores) - 0.5) / len(perts))
            speak.append(says)
        for at, pert in enumerate(perts):
            said = [rank[at] for rank, says in zip(ranks, speak, strict=True) if says[at]]
            silent = None if gene in evidence.hidden_genes else 0.5
            found[pert, gene] = float(np.mean(said)) if said else silent
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "parts", [PARTS, ("same_pair",), ("same_pair", "graph_knn"), ("perturbation_rate", "same_pair")]
)
def test_it_is_the_mean_rank_of_those_who_speak(kind: str, parts: tuple[str, ...]):
    evidence = cross(kind)
    found, expected = Combined(evidence, parts), by_hand(evidence, parts)
    assert len(expected) > 200
    for pair, value in expected.items():
        assert found.score(*pair) == pytest.approx(value, abs=1e-11)
        assert 0 < found.score(*pair) < 1
    silent = [pair for pair, value in expected.items() if value == 0.5]
    assert silent or parts != ("same_pair",)
    assert found.score("unseen", "unseen") == 0.5


def test_every_part_is_tried():
    assert set(ALONE) == set(MAKES) >= set(PARTS)


@pytest.mark.parametrize("kind", KINDS)
def test_another_order_of_the_parts_is_the_same(kind: str):
    evidence = cross(kind)
    pairs = sorted(evidence.question_pairs())[::3]
    first, *others = (
        [made.score(*pair) for pair in pairs]
        for order in (PARTS, PARTS[::-1], PARTS[1:] + PARTS[:1])
        for made in [Combined(evidence, order)]
    )
    assert all(other == first for other in others)
    assert len(set(first)) > 20


@pytest.mark.parametrize("name", ALONE)
def test_one_part_alone_ranks_as_the_part_does(name: str):
    evidence = cross()
    mixed, own = Combined(evidence, [name]), alone(name, evidence)
    compared = 0
    for gene, perts in by_gene(evidence).items():
        speaking = [pert for pert in perts if own.informed(pert, gene)]
        ranks = rankdata([mixed.score(pert, gene) for pert in speaking])
        assert ranks.tolist() == rankdata([own.score(p, gene) for p in speaking]).tolist()
        compared += len(speaking) > 1
        for pert in set(perts) - set(speaking):
            assert mixed.score(pert, gene) == 0.5
    assert compared > 5


def test_a_part_that_needs_another_track_says_what_to_do():
    within = pairs_evidence("demo", "demo_b", "de", "within", ("demo_b",))
    with pytest.raises(EvidenceError, match="evidence=within does not allow") as caught:
        Combined(within)
    assert "-T evidence=cross" in str(caught.value)
    assert "\n" not in str(caught.value)
    # Parts of the own line need no more than that.
    assert (
        0
        < Combined(within, ["graph_knn", "graph_factor"]).score(*sorted(within.question_pairs())[0])
        < 1
    )


@pytest.mark.parametrize("kind", [pytest.param("de", marks=pytest.mark.slow), "direction"])
def test_of_unseen_genes_it_tells_what_a_part_tells(kind: str):
    evidence = cross(kind).hiding(1)
    hidden = evidence.hidden_genes
    assert hidden
    expected = by_hand(evidence, PARTS)
    found = Combined(evidence)
    factor = GraphFactor(evidence)
    said = set()
    for pair, value in expected.items():
        score = found.score(*pair)
        assert (score is None) == (value is None)
        if value is not None:
            assert score == pytest.approx(value, abs=1e-11)
        if pair[1] in hidden:
            # Of these graph_factor alone may speak.
            assert (score is not None) == factor.informed(*pair)
        said.add((pair[1] in hidden, score is None))
    assert said >= {(True, False), (False, False)}
    # A mixture of those who need the gene's rows has nothing to say.
    knn = Combined(evidence, ["graph_knn", "cross_line_knn", "same_pair"])
    assert {knn.score(*pair) for pair in expected if pair[1] in hidden} == {None}


def values(log: EvalLog) -> dict[str, Any]:
    assert log.status == "success", log.error
    return {str(sample.id): sample.scores["p_positive"].value for sample in log.samples}


def test_it_does_not_depend_on_which_questions_are_asked(evaluate: Callable[..., EvalLog]):
    def asked(**which: Any) -> dict[str, Any]:
        task = perturbqa_direction(dataset="demo", evidence="cross", **which)
        return values(evaluate(task, solver=combined()))

    few, more, all_rows = asked(genes=5), asked(genes=12), asked(questions="all")
    assert 5 < len(few) < len(more) < len(all_rows)
    assert few.items() <= more.items() <= all_rows.items()


def test_parts_are_typed_as_a_list_or_a_text(evaluate: Callable[..., EvalLog]):
    def run(**given: Any) -> dict[str, Any]:
        task = perturbqa_direction(dataset="demo", evidence="cross", genes=3)
        return values(evaluate(task, solver=combined(**given)))

    usual = run()
    # Inspect makes a list of what has commas.
    assert run(parts=list(PARTS)) == usual
    assert run(parts=" graph_factor , same_pair,cross_line_knn,factor_model") == usual
    assert run(parts="same_pair") != usual
