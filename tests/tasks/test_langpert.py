"""The expression task: arguments, samples, header; through the real command line too."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from inspect_ai.log import list_eval_logs, read_eval_log
from inspect_ai.model import ModelOutput, ModelUsage, get_model

import perturb_evals
from perturb_evals.datasets.demo_screen import demo_screen
from perturb_evals.datasets.oracle import oracle_neighbors
from perturb_evals.datasets.training import HeldOut, fold_of
from perturb_evals.metrics.regression import SCORES
from perturb_evals.solvers.references import mean_effect, no_change
from perturb_evals.solvers.references import oracle_neighbors as oracle
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
    assert first.target == ", ".join(oracle_neighbors(held_out, 5)[first.metadata["pert"]])
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
        "|rank:abs_delta|v:1"
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
        nearest = oracle_neighbors(held_out, 3)
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
    assert set(score.value) == set(SCORES)
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


def test_no_log_holds_a_vector(evaluate, tmp_path):
    log = evaluate(langpert("demo", fold=0), solver=oracle(), limit=1)
    score = log.samples[0].scores["expression"]
    assert len(score.metadata["projection"]) == len(score.metadata["true_projection"]) == 32
    assert len(json.dumps(score.model_dump(mode="json"))) < 4000


def test_the_command_line(tmp_path):
    command = [
        sys.executable, "-m", "inspect_ai", "eval", "perturb_evals/langpert", "-T", "screen=demo",
        "-T", "fold=2", "--solver", "perturb_evals/random_neighbors", "-S", "k=7", "-S", "seed=4",
        "--model", "none/none", "--display", "plain", "--log-dir", str(tmp_path),
    ]  # fmt: skip
    environment = {k: v for k, v in os.environ.items() if not k.startswith("INSPECT_")}
    subprocess.run(command, check=True, cwd=tmp_path, env=environment, capture_output=True)
    log = read_eval_log(list_eval_logs(str(tmp_path))[0], header_only=True)
    assert metrics(log)["mean_k"] == 7
    assert log.eval.metadata["board"]["fold"] == "2"
    assert log.eval.solver_args == {"k": 7, "seed": 4}


def test_the_package_exports_the_task():
    assert perturb_evals.langpert is langpert
