"""Neighbors by what is known of genes: against plain loops, and against figures on real tables."""

import os
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from inspect_ai.log import EvalLog

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.evidence import EvidenceError
from perturb_evals.datasets.genes.symbols import UnknownGenesError
from perturb_evals.datasets.pairs.evidence import pairs_evidence
from perturb_evals.datasets.pairs.load import load_table
from perturb_evals.datasets.pairs.questions import select_questions
from perturb_evals.metrics.pairs.auroc import auroc_per_gene
from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.solvers.pairs.combined import Combined, combined
from perturb_evals.solvers.pairs.graph_factor import GraphFactor, graph_factor
from perturb_evals.solvers.pairs.knn import BLOCK, by_knowledge, graph_knn
from perturb_evals.solvers.pairs.knowledge import Knowledge
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

KINDS = ("de", "direction")
SETTINGS: list[dict[str, Any]] = [
    {},
    {"text_weight": 0},
    {"shared": "pair"},
    {"power": 1.0, "text_weight": 2.0},
    {"shared": "pair", "power": 0.5, "text_weight": 0},
]


def loop_knn(rows, close: Callable[[str, str], float], pert, gene, prior_weight=0.1) -> float:
    """The formula of the docstring: training rows that have the gene, and the gene's rate."""
    of_gene = [(close(pert, other), label) for other, g, label in rows if g == gene]
    if not of_gene:
        return fmean(label for _, _, label in rows)
    rate = fmean(label for _, label in of_gene)
    votes = sum(w * (label - rate) for w, label in of_gene)
    return rate + votes / (sum(w for w, _ in of_gene) + prior_weight)


@pytest.mark.parametrize("known_world", range(3), indirect=True)
@pytest.mark.parametrize("kind", KINDS)
def test_graph_knn_is_its_loop(known_world, kind: str):
    rows, moved = known_world.train(kind), 0
    for settings in SETTINGS:
        knn = by_knowledge(known_world.evidence(kind), Knowledge(known_world.graph, **settings))
        close = known_world.closeness(**settings)
        for pert in (*known_world.perts, "Q3", "unseen"):
            for gene in (*known_world.genes, "unseen"):
                found = knn.score(pert, gene)
                expected = loop_knn(rows, close, pert, gene)
                assert found == pytest.approx(expected, abs=1e-11)
                near = [other for other, g, _ in rows if g == gene and close(pert, other) > 0]
                assert knn.informed(pert, gene) == bool(near)
                moved += bool(near)
    assert moved > 1000


@pytest.mark.parametrize("prior_weight", [1e-6, 0.1, 5.0])
def test_the_weight_of_the_prior_is_that_of_the_formula(known_world, prior_weight: float):
    knn = by_knowledge(known_world.evidence("de"), Knowledge(known_world.graph), prior_weight)
    rows, close = known_world.train("de"), known_world.closeness()
    for pert in known_world.perts:
        for gene in known_world.genes:
            expected = loop_knn(rows, close, pert, gene, prior_weight)
            assert knn.score(pert, gene) == pytest.approx(expected, abs=1e-11)


def test_with_other_lines_open_it_reads_the_own_line_all_the_same(known_world):
    known = Knowledge(known_world.graph)
    within, cross = (
        by_knowledge(known_world.evidence("de", track), known) for track in ("within", "cross")
    )
    for pert in known_world.perts:
        for gene in known_world.genes:
            assert within.score(pert, gene) == cross.score(pert, gene)


def test_without_hubs_nothing_is_close_by_them(known_world, tmp_path: Path):
    """A hub of everything makes all alike; dropped, only the pair is left."""
    hub = tmp_path / "hub.csv"
    pairs = [("H", pert) for pert in known_world.perts] + [("P1", "P4")]
    hub.write_text("\n".join(map(",".join, [("gene_a", "gene_b"), *pairs])), encoding="utf-8")
    evidence = known_world.evidence("de")
    rows, seen = known_world.train("de"), set()
    for max_degree in (None, 10):
        known = Knowledge(str(hub), max_degree, text_weight=0)
        knn = by_knowledge(evidence, known)
        for pert in known_world.perts:
            for gene in known_world.genes:
                of_gene = {other for other, g, _ in rows if g == gene}
                near = of_gene if max_degree is None else of_gene & {"P1", "P4"}
                near = near if max_degree is None or pert in ("P1", "P4") else of_gene & {pert}
                assert knn.informed(pert, gene) == bool(near)
                seen.add((max_degree, bool(near)))
    assert (10, False) in seen
    assert (None, True) in seen


def test_scores_that_differ_in_rounding_alone_are_ties(known_world):
    knn = by_knowledge(known_world.evidence("de"), Knowledge(known_world.graph))
    scores = [knn.score(p, g) for p in known_world.perts for g in known_world.genes[:-1]]
    assert scores == [round(score, 12) for score in scores]


