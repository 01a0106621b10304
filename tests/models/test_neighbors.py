"""Answers about similar knock-downs: by the notes, with mistakes, readable in every form."""

import json
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import ContentReasoning, ModelOutput
from inspect_ai.scorer import SampleScore

from perturb_evals.datasets.genes.symbols import SymbolResolver
from perturb_evals.metrics.intervals import paired_difference
from perturb_evals.models.notes import perturbation_of
from perturb_evals.models.scripted import FULL_NAME
from perturb_evals.scorers.expression.reading import parse_neighbors
from perturb_evals.scorers.expression.results import scored_vectors
from perturb_evals.solvers.expression.baselines import oracle_neighbors, random_neighbors
from perturb_evals.solvers.expression.nearest_perturbations import (
    nearest_perturbations,
    response_schema,
)
from perturb_evals.solvers.expression.prompts import (
    EMPTY_LIST,
    REASK,
    REVIEW,
    VARIANTS,
    NeighborPrompt,
    Variant,
)
from perturb_evals.tasks.langpert import langpert

Ask = Callable[..., ModelOutput]
Evaluate = Callable[..., EvalLog]

AGAIN = REASK.format(problem=EMPTY_LIST)
SCHEMA = response_schema(reasoning=True, similarities=False)


def prompt(
    target: str,
    listed: Sequence[str],
    variant: Variant = "full",
    k: int = 10,
    similarities: bool = False,
) -> str:
    others = tuple(name for name in listed if name != target)
    return NeighborPrompt(variant, "demo_a", k, similarities).render(target, others)


def named(output: ModelOutput) -> list[str]:
    found = json.loads(output.completion)["kNN"]
    assert isinstance(found, list)
    return found


def answers(ask: Ask, *messages: str, n: int = 40) -> list[list[str]]:
    """The names of n answers that are held to the schema."""
    return [named(ask(*messages, seed=seed, response_schema=SCHEMA)) for seed in range(n)]


def test_the_own_complex_is_named_the_nearest_symbols_first(
    ask: Ask, listed: tuple[str, ...]
) -> None:
    found = answers(ask, prompt("MED14", listed), AGAIN)
    (names,) = {tuple(names) for names in found if names}
    assert names == tuple(sorted(names, key=lambda name: (not name.startswith("MED1"), name)))
    assert {perturbation_of(name) for name in names} == {perturbation_of("MED14")}


def test_other_complexes_only_fill_up_to_the_fewest(ask: Ask, listed: tuple[str, ...]) -> None:
    few = (*(name for name in listed if not name.startswith("COP")), "COPA")
    (names,) = {tuple(names) for names in answers(ask, prompt("COPB1", few), AGAIN) if names}
    place = perturbation_of("COPB1")
    assert len(names) == 5
    assert [perturbation_of(name) == place for name in names] == [True, True, False, False, False]


def test_opposite_effects_are_not_alike_and_a_name_is_the_last_straw(ask: Ask) -> None:
    # SREBF2 and HMGCS1 belong to sterol control, and their losses move it in opposite ways.
    (names,) = {tuple(x) for x in answers(ask, prompt("SREBF2", ["HMGCS1", "SCAP"]), AGAIN) if x}
    assert names == ("SCAP",)
    (names,) = {tuple(x) for x in answers(ask, prompt("ZNF12", ["ZNF7", "RPL7"]), AGAIN) if x}
    assert names == ("ZNF7",)


def test_without_a_note_it_guesses_and_takes_most_of_that_back(
    ask: Ask, listed: tuple[str, ...]
) -> None:
    asked = prompt("QQQ9", (*listed, "QQQA", "SCAP"))
    guesses = {tuple(names) for names in answers(ask, asked) if names}
    assert len(guesses) > 20
    notes = {perturbation_of(name) for names in guesses for name in names} - {None}
    assert all(note.essential for note in notes if note)
    assert {len(names) for names in answers(ask, asked, REVIEW)} <= {0, 1, 5}


