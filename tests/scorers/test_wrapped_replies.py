"""Replies as servers send them: any answer, in what any chat template may leave around it."""

import json
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.scorers.expression.reading import parse_neighbors
from perturb_evals.scorers.pairs.reading import parse_answer

# Each with `{}` for what was thought; nothing in there is the answer.
REASONING = (
    *("<think>{}</think>", "<think>\n{}\n</think>\n\n", "<thinking>{}</thinking>", "{}</think>"),
    *("<thought>{}</thought>", "<reasoning>{}</reasoning>", "<mm:think>{}</mm:think>"),
    *("<seed:think>{}</seed:think>", "<longcat_think>{}</longcat_think>", "[THINK]{}[/THINK]"),
    *(
        "\u25c1think\u25b7{}\u25c1/think\u25b7",
        "<|think|>{}<|/think|>",
        "<|thinking|>{}<|/thinking|>",
    ),
    *("<|think_start|>{}<|think_end|>", "<|START_THINKING|>{}<|END_THINKING|><|START_RESPONSE|>"),
    "<|begin_of_thought|>{}<|end_of_thought|>\n\n<|begin_of_solution|>",
    *("<|channel>thought\n{}<channel|>", "<|channel>thought\n{}\n<channel|>\n", "{}\n<channel|>"),
    *("<unused94>thought\n{}<unused95>", "thought\n{}<channel|>"),
    "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>",
    "<|channel|>commentary<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>",
    *("analysis{}assistantfinal", "analysisThe user asks. {}assistantcommentary{}assistantfinal"),
    "Thinking...\n{}\n...done thinking.\n\n",
    "<seed:think>a<seed:cot_budget_reflect>{}</seed:cot_budget_reflect>\n{}\n</seed:think>",
)
OPENING = (
    *(
        "<think>",
        "<|think|>",
        "[THINK]",
        "<|channel>thought\n",
        "<unused94>thought\n",
        "analysisWe ",
    ),
    *("<|channel|>analysis<|message|>", "<|START_THINKING|>", "Thinking...\n", "<reasoning>\n"),
)
BEGINS = (
    *("", "\n", "<s>", "<bos>", "<|begin_of_text|>", "<|im_start|>assistant\n", "assistant\n\n"),
    *(
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
        "<start_of_turn>model\n",
        "<|assistant|>",
    ),
    *("<|turn>model\n", "<|start_of_role|>assistant<|end_of_role|>", "[/INST]", "Assistant: "),
)
ENDS = (
    *("", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|eot|>", "<|end|>", "<|return|>", "</s>"),
    *("<end_of_turn>", "<eos>", "<turn|>", "<|end_of_text|>", "<|END_OF_TURN_TOKEN|>", "[e~["),
    *(
        "<\uff5cend\u2581of\u2581sentence\uff5c>",
        "<end_of_utterance>",
        "<0x0A>",
        "<unused1>",
        "<pad>",
    ),
    *("<|reserved_special_token_2|>", "<|end_of_solution|>", "\n<end_of_turn>\n<eos>"),
    *("[|endofturn|]", "[EOS]", "[EOT]", " [end of text]", "<seed:eos>", "[SEP]", "[|im_end|]"),
)
RUN_ON = (
    "<|im_end|>\n<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n{}",
    "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n{}<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\n{}",
    "<end_of_turn>\n<start_of_turn>user\n{}<end_of_turn>\n<start_of_turn>model\n{}",
    *(
        "<|end|><|user|>{}<|end|><|assistant|>{}",
        "<turn|>\n<|turn>user\n{}<turn|>\n<|turn>model\n{}",
    ),
    *("</s>[INST] {} [/INST] {}</s>", "<|endoftext|>{}", "<|user|>\n{}", "<eos>\n\n{}"),
    "<\uff5cend\u2581of\u2581sentence\uff5c><\uff5cUser\uff5c>{}"
    "<\uff5cAssistant\uff5c><think>{}</think>{}",
    *(
        "assistant\n\n{}assistant\n\n{}",
        "\nuser\n{}\nassistant\n{}",
        "\n\nHuman: x\n\nAssistant: {}",
    ),
    "[|endofturn|]\n[|user|]\n{}[|endofturn|]\n[|assistant|]{}",
    *("[|user|]{}[|assistant|]{}", " [EOS] {}", "[USER] {} [ASSISTANT] {}", "<seed:eos>{}"),
)
DRESSES = (
    *("ANSWER: {}", "The link is weak, I think.\n\nANSWER: {}", "**Answer:** **{}**", "{}", "{}."),
    *("<response>{}</response>", "<output>\n{}\n</output>", "<result>{}</result>"),
    "| Gene | Answer |\n|---|---|\n| RPL5 | {} |",
    *("The final answer is {}.", "<answer>{}</answer>", "\\boxed{{{}}}", '{{"answer": "{}"}}'),
    *("Antwort: {}", "\u7b54\u6848\uff1a{}", "R\u00e9ponse : {}", "Verdict: {}"),
    '<tool_call>\n{{"name": "submit", "arguments": {{"verdict": "{}"}}}}\n</tool_call>',
)
OPPOSITE = {"Yes": "No", "No": "Yes", "Increase": "Decrease", "Decrease": "Increase"}
VALUES = {"Yes": 1.0, "No": 0.0, "Increase": 1.0, "Decrease": 0.0}
WRAPPERS = st.tuples(
    st.sampled_from(BEGINS),
    st.sampled_from(("", *REASONING)),
    st.sampled_from(DRESSES),
    st.sampled_from((*ENDS, *RUN_ON)),
)


def kind_of(word: str) -> str:
    return "de" if word in ("Yes", "No") else "direction"


def drafted(draft: str, template: str) -> str:
    return template.replace("{}", draft)


@settings(max_examples=300, deadline=None)
@given(wrapper=WRAPPERS, word=st.sampled_from(sorted(VALUES)))
def test_a_verdict_is_read_whatever_a_template_leaves_around_it(wrapper, word):
    begin, reasoning, dress, end = wrapper
    draft = f"ANSWER: {OPPOSITE[word]}"
    text = begin + drafted(draft, reasoning) + dress.format(word) + drafted(draft, end)
    for stop_reason in ("stop", "max_tokens") if end in RUN_ON and "<" in end else ("stop",):
        got = parse_answer(text, kind_of(word), "label", stop_reason)
        assert (got.value, got.reason) == (VALUES[word], None), text
        assert text[got.start :].startswith(word)


@settings(max_examples=100, deadline=None)
@given(wrapper=WRAPPERS, number=st.integers(0, 100), kind=st.sampled_from(["de", "direction"]))
def test_a_percentage_is_read_whatever_a_template_leaves_around_it(wrapper, number, kind):
    begin, reasoning, dress, end = wrapper
    dress = dress.replace("verdict", "probability").replace("Verdict", "Probability")
    draft = f"ANSWER: {(number + 50) % 100}%"
    text = begin + drafted(draft, reasoning) + dress.format(number) + drafted(draft, end)
    got = parse_answer(text, kind, "probability", "stop")
    assert (got.value, got.reason) == (number / 100, None), text


@settings(max_examples=100, deadline=None)
@given(wrapper=WRAPPERS, keyed=st.booleans())
def test_a_list_is_read_whatever_a_template_leaves_around_it(wrapper, keyed):
    begin, reasoning, _, end = wrapper
    draft = json.dumps({"kNN": ["MYC", "TP53"]})
    names = ["RPL5", "RPL23"]
    answer = json.dumps({"kNN": names} if keyed else names)
    text = begin + drafted(draft, reasoning) + answer + drafted(draft, end)
    got = parse_neighbors(text)
    assert got is not None, text
    assert list(got.names) == names, text


@pytest.mark.each(("opening", "word"), product(OPENING, sorted(VALUES)))
def test_reasoning_that_never_ends_holds_no_answer(opening, word):
    text = f"{opening}The first guess:\nANSWER: {word}\nbut"
    assert parse_answer(text, kind_of(word), "label", "max_tokens").reason == "truncated"
    assert parse_answer(text, kind_of(word), "label", "stop").reason == "unparseable"
    text = f'{opening}Maybe {{"kNN": ["RPL5", "RPL23"]}}? But'
    assert parse_neighbors(text, cut_off=True) is parse_neighbors(text) is None


@pytest.mark.each(("reasoning", "run_on"), product(REASONING, RUN_ON[:9]))
def test_a_turn_that_ends_behind_its_reasoning_has_no_answer(reasoning, run_on):
    text = drafted("ANSWER: Yes", reasoning) + drafted("ANSWER: Yes", run_on)
    assert parse_answer(text, "de", "label", "max_tokens").reason == "unparseable"
