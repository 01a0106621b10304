"""What a run asks, against its rendered prompts."""

import pytest

from perturb_evals.datasets.screens.benchmark import expression_benchmark
from perturb_evals.datasets.screens.evidence import fold_of
from perturb_evals.families import family_of
from perturb_evals.solvers.asking.tokens import prompt_tokens
from perturb_evals.solvers.expression.prompts import REVIEW, NeighborPrompt

ONE_FOLD = {"screen": "demo", "fold": 2, "cell_line": "demo_c"}


def prompt_tokens_of_the_fold(prompt: NeighborPrompt) -> int:
    (held_out,) = expression_benchmark(**ONE_FOLD).folds
    fold = fold_of(held_out)
    prompts = (prompt.render(target, fold.train) for target in fold.test)
    return sum(prompt_tokens(text, fold.train) for text in prompts)


def test_neighbors_are_asked_for_in_the_real_prompts():
    asked = family_of("langpert").asking("langpert", ONE_FOLD, {}, None)
    assert asked.questions == asked.calls == 48
    assert asked.input_tokens == prompt_tokens_of_the_fold(NeighborPrompt("full", "demo_c", 10))
    less = family_of("langpert").asking("langpert", ONE_FOLD, {"variant": "minimal"}, None)
    assert less.input_tokens < asked.input_tokens


def test_the_solver_has_the_last_word_on_k():
    asked = family_of("langpert").asking("langpert", {**ONE_FOLD, "k": 7}, {}, None)
    assert asked.input_tokens == prompt_tokens_of_the_fold(NeighborPrompt("full", "demo_c", 7))
    asked = family_of("langpert").asking("langpert", {**ONE_FOLD, "k": 7}, {"k": 3}, None)
    assert asked.input_tokens == prompt_tokens_of_the_fold(NeighborPrompt("full", "demo_c", 3))


def test_a_second_pass_reads_the_first_again():
    once = family_of("langpert").asking("langpert", ONE_FOLD, {}, 500)
    twice = family_of("langpert").asking("langpert", ONE_FOLD, {"variant": "refine"}, 500)
    assert twice.calls == 2 * once.calls
    read_again = 48 * (500 + len(REVIEW) / 4)
    assert twice.input_tokens == pytest.approx(2 * once.input_tokens + read_again)


def test_what_is_not_asked_for_is_not_written():
    def reply(**solver_args: str) -> int:
        return family_of("langpert").asking("langpert", ONE_FOLD, solver_args, None).reply_tokens

    assert reply(variant="no_reasoning") < reply() < reply(aggregation="similarity")


def test_arguments_stay_as_they_were():
    args = {"dataset": "demo", "answer": "logprobs", "genes": 1}
    assert family_of("perturbqa_de").asking("perturbqa_de", args, {}, None) == family_of(
        "perturbqa_de"
    ).asking("perturbqa_de", args, {}, None)
    assert args == {"dataset": "demo", "answer": "logprobs", "genes": 1}
