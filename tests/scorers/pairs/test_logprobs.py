"""P(positive) from log probabilities: which token, which alternatives, and when not to."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    Logprob,
    Logprobs,
    ModelOutput,
    StopReason,
    TopLogprob,
)

from perturb_evals.scorers.pairs.logprobs import LEAST_MASS, verdict_probability

Token = tuple[str, dict[str, float] | None]
"""A token with the probabilities of its alternatives, itself among them."""


def output(tokens: list[Token], text: str | None = None, stop: StopReason = "stop") -> ModelOutput:
    content = [
        Logprob(
            token=token,
            logprob=math.log((alternatives or {}).get(token, 0.9)),
            top_logprobs=None
            if alternatives is None
            else [TopLogprob(token=t, logprob=math.log(p)) for t, p in alternatives.items()],
        )
        for token, alternatives in tokens
    ]
    spoken = "".join(token for token, _ in tokens) if text is None else text
    choice = ChatCompletionChoice(
        message=ChatMessageAssistant(content=spoken),
        stop_reason=stop,
        logprobs=Logprobs(content=content),
    )
    return ModelOutput(model="m", choices=[choice])


def close(value: float) -> object:
    return pytest.approx(value, abs=1e-12)


def test_case_and_space_variants_of_both_words_are_summed_and_normalised() -> None:
    mass = {
        "Yes": 0.3,
        " yes": 0.1,
        "YES": 0.05,
        "\nYes": 0.05,
        "No": 0.2,
        " no": 0.1,
        "Maybe": 0.1,
    }
    assert verdict_probability(output([("Yes", mass)]), "de") == close(0.5 / 0.8)
    assert verdict_probability(output([("No", mass)]), "de") == close(0.5 / 0.8)


def test_words_that_only_resemble_a_verdict_do_not_count() -> None:
    mass = {
        "No": 0.3,
        "Yes": 0.3,
        "Not": 0.1,
        "None": 0.1,
        "Yesterday": 0.1,
        "NOTCH": 0.05,
        "": 0.05,
    }
    assert verdict_probability(output([("No", mass)]), "de") == close(0.5)


def test_a_word_in_pieces_is_judged_at_its_first_piece() -> None:
    begins = {"Dec": 0.5, " Decrease": 0.1, "De": 0.1, "Incre": 0.15, "In": 0.05, "The": 0.1}
    rest = {"rease": 0.99, "ade": 0.01}
    split = output([("Dec", begins), ("rease", rest)])
    assert verdict_probability(split, "direction") == close(0.2 / 0.9)


def test_one_letter_is_another_word() -> None:
    mass = {"Decrease": 0.4, "I": 0.4, "Increase": 0.1, "D": 0.1}
    assert verdict_probability(output([("Decrease", mass)]), "direction") == close(0.1 / 0.5)


def test_the_verdict_token_is_found_behind_other_tokens() -> None:
    never = {"Yes": 0.001, "No": 0.998}
    verdict = {" No": 0.25, " Yes": 0.75}
    tokens: list[Token] = [
        ("No", never),
        (" paper says so.", never),
        ("\n\n", never),
        ("ANSWER", never),
        (":", never),
        (" Yes", verdict),
        (".", never),
    ]
    assert verdict_probability(output(tokens), "de") == close(0.75)


def test_the_verdict_is_looked_for_in_the_answer_and_not_in_the_reasoning() -> None:
    draft, verdict = {"Yes": 0.9, "No": 0.1}, {"Yes": 0.2, "No": 0.8}
    tokens: list[Token] = [("<think>", None), ("Yes", draft), ("</think>", None), ("No", verdict)]
    assert verdict_probability(output(tokens, text="No"), "de") == close(0.2)


@pytest.mark.parametrize("said", ["Yes", "No"])
def test_an_article_in_a_sentence_that_was_cut_is_not_option_a(said: str) -> None:
    verdict = {"Yes": 0.27, "No": 0.36, "The": 0.09}
    behind = [(piece, None) for piece in (".", "\n\n", "This", " answer", " is", " a")]
    tokens: list[Token] = [(said, verdict), *behind]
    assert verdict_probability(output(tokens, stop="max_tokens"), "de") == close(0.27 / 0.63)


def test_the_verdict_token_is_found_before_a_leaked_end_of_turn() -> None:
    mass = {"No": 0.75, "Yes": 0.25}
    tokens: list[Token] = [("No", mass), ("<end_of_turn>", None), ("\n", None), ("Yes", mass)]
    assert verdict_probability(output(tokens), "de") == close(0.25)


def test_a_leading_space_in_the_text_does_not_shift_the_token() -> None:
    tokens: list[Token] = [(" ", {" ": 1.0, "Yes": 1e-6}), ("Yes", {"Yes": 0.6, "No": 0.4})]
    assert verdict_probability(output(tokens), "de") == close(0.6)


def test_too_little_mass_on_both_words_is_no_probability() -> None:
    half = LEAST_MASS / 2
    below = {"Yes": half * 0.9, "No": half * 0.9, "**": 0.9}
    above = {"Yes": half * 1.1, "No": half * 1.1, "**": 0.9}
    assert verdict_probability(output([("Yes", below)]), "de") is None
    assert verdict_probability(output([("Yes", above)]), "de") == close(0.5)


def test_marks_around_a_verdict_do_not_hide_its_mass() -> None:
    mass = {"**Yes": 0.7, '"No"': 0.1, "No.": 0.1, "Yes": 0.05, "x": 0.05}
    assert verdict_probability(output([("**Yes", mass), ("**", None)]), "de") == close(0.75 / 0.95)


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["Increased"], 0.81 / 0.96),
        (["Up"], 0.83 / 0.98),
        (["Up", "regulated"], 0.83 / 0.98),
        (["Higher"], 0.8 / 1.0),
    ],
)
def test_synonyms_count_for_their_verdict(tokens: list[str], expected: float) -> None:
    masses = {
        "Increased": {"Increased": 0.8, "Decreased": 0.1, "Increase": 0.01, "Decrease": 0.05},
        "Up": {"Up": 0.8, "Down": 0.1, "Increase": 0.03, "Decrease": 0.05},
        "Higher": {"Higher": 0.8, "Lower": 0.2},
    }
    first: Token = (tokens[0], masses[tokens[0]])
    rest: list[Token] = [(token, None) for token in tokens[1:]]
    assert verdict_probability(output([first, *rest]), "direction") == close(expected)


@pytest.mark.parametrize("said", ["Elevated", "B", "\u2191"])
def test_crumbs_beside_a_verdict_in_other_words_are_no_probability(said: str) -> None:
    """The mass of what was said would be missing, and the crumbs could say the opposite."""
    mass = {said: 0.9, "Decrease": 0.03, "Increase": 0.01}
    assert verdict_probability(output([(said, mass)]), "direction") is None


@pytest.mark.parametrize("alternatives", [None, {}, {"Yes": 0.6}])
def test_a_token_without_alternatives_is_no_probability(
    alternatives: dict[str, float] | None,
) -> None:
    assert verdict_probability(output([("Yes", alternatives)]), "de") is None


@pytest.mark.parametrize("space", ["\u0120", "\u2581", " "])
def test_spaces_may_be_spelled_as_tokenizers_do(space: str) -> None:
    mass = {f"{space}Yes": 0.9, f"{space}No": 0.1}
    assert verdict_probability(output([(f"{space}Yes", mass)], text=" Yes"), "de") == close(0.9)
    assert verdict_probability(output([(f"{space}Yes", mass)], text="Yes"), "de") == close(0.9)


def test_text_that_the_tokens_do_not_spell_is_no_probability() -> None:
    tokens: list[Token] = [("Y\u00e9s", {"Y\u00e9s": 0.9, "No": 0.1})]
    assert verdict_probability(output(tokens, text="Yes"), "de") is None


def test_without_log_probabilities_verdict_or_choices_there_is_none() -> None:
    mass = {"Yes": 0.6, "No": 0.4}
    assert verdict_probability(ModelOutput.from_content("m", "Yes"), "de") is None
    assert verdict_probability(output([]), "de") is None
    assert verdict_probability(output([("Perhaps", mass)]), "de") is None
    assert verdict_probability(output([("", mass)], stop="content_filter"), "de") is None
    assert verdict_probability(ModelOutput(model="m", choices=[]), "de") is None


@given(
    st.lists(st.floats(0.001, 1), min_size=6, max_size=6),
    st.integers(0, 5),
    st.sampled_from(["", " ", "\n", "So: "]),
)
def test_the_share_is_that_of_the_sums_whatever_was_sampled(
    weights: list[float], sampled: int, lead: str
) -> None:
    pieces = ["Yes", " yes", "YES", "No", " No", "no"]
    mass = {piece: weight / sum(weights) for piece, weight in zip(pieces, weights, strict=True)}
    tokens: list[Token] = [(pieces[sampled], mass)]
    if lead:
        tokens.insert(0, (lead, {lead: 1.0}))
    expected = sum(list(mass.values())[:3])
    assert verdict_probability(output(tokens), "de") == pytest.approx(expected, abs=1e-9)
