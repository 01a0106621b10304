"""Baselines against plain loops on small tables, and against published figures on real ones."""

import math
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.datasets.evidence import EvidenceError
from perturb_evals.datasets.pairs.evidence import PairsEvidence, pairs_evidence
from perturb_evals.datasets.pairs.load import load_table
from perturb_evals.datasets.pairs.questions import select_questions
from perturb_evals.metrics.pairs.auroc import auroc_per_gene, auroc_pooled
from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.solvers.pairs.baselines import (
    CrossLineKNN,
    GeneFrequency,
    LineProfiles,
    PerturbationRate,
    SamePair,
)

LINES = ("k562", "rpe1", "hepg2")
KINDS = ("de", "direction")
PERTS = [f"P{i}" for i in range(12)]
GENES = [f"g{i}" for i in range(7)]
Rows = list[tuple[str, str, int, str]]  # pert, gene, label, split


def a_world(seed: int) -> dict[tuple[str, str], Rows]:
    """Tables of three lines in which perturbations, genes and labels are drawn by lot."""
    rng = random.Random(seed)
    world: dict[tuple[str, str], Rows] = {}
    for line in LINES:
        de: Rows = []
        for pert in rng.sample(PERTS, 9):
            split = rng.choice(["train", "train", "test"])
            for gene in rng.sample(GENES, rng.randint(1, 6)):
                de.append((pert, gene, int(rng.random() < 0.6), split))
        de += [("P0", "g0", 1, de[0][3])] if ("P0", "g0") not in {row[:2] for row in de} else []
        split_of = {pert: split for pert, _, _, split in reversed(de)}
        de = [(pert, gene, label, split_of[pert]) for pert, gene, label, _ in de]
        de += [("anchor", "g0", 1, "train")]
        world[line, "de"] = de
        world[line, "direction"] = [
            (pert, gene, rng.randint(0, 1), split) for pert, gene, label, split in de if label
        ]
    return world


def train(world: dict[tuple[str, str], Rows], line: str, kind: str) -> list[tuple[str, str, int]]:
    return [row[:3] for row in world[line, kind] if row[3] == "train"]


def elsewhere(world: dict[tuple[str, str], Rows], line: str, kind: str):
    return [row for other in LINES if other != line for row in train(world, other, kind)]


@pytest.fixture(params=range(6))
def world(request: pytest.FixtureRequest, put_tables: Callable[..., Path]):
    world = a_world(request.param)
    columns = ["pert", "gene", "label", "split"]
    put_tables({key: pd.DataFrame(rows, columns=columns) for key, rows in world.items()})
    return world


def cross(line: str, kind: str) -> PairsEvidence:
    return pairs_evidence("perturbqa", line, kind, "cross", LINES)


CASES = [(line, kind) for line in ("k562", "hepg2") for kind in KINDS]
PAIRS = [(pert, gene) for pert in (*PERTS, "unseen") for gene in (*GENES, "unseen")]


# Plain loops


def loop_gene_frequency(world, line: str, kind: str, pert: str, gene: str) -> float:
    rows = train(world, line, kind)
    labels = [label for _, g, label in rows if g == gene]
    return fmean(labels or [label for _, _, label in rows])


def loop_perturbation_rate(world, line: str, kind: str, pert: str, gene: str) -> float:
    rows = elsewhere(world, line, kind)
    labels = [label for p, _, label in rows if p == pert]
    return fmean(labels or [label for _, _, label in rows])


def loop_same_pair(world, line: str, kind: str, pert: str, gene: str) -> float:
    labels = [label for p, g, label in elsewhere(world, line, kind) if (p, g) == (pert, gene)]
    return fmean(labels) if labels else loop_perturbation_rate(world, line, kind, pert, gene)


def loop_profiles(signed: list[tuple[str, str, int]], own: list[str]) -> dict[str, dict]:
    """Profiles of perturbations, not yet of unit length, genes with a sum of 0 left out."""
    profiles: dict[str, dict[str, float]] = {pert: {} for pert in own}
    for pert, gene, label in signed:
        profile = profiles.setdefault(pert, {})
        profile[gene] = profile.get(gene, 0) + (1 if label else -1)
    for profile in profiles.values():
        for gene in [gene for gene, total in profile.items() if total == 0]:
            del profile[gene]
    n = len(profiles)
    for gene in {gene for profile in profiles.values() for gene in profile}:
        holders = [profile for profile in profiles.values() if gene in profile]
        df = len(holders)
        for profile in holders:
            profile[gene] *= math.log(1 + n / (1 + df))
    return profiles