@pytest.mark.parametrize("method", ["graph_knn", "graph_factor", "combined"])
def test_a_score_does_not_depend_on_what_was_asked_before(method: str):
    """Rows come in blocks for the names of the test split, and one by one for any other."""
    evidence = pairs_evidence("demo", "demo_a", "de", "cross", ("demo_a", "demo_b"))
    make: dict[str, Callable[[], Any]] = {
        "graph_knn": lambda: by_knowledge(evidence, Knowledge()),
        "graph_factor": lambda: GraphFactor(evidence),
        "combined": lambda: Combined(evidence, ["graph_knn"]),
    }
    pairs = sorted(evidence.question_pairs())[::7]
    others = [(pert, gene) for pert in evidence.own()["pert"].unique()[:5] for _, gene in pairs[:5]]
    one, other = make[method](), make[method]()
    asked = [*pairs, *others]
    forwards = [one.score(*pair) for pair in asked]
    assert [other.score(*pair) for pair in reversed(asked)] == forwards[::-1]
    assert len({pert for pert, _ in pairs}) > 10
    assert BLOCK > 1


# Under holdout=both


@pytest.mark.parametrize("kind", KINDS)
def test_of_unseen_genes_it_has_nothing_to_say(known_world, kind: str):
    evidence = known_world.evidence(kind).hiding(0)
    hidden = evidence.hidden_genes
    assert hidden
    rows, close = known_world.train(kind, hidden), known_world.closeness()
    knn = by_knowledge(evidence, Knowledge(known_world.graph))
    for pert in known_world.perts:
        for gene in known_world.genes:
            if gene in hidden:
                assert knn.score(pert, gene) is None
                assert not knn.informed(pert, gene)
            else:
                expected = loop_knn(rows, close, pert, gene)
                assert knn.score(pert, gene) == pytest.approx(expected, abs=1e-11)


# What is typed


FLOOR = {"graph_knn": graph_knn, "graph_factor": graph_factor, "combined": combined}
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("graph_knn", {"graph": "no.csv"}, "graph must be string, reactome, string_links, the path"),
    ("graph_factor", {"graph": "no.csv"}, "graph must be string, reactome, string_links, the path"),
    ("combined", {"graph": "no.csv"}, "graph must be string, reactome, string_links, the path"),
    ("graph_knn", {"max_degree": 0}, "max_degree must be at least 1; got 0."),
    ("graph_factor", {"max_degree": 2.5}, "max_degree must be a whole number; got 2.5."),
    ("graph_knn", {"text_weight": -1}, "text_weight must be a finite number from 0; got -1."),
    ("graph_factor", {"text_weight": "1"}, "text_weight must be a finite number from 0; got '1'."),
    ("graph_knn", {"power": 0}, "power must be a finite number above 0; got 0."),
    ("graph_knn", {"shared": "x"}, "shared must be one of partners, pair; got 'x'."),
    ("graph_knn", {"prior_weight": 0}, "prior_weight must be a finite number above 0; got 0."),
    ("graph_knn", {"grap": "string"}, "There is no argument grap. Did you mean graph?"),
    ("graph_factor", {"power": 2}, "There is no argument power."),
    ("combined", {"part": "same_pair"}, "There is no argument part. Did you mean parts?"),
    ("combined", {"parts": "same_pair,knn"}, "parts must be one of cross_line_knn, factor_mo"),
    ("combined", {"parts": "same_pair, same_pair"}, "different baselines; got same_pair, same_pa"),
    ("combined", {"parts": ""}, "parts must be one of cross_line_knn, "),
    ("combined", {"parts": []}, "parts must be different baselines; got none."),
    ("combined", {"parts": 5}, "parts must be text; got 5."),
    ("combined", {"parts": ["same_pair", 5]}, "parts must be text; got 5."),
    ("combined", {"parts": None}, "parts must be text; got None."),
]


@pytest.mark.each(("name", "given", "said"), WRONG)
def test_a_wrong_argument_is_told_in_one_line(name: str, given: dict[str, Any], said: str):
    with pytest.raises(ArgumentError) as caught:
        FLOOR[name](**given)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def fails_with(log: EvalLog) -> str:
    assert log.status == "error"
    assert log.results is None or not log.results.scores
    return log.error.message


@pytest.mark.parametrize("name", FLOOR)
def test_a_graph_of_other_names_ends_the_run_in_one_line(
    evaluate: Callable[..., EvalLog], name: str, tmp_path: Path
):
    path = tmp_path / "ensembl.csv"
    path.write_text("gene_a,gene_b\nENSG01,ENSG02\n", encoding="utf-8")
    task = perturbqa_de(dataset="demo", evidence="cross", genes=1)
    said = fails_with(evaluate(task, solver=FLOOR[name](graph=str(path)), max_samples=1))
    assert "ensembl.csv: it knows none of the " in said
    assert "training perturbations of demo_a" in said
    assert "'ENSG01', 'ENSG02'" in said
    assert "aliases=" not in said  # which they do not have
    assert "\n" not in said.strip()


