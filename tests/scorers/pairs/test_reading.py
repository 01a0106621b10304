import json
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from perturb_evals.scorers.pairs.reading import REASONS, Answer, parse_answer

CORPUS = Path(__file__).parent / "answers"

CORPORA = ("handwritten.jsonl", "after_parser.jsonl", "servers.jsonl", "forms.jsonl")

KINDS = ("de", "direction")
WORDS = {
    "de": {"Yes": 1.0, "No": 0.0, "Insufficient evidence": None},
    "direction": {"Increase": 1.0, "Decrease": 0.0, "Insufficient evidence": None},
}
LETTERS = "ABC"


def lines(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (CORPUS / name).read_text("utf-8").splitlines()]


def problem(text: str, kind: str, form: str, value: float | None, word: str) -> str | None:
    """Return what is wrong with the reading of a text that should give a value or abstain."""
    got = parse_answer(text, kind, form, "stop")
    if value is None:
        right = got == Answer(None, "insufficient")
    else:
        right = got.value == pytest.approx(value, abs=1e-12) and got.reason is None
        right = right and text[got.start :].lower().startswith(word.lower())
    return None if right else f"{text!r} ({kind}, {form}): {got}"


# (1) The corpora: `handwritten` was written before the parser, `after_parser` after it; `servers`
# is what chat templates and servers leave in a reply, written before those were read by form, and
# `forms` what other models make of an answer: tables, letters of their own, undecoded text.


@pytest.mark.parametrize("name", CORPORA)
def test_every_reply_of_the_corpus_is_read_as_written_down(name):
    failures = []
    for line in lines(name):
        got = parse_answer(line["text"], line["kind"], line["form"], line["stop_reason"])
        same = got.reason == line["reason"] and got.value == pytest.approx(line["value"], abs=1e-12)
        placed = (got.start is not None) == (line["value"] is not None)
        if not (same and placed):
            failures.append(f"{line['id']}: want {line['value']} {line['reason']}, got {got}")
    assert not failures, "\n".join(failures)


def test_corpora_hold_every_reason_and_no_id_twice():
    both = [line for name in CORPORA for line in lines(name)]
    assert {line["reason"] for line in both} == {*REASONS, None}
    assert len({line["id"] for line in both}) == len(both)


# (2) A grammar of replies: what is expected is known from how the reply was made.

