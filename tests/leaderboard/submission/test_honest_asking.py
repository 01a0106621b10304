"""Honest logs of all solvers of pairs that ask a model pass, whatever control, track and server."""

import pytest
from inspect_ai import eval_retry

from perturb_evals.leaderboard.submission.check import check_runs
from perturb_evals.models.recorder import RECORDER
from perturb_evals.solvers.pairs.agent.lab_agent import lab_agent
from perturb_evals.solvers.pairs.ask import ask
from perturb_evals.solvers.pairs.contrast import contrast
from perturb_evals.solvers.pairs.no_cot import llm_no_cot
from perturb_evals.solvers.pairs.no_retrieval import llm_no_retrieval
from perturb_evals.solvers.pairs.retrieval.baselines import contrast_vote, retrieval_only
from perturb_evals.solvers.pairs.summer import summer
from perturb_evals.solvers.pairs.view import CONTROLS
from perturb_evals.tasks.perturbqa import perturbqa_direction

SERVED = "loopback/some"
ROWS = {"llm_no_cot": llm_no_cot, "summer": summer, "contrast": contrast, "lab_agent": lab_agent}
ASKING = {"ask": ask, "llm_no_retrieval": llm_no_retrieval, **ROWS}


def passes(log):
    submission = check_runs([log.location])
    faults = [check for run in submission.runs for check in run.checks if check.outcome == "fail"]
    assert submission.passed, (log.eval.solver, log.error, faults)
    (run,) = submission.runs
    return {check.name: check.said for check in run.checks}


@pytest.fixture
def run(run_few, few):
    def run(solver, evidence="within", **options):
        return run_few(solver, **{"task": few(evidence=evidence), "model": RECORDER, **options})

    return run


@pytest.mark.each(
    ("name", "options"),
    [
        ("llm_no_cot", {"control": "anonymised"}),
        ("llm_no_retrieval", {}),
        ("summer", {"control": "shuffled_evidence"}),
        ("contrast", {"control": "swapped"}),
        ("lab_agent", {}),
    ],
)
def test_each_of_the_solvers(run, name, options):
    said = passes(run(ASKING[name](**options)))
    assert (": 0 rows shown" in said["evidence"]) == (name not in ROWS), said["evidence"]
    if name != "lab_agent":
        assert "messages, messages beside it, prompt, earlier answers." in said["outputs"]


@pytest.mark.parametrize(
    ("name", "control"),
    [
        ("llm_no_cot", "anonymised"),
        pytest.param("llm_no_retrieval", None, marks=pytest.mark.slow),
        pytest.param("contrast", "swapped", marks=pytest.mark.slow),
        pytest.param("summer", "anonymised", marks=pytest.mark.slow),
    ],
)
def test_summaries_of_a_model(run, tmp_path, monkeypatch, name, control):
    """Each is asked for once a run, and shown in prompts of other samples too."""
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path))
    for _ in range(2):  # at last all are kept from the first run
        solver = ASKING[name](summaries="model", control=control)
        said = passes(run(solver, model=SERVED, model_roles={"summarizer": "loopback/writer"}))
        assert "messages, messages beside it, prompt, earlier answers." in said["outputs"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ASKING)
def test_every_control_and_track(run, name):
    for control in (None, *CONTROLS):
        if control == "shuffled_evidence" and name not in ROWS:
            continue
        passes(run(ASKING[name](control=control)))
    passes(run(ASKING[name](), "cross", epochs=3, model=SERVED))


@pytest.mark.slow
@pytest.mark.parametrize("name", ASKING)
def test_servers_limits_and_caches(run, name, tmp_path, monkeypatch):
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path))
    made = ASKING[name]
    for model in ("short", "short_in_words", "calls_tools", "uncounted"):
        passes(run(made(), model=f"loopback/{model}"))
    passes(run(made(), model=SERVED, cache=True))
    passes(run(made(), model=SERVED, cache=True))
    passes(run(made(), model=SERVED, token_limit=150))
    passes(run(made(), model=RECORDER, message_limit=2))
    passes(run(made(), model=SERVED, system_message="You know genes."))
    if name == "lab_agent":  # the server would break down before it has answered ten times
        return
    passes(run(made(), model="loopback/breaks", retry_on_error=9))
    broken = run(made(), model="loopback/breaks", fail_on_error=False)
    for _ in range(5):
        if broken.results.completed_samples == broken.results.total_samples:
            break
        (broken,) = eval_retry(broken, display="none")
    passes(broken)


@pytest.mark.slow
@pytest.mark.each("make", [*ASKING.values(), retrieval_only, contrast_vote])
def test_questions_of_direction(run, make):
    task = perturbqa_direction(dataset="demo", cell_line="demo_a", genes=1, evidence="cross")
    model = "none/none" if make in (retrieval_only, contrast_vote) else RECORDER
    passes(run(make(), task=task, model=model))