def test_it_is_hasty_at_first_and_sees_that_when_asked_again(
    ask: Ask, listed: tuple[str, ...]
) -> None:
    asked = prompt("AARS1", listed, "refine")
    resolver = SymbolResolver(name for name in listed if name != "AARS1")
    slips, gone = Counter[str](), 0
    for seed in range(150):
        first = named(ask(asked, seed=seed, response_schema=SCHEMA))
        second = ask(asked, REVIEW, seed=seed, response_schema=SCHEMA)
        assert set(named(second)) <= set(listed) - {"AARS1"}
        missing = [name for name in dict.fromkeys(first) if name not in named(second)]
        assert all(name in json.loads(second.completion)["reasoning"] for name in missing)
        gone += bool(missing)
        slips["repeated"] += len(first) - len(set(first))
        slips["itself"] += first.count("AARS1")
        slips.update(resolver.resolve(name, "AARS1").route for name in first)
    assert min(slips[name] for name in ("exact", "unknown", "case", "itself", "repeated")) > 0
    assert slips["unknown"] < 0.1 * slips["exact"]
    assert gone > 20


def test_a_refusal_stays_one_and_an_empty_list_is_filled_when_asked_again(
    ask: Ask, listed: tuple[str, ...]
) -> None:
    asked, seen = prompt("INTS1", listed), set()
    for seed in range(200):
        first = ask(asked, seed=seed, response_schema=SCHEMA)
        if not named(first):
            second = ask(asked, AGAIN, seed=seed, response_schema=SCHEMA)
            refused = "I'm sorry" in first.completion
            assert ("I'm sorry" in second.completion) == refused
            assert bool(named(second)) != refused
            assert not set(named(second)) - set(listed)
            free = ask(asked, seed=seed).completion
            assert (parse_neighbors(free) is None) == refused
            seen.add(refused)
    assert seen == {True, False}


@pytest.mark.parametrize("variant", ["full", "no_reasoning"])
@pytest.mark.parametrize("similarities", [True, False])
def test_what_is_said_is_read_with_and_without_a_schema(
    ask: Ask, listed: tuple[str, ...], variant: Variant, similarities: bool
) -> None:
    reasoning = variant != "no_reasoning"
    schema = response_schema(reasoning=reasoning, similarities=similarities)
    asked = prompt("SF3B1", listed, variant, similarities=similarities)
    untidy = set()
    for seed in range(100):
        held, free = ask(asked, seed=seed, response_schema=schema), ask(asked, seed=seed)
        names = named(held)
        assert list(json.loads(held.completion)) == ["reasoning", "kNN"][not reasoning :]
        if similarities:
            shares = [item["similarity"] for item in names]
            assert all(isinstance(share, int) and 0 < share <= 100 for share in shares)
            names = [item["gene"] for item in names]
        found = parse_neighbors(free.completion)
        assert list(found.names if found else ()) == names
        if not free.completion.startswith('{"'):
            untidy.add(free.completion[:2])
    assert len(untidy) >= 2


@pytest.mark.parametrize("k", [1, 3, 10])
def test_never_more_than_asked_for_but_for_slips(ask: Ask, listed: tuple[str, ...], k: int) -> None:
    for target in listed[::5]:
        asked = prompt(target, listed, k=k)
        (names,) = answers(ask, asked, AGAIN, n=1)
        assert len(set(names)) == len(names) <= k
        assert set(names) <= set(listed) - {target}
        assert answers(ask, asked, n=1) == answers(ask, asked, n=1)


def test_nobody_but_the_target_leaves_nothing_to_choose(ask: Ask) -> None:
    alone = NeighborPrompt("full", "demo_a", 10).render("PSMA1", ("PSMA1",))
    for turns in ([alone], [alone, AGAIN]):
        assert not any(answers(ask, *turns, n=20))


