"""The expression task: arguments, samples, header; through the real command line too."""

import json
import os
import re
import subprocess
import sys

import anndata
import inspect_ai
import numpy as np
import pandas as pd
import pytest
from inspect_ai.log import list_eval_logs, read_eval_log
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import SampleScore, Score
from inspect_ai.solver import solver

import perturb_evals
from perturb_evals.datasets.demo.screen import demo_screen
from perturb_evals.datasets.screens.evidence import HeldOut, expression_evidence, fold_of
from perturb_evals.datasets.screens.load import load_screen
from perturb_evals.datasets.screens.oracle import truly_nearest
from perturb_evals.datasets.screens.screen import ScreenError
from perturb_evals.metrics.expression.spec import SCORES, WITH_HALVES
from perturb_evals.scorers.expression.expression import expression
from perturb_evals.scorers.expression.held_out_truth import truth_for
from perturb_evals.scorers.expression.results import regression
from perturb_evals.solvers.expression.baselines import mean_effect, no_change
from perturb_evals.solvers.expression.baselines import oracle_neighbors as oracle
from perturb_evals.solvers.expression.computed import by_neighbors
from perturb_evals.tasks.langpert import langpert


def metrics(log):
    assert log.status == "success", log.error
    return {name: metric.value for name, metric in log.results.scores[0].metrics.items()}


# The samples


def test_one_sample_a_test_perturbation_with_no_number_in_it():
    task = langpert("demo")
    samples = list(task.dataset)
    assert len(samples) == len({sample.id for sample in samples}) == 240
    first = samples[0]
    held_out = HeldOut.from_metadata(first.metadata)
    assert first.id == f"demo/fold0/{first.metadata['pert']}"
    assert first.metadata["pert"] in fold_of(held_out).test
    assert {sample.target for sample in samples} == {""}, "a solver may read it"
    tested = {sample.metadata["pert"] for sample in samples if sample.metadata["fold"] == 3}
    assert tested == set(fold_of(HeldOut.from_metadata(samples[-60].metadata)).test)
    text = json.dumps(first.model_dump(exclude={"id"}))
    assert not re.search(r"\d\.\d", text), "expression in a sample"


def test_repeats_are_samples_of_their_own():
    samples = list(langpert("demo", fold=1, n_train=20, repeats=2).dataset)
    assert len(samples) == len({sample.id for sample in samples}) == 2 * 48
    assert samples[-1].id.startswith("demo/fold1/repeat1/")


def test_the_board_says_what_fixes_the_numbers():
    board = langpert("demo").metadata["board"]
    screen = demo_screen()
    assert board["context"] == "demo"
    assert board["data"] == screen.fingerprint[:6]
    assert langpert("demo").metadata["board_key"] == (
        f"langpert|demo|data:{board['data']}|split:{board['split']}|fold:all|train:all"
        "|rank:abs_delta|v:2"
    )
    keys = {
        langpert("demo", **options).metadata["board_key"]
        for options in ({}, {"fold": 1}, {"n_train": 50}, {"n_train": 50, "seed": 1},
                        {"n_train": 50, "repeats": 2}, {"cell_line": "demo_b"})
    }  # fmt: skip
    assert len(keys) == 6


def test_unknown_arguments_are_refused():
    with pytest.raises(ValueError, match=r"no argument folds\. Did you mean fold"):
        langpert("demo", folds=1)


# Runs


def test_the_mean_and_the_oracle_are_what_numpy_says(evaluate):
    screen, run = demo_screen(), langpert("demo")
    found = metrics(evaluate(run, solver=mean_effect()))
    golden, ceiling = [], {}
    row_of = {name: row for row, name in enumerate(screen.perturbations)}
    rows = screen.expression.astype(float)
    for number in range(5):
        held_out = HeldOut.from_metadata({**run.dataset[0].metadata, "fold": number})
        fold = fold_of(held_out)
        mean = rows[[row_of[name] for name in fold.train]].mean(axis=0)
        nearest = truly_nearest(held_out, 3)
        for name in fold.test:
            truth = rows[row_of[name]]
            top = np.argsort(-np.abs(truth - screen.control))[:20]
            golden.append(np.abs(mean - truth)[top].mean())
            chosen = rows[[row_of[other] for other in nearest[name]]].mean(axis=0)
            ceiling.setdefault(number, []).append(np.abs(chosen - truth)[top].mean())
    assert found["mae_top20"] == pytest.approx(np.mean(golden), abs=1e-5)
    assert found["pearson_delta_pert"] == found["mode_collapse"] == 0
    assert found["n_undefined_pearson_delta_pert"] == found["n_questions"] == 240
    assert found["n_missing"] == found["fallback_rate"] == 0
    unmeasured = set(screen.perturbations) - set(screen.symbols)
    assert found["n_target_unmeasured"] == len(unmeasured)
    best = metrics(evaluate(langpert("demo", fold=4), solver=oracle(k=3)))
    assert best["mae_top20"] == pytest.approx(np.mean(ceiling[4]), abs=1e-5)
    assert best["mean_k"] == 3


