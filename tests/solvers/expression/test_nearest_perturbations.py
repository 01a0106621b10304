"""The LangPert solver over Inspect: what a model is told, and what of its answers counts."""

import json
from collections.abc import Callable
from typing import Any

import inspect_ai
import numpy as np
import pytest
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import ModelOutput

from perturb_evals.datasets.screens.evidence import HeldOut, expression_evidence, fold_of
from perturb_evals.datasets.screens.load import ScreenRequest
from perturb_evals.scorers.expression.expression import expression
from perturb_evals.scorers.expression.held_out_truth import truth_for
from perturb_evals.solvers.expression.nearest_perturbations import (
    nearest_perturbations,
    response_schema,
    shuffled,
)
from perturb_evals.solvers.expression.prompts import (
    CUT_OFF,
    EMPTY_LIST,
    NO_LIST,
    REVIEW,
    NeighborPrompt,
)
from perturb_evals.tasks.langpert import langpert

FOLD = HeldOut(ScreenRequest("demo"))
TRAINING = expression_evidence(FOLD)
TESTED = fold_of(FOLD).test
SOME, OTHERS = TRAINING.perturbations[:3], TRAINING.perturbations[3:5]


def said(*names: Any) -> str:
    return json.dumps({"reasoning": "They act alike.", "kNN": list(names)})


def stopped(text: str, reason: Any) -> ModelOutput:
    output = ModelOutput.from_content("model", text)
    output.choices[0].stop_reason = reason
    return output


def target_of(heard: Any) -> str:
    return str(heard.texts[0].partition("Target gene: ")[2].split()[0])


def account(sample: EvalSample) -> dict[str, Any]:
    assert sample.scores is not None, sample.error
    found = sample.scores["expression"].metadata
    assert found is not None
    return found


@pytest.fixture
def run(evaluate: Callable[..., EvalLog]) -> Callable[..., list[EvalSample]]:
    """Run the solver on the first samples of a fold of the demo world and return them."""

    def run(speaker: Any, limit: int = 1, epochs: int = 1, **arguments: Any) -> list[EvalSample]:
        log = evaluate(
            langpert(screen="demo", fold=0),
            solver=nearest_perturbations(**arguments),
            model=speaker.model,
            limit=limit,
            epochs=epochs,
        )
        assert log.status == "success", log.error
        assert arguments.items() <= log.plan.steps[0].params.items()
        assert log.samples is not None
        return log.samples

    return run


def test_a_model_sees_the_names_of_the_fold_and_nothing_else(speaker, run):
    model = speaker(lambda heard: said(*SOME))
    samples = run(model, limit=4)
    prompt = NeighborPrompt("full", "demo_a", 10)
    expected = {prompt.render(target, TRAINING.perturbations) for target in TESTED[:4]}
    assert {text for heard in model.heard for text in heard.texts} == expected
    assert len(model.heard) == 4
    for sample in samples:
        assert account(sample)["neighbors"] == list(SOME)
        assert account(sample)["prompt"] == prompt.hash
        assert "reasks" not in account(sample)
        note = sample.output.metadata["perturb_evals"]
        assert note["method"] == "neighbors"
        assert note["limit"] == 10


# Answers without a usable name, by what the model is told; TARGET is the target's own name.
WRONG = {
    "They may well act like a ribosome.": NO_LIST,
    '{"reasoning": "...", "kNN": ["...", "..."]}': NO_LIST,
    said(): EMPTY_LIST,
    said("FOO1", 'BA"R'): 'None of these names is in the list: "FOO1", "BA\\"R".',
    said("RPL99 (a protein of the large ribosomal subunit)"): (
        'None of these names is in the list: "RPL99 (a protein of the large ribosomal\u2026".'
    ),
    said(*TESTED[-2:]): f'None of these names is in the list: "{TESTED[-2]}", "{TESTED[-1]}".',
    said("TARGET"): 'The target cannot be its own neighbor: "TARGET".',
    said("FOO1", "TARGET"): (
        'None of these names is in the list: "FOO1". The target cannot be its own neighbor: '
        '"TARGET".'
    ),
}