def test_a_graph_of_other_names_is_told_to_those_who_call_it(known_world, tmp_path: Path):
    path = tmp_path / "ensembl.csv"
    path.write_text("gene_a,gene_b\nENSG01,ENSG02\n", encoding="utf-8")
    with pytest.raises(UnknownGenesError, match="synonyms are understood"):
        by_knowledge(known_world.evidence("de"), Knowledge(str(path)))


@pytest.mark.parametrize("name", FLOOR)
def test_without_evidence_they_are_refused_in_one_line(evaluate: Callable[..., EvalLog], name: str):
    task = perturbqa_de(dataset="demo", genes=1)
    said = fails_with(evaluate(task, solver=FLOOR[name](), max_samples=1))
    assert "evidence=none does not allow" in said
    assert "-T evidence=" in said
    assert "\n" not in said.strip()


# In the demo world no file is needed


@pytest.mark.parametrize("make", [perturbqa_de, perturbqa_direction])
@pytest.mark.parametrize(
    ("name", "track"), [("graph_knn", "within"), ("graph_factor", "within"), ("combined", "cross")]
)
def test_they_run_in_the_demo_without_any_file(
    evaluate: Callable[..., EvalLog],
    put_tables: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    track: str,
    make: Any,
):
    put_tables({})  # nothing can be downloaded
    monkeypatch.delenv("PERTURB_EVALS_DATA")
    log = evaluate(make(dataset="demo", evidence=track, genes=8), solver=FLOOR[name]())
    assert log.status == "success", log.error
    metrics = {key: metric.value for key, metric in log.results.scores[0].metrics.items()}
    assert metrics["coverage"] == 1
    assert metrics["auroc_per_gene"] > 0.6
    assert not list(Path(os.environ["PERTURB_EVALS_CACHE"]).iterdir())


# Figures on the real tables


LINES = ("k562", "rpe1", "hepg2")


def figure(make: Callable[..., Any], line: str, kind: str) -> float:
    evidence = pairs_evidence("perturbqa", line, kind, "cross", LINES)
    method = make(evidence)
    rows = select_questions(load_table("perturbqa", line, kind).split("test"), "scored")
    scores = [method.score(p, g) for p, g in zip(rows["pert"], rows["gene"], strict=True)]
    return auroc_per_gene(Predictions(rows["pert"], rows["gene"], rows["label"], scores))


METHODS: dict[str, Callable[..., Any]] = {
    "graph_knn": lambda evidence: by_knowledge(evidence, Knowledge()),
    "graph_knn without texts": lambda evidence: by_knowledge(evidence, Knowledge(text_weight=0)),
    "graph_factor": GraphFactor,
    "combined": Combined,
}
FIGURES = {
    ("graph_knn without texts", "de"): (0.673, 0.629, 0.651),
    ("graph_knn", "de"): (0.688, 0.649, 0.668),
    ("graph_factor", "de"): (0.731, 0.681, 0.692),
    ("combined", "de"): (0.744, 0.698, 0.720),
    ("graph_knn", "direction"): (0.808, 0.706, 0.746),
    ("graph_factor", "direction"): (0.842, 0.758, 0.781),
    ("combined", "direction"): (0.876, 0.810, 0.838),
}
CASES = [
    pytest.param(
        method,
        line,
        kind,
        value,
        marks=[] if line == "k562" and method != "combined" else pytest.mark.slow,
    )
    for (method, kind), values in FIGURES.items()
    for line, value in zip(LINES, values, strict=True)
]


@pytest.mark.parametrize(("method", "line", "kind", "published"), CASES)
def test_they_reach_their_published_figures(
    real_data: Path, method: str, line: str, kind: str, published: float
):
    assert figure(METHODS[method], line, kind) == pytest.approx(published, abs=0.005)


MEASURED_BEFORE = {"de": (0.681, 0.625, 0.663), "direction": (0.810, 0.709, 0.748)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "line", ["k562", *(pytest.param(line, marks=pytest.mark.slow) for line in LINES[1:])]
)
def test_graph_knn_is_no_worse_than_what_was_measured_outside(
    real_data: Path, line: str, kind: str
):
    before = MEASURED_BEFORE[kind][LINES.index(line)]
    assert figure(METHODS["graph_knn"], line, kind) > before - 0.01


def test_without_any_evidence_there_is_no_method(known_world):
    evidence = pairs_evidence("perturbqa", "k562", "de", "none", ())
    for make in METHODS.values():
        with pytest.raises(EvidenceError, match="evidence=none does not allow"):
            make(evidence)