def test_no_change_has_the_values_of_a_constant(evaluate):
    found = metrics(evaluate(langpert("demo", fold=0), solver=no_change()))
    assert found["pds"] == found["sign_agreement"] == 0.5
    assert found["pearson_delta_top20"] == 0
    assert "mae_top20_paper_se" not in found


def answering(*texts):
    """A model that gives these answers in turn, over and over."""

    def outputs():
        while True:
            for text in texts:
                output = ModelOutput.from_content("mockllm/model", text)
                output.usage = ModelUsage(input_tokens=10, output_tokens=10, total_tokens=20)
                yield output

    return get_model("mockllm/model", custom_outputs=outputs())


def test_a_models_neighbors_are_averaged_and_named_in_the_log(evaluate):
    task = langpert("demo", fold=0)
    a, b = fold_of(HeldOut.from_metadata(task.dataset[0].metadata)).train[:2]
    reply = json.dumps({"reasoning": "alike", "kNN": [a, b.lower(), "NOSUCH9", a]})
    log = evaluate(task, model=answering(reply), limit=3)
    found = metrics(log)
    assert found["mean_k"] == 2
    assert found["invented_rate"] == 0.25
    assert found["n_dropped_duplicate"] == found["n_found_by_case"] == 3
    assert found["n_missing"] == 45
    (score,) = log.samples[0].scores.values()
    assert score.answer == f"{a}, {b}"
    assert score.metadata["neighbors"] == [a, b]
    assert "'NOSUCH9' (invented)" in score.explanation
    assert "The oracle's neighbors" in score.explanation
    assert set(score.value) == {*SCORES, *WITH_HALVES}  # the demo has halves
    screen = demo_screen()
    rows = [screen.perturbations.index(name) for name in (a, b)]
    truth = screen.expression[screen.perturbations.index(log.samples[0].metadata["pert"])]
    error = np.abs(screen.expression[rows].mean(axis=0) - truth).mean()
    assert score.value["mae_all"] == pytest.approx(error, abs=1e-6)


def test_nothing_usable_is_the_training_mean_and_counted(evaluate):
    log = evaluate(langpert("demo", fold=0), model=answering("I would rather not."), limit=4)
    mean = evaluate(langpert("demo", fold=0), solver=mean_effect(), limit=4)
    assert metrics(log)["fallback_rate"] == 1
    assert metrics(log)["n_fallback_no_list"] == 4
    assert metrics(log)["mae_top20"] == metrics(mean)["mae_top20"]
    assert log.samples[0].scores["expression"].answer == "training mean (fallback: no_list)"


def test_the_headline_over_epochs(evaluate):
    task = langpert("demo", fold=0)
    train = fold_of(HeldOut.from_metadata(task.dataset[0].metadata)).train
    replies = [json.dumps({"kNN": [name]}) for name in train[:3]]
    log = evaluate(task, model=answering(*replies), limit=5, epochs=3, max_connections=1)
    found = metrics(log)
    values = [sample.scores["expression"].value["mae_top20"] for sample in log.samples]
    assert len(values) == 15
    assert found["mae_top20"] == pytest.approx(np.mean(values))
    assert log.results.headline is not None
    assert log.results.headline.metric == "mae_top20"


def test_scoring_a_log_again_keeps_k_and_aliases(evaluate):
    task = langpert("demo", fold=0, k=2)
    train = fold_of(HeldOut.from_metadata(task.dataset[0].metadata)).train
    log = evaluate(task, model=answering(json.dumps({"kNN": train[:5]})), limit=2)
    again = inspect_ai.score(log, expression(), action="overwrite", display="none")
    assert again.samples[0].scores["expression"].value == log.samples[0].scores["expression"].value
    assert metrics(log)["mean_k"] == 2
    assert log.samples[0].metadata["aliases"] == "none"


