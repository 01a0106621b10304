import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.scorers.expression.reasoning_fields import without_finished, without_unfinished


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('{"reasoning": "SMG1 [x] and', '{"reasoning": "'),
        ('{"a": 1, "Chain_of_thought": "SMG1', '{"a": 1, "Chain_of_thought": "'),
        ('{"why": "the "core", {1}, is', '{"why": "'),
        (r'"{\"reasoning\": \"a \\\"b\\\": c', r'"{\"reasoning\": \"'),
        ('{"reasoning": "{\\"reasoning\\": \\"x\\", \\"kNN\\": []} or', '{"reasoning": "'),
    ],
)
def test_reasoning_that_does_not_end_is_cut(text: str, left: str) -> None:
    assert without_unfinished(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"reasoning": "SMG1"}',
        '{"reasoning": "SMG1", "kNN": ["UP',
        '{"reasoning": ["SMG1", "UP',
        '{"answer": "SMG1',
        "reasoning: SMG1",
        '"reasoning',
    ],
)
def test_anything_else_stays(text: str) -> None:
    assert without_unfinished(text) == text


@given(reasoning=st.text(max_size=40), other=st.text("ab[]SMG1", max_size=20))
def test_finished_reasoning_is_left_out_and_nothing_else(reasoning: str, other: str) -> None:
    text = json.dumps({"reasoning": reasoning, "genes": other})
    assert without_unfinished(text) == text
    assert json.dumps(other) in without_finished(text)
    plain = reasoning.translate(str.maketrans("\"'`\\", "    "))
    text = json.dumps({"reasoning": plain, "genes": other}, ensure_ascii=False)
    left = without_finished(text)
    assert left == f'{{"reasoning": , "genes": {json.dumps(other)}}}'
