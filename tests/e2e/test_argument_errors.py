"""What `inspect eval` says where an argument or a file is wrong: one line, and exit code 1."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

DE = ("perturb_evals/perturbqa_de", "-T", "dataset=demo", "-T", "genes=3")
LANGPERT = ("perturb_evals/langpert", "-T", "screen=demo")
REPLAY = ("--solver", "perturb_evals/replay")
GRAPH_KNN = ("--solver", "perturb_evals/graph_knn")

# What is typed, and what the one line says.
TYPED = {
    "a word for a number": ((*DE, "-T", "genes=abc"), "genes must be a whole number; got 'abc'."),
    "an unknown line": (
        (*DE, "-T", "cell_line=hela"),
        "cell_line must be one of demo_a, demo_b, demo_c; got 'hela'.",
    ),
    "a misspelt name": ((*DE, "-T", "celline=demo_a"), "Did you mean cell_line?"),
    "no such folder": ((DE[0], "-T", "dataset=/no/where"), "got '/no/where', and there is no such"),
    "no such split": ((*LANGPERT, "-T", "split=/no/where.json"), "there is no such file"),
    "a number for a name": ((*LANGPERT, "-T", "control=5"), "control must be text; got 5."),
    "no such screen": (("perturb_evals/langpert", "-T", "screen=mine.h5ad"), "at 'mine.h5ad'"),
    "no such predictions": ((*DE, *REPLAY, "-S", "file=no.csv"), "file must be the path of a file"),
    "no predictions": ((*DE, *REPLAY), "replay: missing a required argument: 'file'."),
    "no such graph": (
        (*DE, "-T", "evidence=within", *GRAPH_KNN, "-S", "graph=no.csv"),
        "graph must be string, reactome, string_links, the path of a file; got 'no.csv'",
    ),
    "no such part": (
        (*DE, "--solver", "perturb_evals/combined", "-S", "parts=same_pair,knn"),
        "perturbation_rate; got 'knn'.",
    ),
    "a word for a weight": (
        (*DE, "--solver", "perturb_evals/graph_factor", "-S", "text_weight=much"),
        "text_weight must be a finite number from 0; got 'much'.",
    ),
    "a power of nothing": (
        (*DE, *GRAPH_KNN, "-S", "power=0"),
        "power must be a finite number abov",
    ),
    "another name": ((*DE, *REPLAY, "-S", "files=no.csv"), "Did you mean file?"),
    "a solver's word": (
        (*LANGPERT, "--solver", "perturb_evals/nearest_perturbations", "-S", "variant=long"),
        "variant must be one of full, minimal, no_reasoning, refine; got 'long'.",
    ),
}
AT_ONCE = 2


@pytest.mark.slow
def test_every_one_is_one_line(inspect: Callable[..., subprocess.Popen[str]]) -> None:
    names = list(TYPED)
    for begin in range(0, len(names), AT_ONCE):
        some = names[begin : begin + AT_ONCE]
        runs = {name: inspect("eval", *TYPED[name][0], "--model", "none/none") for name in some}
        for name, run in runs.items():
            assert_one_line(run, TYPED[name][1])


@pytest.mark.slow
def test_a_split_that_is_none_and_a_file_of_predictions_that_is_not_there(
    inspect: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """One in a task and one in a solver, of the many that the slow test above has."""
    (tmp_path / "split.json").write_text("{}", encoding="utf-8")
    task = inspect("eval", *LANGPERT, "-T", "split=split.json", "--model", "none/none")
    solver = inspect("eval", *TYPED["no such predictions"][0], "--model", "none/none")
    assert_one_line(task, "split.json: no folds in the file.")
    assert_one_line(solver, TYPED["no such predictions"][1])


def assert_one_line(run: subprocess.Popen[str], expected: str) -> None:
    said, _ = run.communicate(timeout=120)
    assert run.returncode == 1, said
    *before, line = said.strip().splitlines()
    assert line.startswith("Error: "), line
    assert expected in line
    # By the time that it makes a solver, Inspect has said how the run can be watched.
    assert len(before) <= 1, said