def loop_cosine(one: dict[str, float], other: dict[str, float]) -> float:
    length = math.hypot(*one.values()) * math.hypot(*other.values())
    dot = sum(value * other.get(gene, 0) for gene, value in one.items())
    return dot / length if length else 0.0


def loop_knn(world, line: str, kind: str, pert: str, gene: str, power=2.0, weight=0.1) -> float:
    own = train(world, line, kind)
    profiles = loop_profiles(elsewhere(world, line, "direction"), [row[0] for row in own])
    votes = total = 0.0
    for neighbour, g, label in own:
        if g == gene:
            cosine = loop_cosine(profiles.get(pert, {}), profiles[neighbour])
            w = max(cosine, 0) ** power
            votes += w * label
            total += w
    prior = loop_gene_frequency(world, line, kind, pert, gene)
    return (votes + weight * prior) / (total + weight)


@pytest.mark.parametrize(
    ("baseline", "loop"),
    [
        (GeneFrequency, loop_gene_frequency),
        (PerturbationRate, loop_perturbation_rate),
        (SamePair, loop_same_pair),
        (CrossLineKNN, loop_knn),
    ],
)
def test_every_baseline_equals_its_loop(world, baseline, loop):
    for line, kind in CASES:
        predictor = baseline(cross(line, kind))
        for pert, gene in PAIRS:
            expected = loop(world, line, kind, pert, gene)
            assert predictor.score(pert, gene) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("baseline", "loop", "needs_rows"),
    [
        (GeneFrequency, loop_gene_frequency, True),
        (PerturbationRate, loop_perturbation_rate, False),
        (SamePair, loop_same_pair, False),
        (CrossLineKNN, loop_knn, True),
    ],
)
@pytest.mark.parametrize("world", range(5), indirect=True)
def test_of_unseen_genes_a_baseline_is_its_loop_without_their_rows(
    world, baseline, loop, needs_rows: bool
):
    """And those that need the gene's rows have nothing to say of them, and of no other gene."""
    tried = 0
    for line, kind in CASES:
        evidence = cross(line, kind).hiding(0)
        hidden = evidence.hidden_genes
        left = {key: [row for row in rows if row[1] not in hidden] for key, rows in world.items()}
        if not hidden or not all(elsewhere(left, line, k) and train(left, line, k) for k in KINDS):
            continue
        predictor, tried = baseline(evidence), tried + 1
        for pert, gene in PAIRS:
            if needs_rows and gene in hidden:
                assert predictor.score(pert, gene) is None
            else:
                expected = loop(left, line, kind, pert, gene)
                assert predictor.score(pert, gene) == pytest.approx(expected, abs=1e-12)
    assert tried


@pytest.mark.parametrize(("power", "weight"), [(0.5, 0.1), (1.0, 3.0), (4.0, 1e-6)])
def test_the_parameters_of_the_knn_are_those_of_the_formula(world, power: float, weight: float):
    predictor = CrossLineKNN(cross("rpe1", "de"), power, weight)
    for pert, gene in PAIRS:
        expected = loop_knn(world, "rpe1", "de", pert, gene, power, weight)
        assert predictor.score(pert, gene) == pytest.approx(expected, abs=1e-12)


def test_the_small_worlds_try_every_branch():
    """The comparison above means something: fallbacks, cancelled signs and votes all occur."""
    seen = set()
    for seed in range(6):
        world = a_world(seed)
        for line, kind in CASES:
            own, other = train(world, line, kind), elsewhere(world, line, kind)
            signed = elsewhere(world, line, "direction")
            profiles = loop_profiles(signed, [row[0] for row in own])
            if {row[:2] for row in signed} - {(p, g) for p in profiles for g in profiles[p]}:
                seen.add("signs cancel")
            if {row[0] for row in own} - {row[0] for row in signed}:
                seen.add("no profile")
            if set(GENES) - {row[1] for row in own}:
                seen.add("gene without rows")
            if set(PERTS) - {row[0] for row in other}:
                seen.add("perturbation nowhere else")
            for pert, gene in PAIRS:
                prior = loop_gene_frequency(world, line, kind, pert, gene)
                if abs(loop_knn(world, line, kind, pert, gene) - prior) > 0.1:
                    seen.add("neighbours vote")
    assert seen == {
        *("signs cancel", "no profile", "gene without rows"),
        *("perturbation nowhere else", "neighbours vote"),
    }


