"""Honest logs of every kind pass: what servers, limits and retries do is no contradiction."""

from inspect_ai import eval_retry, score
from inspect_ai.agent import agent
from inspect_ai.log import (
    ProvenanceData,
    TagsEdit,
    edit_eval_log,
    read_eval_log,
    write_eval_log,
)
from inspect_ai.model import GenerateConfig, get_model
from inspect_ai.solver import chain, generate, solver

from perturb_evals.leaderboard.submission.check import check_runs
from perturb_evals.replies.pairs import PairsReply
from perturb_evals.replies.reply import attach
from perturb_evals.scorers.pairs.p_positive import p_positive
from perturb_evals.solvers.pairs.ask import ask
from perturb_evals.solvers.pairs.replay import replay

SCRIPTED = "perturb_scripted/biologist"


@solver
def two_models():
    """Asks a helper by its role, then the model, and writes the output anew."""

    async def solve(state, generate):
        helper = get_model(role="helper", default="loopback/helper")
        notes = await helper.generate(f"What is {state.metadata['gene']}?")
        state.user_prompt.text = f"{notes.completion}\n{state.input_text} Answer: yes or no?"
        state = await generate(state, tool_calls="none")
        state.output.completion = "Answer: No"
        return state

    return solve


@solver
def embeds():
    """Asks a model, and makes a number of what it says."""

    async def solve(state, generate):
        state = await generate(state, tool_calls="none")
        attach(state.output, PairsReply(score=0.25))
        return state

    return solve


@solver
def within():
    """A solver that has others within it, and ends early."""

    async def solve(state, generate):
        state = await chain(ask(), two_models())(state, generate)
        state.completed = True
        return state

    return solve


@solver
def no_model():
    """Somebody's method without a model."""

    async def solve(state, generate):
        state.output.completion = "Answer: Yes"
        return state

    return solve


@agent
def talks():
    """An agent, as Inspect runs it in the place of a solver."""

    async def execute(state):
        state.messages, state.output = await get_model().generate_loop(state.messages)
        return state

    return execute


def passes(log):
    submission = check_runs([log if isinstance(log, str) else log.location])
    faults = [check for run in submission.runs for check in run.checks if check.outcome == "fail"]
    assert submission.passed, faults
    (run,) = submission.runs
    return {check.name: check.said for check in run.checks}


def test_what_cannot_be_held_is_told(honest):
    whole = ("asks", "served", "computes", "cross")
    said = {name: passes(str(honest[name])) for name in whole}
    assert "Agree in 6 samples: events, solver, model_usage, prompts, " in said["asks"]["calls"]
    assert "outputs of calls (the log keeps no replies as they were sent)" in said["asks"]["calls"]
    assert "Held against nothing" not in said["served"]["calls"]
    assert (
        "Held against nothing: output, messages, messages beside it, prompt, earlier answers "
        "(no model was asked)" in said["computes"]["outputs"]
    )
    assert "model (no model was asked)" in said["cross"]["header"]


def test_settings_servers_and_caches(run_few, tmp_path, monkeypatch):
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path))
    passes(run_few(model="loopback/some", cache=True))
    again = passes(run_few(model="loopback/some", cache=True))
    assert "model_usage (server and cache count no tokens)" in again["calls"]
    said = passes(run_few(model="loopback/uncounted", log_realtime=True, log_images=False))
    assert "model_usage (server and cache count no tokens)" in said["calls"]
    passes(run_few(model="loopback/some", log_model_api=True, temperature=0.5, seed=3, epochs=2))
    model = get_model("loopback/some", config=GenerateConfig(temperature=0.3))
    passes(run_few(model=model, top_p=0.5))
    passes(run_few(model="loopback/some", system_message="You know genes."))
    model = get_model("loopback/some", config=GenerateConfig(system_message="You know genes."))
    passes(run_few(model=model))


def test_errors_and_retries(run_few, breaking):
    breaking()
    passes(run_few(model="loopback/breaks", retry_on_error=3))
    passes(run_few(two_models(), model="loopback/breaks", retry_on_error=9))
    breaking()
    broken = run_few(model="loopback/breaks", fail_on_error=False)
    (checked,) = check_runs([broken.location]).runs
    faults = {check.name for check in checked.checks if check.outcome == "fail"}
    assert faults == {"complete", "questions"}
    for _ in range(5):  # until all is answered
        if broken.results.completed_samples == broken.results.total_samples:
            break
        (broken,) = eval_retry(broken, display="none")
    passes(broken)


def test_answers_that_the_solver_puts_into_words(run_few):
    for model in ("short", "short_in_words"):
        said = passes(run_few(model=f"loopback/{model}"))
        assert "(the prompt was too long for the model, so that there is no" in said["outputs"]
    said = passes(run_few(model="loopback/calls_tools"))
    assert "Held against nothing" not in said["outputs"]


def test_limits(run_few):
    said = passes(run_few(model="loopback/some", token_limit=50))
    assert "a limit or an error cut the sample short" in said["outputs"]
    passes(run_few(model=SCRIPTED, message_limit=1))


def test_solvers_of_others(run_few):
    roles = {"helper": "loopback/other"}
    said = passes(run_few(two_models(), model="loopback/some", model_roles=roles))
    assert "(the solver 'two_models' may write what it likes)" in said["outputs"]
    passes(run_few(two_models(), model="loopback/some"))
    passes(run_few(chain(ask(), generate()), model="loopback/some"))
    passes(run_few(chain(within(), ask()), model="loopback/some"))
    passes(run_few(embeds(), model="loopback/some"))
    passes(run_few(no_model()))
    passes(run_few(talks(), model="loopback/some"))


def test_a_replayed_file(run_few, honest, tmp_path):
    samples = read_eval_log(str(honest["computes"])).samples
    rows = [f"{sample.metadata['pert']},{sample.metadata['gene']},0.25" for sample in samples]
    (tmp_path / "rows.csv").write_text("\n".join(["pert,gene,score", *rows]))
    passes(run_few(replay(str(tmp_path / "rows.csv")), model="loopback/some"))


def test_logs_that_were_written_anew(honest, tmp_path):
    log = read_eval_log(str(honest["served"]))
    write_eval_log(log, str(tmp_path / "1.json"))
    assert passes(str(tmp_path / "1.json"))["file"].startswith("A log in JSON is one text")
    write_eval_log(read_eval_log(str(tmp_path / "1.json")), str(tmp_path / "2.eval"))
    passes(str(tmp_path / "2.eval"))
    log = edit_eval_log(log, [TagsEdit(tags_add=["good"])], ProvenanceData(author="me"))
    write_eval_log(log, str(tmp_path / "3.eval"))
    passes(str(tmp_path / "3.eval"))


def test_scores_that_were_given_again(honest, tmp_path):
    for action in ("append", "overwrite"):
        log = score(read_eval_log(str(honest["asks"])), p_positive(), action=action, display="none")
        write_eval_log(log, str(tmp_path / f"{action}.eval"))
        said = passes(str(tmp_path / f"{action}.eval"))
        assert ("'p_positive1'" in said["metrics"]) == (action == "append")


def test_one_question_of_several_forms(run_few, few):
    for form in ("probability", "logprobs"):
        passes(run_few(task=few(answer=form), model=SCRIPTED))
