"""The demo as its user sees it: the tables against the logs behind them. It runs once for all."""

import contextlib
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from inspect_ai.log import list_eval_logs, read_eval_log

from perturb_evals.cli.main import main
from perturb_evals.datasets.demo.world import attainable_scores
from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.families.demo import DemoSystem
from perturb_evals.families.pairs.demo import PairsDemo
from perturb_evals.metrics.pairs.auroc import auroc_per_gene
from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.solvers.pairs.baselines import gene_frequency

SCREEN_ROWS = {
    "nearest_perturbations": "scripted biologist",
    "no_change": "no change",
    "mean_effect": "mean effect",
    "random_neighbors": r"\d random neighbors",
    "graph_neighbors": "graph neighbors",
    "oracle_neighbors": "oracle",
}


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def shown(log_dir):
    """What the demo prints into a pipe, with few questions about pairs and one system for them."""
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.setattr(PairsDemo, "others", lambda *_: ())
        few = {**PairsDemo.scripted.arguments, "genes": 12}
        patch.setattr(PairsDemo, "scripted", replace(PairsDemo.scripted, arguments=few))
        site = log_dir.with_name(f"{log_dir.name}-site")
        assert main(["demo", "--log-dir", str(log_dir), "--site", str(site)]) == 0
    return printed.getvalue()


@pytest.fixture(scope="module")
def logs(shown, log_dir):
    return [read_eval_log(info) for info in list_eval_logs(str(log_dir))]


def metrics(log):
    return {name: metric.value for name, metric in log.results.scores[0].metrics.items()}


def test_both_tables_how_to_read_the_transcripts_and_at_the_end_who_is_best(shown, log_dir):
    assert shown.index("per-gene AUROC") < shown.index("mean absolute error, top 20 genes")
    assert f"view --log-dir {log_dir}\n" in shown
    end = " ".join(shown.strip().rpartition("\n\n")[2].split())
    assert re.match(r"Mean skill over 2 boards, track none: scripted biologist ", end)
    assert re.search(r"\. langpert on demo: scripted biologist ", end)
    assert "a script, not a language model" in " ".join(shown.split())
    site = log_dir.with_name(f"{log_dir.name}-site")
    assert str(site / "index.html") in shown
    assert (site / "transcripts" / "index.html").is_file()
    # No cell is cut off at 80 columns, which are those of a pipe.
    assert "…" not in shown
    assert shown.count("may read") == 2
    assert " training" in shown


def test_the_first_table_shows_the_numbers_of_its_logs(shown, logs):
    asked = [log for log in logs if "perturbqa" in log.eval.task]
    assert len(asked) == 2
    for log in asked:
        value = metrics(log)["auroc_per_gene"]
        assert f"{value:.3f}".removeprefix("0") in shown
    rows = pairs_benchmark("de", dataset="demo").rows
    best = rows.merge(attainable_scores("demo_a", "de"), on=["pert", "gene"])
    ceiling = auroc_per_gene(Predictions(best.pert, best.gene, best.label, best.score))
    assert re.search(rf"best attainable +{f'{ceiling:.3f}'.removeprefix('0')}", shown)


def test_the_second_table_shows_the_numbers_of_its_logs(shown, logs):
    runs = {
        (log.eval.solver or "nearest_perturbations").removeprefix("perturb_evals/"): log
        for log in logs
        if "langpert" in log.eval.task
    }
    assert set(runs) == set(SCREEN_ROWS)
    assert all(log.eval.tags == [solver] for solver, log in runs.items())
    errors = {
        solver: {
            sample.metadata["pert"]: sample.scores["expression"].value["mae_top20"]
            for sample in log.samples
        }
        for solver, log in runs.items()
    }
    mean, table = errors["mean_effect"], shown[shown.index("mean absolute error") :]
    for solver, name in SCREEN_ROWS.items():
        (row,) = re.findall(rf"^{name} +(\..*?) *$", table, re.M)
        golden = [np.mean(list(errors[solver].values()))]
        if solver != "mean_effect":
            golden.append(np.mean([errors[solver][pert] - mean[pert] for pert in mean]))
        found = re.findall(r"(-?\.\d{3}) \[(-?\.\d\d), (-?\.\d\d)\]", row)
        assert [float(value) for value, _, _ in found] == pytest.approx(golden, abs=6e-4)
        for value, lower, upper in found:
            assert float(lower) - 0.005 <= float(value) <= float(upper) + 0.005
    # Random neighbors are as many as the scripted model names.
    k = round(metrics(runs["nearest_perturbations"])["mean_k"])
    assert runs["random_neighbors"].eval.solver_args["k"] == k
    assert f"{k} random neighbors " in shown


def test_fallbacks_are_counted(shown, logs):
    (log,) = [log for log in logs if "langpert" in log.eval.task and "scripted" in log.eval.model]
    fallbacks = [
        sample for sample in log.samples if "fallback" in sample.scores["expression"].metadata
    ]
    assert f"the mean effect stands in: {len(fallbacks)}." in " ".join(shown.split())


def test_a_failed_run_is_told_and_is_exit_code_1(tmp_path, monkeypatch, capsys):
    asked = {"dataset": "demo", "cell_line": "demo_a", "evidence": "none", "genes": 2}
    monkeypatch.setattr(PairsDemo, "scripted", DemoSystem("broken", gene_frequency, asked))
    assert main(["demo", "--log-dir", str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert "perturbqa_de ended as error: " in printed.err
    assert "evidence=within or cross" in printed.err
    assert "transcript" not in printed.out