WORD_MARKS = {
    "plain": "ANSWER: {w}",
    "period": "ANSWER: {w}.",
    "exclamation": "answer: {w}!",
    "no space": "ANSWER:{w}",
    "spaced": "  Answer :  {w}  ",
    "lower": "answer: {lower}",
    "upper": "ANSWER: {upper}",
    "bold value": "ANSWER: **{w}**",
    "bold name": "**Answer:** {w}",
    "bold name, colon outside": "**ANSWER**: {w}",
    "bold line": "**ANSWER: {w}**",
    "bold both": "**Answer:** **{w}.**",
    "italic": "*Answer: {w}*",
    "underscores": "__Answer:__ _{w}_",
    "code line": "`ANSWER: {w}`",
    "code value": "ANSWER: `{w}`",
    "fence": "```\nANSWER: {w}\n```",
    "fence with language": "```text\nANSWER: {w}\n```",
    "quotes": 'ANSWER: "{w}"',
    "curly quotes": "ANSWER: \u201c{w}\u201d",
    "single quotes": "ANSWER: '{w}'",
    "angles": "ANSWER: <{w}>",
    "square brackets": "ANSWER: [{w}]",
    "parentheses": "ANSWER: ({w})",
    "full-width colon": "ANSWER\uff1a{w}",
    "no-break space": "ANSWER:\u00a0{w}",
    "dash": "Answer - {w}",
    "em dash": "Answer \u2014 {w}",
    "equals": "Answer = {w}",
    "arrow": "Answer \u2192 {w}",
    "heading": "## Answer: {w}",
    "heading above": "### Final Answer\n\n{w}",
    "heading above, bold": "## Answer\n**{w}**.",
    "below": "ANSWER:\n{w}",
    "blank line, below": "**ANSWER:**\n\n**{w}**",
    "bullet": "- ANSWER: {w}",
    "quotation block": "> **ANSWER: {w}**",
    "emoji": "\u2705 ANSWER: {w} \u2705",
    "html": "<b>ANSWER:</b> {w}<br>",
    "html strong": "<p><strong>Answer: {w}</strong></p>",
    "tag": "<answer>{w}</answer>",
    "tag over lines": "<answer>\n{w}\n</answer>",
    "final tag": "<final_answer> {w} </final_answer>",
    "boxed": "$\\boxed{{{w}}}$",
    "boxed text": "$$\\boxed{{\\text{{{w}}}}}$$",
    "boxed bold": "\\[ \\boxed{{\\textbf{{{w}}}}} \\]",
    "boxed line": "\\boxed{{\\text{{ANSWER: {w}}}}}",
    "answer boxed": "ANSWER: $\\boxed{{{w}}}$",
    "math": "ANSWER: $\\text{{{w}}}$",
    "json": '{{"answer": "{w}"}}',
    "json with more": '{{"gene": "NONO", "answer": "{w}", "confidence": 0.7}}',
    "json fence": '```json\n{{\n  "answer": "{w}"\n}}\n```',
    "json single quotes": "{{'answer': '{w}'}}",
    "table row": "| Step | Result |\n|---|---|\n| **Answer** | **{w}** |",
    "final": "Final Answer: {w}",
    "final is": "My final answer is {w}.",
    "final is, bold": "So the final answer is **{w}**.",
    "final is, colon": "The final answer is: {w}",
    "the answer is": "Hence the answer is {w}.",
    "hedged": "ANSWER: Most likely {w}",
    "gloss": "ANSWER: {w} (NOP56 and YES1 react, UPF1 does not)",
    "gloss after dash": "ANSWER: {w} - NONO has no paralogue",
    "crlf": "ANSWER: {w}\r\n",
    "special token": "ANSWER: {w}<|eot_id|>",
}
LETTER_MARKS = {
    "letter": "ANSWER: {l}",
    "letter, period": "Answer: {l}.",
    "letter, lower": "answer: {l_lower}",
    "letter in parentheses": "ANSWER: ({l})",
    "letter, parenthesis": "ANSWER: {l})",
    "letter, bold": "**ANSWER:** **{l}**",
    "letter below": "ANSWER:\n\n{l}",
    "letter boxed": "\\boxed{{{l}}}",
    "letter json": '{{"answer": "{l}"}}',
    "letter tag": "<answer>{l}</answer>",
    "option": "ANSWER: Option {l}",
    "letter told": "My final answer is {l}.",
}
LETTER_WORD_MARKS = {
    "letter. word": "ANSWER: {l}. {w}",
    "letter) word": "ANSWER: {l}) {w}",
    "(letter) word": "Answer: ({l}) {w}",
    "letter - word": "Answer: {l} - {w}",
    "letter: word": "**Answer: {l}: {w}**",
    "letter (word)": "ANSWER: {l} ({w})",
    "boxed letter. word": "$\\boxed{{\\text{{{l}. {w}}}}}$",
    "heading, letter. word": "## Final Answer\n\n**{l}. {w}**",
}
BARE = (
    "{w}",
    "{w}.",
    "**{w}**",
    "*{w}.*",
    "`{w}`",
    '"{w}"',
    "{l}",
    "({l})",
    "{l}. {w}",
    "{l}) {w}",
)

GENES = (
    "NOTCH1 signals through RBPJ and MAML1",
    "NONO pairs with SFPQ in paraspeckles",
    "NONO, NOP56, NO66 and NOL6 sit in or near the nucleolus",
    "YES1 is a Src family kinase",
    "YES-associated protein drives CCN1",
    "NO synthase makes nitric oxide",
    "INCENP and INSIG1 are unrelated",
    "UPF1, UPP1 and UPK1B are gene symbols",
    "DOWN syndrome maps to chromosome 21, DSCR3 among its genes",
    "Options A and B of the splice variants differ; isoform C is rare",
    "Vitamin A, hepatitis B and cytochrome C are unrelated",
)
WORDY = (
    "Yes, the readout is expressed, and no, the line has no p53",
    "No direct link is known; an increase or a decrease may follow",
    "Up to now the evidence is insufficient, higher or lower doses aside",
    "It is unclear whether yes or no is right here",
    "Unanswered questions remain; quick answers are rarely right",
    "A question-and-answer style suits this",
    "Levels go up, then down; the increase is transient",
)
POSITIONS = {
    "alone": "{mark}",
    "before": "{other}.\n\n{mark}",
    "after": "{mark}\n\n{other}.",
    "both": "{other}.\n{mark}\n{other}.",
}


