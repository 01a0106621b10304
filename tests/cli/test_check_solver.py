"""`perturb-evals check-solver`: solvers that use the truth are found, and others are not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from perturb_evals.cli.check_solver import command
from perturb_evals.cli.check_solver.difference import differences
from perturb_evals.cli.check_solver.one_run import Wanted, made
from perturb_evals.cli.check_solver.source import remarks
from perturb_evals.cli.main import main
from perturb_evals.families import FAMILIES

FILE = Path(__file__).with_name("solvers_to_check.py")
FEW = ("-T", "genes=2")


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Check a solver, with its runs in this process, which is quicker; return code and text."""
    monkeypatch.setattr(command, "side_by_side", lambda wanted: [made(one) for one in wanted])

    def check(solver: str, *options: str) -> tuple[int, str]:
        code = main(["check-solver", solver, *(options or FEW)])
        told = capsys.readouterr()
        return code, told.out + told.err

    return check


SHOWN, PREDICTED = "what it is shown or predicts", "predictions, and no prompt, changed"
CHEATS = {
    "reads_the_target": SHOWN,
    "reads_the_world": SHOWN,
    "tells_the_target": PREDICTED,
    "leaks_through_a_tool": SHOWN,
    "knows_which_directions_there_are": PREDICTED,
    "knows_gene_rates": SHOWN,
    "reads_in_another_process": SHOWN,
    "gets_the_target": SHOWN,
    "describes_a_tool_with_it": SHOWN,
    "fails_on_a_label": SHOWN,
}


@pytest.mark.parametrize(
    "name",
    [
        name if place < 4 else pytest.param(name, marks=pytest.mark.slow)
        for place, name in enumerate(CHEATS)
    ],
)
def test_a_solver_that_uses_a_label_is_found(check, name: str):
    code, told = check(f"{FILE}@{name}")
    assert code == 1, told
    assert f"{FILE}@{name} uses the truth" in told
    assert CHEATS[name] in told
    assert "The first difference:\n  demo_a/de/" in told
    if name == "leaks_through_a_tool":
        assert ", prompt 2, tool message\n  data" in told
    assert max(map(len, told.splitlines())) < 420


@pytest.mark.each("name", ["predicts_the_truth", "predicts_the_mean_of_all"])
def test_a_solver_that_uses_a_test_vector_is_found(check, small_screen: Path, name: str):
    options = ("--task", "langpert", "-T", f"screen={small_screen}", "-T", "aliases=none")
    code, told = check(f"{FILE}@{name}", *options)
    assert (code, "predictions, and no prompt, changed in 4 of 4 questions" in told) == (1, True)
    assert "has load_screen: it gives out test rows too" in told


def test_a_solver_of_screens_that_reads_the_demo_world_is_found(check):
    options = ("--task", "langpert", "-T", "screen=demo", "-T", "fold=0")
    code, told = check(f"{FILE}@reads_effects_of_the_world", *options)
    assert (code, "changed in 48 of 48 questions" in told) == (1, True), told


def test_a_solver_that_lets_the_scorer_look_is_found(check, small_screen: Path):
    options = ("-T", f"screen={small_screen}", "-T", "aliases=none")
    code, told = check("oracle_neighbors", *options)
    assert (code, "oracle_neighbors uses the truth" in told) == (1, True), told


@pytest.mark.each("name", ["mean_effect", "nearest_perturbations"])
def test_solvers_of_screens_pass(check, small_screen: Path, name: str):
    code, told = check(name, "-T", f"screen={small_screen}", "-T", "aliases=none")
    assert (code, "for all 4 questions (screen=" in told) == (0, True), told


@pytest.mark.each("name", [f"{FILE}@honest", "perturb_evals/ask"])
def test_an_honest_solver_passes(check, name: str):
    code, told = check(name)
    assert code == 0, told
    assert f"{name} uses no truth that was seen" in told
    assert "(dataset=demo, evidence=cross, genes=2)." in told
    assert "warning" not in told


def test_a_solver_by_chance_cannot_be_judged(check):
    code, told = check(f"{FILE}@by_chance")
    assert code == 1
    assert "is not deterministic and cannot be judged: two runs on the same data differ in" in told
    assert "uses the truth" not in told


@pytest.mark.each(
    ("words", "code", "said"),
    [
        (["none.py@x"], 2, "no file is at 'none.py'"),
        (["no_such"], 2, "expected FILE.py@NAME, or a name among ask, llm_no_cot"),
        (["ask", "--task", "no_such"], 2, "expected a task among perturbqa_de"),
        (["ask", "-T", "genes=none"], 2, "genes must be a whole number"),
        (["ask", "-T", "colour=red"], 2, "colour"),
        (["constant", "-S", "colour=red"], 2, "colour"),
        (["mean_effect", "-T", "fold=all"], 2, "a solver is checked on one fold"),
        (["gene_frequency", *FEW, "-T", "evidence=none"], 1, "failed at every question; demo_a/de"),
        ([f"{FILE}@no_such", *FEW], 1, "no_such"),
    ],
)
def test_what_cannot_be_checked_is_told_in_a_line(check, words: list[str], code: int, said: str):
    found, told = check(*words) if len(words) > 1 else check(words[0], *FEW)
    assert found == code, told
    assert said in told
    assert "Traceback" not in told