def test_a_thinking_part_holds_a_draft_that_is_not_the_answer(
    ask: Ask, listed: tuple[str, ...]
) -> None:
    outputs = [ask(prompt("EIF3B", listed), seed=seed) for seed in range(60)]
    thinking = [output for output in outputs if not isinstance(output.message.content, str)]
    assert 0 < len(thinking) < 30
    for output in thinking:
        reasoning, _ = output.message.content
        assert isinstance(reasoning, ContentReasoning)
        draft, answer = (parse_neighbors(x) for x in (reasoning.reasoning, output.completion))
        assert draft is not None
        assert answer is not None
        assert list(draft.names) != list(answer.names[: len(draft.names)])


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=20), st.lists(st.text(min_size=1, max_size=12), max_size=8))
def test_any_symbol_is_text_and_never_a_template(
    ask: Ask, target: str, candidates: list[str]
) -> None:
    asked = prompt(target, ("{pert}", "{0}", *candidates))
    for turns in ([asked], [asked, AGAIN], [asked, REVIEW]):
        assert ask(*turns).completion


def test_a_cut_answer(ask: Ask, listed: tuple[str, ...]) -> None:
    output = ask(prompt("INTS1", listed), max_tokens=20)
    assert output.stop_reason == "max_tokens"
    assert len(output.completion) <= 80


def metrics(log: EvalLog) -> dict[str, float]:
    assert log.status == "success", log.error
    assert log.results is not None
    return {name: metric.value for name, metric in log.results.scores[0].metrics.items()}


def errors(log: EvalLog) -> np.ndarray:
    scores = [
        SampleScore(score=score, sample_id=sample.id, sample_metadata=sample.metadata)
        for sample in log.samples or []
        for score in (sample.scores or {}).values()
    ]
    return scored_vectors(scores).by_perturbation()["mae_top20"].to_numpy()


def asked_of(sample: EvalSample) -> list[str]:
    return [message.text for message in sample.messages if message.role == "user"]


def test_it_is_better_than_guessing_and_worse_than_can_be(evaluate: Evaluate) -> None:
    log = evaluate(langpert("demo", fold=3), model=FULL_NAME)
    found = metrics(log)
    assert found["n_dropped_over_limit"] == found["n_dropped_ambiguous"] == 0
    assert found["n_dropped_invented"] > 0
    assert found["n_reasks"] == sum(len(asked_of(sample)) - 1 for sample in log.samples or []) > 0

    k = round(found["mean_k"])
    worse = evaluate(langpert("demo", fold=3), solver=random_neighbors(k=k))
    better = evaluate(langpert("demo", fold=3), solver=oracle_neighbors(k=k))
    assert found["n_perturbations"] == 48
    assert paired_difference(errors(log), errors(worse)).upper < 0
    assert errors(better).mean() < errors(log).mean()


@pytest.mark.parametrize(
    ("variant", "structured"), [*((variant, True) for variant in VARIANTS), ("full", False)]
)
def test_every_variant_is_answered(evaluate: Evaluate, variant: Variant, structured: bool) -> None:
    aggregation = "similarity" if variant == "minimal" else "mean"
    solver = nearest_perturbations(variant, structured=structured, aggregation=aggregation)
    log = evaluate(langpert("demo", fold=1), model=FULL_NAME, solver=solver, limit=8)
    found = metrics(log)
    assert found["fallback_rate"] <= 1 / 8
    assert 4 < found["mean_k"] <= 10
    for sample in log.samples or []:
        if structured:
            keys = list(json.loads(sample.output.completion))
            assert keys == (["kNN"] if variant == "no_reasoning" else ["reasoning", "kNN"])
        assert len(asked_of(sample)) > (variant == "refine")


def test_an_answer_that_is_cut_off_is_asked_for_again(evaluate: Evaluate) -> None:
    log = evaluate(langpert("demo", fold=1), model=FULL_NAME, limit=4, max_tokens=12)
    found = metrics(log)
    assert found["fallback_rate"] == 1
    assert found["n_reasks"] == 8