def replies(marks: dict[str, str], kind: str, others: tuple[str, ...]) -> Iterator[tuple]:
    for (word, value), mark, other, place in product(
        WORDS[kind].items(), marks.values(), others, POSITIONS.values()
    ):
        letter = LETTERS[list(WORDS[kind]).index(word)]
        made = mark.format(
            w=word, lower=word.lower(), upper=word.upper(), l=letter, l_lower=letter.lower()
        )
        yield place.format(mark=made, other=other), value, word, letter


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("marks", "starts_with"),
    [(WORD_MARKS, "word"), (LETTER_WORD_MARKS, "word"), (LETTER_MARKS, "letter")],
    ids=["words", "letters and words", "letters"],
)
def test_marked_answers_are_read_in_every_dress_and_company(kind, marks, starts_with):
    made = list(replies(marks, kind, (*GENES, *WORDY)))
    failures = [
        found
        for text, value, word, letter in dict.fromkeys(made)  # alone, it has no company
        if (found := problem(text, kind, "label", value, {"word": word}.get(starts_with, letter)))
    ]
    assert len(made) > 1500
    assert not failures, f"{len(failures)} of {len(made)}\n" + "\n".join(failures[:10])


@pytest.mark.parametrize("kind", KINDS)
def test_answer_at_the_end_of_a_sentence_line_is_read(kind):
    failures = [
        found
        for other, (word, value), joint in product(
            (*GENES, *WORDY), WORDS[kind].items(), (", so ", ". ", ": ", " - ", "; therefore, ")
        )
        for mark in (f"ANSWER: {word}", f"**Answer: {word}.**", f"my final answer is {word}.")
        if (found := problem(other + joint + mark, kind, "label", value, word))
    ]
    assert not failures, f"{len(failures)}\n" + "\n".join(failures[:10])


@pytest.mark.parametrize("kind", KINDS)
def test_bare_verdicts_are_read_alone_first_and_last(kind):
    failures = []
    for (word, value), dress, other in product(WORDS[kind].items(), BARE, GENES):
        letter = LETTERS[list(WORDS[kind]).index(word)]
        made = dress.format(w=word, l=letter)
        start = word if "{w}" in dress else letter
        for text in (
            made,
            f"{made}\n\n{other}.",
            f"{other}.\n\n{made}",
            f"{made}\n{other}.\n{made}",
        ):
            failures.append(problem(text, kind, "label", value, start))
    failures = [failure for failure in failures if failure]
    assert not failures, f"{len(failures)}\n" + "\n".join(failures[:10])


@pytest.mark.parametrize("kind", KINDS)
def test_prose_without_a_marked_answer_is_never_a_verdict(kind):
    prose = (*GENES, *WORDY, *PAPER_LINES)
    joined = (one + joint + two for one, two in product(prose, prose) for joint in (". ", ".\n\n"))
    for text in (*(f"{one}." for one in prose), *(f"{both}." for both in joined)):
        got = parse_answer(text, kind, "label", "stop")
        opening = kind == "de" and text.startswith("Yes, the readout is expressed")
        assert got.value is None or opening, f"{text!r}: {got}"
        assert parse_answer(text, kind, "probability", "stop").value is None, text


PAPER_LINES = (
    "Knockdown of the cohesin loader led to an increase in read-through transcripts",
    "We found no significant change in the abundance of the transcript",
    "Of the genes tested, 34 went up and 51 went down",
    "Expression was higher in the treated arm, and lower in controls",
    "There was no effect, although the trend pointed up",
    "These data argue for a decrease",
    "In summary, no",
    "Taken together, the level of the messenger goes down",
    "A decrease of the protein does not imply a decrease of the messenger",
    "The increase was 2.5-fold (p = 0.03, 95% CI 1.2-4.1)",
    "The fraction of responding genes was 12%",
    "B cells and T cells differ in this respect",
    "Was the readout changed? The authors say yes",
    "Does it increase? No one knows, and the reviewers did not ask",
    "The question is whether to answer yes or no",
    "Down-regulated genes were enriched for the cell cycle",
    "Up-regulation of chaperones was seen in all lines",
    "Increased expression of ATF4 targets is a hallmark of the response",
    "No differential expression was reported by the authors at this depth",
    "Not differentially expressed in the bulk data, but the single cells were few",
    "Higher-order chromatin structure is retained",
    "Yes/no questions of this sort are ill-posed",
)

