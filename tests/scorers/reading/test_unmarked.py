import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.scorers.expression.reading import parse_neighbors
from perturb_evals.scorers.reading.unmarked import without_unfinished_thinking

HEADS = ("Thinking Process:", "**Thought process**", "Let me think...", "Reasoning:\n", "Thoughts")


@given(head=st.sampled_from(HEADS), text=st.text("ab\n1.*: ", max_size=30))
def test_the_length_stays_and_nothing_is_added(head, text):
    whole = f"{head}\n{text}"
    left = without_unfinished_thinking(whole)
    assert all(new in (old, " ") for new, old in zip(left, whole, strict=True))
    assert not left.strip()


@pytest.mark.parametrize("head", HEADS)
def test_only_an_answer_line_at_the_end_stays(head):
    kept = f"{head}\n1. ANSWER: Yes\n\nANSWER: No\n"
    assert without_unfinished_thinking(kept).strip() == "ANSWER: No"
    assert not without_unfinished_thinking(f"{head}\n1. ANSWER: Yes\n2. ANSWER: No").strip()


@pytest.mark.parametrize("text", ["Thinking of MYC, no", "Reasoning: it is", "The thoughts:\n", ""])
def test_other_replies_stay_as_they_are(text):
    expected = "" if text.startswith("The thoughts") else text
    assert without_unfinished_thinking(text).strip() == expected


@pytest.mark.parametrize("head", HEADS)
def test_a_list_in_thinking_that_was_cut_is_no_answer(head):
    text = head + '\n1. **Draft:** {"kNN": ["RPL5", "RPL23"]}\n2. **Check:** the'
    assert parse_neighbors(text, cut_off=True) is None
    assert parse_neighbors(text, cut_off=False) is not None
