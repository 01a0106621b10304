import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.scorers.reading.turns import first_turn

PIECES = (
    *("<think>", "</think>", "<|channel>thought\n", "<channel|>", "<|channel|>final<|message|>"),
    *(
        "<|im_end|>",
        "<|im_start|>user\n",
        "<|im_start|>assistant\n",
        "<end_of_turn>",
        "</s>",
        "<s>",
    ),
    *(
        "<|end|>",
        "[INST]",
        "[/INST]",
        "[|endofturn|]",
        "[|user|]",
        "<reflection>",
        "</reflection>",
        "<unused94>",
        "thought",
        "\n",
        "assistant",
        "analysis",
        "user",
    ),
    *("assistantfinal", "Thinking...", "<0x0A>", "[e~[", "Human:", "a", "B", " ", "<|", "|>"),
)
pieces = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=12).map("".join)


@settings(max_examples=300, deadline=None)
@given(text=pieces, cut_off=st.booleans())
def test_blanking_keeps_every_offset_and_adds_nothing(text, cut_off):
    turn = first_turn(text, cut_off)
    assert len(turn.text) == len(text)
    assert all(new in (old, " ") for new, old in zip(turn.text, text, strict=True))


@pytest.mark.each(
    ("text", "left", "ended"),
    [
        ("a<|im_end|>b", "a", True),
        ("<|im_end|>b", "b", False),  # nothing was said before
        ("a<end_of_turn>\n", "a", True),
        ("a<|reserved_special_token_3|>b", "a b", False),
        ("a<|end_header_id|>b", "a b", False),  # ends a part of a turn, not the turn
        ("a<|tool_call_end|>b", "a b", False),
        ("a<|begin_of_text|>b", "a b", False),
        ("a<|user|>b", "a", True),
        ("<|user|>b<|assistant|>c", "c", False),  # a prompt that is repeated
        ("[INST]b[/INST]c</s>", "c", True),
        ("a<s>b</s>c", "a c", False),
        ("<s>b</s>", "b", True),
        ("a<think>b<|im_end|>c</think>d", "a d", False),
        ("b<|im_end|>c</think>d", "d", False),
        ("<|channel|>analysis<|message|>b<|end|>c", "c", False),
        ("<|channel|>final<|message|>b<|end|><|channel|>final<|message|>c", "b", True),
        ("<|channel>thought\nb<turn|>c", "", True),
        ("<|im_start|>think\nb<|im_start|>answer\nc<|im_end|>", "c", True),
        ("<unused94>thought\nb<unused95>c<unused7>", "c", False),
        ("analysis of the data", "analysis of the data", False),
        ("Analysis: a", "Analysis: a", False),
        ("the user asks\nuser\nb", "the user asks", True),
        ("an end user and a model", "an end user and a model", False),
        ("a <b> c <d|e> [f]", "a <b> c <d|e> [f]", False),
        ("a<|im_e", "a", False),
    ],
)
def test_the_first_turn_is_left(text, left, ended):
    turn = first_turn(text)
    assert (turn.text.split(), turn.ended) == (left.split(), ended)


def test_a_line_thought_hides_what_a_limit_cut():
    assert first_turn("thought\na", cut_off=True).text.split() == []
    assert first_turn("thought\na").text.split() == ["thought", "a"]
    assert first_turn("thought\na<channel|>b").text.split() == ["b"]
