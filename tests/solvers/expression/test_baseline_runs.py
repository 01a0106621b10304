"""Methods that go by a file about genes, as runs: what stops one, and what is counted."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from perturb_evals.datasets.demo.screen import demo_screen
from perturb_evals.datasets.screens.evidence import HeldOut, fold_of
from perturb_evals.datasets.screens.load import ScreenRequest
from perturb_evals.solvers.expression.baselines import mean_effect
from perturb_evals.solvers.expression.gene_baselines import (
    embedding_neighbors,
    gaussian_process,
    graph_neighbors,
)
from perturb_evals.tasks.langpert import langpert

FOLD = fold_of(HeldOut(ScreenRequest("demo")))
UNHEARD, ALONE = FOLD.test[:2]
STRANGE = ["ENSG00000100", "ENSG00000101", "ENSG00000102", "ENSG00000103"]


def counts(log):
    assert log.status == "success", log.error
    found = {name: metric.value for name, metric in log.results.scores[0].metrics.items()}
    return found["fallback_rate"], {
        name: value for name, value in found.items() if name.startswith("n_fallback_")
    }


def graph_of(path: Path, pairs) -> str:
    path.write_text("gene_a,gene_b\n" + "".join(f"{a},{b}\n" for a, b in pairs), encoding="utf-8")
    return str(path)


def vectors_of(path: Path, names) -> str:
    values = np.random.default_rng(0).standard_normal((len(names), 3))
    np.savez(path, symbols=np.array(names), vectors=values)
    return str(path)


@pytest.fixture
def strangers(tmp_path):
    """The three methods with files that share no gene with the screen."""
    graph = graph_of(tmp_path / "pairs.csv", [STRANGE[:2], STRANGE[1:3], STRANGE[2:]])
    vectors = vectors_of(tmp_path / "vectors.npz", STRANGE)
    both = [vectors_of(tmp_path / "known.npz", demo_screen().perturbations), vectors]
    return {
        "graph": graph_neighbors(graph, aliases="none"),
        "embedding": embedding_neighbors(vectors, aliases="none"),
        "process": gaussian_process(vectors, aliases="none"),
        "one of two": gaussian_process(both, aliases="none"),
    }


@pytest.mark.parametrize(
    ("method", "n_train"),
    [("graph", None), ("graph", 3), ("embedding", 3), ("process", None), ("one of two", 3)],
)
def test_a_file_that_shares_no_gene_with_the_screen_ends_the_run(
    method, n_train, strangers, evaluate
):
    log = evaluate(langpert("demo", fold=0, n_train=n_train), solver=strangers[method], limit=3)
    assert log.status == "error"
    assert not any(sample.scores for sample in log.samples or [])
    told = log.error.message
    assert f"knows none of the {len(FOLD.train)} training perturbations of demo" in told
    assert "'ENSG00000100', 'ENSG00000101', 'ENSG00000102' ..." in told
    assert ", ".join(map(repr, FOLD.train[:3])) in told


def test_a_small_subset_may_be_unknown_by_chance(tmp_path, evaluate):
    task = langpert("demo", fold=0, n_train=1)
    asked = [sample.metadata["pert"] for sample in task.dataset]
    (taken,) = fold_of(HeldOut.from_metadata(task.dataset[0].metadata)).train
    other = next(name for name in FOLD.train if name != taken)
    graph = graph_of(tmp_path / "pairs.csv", [(other, asked[0])])
    log = evaluate(task, solver=graph_neighbors(graph, aliases="none"), limit=2)
    assert counts(log) == (1, {"n_fallback_no_partner": 1, "n_fallback_unknown_gene": 1})


def test_what_a_method_does_not_know_is_counted_by_its_reason(tmp_path, evaluate):
    known = FOLD.train[0]
    pairs = [(name, known) for name in FOLD.test[2:]] + [(ALONE, "ENSG00000100")]
    graph = graph_of(tmp_path / "pairs.csv", pairs)
    embedding = vectors_of(
        tmp_path / "vectors.npz", [name for name in demo_screen().perturbations if name != UNHEARD]
    )
    reasons = {"n_fallback_no_partner": 1, "n_fallback_unknown_gene": 1}
    log = evaluate(langpert("demo", fold=0), solver=graph_neighbors(graph, aliases="none"), limit=4)
    assert counts(log) == (0.5, reasons)
    by_pert = {sample.metadata["pert"]: sample for sample in log.samples}
    for name, reason in ((UNHEARD, "unknown_gene"), (ALONE, "no_partner")):
        score = by_pert[name].scores["expression"]
        assert score.answer == f"training mean (fallback: {reason})"
        assert score.metadata["neighbors"] == []
        assert json.loads(by_pert[name].output.completion) == {"kNN": []}
    for solver in (embedding_neighbors, gaussian_process):
        log = evaluate(langpert("demo", fold=0), solver=solver(embedding, aliases="none"), limit=2)
        share, found = counts(log)
        assert found.pop("n_fallback_unknown_gene") == 1
        assert share == (1 + sum(found.values())) / 2


def test_on_the_demo_a_graph_is_simulated_and_beats_the_mean(tmp_path, monkeypatch, evaluate):
    """Without any file: neither STRING's pairs nor NCBI's names are here."""
    (tmp_path / "mirror").mkdir()
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(tmp_path / "mirror"))
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    errors = []
    for method in (graph_neighbors(), mean_effect()):
        log = evaluate(langpert("demo", fold=0), solver=method)
        assert log.status == "success", log.error
        (score,) = log.results.scores
        errors.append(score.metrics["mae_top20"].value)
    assert errors[0] < errors[1]


def test_neighbors_by_the_embeddings_that_an_lpm_learned(tmp_path, evaluate):
    names = [*demo_screen().perturbations]
    values = np.random.default_rng(0).standard_normal((len(names), 4)).astype(np.float32)
    columns = [f"seed{seed}_{number}" for seed in (13, 14) for number in (0, 1)]
    frame = pd.DataFrame(values, pd.Index(names, name="symbol"), columns)
    frame.reset_index().to_parquet(tmp_path / "parts.parquet", index=False)
    solver = embedding_neighbors(str(tmp_path / "parts.parquet"), k=2, aliases="none")
    log = evaluate(langpert("demo", fold=0), solver=solver, limit=3)
    assert counts(log) == (0, {})
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    for sample in log.samples:
        likeness = pd.Series(unit @ unit[names.index(sample.metadata["pert"])], names)
        wanted = likeness[[*FOLD.train]].nlargest(2).index.tolist()
        assert sample.scores["expression"].metadata["neighbors"] == wanted
