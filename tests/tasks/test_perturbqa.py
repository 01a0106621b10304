"""The two tasks: arguments, selections, header; through the real command line too."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import inspect_ai
import pytest
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log
from inspect_ai.solver import Solver, solver

import perturb_evals
from perturb_evals import perturbqa_de, perturbqa_direction
from perturb_evals.datasets.evidence import EvidenceError
from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.datasets.pairs.load import load_table
from perturb_evals.datasets.pairs.questions import HOLDOUTS
from perturb_evals.solvers.pairs.baselines import constant, numeric

TASKS = {"perturbqa_de": perturbqa_de, "perturbqa_direction": perturbqa_direction}


@pytest.fixture(params=TASKS)
def task(request: pytest.FixtureRequest) -> Callable[..., Any]:
    return TASKS[request.param]


# Arguments


@pytest.mark.parametrize(
    ("argument", "value", "allowed"),
    [
        ("dataset", "perturbqua", "perturbqa, demo"),
        ("cell_line", "k562", "demo_a, demo_b, demo_c"),
        ("cell_line", "", "demo_a, demo_b, demo_c"),
        ("evidence", "all", "none, within, cross"),
        ("evidence_lines", "demo_a,k562", "demo_a, demo_b, demo_c"),
        ("questions", "some", "scored, all"),
        ("genes", 0, "between 1 and"),
        ("genes", "5", "a whole number"),
        ("seed", 0.5, "a whole number"),
        ("seed", -1, "0 or more"),
        ("answer", "yes", "label, probability, logprobs"),
        ("abstention", "drop", "half, lowest"),
        ("holdout", "gene", "perturbation, both"),
    ],
)
def test_every_argument_is_checked(task, argument: str, value, allowed: str):
    track = {"evidence": "cross"} if argument == "evidence_lines" else {}
    with pytest.raises(ValueError, match=f"^{argument} must be") as caught:
        task(**{"dataset": "demo", **track, argument: value})
    message = str(caught.value)
    assert allowed in message
    wrong = value.split(",")[-1] if isinstance(value, str) else value
    assert str(wrong) in message.split("got", 1)[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"evidence_lines": "demo_b"}, "goes with evidence=cross; got evidence=none."),
        (
            {"evidence": "within", "evidence_lines": "demo_a"},
            "goes with evidence=cross; got evidence=within.",
        ),
        (
            {"evidence": "cross", "evidence_lines": "demo_a"},
            "names no line to read beside demo_a; got ['demo_a'].",
        ),
        (
            {"dataset": "perturbqa", "evidence": "cross", "evidence_lines": "k562_set"},
            "must be among k562, rpe1, hepg2, jurkat; got ['k562_set'].",
        ),
    ],
)
def test_lines_that_the_track_does_not_open_are_refused(task, options, message: str):
    with pytest.raises(ValueError, match=r"^evidence_lines ") as caught:
        task(**{"dataset": "demo", **options})
    assert str(caught.value) == f"evidence_lines {message}"


def test_the_cell_lines_of_perturbqa_are_named():
    with pytest.raises(ValueError, match="k562, rpe1, hepg2, jurkat, k562_set; got 'hela'"):
        perturbqa_de(cell_line="hela")


@pytest.mark.parametrize(
    ("argument", "meant"), [("celline", "cell_line"), ("question", "questions"), ("N", None)]
)
def test_an_unknown_argument_is_refused(task, argument: str, meant: str | None):
    with pytest.raises(ValueError, match=f"There is no argument {argument}") as caught:
        task(**{"dataset": "demo", argument: 1})
    message = str(caught.value)
    assert ("Did you mean" in message) == (meant is not None)
    assert meant is None or f"Did you mean {meant}" in message
    listed = message.split("The arguments are ")[1].rstrip(".").split(", ")
    assert listed == [
        *("dataset", "cell_line", "evidence", "evidence_lines", "questions"),
        *("genes", "seed", "answer", "abstention", "holdout"),
    ]


# The header


def test_the_header_says_what_the_data_are(task):
    name = next(name for name, function in TASKS.items() if function is task)
    made = task(dataset="demo", cell_line="demo_b", evidence="cross", evidence_lines="demo_c")
    kind = name.removeprefix("perturbqa_")
    table = load_table("demo", "demo_b", kind)
    short = table.sha256[:6]
    assert made.metadata == {
        "board": {
            "task": name,
            "context": "demo_b",
            "data": short,
            "questions": "scored",
            "abstention": "half",
            "metric_version": 1,
        },
        "board_key": f"{name}|demo_b|data:{short}|q:scored|abst:half|v:1",
        "data_sha256": table.sha256,
        "n_questions": len(made.dataset),
        "dataset": "demo",
        "evidence": "cross",
        "evidence_lines": ["demo_b", "demo_c"],
        "licence": "MIT",
        "citation": table.citation,
        "package_version": perturb_evals.__version__,
    }
    assert made.version == "1-A"


def test_the_header_and_the_samples_say_that_genes_are_unseen(task):
    usual, unseen = (task(dataset="demo", seed=3, holdout=holdout) for holdout in HOLDOUTS)
    added = {"holdout": "both", "unseen_seed": 3}
    assert unseen.metadata["board"]["questions"] == "scored/unseen_genes/seed3"
    assert "|q:scored/unseen_genes/seed3|" in unseen.metadata["board_key"]
    assert unseen.metadata.items() > added.items()
    assert set(unseen.metadata) == {*usual.metadata, *added}
    asked = {sample.id: sample for sample in usual.dataset}
    assert 0 < len(unseen.dataset) < len(asked)
    for sample in unseen.dataset:
        same = asked[sample.id]
        assert (sample.input, sample.target) == (same.input, same.target)
        assert sample.metadata == {**same.metadata, **added}


@solver
def reads_all_it_may(read: set[str]) -> Solver:
    """Keep the names of the lines whose training rows the track gives, and score .5."""

    class Half:
        def score(self, pert: str, gene: str) -> float:
            return 0.5

    def fit(evidence: PairsEvidence) -> Half:
        with suppress(EvidenceError):
            assert len(evidence.own())
            read.add(evidence.cell_line)
        with suppress(EvidenceError):
            read.update(evidence.others()["line"])
        return Half()

    return numeric("reads_all_it_may", fit)


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ({}, []),
        ({"evidence": "none"}, []),
        ({"evidence": "within"}, ["demo_b"]),
        ({"evidence": "cross"}, ["demo_b", "demo_a", "demo_c"]),
        ({"evidence": "cross", "evidence_lines": "demo_c"}, ["demo_b", "demo_c"]),
        ({"evidence": "cross", "evidence_lines": ["demo_a", "demo_b"]}, ["demo_b", "demo_a"]),
    ],
)
def test_the_header_names_the_lines_that_were_read(
    evaluate: Callable[..., EvalLog], task, options: dict[str, Any], lines: list[str]
):
    read: set[str] = set()
    made = task(dataset="demo", cell_line="demo_b", genes=1, **options)
    log = evaluate(made, solver=reads_all_it_may(read))
    assert log.status == "success", log.error
    header = read_eval_log(log.location, header_only=True)
    assert header.eval.metadata["evidence"] == options.get("evidence", "none")
    assert header.eval.metadata["evidence_lines"] == lines
    assert read == set(lines)
    assert {sample.metadata["evidence_lines"] for sample in log.samples} == {",".join(lines)}


def test_a_sample_of_genes_and_a_policy_are_other_boards(task):
    keys = [
        task(dataset="demo", **options).metadata["board_key"]
        for options in (
            {},
            {"cell_line": "demo_c"},
            {"questions": "all"},
            {"genes": 3},
            {"genes": 3, "seed": 1},
            {"genes": 4},
            {"abstention": "lowest"},
        )
    ]
    assert len(set(keys)) == len(keys)
    # How a system is asked, and what it may read, is no part of the board.
    for options in ({"answer": "probability"}, {"evidence": "cross"}, {"seed": 5}):
        assert task(dataset="demo", **options).metadata["board_key"] == keys[0]


def test_a_real_table_is_cited(real_data: Path):
    made = perturbqa_direction(cell_line="rpe1")
    assert "Non-Commercial" in made.metadata["licence"]
    assert "Wu et al." in made.metadata["citation"]
    key = "perturbqa_direction|rpe1|data:25fa0b|q:scored|abst:half|v:1"
    assert made.metadata["board_key"] == key


# Questions


@pytest.mark.parametrize(
    ("kind", "line", "scored", "every"),
    [
        ("de", "k562", 5_641, 23_212),
        ("de", "rpe1", 8_611, 37_942),
        ("de", "hepg2", 5_163, 25_749),
        ("de", "k562_set", 5_235, 5_235),
        ("direction", "k562", 1_558, 3_119),
        ("direction", "rpe1", 2_845, 5_365),
        ("direction", "hepg2", 1_712, 3_603),
        ("direction", "k562_set", 2_617, 2_832),
    ],
)
def test_the_real_questions_are_counted(
    real_data: Path, kind: str, line: str, scored: int, every: int
):
    task = TASKS[f"perturbqa_{kind}"]
    made = task(cell_line=line)
    assert len(made.dataset) == made.metadata["n_questions"] == scored
    if line != "rpe1":  # the largest; the others show the same
        assert len(task(cell_line=line, questions="all").dataset) == every


def test_a_sample_of_genes_has_all_their_questions(task):
    whole = task(dataset="demo")
    sample = task(dataset="demo", genes=4, seed=2)
    chosen = {question.metadata["gene"] for question in sample.dataset}
    assert len(chosen) == 4
    assert [question.id for question in sample.dataset] == [
        question.id for question in whole.dataset if question.metadata["gene"] in chosen
    ]


@pytest.mark.parametrize("abstention", ["half", "lowest"])
def test_the_policy_reaches_the_metric(evaluate: Callable[..., EvalLog], task, abstention: str):
    log = evaluate(task(dataset="demo", genes=2, abstention=abstention), solver=constant())
    (metric,) = log.eval.metrics
    options = metric.options if hasattr(metric, "options") else metric["options"]
    assert options["abstention"] == abstention


# The command line


def test_an_unknown_argument_by_the_name_of_the_task(tmp_path: Path):
    options = {"model": "none/none", "log_dir": str(tmp_path / "logs"), "display": "none"}
    with pytest.raises(ValueError, match=r"no argument celline\. Did you mean cell_line\?"):
        inspect_ai.eval("perturb_evals/perturbqa_de", task_args={"celline": "k562"}, **options)
    assert not list((tmp_path / "logs").glob("*.eval"))


@pytest.mark.slow  # others start the command line too
def test_arguments_of_the_command_line_arrive(tmp_path: Path):
    words = ("dataset=demo", "evidence=cross", "evidence_lines=demo_c,demo_a", "genes=3", "seed=2")
    task = ["perturb_evals/perturbqa_de", *[part for word in words for part in ("-T", word)]]
    solver = ["--solver", "perturb_evals/constant", "--model", "none/none"]
    done = subprocess.run(
        [sys.executable, "-m", "inspect_ai", "eval", *task, *solver],
        cwd=tmp_path,
        env={**os.environ, "INSPECT_LOG_DIR": str(tmp_path / "logs"), "INSPECT_DISPLAY": "plain"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (info,) = list_eval_logs(str(tmp_path / "logs"))
    log = read_eval_log(info)
    assert log.status == "success"
    metadata = log.eval.metadata
    assert metadata["evidence"] == "cross"
    assert metadata["evidence_lines"] == ["demo_a", "demo_c"]
    assert metadata["board"]["questions"] == "scored/genes3/seed2"
    assert log.eval.task_version == "1-A"
    assert log.eval.task_args["evidence"] == "cross"
    assert "unknown" not in log.eval.task_args
    assert log.samples
    assert {sample.metadata["evidence"] for sample in log.samples} == {"cross"}
    assert {sample.metadata["evidence_lines"] for sample in log.samples} == {"demo_a,demo_c"}
    assert log.results.headline.metric == "auroc_per_gene"
    assert log.results.scores[0].metrics["auroc_per_gene"].value == 0.5