PERCENT_MARKS = {
    "plain": "ANSWER: {n}",
    "percent": "ANSWER: {n}%",
    "spaced percent": "ANSWER: {n} %",
    "word": "ANSWER: {n} percent",
    "of hundred": "ANSWER: {n}/100",
    "period": "ANSWER: {n}.",
    "percent, period": "ANSWER: {n}%.",
    "tilde": "ANSWER: ~{n}%",
    "about": "ANSWER: approximately {n}%",
    "bold": "**ANSWER: {n}**",
    "bold both": "**Answer:** **{n}%**",
    "code": "`ANSWER: {n}`",
    "angles": "ANSWER: <{n}>",
    "full-width colon": "ANSWER\uff1a{n}",
    "no-break space": "ANSWER:\u00a0{n}\u00a0%",
    "dash": "Answer \u2014 {n}%",
    "equals": "Answer = {n}",
    "below": "**ANSWER:**\n\n{n}%",
    "heading above": "## Final Answer\n\n**{n}**",
    "boxed": "$\\boxed{{{n}}}$",
    "boxed percent": "\\boxed{{{n}\\%}}",
    "json number": '{{"answer": {n}}}',
    "json text": '{{"answer": "{n}%", "gene": "H2AC20"}}',
    "tag": "<answer>{n}</answer>",
    "table row": "| Step | Result |\n|---|---|\n| Answer | {n}% |",
    "final is": "My final answer is {n}%.",
    "gloss": "ANSWER: {n}% (MRPL47 does not reach TUBA1B)",
    "emoji": "\u2705 ANSWER: {n}",
}
NUMBERS = {"0": 0.0, "5": 0.05, "12.5": 0.125, "50": 0.5, "97.25": 0.9725, "100": 1.0}
NUMBERED = (
    "RPL13A has 203 residues and H2AC20 has 130",
    "About 30% of such pairs respond, 5 of 12 in K562",
    "The fold change is -1.5 at p < 0.05 (95% CI 20-40)",
    "NOP56 and PSMD14 carry numbers, 1e-5 is one too",
    "Between 20 and 40% would be a fair range",
)
RANGES = ("70-80", "70-80%", "70% - 80%", "70 %-80", "40\u201360", "20 to 40", "between 20 and 40")
OUTSIDE = ("120", "100.1", "1000", "-5", "-0.5%", "<5", "> 90%", "\u2265 90", "5+/-", "inf", "NaN")
NO_NUMBERS = ("high", "Yes", "No", "RPL5", "5S", "5' end", "fifty", "50th", "A", "?", "-", "0x1A")
NO_PERCENT = (
    "1e-3",
    "7/10",
    "7 out of 10",
    "12,5",
    "20, 40",
    "20 or 40",
    "5 of 12",
    "7.5.1",
    "3:1",
)
NOT_PERCENTAGES = (*RANGES, *OUTSIDE, *NO_NUMBERS, *NO_PERCENT)