@pytest.mark.each(
    ("ends", "said"),
    [
        ("exit 3", "The solver ended Python (exit code 3) before its run was over."),
        ("kill -9 $$", "The solver ended Python (signal 9) before its run was over."),
        ("echo one; echo two; exit 1", "run was over. Its last words: two"),
    ],
)
def test_a_solver_that_ends_python_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ends: str, said: str
):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{ends}\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    (seen,) = command.side_by_side([Wanted("mine.py", {}, "langpert", {}, exchanged=False)])
    assert seen.fault.endswith(said)


def test_a_run_in_a_process_of_its_own_sees_what_one_in_this_process_sees():
    wanted = Wanted(f"{FILE}@honest", {}, "perturbqa_de", {"genes": 1}, exchanged=True)
    (seen,) = command.side_by_side([wanted])
    here = made(wanted)
    assert (seen.fault, seen.failed, seen.targets) == ("", {}, here.targets)
    assert len(seen.parts) >= len(seen.targets) > 0
    assert not differences(seen, here)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "code"), [("remembers", 1), ("honest", 0), ("by_chance", 1)])
def test_each_run_has_a_process_of_its_own(name: str, code: int):
    """A solver that keeps what it read in its module would be the same in a second run there."""
    line = [sys.executable, "-m", "perturb_evals.cli.main", "check-solver", f"{FILE}@{name}", *FEW]
    done = subprocess.run(line, capture_output=True, text=True, check=False, env={**os.environ})
    assert done.returncode == code, done.stdout + done.stderr
    assert ("uses the truth" in done.stdout) == (name == "remembers")


OWN = [(solver.__name__, family) for family in FAMILIES for solver in family.solvers]
READS_FILES = ("replay", "replay_expression", "neighbor_ensemble")


@pytest.mark.slow
@pytest.mark.parametrize("task", [name for family in FAMILIES for name in family.task_names])
def test_every_solver_of_the_package_passes_but_the_oracle(check, task: str):
    (family,) = [family for family in FAMILIES if task in family.task_names]
    for solver in family.solvers:
        name = solver.__name__
        if name in READS_FILES:
            continue
        settings = {"lpm": ["seeds=1", "epochs=2"]}.get(name, [])
        options = [word for pair in settings for word in ("-S", pair)]
        code, told = check(name, "--task", task, *options)
        if "not installed" in told:
            continue
        assert code == (name == "oracle_neighbors"), told


@pytest.mark.slow
@pytest.mark.parametrize("family", [one for one in FAMILIES if one.control_argument])
def test_solvers_that_ask_pass_under_every_control(check, family):
    for solver in (*family.asks, *family.agents):
        for control in family.controls:
            options = ("-T", "genes=2", "-S", f"{family.control_argument}={control}")
            code, told = check(solver.__name__, *options)
            refused = "shuffled_evidence" in told and solver.__name__ in ("ask", "llm_no_retrieval")
            assert code == (2 if refused else 0), told


# The source


def test_the_source_of_the_package_has_no_truth_in_reach():
    for name, family in OWN:
        solver = next(own for own in family.solvers if own.__name__ == name)
        path = Path(sys.modules[solver.__module__].__file__)
        found = {remark.said.partition(":")[0] for remark in remarks(path, name)}
        # They compare the screen's hash and its scale with those of files.
        compares = name in ("neighbor_ensemble", "replay_expression")
        assert found == ({"load_screen"} if compares else set()), name


SOURCE = """
TABLE = load_table("demo", "demo_a", "de")

def helper(state):
    return vars(state)["target"]

def unused(state):
    return state.target

def mine():
    async def solve(state, generate):
        answer = state.target
        other = getattr(state, "target")
        return helper(state), TABLE, worlds.demo_world()
    return solve
"""


def test_a_source_is_looked_through_as_far_as_the_solver_names_it(tmp_path: Path):
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    found = [(remark.line, remark.said.partition(":")[0]) for remark in remarks(path, "mine")]
    assert found == [
        (2, "load_table"),
        (5, "['target']"),
        (12, "state.target"),
        (13, "getattr of 'target'"),
        (14, "demo_world"),
    ]
    assert {2, 5, 8, 12, 13, 14} == {remark.line for remark in remarks(path, None)}
