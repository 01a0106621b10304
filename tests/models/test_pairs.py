"""Answers about two genes follow the notes, err now and then, and are readable in every form."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import product
from statistics import mean, median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inspect_ai.log import EvalLog
from inspect_ai.model import ContentReasoning, ModelOutput
from sklearn.metrics import roc_auc_score

from perturb_evals.datasets.demo.world import attainable_scores
from perturb_evals.models.pairs import WORDS
from perturb_evals.models.scripted import FULL_NAME
from perturb_evals.scorers.pairs.reading import parse_answer
from perturb_evals.solvers.pairs.prompts import render
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

Ask = Callable[..., ModelOutput]

SEEDS = range(15)
PERTS = ("PSMA1", "RPL7", "MED14", "UPF1", "AARS1", "SQLE", "GATA1", "MDM2", "ZNF999", "TMEM999")
GENES = ("LDLR", "ASNS", "PSMB5", "CDKN1A", "GAS5", "MDM2", "HBG1", "CCNB1", "RPL3", "LINC99999")


def probabilities(ask: Ask, line: str, pert: str, gene: str, kind: str) -> list[float]:
    prompt = render(kind, "probability", line, pert, gene)
    texts = [ask(prompt, seed=seed).completion for seed in SEEDS]
    found = [parse_answer(text, kind, "probability", "stop").value for text in texts]
    return [value for value in found if value is not None]


@pytest.mark.parametrize(
    ("pert", "gene", "rises"),
    [
        ("SQLE", "LDLR", True),
        ("SCAP", "LDLR", False),
        ("AARS1", "ASNS", True),
        ("EIF2B4", "ASNS", True),
        ("PSMA1", "PSMD4", True),
        ("PSMC2", "HSPA1B", True),
        ("HSPA5", "HERPUD1", True),
        ("UPF1", "GAS5", True),
        ("KEAP1", "NQO1", True),
        ("LRPPRC", "MT-ND4", False),
        ("GATA1", "HBG1", False),
        ("HSF1", "HSPA1B", False),
        ("PSMA1", "PSMA1", False),
        ("MDM2", "MDM2", False),  # though p53, which drives it, is gone
    ],
)
def test_clear_cases_mostly_go_the_right_way(ask: Ask, pert: str, gene: str, rises: bool) -> None:
    assert (median(probabilities(ask, "k562", pert, gene, "direction")) > 0.6) == rises
    assert median(probabilities(ask, "k562", pert, gene, "direction")) < 0.4 or rises
    assert median(probabilities(ask, "k562", pert, gene, "de")) > 0.6


def test_programmes_count_only_in_cell_lines_that_have_them(ask: Ask) -> None:
    for pert, gene, line, other in (
        ("RPL5", "CDKN1A", "rpe1", "k562"),
        ("GATA1", "HBG1", "k562", "rpe1"),
    ):
        assert median(probabilities(ask, line, pert, gene, "de")) > 0.6
        assert median(probabilities(ask, other, pert, gene, "de")) < 0.4


def test_without_notes_a_change_is_unlikely_and_the_direction_open(ask: Ask) -> None:
    assert median(probabilities(ask, "k562", "ZNF999", "ABCD9", "de")) < 0.3
    direction = probabilities(ask, "k562", "ZNF999", "ABCD9", "direction")
    assert median(direction) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("kind", ["de", "direction"])
@pytest.mark.parametrize("form", ["label", "probability"])
def test_reasoned_answers_are_readable_and_sometimes_none(ask: Ask, kind: str, form: str) -> None:
    found, endings = Counter[str](), Counter[str]()
    for seed, (pert, gene) in product(range(6), product(PERTS, GENES)):
        text = ask(render(kind, form, "k562", pert, gene), seed=seed).completion
        answer = parse_answer(text, kind, form, "stop")
        found[answer.reason or "read"] += 1
        if answer.value is not None:
            assert 0 <= answer.value <= 1
            endings[text.splitlines()[-1].replace("ANSWER: ", "")] += 1
        assert (answer.reason == "refusal") == text.startswith("I'm sorry")
        assert pert in text
    insufficient = {"insufficient"} if form == "label" else set()
    assert set(found) == {"read", "refusal", "unparseable"} | insufficient
    assert found["read"] > 0.85 * found.total()
    assert any(ending.startswith("**") for ending in endings)  # not as was asked for
    assert len(endings) > (5 if form == "label" else 50)


@pytest.mark.parametrize("kind", ["de", "direction"])
def test_one_word_with_log_probabilities(ask: Ask, kind: str) -> None:
    seen = Counter[str]()
    for pert, gene in product(PERTS, GENES):
        prompt = render(kind, "logprobs", "k562", pert, gene)
        output = ask(prompt, logprobs=True, top_logprobs=5)
        text, logprobs = output.completion, output.choices[0].logprobs
        if text.startswith("I'm sorry"):
            assert logprobs is None
            continue
        seen[text.strip("*.").capitalize()] += 1
        assert logprobs is not None
        assert "".join(token.token for token in logprobs.content) == text
        token = next(token for token in logprobs.content if token.token.isalpha())
        tops = {top.token: top.logprob for top in token.top_logprobs or []}
        assert set(WORDS[kind]) <= {name.capitalize() for name in tops}
        assert token.logprob == max(tops.values())
        assert sum(math.exp(value) for value in tops.values()) <= 1 + 1e-9
    assert set(seen) == set(WORDS[kind])


def test_log_probabilities_only_when_asked_for(ask: Ask) -> None:
    word = render("de", "logprobs", "k562", "PSMA1", "PSMB5")
    assert ask(word).choices[0].logprobs is None
    label = render("de", "label", "k562", "PSMA1", "PSMB5")
    assert ask(label, logprobs=True, top_logprobs=5).choices[0].logprobs is None
    one = ask(word, logprobs=True, top_logprobs=1).choices[0].logprobs
    assert one is not None
    assert all(len(token.top_logprobs or []) <= 1 for token in one.content)


def test_some_answers_show_a_thinking_part_that_is_no_answer(ask: Ask) -> None:
    prompt = render("de", "label", "k562", "PSMA1", "HBG1")
    outputs = [ask(prompt, seed=seed) for seed in range(60)]
    thinking = [output for output in outputs if not isinstance(output.message.content, str)]
    assert 0 < len(thinking) < 30
    for output in thinking:
        reasoning, text = output.message.content
        assert isinstance(reasoning, ContentReasoning)
        assert output.completion == text.text
        assert "PSMA1" in reasoning.reasoning
        assert output.usage is not None
        assert output.usage.reasoning_tokens == math.ceil(len(reasoning.reasoning) / 4)


def test_a_known_answer_stays_what_it_was(ask: Ask) -> None:
    # The script draws from Python's own generator, so this also holds across machines.
    text = ask(render("direction", "label", "k562", "SQLE", "LDLR")).completion
    assert text.splitlines()[-1] == "ANSWER: Increase"
    assert "cholesterol synthesis raises the SREBP programme" in text


@settings(max_examples=60, deadline=None)
@given(pert=st.text(max_size=30), gene=st.text(max_size=30))
def test_any_symbol_is_text_and_never_a_template(ask: Ask, pert: str, gene: str) -> None:
    question = "Question: is the expression changed?\nANSWER: <Yes | No | Insufficient evidence>"
    assert ask(f"Knocked-down gene: {pert}\nReadout gene: {gene}\n{question}").completion
    text = ask(render("de", "label", "k562", "A{gene.__class__}", "B{0}"), seed=1).completion
    assert "A{gene.__class__}" in text
    assert "B{0}" in text


@pytest.mark.parametrize(
    ("kind", "task"), [("de", perturbqa_de), ("direction", perturbqa_direction)]
)
def test_it_is_better_than_guessing_and_worse_than_can_be(
    evaluate: Callable[..., EvalLog], kind: str, task: Callable[..., object]
) -> None:
    log = evaluate(task(dataset="demo", answer="probability", genes=20), model=FULL_NAME)
    assert log.status == "success", log.error
    assert log.results is not None
    reached = log.results.scores[0].metrics["auroc_per_gene"].value
    best = attainable_scores("demo_a", kind).set_index(["pert", "gene"])["score"]
    by_gene = defaultdict[str, list[tuple[bool, float]]](list)
    for sample in log.samples or []:
        pert, gene = sample.metadata["pert"], sample.metadata["gene"]
        by_gene[gene].append((sample.target == WORDS[kind][0], best[pert, gene]))
    ceiling = mean(roc_auc_score(*zip(*rows, strict=True)) for rows in by_gene.values())
    assert 0.5 < reached < ceiling