def test_a_model_is_told_what_is_wrong_and_asked_again(speaker, run):
    wrong = dict(zip(TESTED, WRONG.items(), strict=False))

    def reply(heard):
        if len(heard.texts) > 1:
            return said(*SOME)
        return wrong[target_of(heard)][0].replace("TARGET", target_of(heard))

    model = speaker(reply)
    for sample in run(model, limit=len(WRONG)):
        target = str(sample.metadata["pert"])
        first, second = (heard for heard in model.heard if target_of(heard) == target)
        assert [message.role for message in second.messages] == ["user", "assistant", "user"]
        assert second.texts[0] == first.texts[0]
        told, reminder = second.texts[-1].splitlines()
        assert told == wrong[target][1].replace("TARGET", target)
        assert "spelled as they are there" in reminder
        assert account(sample)["neighbors"] == list(SOME)
        assert account(sample)["reasks"] == 1
    assert len(model.heard) == 2 * len(WRONG)


def test_one_usable_name_is_enough(speaker, run):
    answers = [said("FOO1", SOME[0]), said(SOME[0].lower()), said(*SOME[:1] * 3)]
    model = speaker(lambda heard: answers[TESTED.index(target_of(heard))])
    for sample in run(model, limit=3):
        assert account(sample)["neighbors"] == [SOME[0]]
    assert len(model.heard) == 3


def test_an_answer_that_ended_early_is_asked_for_again_only_if_there_is_room(speaker, run):
    cut_off, full = TESTED[:2]

    def reply(heard):
        if target_of(heard) == full:
            return stopped("", "model_length")
        if len(heard.texts) == 1:
            return stopped('{"reasoning": "The ribosome', "max_tokens")
        return said(*SOME)

    model = speaker(reply)
    accounts = {str(s.metadata["pert"]): account(s) for s in run(model, limit=2)}
    told = {target_of(heard): heard.texts[-1] for heard in model.heard if len(heard.texts) > 1}
    assert told.keys() == {cut_off}
    assert told[cut_off].startswith(CUT_OFF)
    assert accounts[cut_off]["neighbors"] == list(SOME)
    assert accounts[full]["fallback"] == "too_long"


# Lists that were only thought of when the tokens ran out; A and B are training perturbations.
THOUGHT_OF = (
    '{"reasoning":"Considering genes [A, B] at first, but these are unrelated; the better ones '
    "would be the",
    'Step 1: candidates are ["A","B"]. These are unsuitable because',
    'Let me list: {"candidates": ["A", "B"], "reject": ["A"',
)


@pytest.mark.parametrize("text", THOUGHT_OF)
def test_a_list_that_was_only_thought_of_is_no_answer_of_a_reply_cut_off(text, speaker, run):
    thought = text.replace("A", SOME[0]).replace("B", SOME[1])
    stubborn = TESTED[1]

    def reply(heard):
        if len(heard.texts) == 1:
            return stopped(thought, "max_tokens")
        return "I cannot tell." if target_of(heard) == stubborn else said(*OTHERS)

    model = speaker(reply)
    samples = run(model, limit=2)
    told = [heard.texts[2] for heard in model.heard if len(heard.texts) > 1]
    assert len(told) == 3
    assert all(one.startswith(CUT_OFF) for one in told)
    accounts = {str(sample.metadata["pert"]): account(sample) for sample in samples}
    assert accounts[TESTED[0]]["neighbors"] == list(OTHERS)
    # The scorer looks at all replies for names, and knows of each that it was cut off.
    assert accounts[stubborn]["fallback"] == "no_list"
    (single,) = run(speaker(lambda heard: stopped(thought, "model_length")), reasks=0)
    assert account(single)["fallback"] == "no_list"