def test_a_screen_that_changed_under_a_log_is_refused(evaluate, tmp_path, monkeypatch):
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    path, screen = tmp_path / "screen.h5ad", demo_screen()

    def write(factor):
        values = np.vstack([screen.control, screen.control + factor * screen.delta])
        obs = pd.DataFrame(index=["control", *screen.perturbations])
        adata = anndata.AnnData(values, obs=obs, var=pd.DataFrame(index=list(screen.genes)))
        adata.write_h5ad(path)
        for cached in (load_screen, fold_of, expression_evidence, truth_for, truly_nearest):
            cached.cache_clear()  # as in another process

    write(1)
    log = evaluate(langpert(str(path), fold=0, aliases="none"), solver=mean_effect(), limit=2)
    write(2)
    with pytest.raises(ScreenError, match="not the data that this run began with"):
        inspect_ai.score(log, expression(), action="overwrite", display="none")


def test_results_over_two_data_sets_are_refused():
    def sample(pert, data):
        about = {"pert": pert, "fold": 0, "repeat": 0, "data": data}
        return SampleScore(score=Score(value=0.0), sample_id=pert, sample_metadata=about)

    with pytest.raises(ValueError, match=r"about different data \(aaa, bbb\)"):
        regression()([sample("A", "aaa"), sample("B", "bbb")])


@solver
def strange_names():
    """Names that no parser of prose would take for genes."""

    class Method:
        def __init__(self, training):
            self.names = training.perturbations

        def neighbors(self, perturbation):
            return [(name, 1.0) for name in self.names[:3]]

    return by_neighbors("strange", Method, 3)


def test_the_neighbors_of_a_method_are_taken_as_they_are_written(evaluate, tmp_path, monkeypatch):
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    names = ["7", "42", "<b>E</b>", "H I", "IFN\u03b3", "5'UTR", "a/b", "..", "x\u2013y", "null"]
    values = np.random.default_rng(0).normal(size=(11, 30))
    obs = pd.DataFrame(index=["control", *names])
    anndata.AnnData(values, obs=obs).write_h5ad(tmp_path / "odd.h5ad")
    log = evaluate(langpert(str(tmp_path / "odd.h5ad"), aliases="none"), solver=strange_names())
    found = metrics(log)
    assert found["mean_k"] == 3
    assert found["fallback_rate"] == found["invented_rate"] == 0


def test_names_invented_before_a_re_ask_are_counted(evaluate):
    task = langpert("demo", fold=0)
    name = fold_of(HeldOut.from_metadata(task.dataset[0].metadata)).train[0]
    replies = [
        json.dumps({"kNN": ["NOT1", "NOT2", "NOT3"]}),
        json.dumps({"kNN": [name, "NOT4", 7]}),
    ]
    found = metrics(evaluate(task, model=answering(*replies), limit=3, max_connections=1))
    assert found["n_reasks"] == 3
    assert found["n_invented_before_reask"] == 9
    assert found["n_dropped_invented"] == 3
    assert found["invented_rate"] == 0.5
    assert found["n_unusable_entries"] == 3


def test_no_log_holds_a_vector(evaluate, tmp_path):
    log = evaluate(langpert("demo", fold=0), solver=oracle(), limit=1)
    score = log.samples[0].scores["expression"]
    assert len(score.metadata["projection"]) == len(score.metadata["true_projection"]) == 32
    assert len(json.dumps(score.model_dump(mode="json"))) < 4000


@pytest.mark.slow  # others start the command line too
def test_the_command_line(tmp_path):
    command = [
        sys.executable, "-m", "inspect_ai", "eval", "perturb_evals/langpert", "-T", "screen=demo",
        "-T", "fold=2", "--solver", "perturb_evals/random_neighbors", "-S", "k=7", "-S", "seed=4",
        "--model", "none/none", "--display", "plain", "--log-dir", str(tmp_path),
        "--no-log-realtime", "--no-score-display",
    ]  # fmt: skip
    environment = {k: v for k, v in os.environ.items() if not k.startswith("INSPECT_")}
    subprocess.run(command, check=True, cwd=tmp_path, env=environment, capture_output=True)
    log = read_eval_log(list_eval_logs(str(tmp_path))[0], header_only=True)
    assert metrics(log)["mean_k"] == 7
    assert log.eval.metadata["board"]["fold"] == "2"
    assert log.eval.solver_args == {"k": 7, "seed": 4}


def test_the_package_exports_the_task():
    assert perturb_evals.langpert is langpert
