import pytest

from perturb_evals.cli.estimate import estimate
from perturb_evals.cli.main import main
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
