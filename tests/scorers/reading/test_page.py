import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.scorers.reading.page import page_of

PIECES = (
    "<think>",
    "</think>",
    "[THINK]",
    "<b>",
    "</b>",
    "<Yes>",
    "<answer>",
    "~~",
    "\\text{",
    "}",
)
pieces = st.lists(
    st.one_of(st.sampled_from(PIECES), st.text(st.characters(exclude_categories=()), max_size=20)),
    max_size=10,
).map("".join)


@settings(max_examples=200, deadline=None)
@given(text=pieces)
def test_both_texts_are_as_long_as_the_reply(text):
    page = page_of(text)
    assert len(page.raw) == len(page.plain) == len(text)


@settings(max_examples=200, deadline=None)
@given(text=st.text("abcXYZ 019,.!?;-\n()/|:", max_size=80))
def test_plain_text_stays_as_it_is(text):
    page = page_of(text)
    assert page.raw == page.plain == text


@pytest.mark.each(
    ("text", "plain"),
    [
        ("**Yes**", "  Yes  "),
        ("<b>No</b>", "   No    "),
        ("<Yes>", " Yes "),
        ("<answer>No</answer>", " answer:No         "),
        ("$\\boxed{\\text{Yes}}$", " \\boxed       Yes   "),
        ("62\\%", "62  "),
        ("can't 'No'", "can't  No "),
        ("\u201cNo\u201d", " No "),
        ("ANSWER\uff1a\u00a0\uff2e\uff4f", "ANSWER: No"),
        ("\U0001d418\U0001d41e\U0001d42c", "Yes"),
        ("40\u201360", "40\u201460"),
        ("a\r\nb\u2028c", "a\n\nb\nc"),
        ("~~Yes~~ No", "        No"),
        ("a~b <5 > 3", "a~b <5 > 3"),
        ("No<|im_end|>", "No          "),
        ("5\u00b9", "5\u00b9"),
    ],
)
def test_markup_becomes_spaces_and_look_alikes_become_plain(text, plain):
    assert page_of(text).plain == plain


@pytest.mark.each(
    ("text", "left"),
    [
        ("a<think>b</think>c", "a c"),
        ("a<think>b", "a"),
        ("a</think>b", "b"),
        ("a<think>b<think>c</think>d", "a d"),
        ("a<think>b</think>c</think>d", "d"),
        ("<thinking>a</thinking>b<think>c</think>d", "b d"),
        ("<reasoning>a</reasoning>b", "b"),
        ("<|channel|>analysis<|message|>a<|channel|>final<|message|>b", "b"),
        ("a<thinker>b</thinker>c", "a thinker b c"),
    ],
)
def test_reasoning_is_blanked(text, left):
    assert page_of(text).plain.split() == left.split()


def test_lines_around_an_offset_end_at_line_breaks_and_limits():
    page = page_of("one\ntwo three\nfour")
    assert page.line_before(8) == "two "
    assert page.line_after(8) == "three"
    assert page.line_before(8, most=2) == "o "
    assert page.line_after(8, most=2) == "th"
    assert page.line_before(0) == page.line_after(18) == ""
