import re
from importlib import import_module

import pytest
from inspect_ai.log import resolve_sample_attachments
from inspect_ai.model import ModelOutput, ModelUsage, get_model

from perturb_evals.cli.estimate import estimate
from perturb_evals.cli.main import main
from perturb_evals.families.pairs import estimate as of_pairs
from perturb_evals.solvers.asking.tokens import CHARACTERS_A_TOKEN
from perturb_evals.tasks.langpert import langpert
from perturb_evals.tasks.perturbqa import perturbqa_de


def test_counts_are_those_of_the_run():
    counts = estimate("perturbqa_de", {"dataset": "demo"}, epochs=3, output_tokens=100)
    task = perturbqa_de(dataset="demo")
    assert counts["questions"] == len(task.dataset)
    assert counts["calls"] == 3 * counts["questions"]
    assert counts["output tokens"] == 100 * counts["calls"]
    # A prompt of this package has some 700 to 1,000 characters.
    assert 150 < counts["input tokens"] / counts["calls"] < 300


def test_log_probabilities_cost_less():
    label = estimate("perturbqa_direction", {"dataset": "demo"})
    one_word = estimate("perturbqa_direction", {"dataset": "demo", "answer": "logprobs"})
    assert one_word["questions"] == label["questions"]
    assert one_word["input tokens"] < label["input tokens"]
    assert one_word["output tokens"] < label["output tokens"] / 50


def test_input_is_that_of_the_rendered_prompts():
    from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
    from perturb_evals.solvers.pairs.prompts import render

    rows = pairs_benchmark("de", dataset="demo", genes=3).rows
    characters = sum(
        len(render("de", "label", "demo_a", pert, gene))
        for pert, gene in zip(rows["pert"], rows["gene"], strict=True)
    )
    counts = estimate("perturbqa_de", {"dataset": "demo", "genes": 3})
    assert counts["input tokens"] == round(characters / CHARACTERS_A_TOKEN)


def test_the_command_prints_the_counts(capsys):
    command = [
        "estimate",
        "perturb_evals/perturbqa_de",
        "-T",
        "dataset=demo",
        "-T",
        "genes=5",
        "--epochs",
        "2",
    ]
    assert main(command) == 0
    shown = capsys.readouterr().out
    counts = estimate("perturbqa_de", {"dataset": "demo", "genes": 5}, epochs=2)
    for name, value in counts.items():
        assert any(
            line.startswith(name) and line.endswith(f" {value:,}") for line in shown.splitlines()
        )


def test_neighbors_are_counted_as_the_run_has_them():
    counts = estimate("langpert", {"screen": "demo", "n_train": 50, "repeats": 2}, epochs=3)
    assert counts["questions"] == len(langpert(screen="demo", n_train=50, repeats=2).dataset) == 480
    assert counts["calls"] == 3 * 480
    assert counts["output tokens"] == 220 * counts["calls"]