@pytest.mark.parametrize("kind", KINDS)
def test_marked_percentages_are_read_in_every_dress_and_company(kind):
    made = [
        (place.format(mark=mark.format(n=number), other=other), value, number)
        for mark, (number, value), other, place in product(
            PERCENT_MARKS.values(), NUMBERS.items(), NUMBERED, POSITIONS.values()
        )
    ]
    failures = [
        found
        for text, value, number in made
        if (found := problem(text, kind, "probability", value, number))
    ]
    assert len(made) > 3000
    assert not failures, f"{len(failures)} of {len(made)}\n" + "\n".join(failures[:10])


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_percentage_is_unparseable(kind):
    for words, mark in product(
        NOT_PERCENTAGES, ("ANSWER: {}", "**Answer:** {}", '{{"answer": "{}"}}')
    ):
        got = parse_answer(mark.format(words), kind, "probability", "stop")
        assert got == Answer(None, "unparseable"), (words, mark, got)


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_are_read_literally_as_percent(kind):
    for tenths in range(1001):
        got = parse_answer(f"ANSWER: {tenths / 10}", kind, "probability", "stop")
        assert got.value == pytest.approx(tenths / 1000, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_letter_and_word_that_contradict_are_unparseable(kind):
    for (letter, word), mark in product(
        product(LETTERS, WORDS[kind]), (*LETTER_WORD_MARKS.values(), "ANSWER: {w} ({l})")
    ):
        got = parse_answer(mark.format(l=letter, w=word), kind, "label", "stop")
        if word == "Insufficient evidence":  # whatever the letter, nothing is answered
            assert got.reason == "insufficient"
            continue
        same = LETTERS[list(WORDS[kind]).index(word)] == letter
        assert (got.reason == "unparseable") != same, (letter, word, mark, got)


@pytest.mark.parametrize("kind", KINDS)
def test_words_of_the_other_kind_are_unparseable(kind):
    others = {"de": ("Increase", "Decrease", "Up", "Downregulated"), "direction": ("Yes", "No")}
    for word, mark in product(others[kind], WORD_MARKS.values()):
        text = mark.format(w=word, lower=word.lower(), upper=word.upper())
        assert parse_answer(text, kind, "label", "stop") == Answer(None, "unparseable"), text


@pytest.mark.parametrize("kind", KINDS)
def test_two_verdicts_at_once_are_unparseable(kind):
    for (one, two), joint, mark in product(
        product(WORDS[kind], WORDS[kind]),
        ("/", " / ", " or ", " and ", "|", " | ", " vs ", " and/or ", ", or ", ", ", " -> "),
        ("ANSWER: {}", "**Answer:** {}", "ANSWER: <{}>", "\\boxed{{{}}}"),
    ):
        got = parse_answer(mark.format(one + joint + two), kind, "label", "stop")
        assert one == two or got.value is None, (one, joint, two, got)
        assert one == two or got.reason == "unparseable", (one, joint, two, got)


@pytest.mark.parametrize("kind", KINDS)
def test_last_marked_answer_wins(kind):
    marks = [*WORD_MARKS.values()]
    plain = WORD_MARKS["plain"]
    told = WORD_MARKS["the answer is"]
    for (one, two), mark in product(product(WORDS[kind], WORDS[kind]), marks):
        if mark == told:
            continue  # ranks below marked answers
        first, second = (
            shape.format(w=word, lower=word.lower(), upper=word.upper())
            for shape, word in ((plain, one), (mark, two))
        )
        value = WORDS[kind][two]
        found = problem(f"{first}\n\nOn reflection:\n\n{second}", kind, "label", value, two)
        assert not found, found


@pytest.mark.each("kind", KINDS)
@pytest.mark.each("stop_reason", ["max_tokens", "model_length", "content_filter"])
def test_complete_answer_line_counts_in_a_cut_reply(kind, stop_reason):
    for word, value in WORDS[kind].items():
        got = parse_answer(f"ANSWER: {word}\n\nCaveats: the", kind, "label", stop_reason)
        assert got.value == value
        assert got.reason == (None if value is not None else "insufficient")
    for text in ("", "I", "First, ", "ANSWER:", "ANSWER: Insuff", "<think>\nANSWER: Yes\nANSWER: "):
        wanted = "content_filter" if stop_reason == "content_filter" else "truncated"
        assert parse_answer(text, kind, "label", stop_reason) == Answer(None, wanted)


QUESTIONS = (
    "Q: Is it changed?\nA: {}",
    "**Q:** Is it changed?\n\n**A:** {}.",
    "Question: is RPL5 changed?\nA: {}",
    "Weak link.\n\nQ: Is it changed?\nA: {}",
    "Q: Is it changed?\nA: {}, as no path is known.",
    "Q: Is it changed?\nA: **{}**\n",
    "q: changed?\na: {}",
)


@pytest.mark.each("kind", KINDS)
@pytest.mark.each("question", QUESTIONS)
def test_the_a_behind_a_q_is_no_option(question, kind):
    for word, value in WORDS[kind].items():
        found = problem(question.format(word), kind, "label", value, word)
        assert not found, found
    options = "Q: Is it changed?\nA: {0}\nB: {1}\n\nANSWER: B: {1}"
    words = list(WORDS[kind])
    assert parse_answer(options.format(*words), kind, "label", "stop").value == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stop_reason", ["stop", "max_tokens"])
def test_the_first_word_is_what_is_read_before_a_cut_article(kind, stop_reason):
    for word, value in [*WORDS[kind].items()][:2]:
        got = parse_answer(f"{word}.\n\nThis answer is a", kind, "label", stop_reason)
        assert got == Answer(value, None, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_that_was_not_asked_for_says_nothing_against_its_word(kind):
    for (letter, (word, value)), mark in product(
        product(LETTERS, WORDS[kind].items()), (*LETTER_WORD_MARKS.values(), "ANSWER: {w} ({l})")
    ):
        found = problem(mark.format(l=letter, w=word), kind, "logprobs", value, word)
        assert not found, found


# (3) Properties.

any_text = st.text(st.characters(exclude_categories=()), max_size=60)
MARKS = (
    "ANSWER:",
    "Answer",
    "final answer is",
    "answer is",
    "<answer>",
    "</answer>",
    '{"answer": ',
)
MARKUP = (
    "**",
    "`",
    '"',
    "'",
    "<",
    ">",
    "{",
    "}",
    "\\boxed{",
    "\\text{",
    "$",
    "|",
    "~~",
    "\n",
    "\n\n",
)
BETWEEN = (" ", ", ", ". ", ": ", " or ", "/", "-", "\u2014", "\u2192", "?", "if ", "1. ", "no ")
NUMERIC = ("7", "73", "%", ".5", "0", "100", "NONO", "NOP56", "not enough evidence", "I can't help")
ODD = ("\u00a0", "\u200b", "\r", "\u2028", "\ud800", "\u0130", "\u00df", "<|eot_id|>", "\U0001d418")
PIECES = (*WORDS["de"], *WORDS["direction"], *LETTERS, *MARKS, *MARKUP, *BETWEEN, *NUMERIC, *ODD)
pieces = st.lists(st.one_of(st.sampled_from(PIECES), any_text), max_size=12).map("".join)
think_tags = st.sampled_from(["<think>", "</think>", "<thinking>", "</thinking>", "[THINK]"])
replies_of_any_kind = st.one_of(
    any_text, pieces, st.lists(st.one_of(pieces, think_tags), max_size=6).map("".join)
)
kinds = st.sampled_from(KINDS)
forms = st.sampled_from(["label", "probability"])
stops = st.sampled_from(["stop", "max_tokens", "content_filter", "unknown", "tool_calls", ""])
HAS_REASONING = re.compile(
    r"</?\w*(?:think|thought|reason|reflect|scratch|analysis)|\[/?think", re.I
)


@settings(max_examples=75, deadline=None)
@given(text=replies_of_any_kind, kind=kinds, form=forms, stop_reason=stops)
def test_any_text_gives_a_value_or_a_reason(text, kind, form, stop_reason):
    got = parse_answer(text, kind, form, stop_reason)
    assert (got.value is None) == (got.reason in REASONS) == (got.start is None)
    if got.value is not None:
        assert 0.0 <= got.value <= 1.0
        assert form == "probability" or got.value in (0.0, 1.0)
        assert 0 <= got.start < len(text)
        assert not text[got.start].isspace()
    assert got == parse_answer(text, kind, form, stop_reason)


@settings(max_examples=100, deadline=None)
@given(text=replies_of_any_kind, kind=kinds, form=forms, space=st.text(" \n\t\r\u00a0", max_size=5))
def test_trailing_whitespace_changes_nothing(text, kind, form, space):
    plain = parse_answer(text, kind, form, "stop")
    assert parse_answer(text + space, kind, form, "stop") == plain


@settings(max_examples=75, deadline=None)
@given(text=replies_of_any_kind, kind=kinds, stop_reason=stops, data=st.data())
def test_final_answer_line_decides_whatever_stands_before(text, kind, stop_reason, data):
    assume(not HAS_REASONING.search(text) and "<|eot_id|>" not in text)
    word, value = data.draw(st.sampled_from(sorted(WORDS[kind].items())))
    before = text + "\nANSWER: "
    got = parse_answer(before + word, kind, "label", stop_reason)
    assert got.value == value
    assert got.start == (None if value is None else len(before))
    number = data.draw(st.integers(0, 100))
    got = parse_answer(f"{before}{number}%", kind, "probability", stop_reason)
    assert got == Answer(number / 100, None, len(before))


@settings(max_examples=100, deadline=None)
@given(draft=pieces, reply=pieces, kind=kinds, form=forms, stop_reason=stops)
def test_reasoning_never_counts(draft, reply, kind, form, stop_reason):
    # A turn that ends before a word is the prompt's at the begin of a reply, and the model's own
    # behind reasoning: it then has no answer.
    assume(not re.match(r"\W*<\|eot_id\|>", reply))
    assume(not HAS_REASONING.search(draft + reply))
    plain = parse_answer(reply, kind, form, stop_reason)
    for head in (f"<think>{draft}</think>", f"{draft}</think>", f"<think>{draft}<think></think>"):
        got = parse_answer(head + reply, kind, form, stop_reason)
        assert (got.value, got.reason) == (plain.value, plain.reason)
        assert got.start == (None if plain.start is None else len(head) + plain.start)
    unclosed = parse_answer(f"<think>{draft}\nANSWER: Yes\nANSWER: 50%", kind, form, "stop")
    assert unclosed == Answer(None, "unparseable")


# (4) Time is linear, whatever is sent.

ENDLESS = {
    "answer marks": "ANSWER: " * 12_500,
    "answers told": "the answer is " * 7_000,
    "think": "<think>" * 14_000,
    "stray think": "</think>" * 12_500,
    "nested boxes": "\\boxed{" * 12_500 + "}" * 12_500,
    "stars": "*" * 100_000,
    "newlines": "x" + "\n" * 100_000 + "x",
    "angles": "<" * 100_000,
    "hedges": "ANSWER: " + "likely " * 14_000,
    "alternatives": "ANSWER: " + "yes or no or " * 7_000,
    "digits": "ANSWER: " + "1" * 100_000,
    "list": "A. Yes\nB. No\n" * 7_500,
    "refusals": "I cannot be " * 8_000,
    "ends of turns": "<|im_end|>" * 2_500,
    "turns": "<|im_start|>user\n" * 1_500,
    "channels": "<|channel>thought<channel|>" * 1_000,
    "stripped roles": "\nuser\n" * 4_000,
    "opened tokens": "<|a" * 8_000,
    "struck out": "x<s>" * 6_000,
    "keys": '"verdict":' * 2_500,
    "answers in Chinese": "\u7b54" * 25_000,
    "tables": "| Answer |\n|---|\n" * 5_000,
    "one long row": "| Answer " * 10_000,
    "questions": "Q: a\nA: x\n" * 8_000,
    "bytes": "<0x0A>" * 15_000,
    "spelt blanks": "a\u0120" * 40_000,
    "thinking": "Thinking Process:\n" + "1. ANSWER: x\n" * 7_000,
    "denied": "ANSWER: " + "not Yes but " * 8_000,
    "adjectives": "the answer is a big " * 5_000,
    "tags in tags": "<think><reflect></reflect>" * 3_000,
    "answers to something": "answer to is " * 2_000,
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_long_text_is_read(name):
    # At most 0.2 s; in a time that grows with the square this would be minutes.
    assert parse_answer(ENDLESS[name], "de", "label", "stop").value is None


def test_a_megabyte_is_read():
    text = "\n".join(text[:40_000] for text in ENDLESS.values())
    assert len(text) > 1_000_000
    assert parse_answer(text, "de", "label", "stop").value is None


@pytest.mark.parametrize("shard", ["the probability of a change is ", "10% chance of ", "10% "])
def test_a_long_text_of_probabilities_is_read(shard):
    assert parse_answer(shard * 10_000, "de", "probability", "stop").value is None


STATED = {
    "de": [
        ("The probability of a change is 12%.", 0.12),
        ("The probability of no change is 12%.", 0.88),
        ("Overall, I would say the chance of an effect in MYC is about 12%.", 0.12),
        ("There's a 12% chance of a significant change.", 0.12),
        ("There is only a 12% chance of differential expression of MYC.", 0.12),
        ("I estimate a 12% chance that MYC is differentially expressed.", 0.12),
        ("I estimate a 12% chance that MYC is not differentially expressed.", 0.88),
        ("Weak link. The likelihood that it changes is 12%, as no path is known.", 0.12),
        ("The probability that the gene remains unchanged is 90%.", 0.1),
    ],
    "direction": [
        ("The probability of an increase in MYC is 70%.", 0.7),
        ("The probability of a decrease in MYC is 70%.", 0.3),
        ("I see a 70% chance of upregulation.", 0.7),
        ("I see a 70% chance of downregulation.", 0.3),
        *((f"There is a 70% chance that MYC {up}.", 0.7) for up in ("rises", "is induced")),
        *((f"There is a 70% chance that MYC {down}.", 0.3) for down in ("falls", "is repressed")),
    ],
}


@pytest.mark.each(
    ("kind", "text", "value"), [(k, *case) for k, cases in STATED.items() for case in cases]
)
def test_a_sentence_states_the_probability_of_a_verdict(kind, text, value):
    assert parse_answer(text, kind, "probability", "stop").value == pytest.approx(value)


@pytest.mark.each(
    "event",
    [
        *("that nothing changes", "that MYC never changes", "that neither gene is affected"),
        *("of a lack of change", "of an absence of any effect", "of minimal change"),
        *("that the effect is negligible", "that MYC is hardly affected", "of little change"),
        *("that the knockdown fails to change MYC", "of a change in the other gene"),
        *("of the knockdown affecting viability", "that cells die and change shape"),
        *(
            "that this is not due to chance and expression changes",
            "of being wrong that it changes",
        ),
        *("of seeing an effect of this size in the null", "of a change in 100 cells"),
        *("that MYC is affected by nothing", "of a change being missed", "of an effect on growth"),
        *("that the loss of an elevated repressor is compensated", "of fallopian expression"),
        *("that the lowered TP53 will lead to MYC up", "of lower MYC", "of higher MYC"),
        *("that MYC does not increase", "of no increase", "that MYC fails to rise"),
    ],
)
@pytest.mark.each("kind", ["de", "direction"])
def test_the_probability_of_another_event_is_not_read(kind, event):
    for sentence in (f"There's an 80% chance {event}.", f"The probability {event} is 80%."):
        got = parse_answer(sentence, kind, "probability", "stop")
        assert got.reason == "unparseable", sentence


@pytest.mark.each(
    "text",
    [
        "A 10% chance of a significant change would be typical.",
        "Only a 5% chance of being wrong that it changes.",
        "For a random pair, the probability of a change is 3%.",
        "If p53 were there,\nthe probability of a change is 60%.",
        "The probability of a change is 60%, if p53 is there.",
        "The probability of a change is 60%. However, p53 is lost.",
        "The probability of a change is 60%. The probability of no change is 60%.",
        "The probability of a change is less than 5%.",
        "The probability of a change is 5-10%.",
        "The probability of a change is 0.8.",
        "The probability of a change is 120%.",
        "The chance of a change in 100 cells is 20.",
    ],
)
def test_a_probability_of_other_things_or_taken_back_is_not_read(text):
    assert parse_answer(text, "de", "probability", "stop").reason == "unparseable"


def test_a_probability_that_is_taken_back_by_cannot_determine_is_insufficient():
    text = "The probability is 12%. But I cannot determine it."
    assert parse_answer(text, "de", "probability", "stop").reason == "insufficient"


@pytest.mark.each(
    ("kind", "said"),
    [
        *(
            ("de", f"ANSWER: {said}")
            for said in (
                "A significant change is not expected",
                "Significant change is unlikely",
                "significant effect can be excluded",
                "substantial change not likely",
                "Significant effects are not supported",
                "A) Yes is not right, B) No is right",
                "Affected: no",
                "Differentially expressed: No",
                "Unchanged: yes",
                "No is wrong",
                "Yes is incorrect",
                "Significant change in MYC isn't expected",
                "Changed - no",
            )
        ),
        *(
            ("direction", f"ANSWER: {said}")
            for said in (
                "Increase is not expected",
                "Decrease is not expected",
                "Increase: no",
                "Decrease: no",
                "Increased expression is unlikely",
                "Decreased expression is unlikely",
                "Upregulation of MYC can be ruled out",
                "reduction of repressor, so Increase",
                "increase of repressor, so Decrease",
                "Reduction of the repressor leads to an increase",
            )
        ),
        ("de", "Response: No response"),
    ],
)
def test_a_verdict_that_is_denied_behind_is_not_read(kind, said):
    assert parse_answer(said, kind, "label", "stop").reason == "unparseable"


@pytest.mark.each(
    ("kind", "text", "value"),
    [
        ("de", "A: Yes", 1), ("de", "A: No", 0), ("de", "Weak.\n\nA: No", 0), ("de", "B: No", 0),
        ("direction", "A: Decrease", 0), ("direction", "A: Increase", 1),
        ("de", "Verdict - No", 0), ("de", "Verdict - Yes", 1), ("de", "Answer - No", 0),
        ("de", "ANSWER: No because it is not expressed", 0), ("de", "ANSWER: No: no link", 0),
        ("de", "ANSWER: Yes (there is no buffer)", 1),
        ("direction", "ANSWER: Increase not decrease", 1),
        ("de", "ANSWER: No it is not expected", 0), ("de", "ANSWER: No there is no link", 0),
        ("de", "ANSWER: Yes with no doubt", 1), ("de", "ANSWER: No with no doubt", 0),
        ("de", "ANSWER: Yes, MYC is lost so no transcription follows", 1),
        ("direction", "ANSWER: Decrease (its loss leads to increase of a repressor)", 0),
        ("direction", "ANSWER: Decrease, as its loss leads to an increase.", 0),
        ("direction", "ANSWER: Increased MYC, not lower", 1),
    ],
)  # fmt: skip
def test_both_words_are_read_in_one_dress(kind, text, value):
    assert parse_answer(text, kind, "label", "stop").value == value


def test_options_with_colons_are_no_answer():
    assert parse_answer("A: Yes\nB: No", "de", "label", "stop").value is None
    assert parse_answer("B: Yes", "de", "label", "stop").value is None


@pytest.mark.each(
    "event",
    [
        *("that nothing changes", "that MYC never changes", "of a lack of change"),
        *("that neither gene is affected", "that the effect is negligible", "of little change"),
        *("of the knockdown having no effect", "that it remains the same", "of being wrong"),
    ],
)
def test_a_marked_probability_of_another_event_is_not_read(event):
    got = parse_answer(f"ANSWER: 80% chance {event}", "de", "probability", "stop")
    assert got.reason == "unparseable"