SIGNED = st.lists(
    st.tuples(st.sampled_from(PERTS[:5]), st.sampled_from(GENES[:4]), st.integers(0, 1)),
    min_size=1,
    max_size=25,
)


@given(SIGNED, st.lists(st.sampled_from(PERTS[:8]), max_size=5, unique=True))
def test_profiles_and_cosines_equal_loops(signed, own):
    frame = pd.DataFrame(signed, columns=["pert", "gene", "label"])
    profiles = LineProfiles.of(frame, np.array(own, dtype=object))
    expected = loop_profiles(signed, own)
    assert list(profiles.index) == list(dict.fromkeys([*own, *(row[0] for row in signed)]))
    for pert in (*expected, "unseen"):
        cosines = [loop_cosine(expected.get(pert, {}), expected[other]) for other in profiles.index]
        np.testing.assert_allclose(profiles.cosine(pert), cosines, atol=1e-12)


@pytest.mark.parametrize("baseline", [GeneFrequency, PerturbationRate, SamePair, CrossLineKNN])
def test_what_the_track_does_not_allow_is_refused(baseline):
    lines = ("demo_a", "demo_b", "demo_c")
    with pytest.raises(EvidenceError, match="evidence=none does not allow"):
        baseline(pairs_evidence("demo", "demo_a", "de", "none", lines))
    within = pairs_evidence("demo", "demo_a", "de", "within", lines)
    if baseline is GeneFrequency:
        assert 0 <= baseline(within).score("PSMA1", "nothing") <= 1
    else:
        with pytest.raises(EvidenceError, match="-T evidence=cross"):
            baseline(within)


# Figures on the real tables


def predictions(predictor, line: str, kind: str, questions: str = "scored") -> Predictions:
    rows = select_questions(load_table("perturbqa", line, kind).split("test"), questions)
    scores = [predictor.score(p, g) for p, g in zip(rows["pert"], rows["gene"], strict=True)]
    return Predictions(rows["pert"], rows["gene"], rows["label"], scores)


@pytest.mark.parametrize(
    ("line", "kind", "published"),
    [
        ("k562", "de", 0.694),
        pytest.param("rpe1", "de", 0.650, marks=pytest.mark.slow),
        pytest.param("hepg2", "de", 0.664, marks=pytest.mark.slow),
        ("k562", "direction", 0.836),
        ("rpe1", "direction", 0.748),
        ("hepg2", "direction", 0.819),
    ],
)
def test_cross_line_knn_reaches_its_published_figures(
    real_data: Path, line: str, kind: str, published: float
):
    """The figures without jurkat's rows."""
    knn = CrossLineKNN(cross(line, kind))
    assert auroc_per_gene(predictions(knn, line, kind)) == pytest.approx(published, abs=0.005)


OTHERS = [pytest.param(line, marks=pytest.mark.slow) for line in LINES if line != "k562"]


@pytest.mark.parametrize("line", ["k562", *OTHERS])
@pytest.mark.parametrize("kind", ["de", pytest.param("direction", marks=pytest.mark.slow)])
def test_with_permuted_profiles_nothing_is_left(real_data: Path, line: str, kind: str):
    knn = CrossLineKNN(cross(line, kind))
    # The null of direction is wide (SD about .025), so it takes more permutations.
    matrix, left = knn.profiles.matrix, []
    for seed in range(1 if kind == "de" else 5):
        order = np.random.default_rng(seed).permutation(len(knn.profiles.index))
        knn.profiles = replace(knn.profiles, matrix=matrix[order])
        knn.similarity.clear()
        left.append(auroc_per_gene(predictions(knn, line, kind)))
    assert 0.48 < fmean(left) < 0.53


def test_gene_frequency_is_nothing_per_gene_and_much_pooled(real_data: Path):
    own = pairs_evidence("perturbqa", "k562", "direction", "within", LINES)
    table = predictions(GeneFrequency(own), "k562", "direction", "all")
    assert auroc_per_gene(table) == 0.5
    assert auroc_pooled(table) == pytest.approx(0.842, abs=0.0005)


@pytest.mark.parametrize("line", LINES)
def test_gene_frequency_on_de(real_data: Path, line: str):
    own = pairs_evidence("perturbqa", line, "de", "within", LINES)
    table = predictions(GeneFrequency(own), line, "de", "all")
    assert auroc_per_gene(table) == 0.5
    assert 0.954 <= round(auroc_pooled(table), 3) <= 0.978