def test_a_log_that_is_scored_again_still_knows_what_was_cut_off(speaker, evaluate):
    def reply(heard):
        thought = f"I would look at {json.dumps(SOME)} first, then at"
        return stopped(thought, "max_tokens") if len(heard.texts) == 1 else "I cannot tell."

    task = langpert(screen="demo", fold=0)
    log = evaluate(task, model=speaker(reply).model, limit=1)
    again = inspect_ai.score(log, expression(), action="overwrite", display="none")
    for one in (log, again):
        assert account(one.samples[0])["fallback"] == "no_list"


@pytest.mark.parametrize(("reasks", "structured"), [(0, False), (3, True)])
def test_asking_again_ends(reasks, structured, speaker, run):
    model = speaker(lambda heard: "I cannot tell.")
    (sample,) = run(model, reasks=reasks, structured=structured)
    assert len(model.heard) == 1 + reasks
    assert account(sample)["fallback"] == "no_list"
    assert account(sample).get("reasks", 0) == reasks
    for heard in model.heard:
        assert (heard.config.response_schema is not None) == structured


def test_a_limit_of_the_run_leaves_the_last_answer_with_its_note(speaker, evaluate):
    model = speaker(lambda heard: "I cannot tell." if len(heard.texts) < 4 else said(*SOME))
    task = langpert(screen="demo", fold=0)
    log = evaluate(task, model=model.model, limit=1, message_limit=4)
    (sample,) = log.samples
    assert sample.limit is not None
    assert account(sample)["fallback"] == "no_list"
    assert account(sample)["reasks"] == 1
    assert account(sample)["prompt"] == NeighborPrompt("full", "demo_a", 10).hash


def test_a_second_pass_counts_when_it_is_usable(speaker, run):
    second = [said(*OTHERS), "It is fine as it is.", said("FOO1"), said()]
    useless = TESTED[len(second)]

    def reply(heard):
        if target_of(heard) == useless:
            return "I cannot tell."
        return second[TESTED.index(target_of(heard))] if len(heard.texts) > 1 else said(*SOME)

    model = speaker(reply)
    samples = run(model, limit=len(second) + 1, variant="refine")
    for sample in samples:
        heard = [h for h in model.heard if target_of(h) == sample.metadata["pert"]]
        if sample.metadata["pert"] == useless:  # there is nothing to look at again
            assert len(heard) == 3
            assert REVIEW not in {h.texts[-1] for h in heard}
            assert account(sample)["fallback"] == "no_list"
        else:
            assert [h.texts[-1] for h in heard[1:]] == [REVIEW]
            kept = OTHERS if sample.metadata["pert"] == TESTED[0] else SOME
            assert account(sample)["neighbors"] == list(kept)
            assert "reasks" not in account(sample)
        assert account(sample)["prompt"] == NeighborPrompt("refine", "demo_a", 10).hash


def test_the_order_is_shuffled_by_sample_and_seed_and_stays_over_epochs(speaker, run):
    orders = {}
    for seed in (0, 1):
        model = speaker(lambda heard: said(*SOME))
        run(model, limit=2, epochs=2, order="shuffled", seed=seed)
        listed = [tuple(heard.texts[0].splitlines()[5].split(", ")) for heard in model.heard]
        assert {tuple(sorted(order)) for order in listed} == {TRAINING.perturbations}
        assert len(listed) == 4
        for target in TESTED[:2]:
            (orders[seed, target],) = {
                order
                for order, heard in zip(listed, model.heard, strict=True)
                if target_of(heard) == target
            }
    assert len(set(orders.values())) == 4
    assert TRAINING.perturbations not in orders.values()


def test_the_shuffled_order_is_the_same_everywhere_and_fair():
    names = tuple("ABCDE")
    assert shuffled(names, 0, FOLD, "SMG5") == ("C", "E", "A", "B", "D")
    first = [shuffled(names, seed, FOLD, "SMG5")[0] for seed in range(2000)]
    counts = np.array([first.count(name) for name in names])
    assert (abs(counts - 400) < 5 * np.sqrt(400 * 0.8)).all()


