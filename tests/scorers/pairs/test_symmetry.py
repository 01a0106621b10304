"""What reads Yes in one dress reads No in the same one: else a reader leans to one side."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.scorers.pairs.reading import parse_answer

WORDS = {
    "de": [
        *(("yes", "no"), ("s\u00ed", "no"), ("likely yes", "likely not")),
        *(("probably yes", "probably not"), ("significant change", "no change")),
        *(("significant effect", "no effect"), ("measurable difference", "no difference")),
        *((f"{how} change", f"no {how} change") for how in ("significant", "measurable")),
        *((f"{how} effect", f"no {how} effect") for how in ("significant", "detectable")),
        *(("changed", "unchanged"), ("differentially expressed", "not differentially expressed")),
    ],
    "direction": [
        *(("increase", "decrease"), ("increased", "decreased"), ("increases", "decreases")),
        *(("up", "down"), ("upregulated", "downregulated"), ("upregulation", "downregulation")),
        *(("up-regulated", "down-regulated"), ("higher", "lower"), ("raised", "lowered")),
        *(("elevated", "reduced"), ("induced", "repressed")),
        *(("\u2191", "\u2193"), ("\u2b06", "\u2b07")),
    ],
}
OPPOSITE = {
    kind: {**{no: yes for yes, no in reversed(pairs)}, **dict(pairs)}
    for kind, pairs in WORDS.items()
}
BEFORE = r"(?:(?<![0-9A-Za-z])|(?<=assistantfinal))"
SWAPPED = {
    kind: re.compile(
        rf"(?P<word>{BEFORE}(?:{'|'.join(sorted(map(re.escape, words), key=len)[::-1])})"
        r"(?=assistant|(?![0-9A-Za-z]|'[a-z]))|[\u2191\u2b06\u2193\u2b07])"
        rf"|{BEFORE}(?<!['-])(?P<letter>[ABab])"
        r"(?=\s*(?:[^\w\s]|\Z|\n)|[ ](?-i:Yes|No|Increase|Decrease|because))"
        r"|(?<![\w.])(?P<percent>\d{1,3}(?:\.\d+)?)(?=\s*%\s*\(?[a-z])",  # "90% (Yes)"
        re.IGNORECASE,
    )
    for kind, words in OPPOSITE.items()
}


def mirrored(text: str, kind: str) -> str:
    """Swap the verdicts, the letters of their options, and percentages with what is left of 100."""

    def other(found: re.Match[str]) -> str:
        if found["letter"]:
            return found["letter"].translate(str.maketrans("ABab", "BAba"))
        if found["percent"]:
            return f"{100 - float(found['percent']):g}"
        word = OPPOSITE[kind][found["word"].lower()]
        if found["word"].isupper() and len(found["word"]) > 1:
            return word.upper()
        return word.capitalize() if found["word"][0].isupper() else word

    return SWAPPED[kind].sub(other, text)


CORPUS = [
    json.loads(line)
    for file in sorted((Path(__file__).parent / "answers").glob("*.jsonl"))
    for line in file.read_text("utf-8").splitlines()
]
NOT_MIRRORED = {
    "math-bold-letters": "its letters are of another font, which the mirror leaves as they are",
    "no-evidence": "'no evidence' is no verdict, and 'yes evidence' no English",
}


@pytest.mark.parametrize("line", CORPUS, ids=lambda line: line["id"])
def test_every_reply_of_the_corpora_reads_the_other_way_round_in_a_mirror(line):
    if line["id"] in NOT_MIRRORED:
        pytest.skip(NOT_MIRRORED[line["id"]])
    text = mirrored(line["text"], line["kind"])
    got = parse_answer(text, line["kind"], line["form"], line["stop_reason"])
    assert got.reason == line["reason"], text
    if line["value"] is not None:
        # A percentage of the other event ("20% chance of a decrease") is the same answer.
        same = [line["value"]] if line["form"] == "probability" else []
        assert any(got.value == pytest.approx(v) for v in (1 - line["value"], *same)), text


def test_every_exception_is_a_line_of_the_corpora():
    assert set(NOT_MIRRORED) <= {line["id"] for line in CORPUS}


@pytest.mark.each("gap", [" - ", " \u2014 ", ", ", ". ", "\n", " or ", " "])
def test_a_verdict_that_is_said_twice(gap: str):
    yes, no = (parse_answer(f"{word}{gap}{word}", "de", "label", "stop") for word in ("Yes", "No"))
    assert (yes.value, no.value) in ((1.0, 0.0), (None, None))


# Replies that nobody wrote: verdicts in any dress and company.

SAID = {
    kind: st.sampled_from(sorted({form for word in words for form in (word, word.capitalize())}))
    # Only words: "no" beside "significant change", with markup between, would be a verdict of both.
    for kind, words in {k: filter(str.isalpha, words) for k, words in OPPOSITE.items()}.items()
}
AROUND = st.sampled_from(
    [
        *("ANSWER: ", "Answer:\n", "The answer is ", "My final answer is ", "Verdict: ", "So "),
        *("I predict ", "Most likely ", "Option A", "Option B", "A. ", "B) ", "(a) ", "C. "),
        *("<answer>", "</answer>", "\\boxed{", "}", "**", '"', '{"verdict": "', "|", "~~"),
        *("<end_of_turn>", "<eos>", "<|im_end|>\n<|im_start|>user\n", "</s>", "<turn|>", "<0x0A>"),
        *("<think>", "</think>", "<|channel>thought\n", "<channel|>", "assistantfinal", "analysis"),
        *("\n", "\n\n", ". ", ", ", " or ", "/", " - ", " \u2014 ", "?", "!", " because ", "if "),
        *(" in K562", " expression", "RPL5", "YES1", "NONO", "insufficient evidence", "7"),
    ]
)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), kind=st.sampled_from(["de", "direction"]))
def test_any_reply_reads_the_other_way_round_in_a_mirror(data, kind):
    text = "".join(data.draw(st.lists(SAID[kind] | AROUND, max_size=8)))
    for stop_reason in ("stop", "max_tokens"):
        one = parse_answer(text, kind, "label", stop_reason)
        other = parse_answer(mirrored(text, kind), kind, "label", stop_reason)
        assert one.reason == other.reason, mirrored(text, kind)
        assert one.value is None or one.value == 1 - other.value, mirrored(text, kind)