def test_the_command_takes_arguments_of_the_solver(capsys):
    command = ["estimate", "langpert", "-T", "screen=demo", "-T", "fold=0"]
    assert main([*command, "-S", "variant=refine", "-S", "structured=false"]) == 0
    shown = capsys.readouterr().out
    counts = estimate("langpert", {"screen": "demo", "fold": 0}, solver_args={"variant": "refine"})
    assert counts["calls"] == 2 * counts["questions"] == 96
    for name, value in counts.items():
        assert any(
            line.startswith(name) and line.endswith(f" {value:,}") for line in shown.splitlines()
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-T", "scren=demo"], "Did you mean screen"),
        (["-T", "fold=9"], "fold must be all, or from 0 to 4"),
        (["-T", "k=0"], "k must be 1 or more"),
        (["-S", "varient=minimal"], "Did you mean variant"),
        (["-S", "variant=long"], "variant must be one of full"),
        (["-S", "seed"], "-S expects NAME=VALUE"),
        (["--output-tokens", "-7"], "output_tokens must be 0 or more"),
    ],
)
def test_bad_arguments_of_langpert_are_exit_code_2(arguments, message, capsys):
    assert main(["estimate", "langpert", "-T", "screen=demo", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("argument", ["screen=nowhere.h5ad", "n_train=1000"])
def test_a_screen_that_cannot_be_had_is_exit_code_1(argument, capsys):
    assert main(["estimate", "langpert", "-T", "screen=demo", "-T", argument]) == 1
    assert capsys.readouterr().err.startswith("perturb-evals estimate: ")


def test_perturbqa_has_no_arguments_of_a_solver(capsys):
    assert main(["estimate", "perturbqa_de", "-T", "dataset=demo", "-S", "variant=full"]) == 2
    assert "-S" in capsys.readouterr().err


FEW = {"dataset": "demo", "genes": 1, "evidence": "cross"}
MADE = {
    "ask": "ask",
    "llm_no_cot": "no_cot",
    "llm_no_retrieval": "no_retrieval",
    "summer": "summer",
    "contrast": "contrast",
}


def speaker():
    """A model that says 550 letters, as many as a summary is taken to have."""
    said = ModelOutput.from_content("mockllm/model", " ".join(["noted"] * 91) + "abcd.")
    said.usage = ModelUsage()  # else Inspect counts tokens, for which it needs a network
    return get_model("mockllm/model", custom_outputs=lambda *_: said, memoize=False)


def made(solver, **given):
    return getattr(import_module(f"perturb_evals.solvers.pairs.{MADE[solver]}"), solver)(**given)


def calls_of(log, role=None):
    """Return all that was sent to a role."""
    assert log.status == "success", log.error
    samples = [resolve_sample_attachments(sample, "full") for sample in log.samples]
    events = (event for sample in samples for event in sample.events)
    calls = [event for event in events if event.event == "model" and event.role == role]
    return ["".join(message.text for message in call.input) for call in calls]


@pytest.mark.each(
    ("solver", "given"),
    [
        ("ask", {"answer": "probability", "control": "swapped"}),
        ("llm_no_cot", {}),
        ("llm_no_retrieval", {"control": "anonymised"}),
        ("summer", {"budget": 2}),
        ("contrast", {"control": "shuffled_evidence"}),
    ],
)
def test_what_a_solver_that_asks_takes_is_what_its_run_sends(solver, given, evaluate):
    counts = estimate("perturbqa_de", FEW, solver=f"perturb_evals/{solver}", solver_args=given)
    options = {"model": speaker(), "solver": made(solver, **given)}
    sent = calls_of(evaluate(perturbqa_de(**FEW), **options))
    assert (
        counts["calls"] == len(sent) == counts["questions"] * (1 + (solver == "llm_no_retrieval"))
    )
    assert counts["input tokens"] == round(sum(map(len, sent)) / CHARACTERS_A_TOKEN)
    more = estimate("perturbqa_de", FEW, 3, solver=solver, solver_args=given)
    assert more == {name: n * (1 if name == "questions" else 3) for name, n in counts.items()}


@pytest.mark.each(
    ("solver", "given"),
    [("llm_no_cot", {}), ("llm_no_retrieval", {"control": "swapped"})],
)
def test_summaries_are_told_apart(solver, given, evaluate, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path / solver))
    given = {**given, "summaries": "model"}
    typed = [f"-S{name}={value}" for name, value in given.items()]
    command = ["estimate", "perturbqa_de", *(f"-T{name}={value}" for name, value in FEW.items())]
    assert main([*command, "--solver", solver, *typed, "--epochs", "2"]) == 0
    said = capsys.readouterr().out
    options = {"model": speaker(), "model_roles": {"summarizer": speaker()}}
    log = evaluate(perturbqa_de(**FEW), solver=made(solver, **given), **options)
    prompts = set(calls_of(log, "summarizer"))
    read = round(sum(map(len, prompts)) / CHARACTERS_A_TOKEN)
    assert f"at most {len(prompts):,} calls of the role summarizer, {read:,} input" in said
    sent = round(sum(map(len, calls_of(log))) / CHARACTERS_A_TOKEN)
    assert f"input tokens {2 * sent:>17,}" in said


def test_of_many_questions_a_sample_is_scaled_up_and_said(capsys, monkeypatch):
    few = {**FEW, "genes": 10}
    exact = estimate("perturbqa_de", few, solver="summer")
    monkeypatch.setattr(of_pairs, "SAMPLED", 20)
    counts = estimate("perturbqa_de", few, solver="summer")
    assert counts == estimate("perturbqa_de", few, solver="summer")
    assert counts == {**exact, "input tokens": counts["input tokens"]}
    assert counts["input tokens"] != exact["input tokens"]
    assert counts["input tokens"] == pytest.approx(exact["input tokens"], rel=0.1)
    command = ["estimate", "perturbqa_de", *(f"-T{name}={value}" for name, value in few.items())]
    assert main([*command, "--solver", "summer"]) == 0
    said = f"20 of the {counts['questions']} questions, drawn with seed 0"
    assert said in capsys.readouterr().out
    assert main(command) == 0
    assert "scaled" not in capsys.readouterr().out


def test_the_own_solver_by_name_takes_what_it_takes_without(capsys):
    without = estimate("perturbqa_direction", {**FEW, "answer": "logprobs"})
    given = {"answer": "logprobs"}
    assert estimate("perturbqa_direction", FEW, solver="ask", solver_args=given) == without
    without = estimate("langpert", {"screen": "demo", "fold": 0})
    named = estimate("langpert", {"screen": "demo", "fold": 0}, solver="nearest_perturbations")
    assert named == without


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--solver", "graph_factor"], "graph_factor asks no model"),
        (["--solver", "sumer"], "solver must be one of ask, llm_no_cot"),
        (["--solver", "mine.py@mine"], "--limit 5"),
        (["--solver", ""], "solver must be one of"),
        (["--solver", "nearest_perturbations"], "solver must be one of"),
        (["--solver", "summer", "-S", "budgt=3"], "Did you mean budget"),
        (["--solver", "summer", "-S", "budget=0"], "budget must be at least 1"),
        (["--solver", "summer", "-S", "graph=a,b"], "graph must be text"),
        (["--solver", "summer", "-S", "control=blind"], "control must be one of"),
        (["--solver", "llm_no_retrieval", "-S", "control=shuffled_evidence"], "control must be"),
        (["--solver", "ask", "-S", "answer=essay"], "answer must be one of"),
        (["--solver", "lab_agent", "-S", "max_calls=0"], "max_calls must be at least 1"),
    ],
)
def test_what_cannot_be_estimated_is_said_in_one_line(arguments, message, capsys):
    assert main(["estimate", "perturbqa_de", "-T", "dataset=demo", *arguments]) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.count("\n") == 1
    assert not said.out