def test_k_of_the_task_is_asked_for_and_counts(speaker, evaluate):
    names = TRAINING.perturbations[:5]
    model = speaker(lambda heard: said(*names))
    log = evaluate(langpert(screen="demo", fold=0, k=3), model=model.model, limit=1)
    assert "name 3 whose knock-down" in model.heard[0].texts[0]
    (sample,) = log.samples
    assert account(sample)["neighbors"] == list(names[:3])
    assert account(sample)["dropped_over_limit"] == 2
    # The log says how the model was asked, what was not given too.
    assert log.plan.steps[0].params == {
        "variant": "full",
        "k": None,
        "order": "alphabetical",
        "seed": 0,
        "aggregation": "mean",
        "structured": True,
        "reasks": 2,
    }


def test_k_of_the_task_also_holds_for_a_solver_of_the_command_line(speaker, evaluate):
    model = speaker(lambda heard: said(*TRAINING.perturbations[:5]))
    task = langpert(screen="demo", fold=0, k=3)
    for solver, size in (
        (nearest_perturbations(variant="minimal"), 3),
        (nearest_perturbations(k=4), 4),
    ):
        log = evaluate(task, solver=solver, model=model.model, limit=1)
        assert len(account(log.samples[0])["neighbors"]) == size


@pytest.mark.parametrize("reasoning", [False, True])
@pytest.mark.parametrize("similarities", [False, True])
def test_the_schema_is_strict_and_asks_for_reasoning_first(reasoning, similarities):
    schema = response_schema(reasoning, similarities)
    assert schema.strict
    shown = json.loads(schema.json_schema.model_dump_json(exclude_none=True))
    keys = ["reasoning", "kNN"] if reasoning else ["kNN"]
    assert list(shown["properties"]) == shown["required"] == keys
    assert shown["additionalProperties"] is False
    items = shown["properties"]["kNN"]["items"]
    if similarities:
        assert list(items["properties"]) == items["required"] == ["gene", "similarity"]
        assert items["additionalProperties"] is False
    else:
        assert items == {"type": "string"}


def test_similarities_are_asked_for_and_weigh_the_neighbors(speaker, run):
    pairs = [{"gene": SOME[0], "similarity": 90}, {"gene": SOME[1], "similarity": 30}]
    model = speaker(lambda heard: said(*pairs))
    (sample,) = run(model, aggregation="similarity", variant="no_reasoning")
    (heard,) = model.heard
    assert '"similarity"' in heard.texts[0]
    assert heard.config.response_schema == response_schema(False, True)
    vectors = TRAINING.vectors(SOME[:2]).astype(float)
    fold = truth_for(FOLD)
    row = fold.row_of[str(sample.metadata["pert"])]
    expected = fold.truth.scores(row, (90 * vectors[0] + 30 * vectors[1]) / 120)
    assert sample.scores["expression"].value["mae_all"] == pytest.approx(expected["mae_all"])


def test_a_refused_schema_is_given_up_once_for_the_run(speaker, refused, run):
    def reply(heard):
        if heard.config.response_schema is not None:
            raise refused("response_format is not supported")
        return said(*SOME) if len(heard.texts) > 1 else "Let me think."

    model = speaker(reply)
    samples = run(model, limit=8)
    assert [account(sample)["neighbors"] for sample in samples] == [list(SOME)] * 8
    with_schema = [heard for heard in model.heard if heard.config.response_schema is not None]
    assert len(with_schema) == 1
    assert len(model.heard) == 1 + 2 * 8


@pytest.mark.each(
    ("arguments", "message"),
    [
        ({"variant": "long"}, "variant must be one of full, minimal, no_reasoning, refine"),
        ({"order": "random"}, "order must be one of alphabetical, shuffled"),
        ({"aggregation": "max"}, "aggregation must be one of mean"),
        ({"k": 0}, "k must be 1 or more"),
        ({"k": 2.5}, "k must be a whole number"),
        ({"seed": "a"}, "seed must be a whole number"),
        ({"reasks": -1}, "reasks must be 0 or more"),
        ({"structured": "no"}, "structured must be true or false"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        nearest_perturbations(**arguments)