@pytest.mark.parametrize("solver", ["summer", "contrast", "llm_no_cot"])
def test_a_solver_that_reads_rows_names_the_track_that_it_needs(solver, capsys):
    assert main(["estimate", "perturbqa_de", "-T", "dataset=demo", "--solver", solver]) in (1, 2)
    said = capsys.readouterr().err
    assert "-T evidence=within or cross" in said
    assert said.count("\n") == 1


def test_an_agent_has_bounds_alone(capsys):
    n = estimate("perturbqa_de", FEW)["questions"]
    command = ["estimate", "perturbqa_de", *(f"-T{name}={value}" for name, value in FEW.items())]
    assert main([*command, "--solver", "lab_agent", "-S", "max_calls=7"]) == 2
    said = capsys.readouterr().err
    assert re.search(rf"at most {7 * n} calls \(max_calls=7 .*max_tokens=100,000.*--limit 5", said)
    assert re.fullmatch(r".+\n", said)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-T", "cel_line=demo_a"], "Did you mean cell_line"),
        (["-T", "cell_line=hela"], "cell_line must be one of"),
        (["-T", "genes"], "NAME=VALUE"),
        (["-T", "answer=essay"], "answer must be one of"),
        (["--epochs", "0"], "epochs must be at least 1"),
        (["--output-tokens", "-7"], "output_tokens must be 0 or more"),
        (["-T", "abstention=never"], "abstention must be one of"),
        (["-T", "genes=-5"], "genes must be between 1 and"),
    ],
)
def test_bad_arguments_are_exit_code_2(arguments, message, capsys):
    assert main(["estimate", "perturbqa_de", "-T", "dataset=demo", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_dollars_by_the_price_that_is_named(capsys, tmp_path):
    prices = tmp_path / "prices.yaml"
    price = "{input: 2.0, output: 10.0, input_cache_write: 0, input_cache_read: 0}"
    prices.write_text(f"one/model: {price}\n", "utf-8")
    command = ["estimate", "perturbqa_de", "-T", "dataset=demo", "-T", "genes=5"]
    assert main([*command, "--model-cost-config", str(prices)]) == 0
    counts = estimate("perturbqa_de", {"dataset": "demo", "genes": 5})
    cost = (counts["input tokens"] * 2 + counts["output tokens"] * 10) / 1e6
    said = capsys.readouterr().out
    assert f"dollars, one/model {cost:>13,.4f}" in said
    for without in ([], ["--model", "other/model", "--model-cost-config", str(prices)]):
        assert main([*command, *without]) == 0
        said = capsys.readouterr().out
        assert "name the model's price with --model-cost-config" in said
        assert "dollars, " not in said
