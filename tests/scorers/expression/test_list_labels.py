import pytest

from perturb_evals.scorers.expression.list_labels import Sign, sign_of

ANSWER = (
    '{"genes": ',
    '{"finalAnswer": ',
    "'top_candidates' = ",
    "**Final answer:**\n\n```json\n",
    "These come closest: ",
    "After the ribosome was excluded, I choose ",
    "I rejected RPL5. My list:\n",
    "The closest (not ribosomal) genes are ",
)
REJECTED = (
    '{"genes": "see below", "excluded": ',
    '{"not_selected": ',
    "'rejectedGenes': ",
    "Left out of the answer: ",
    "These are similar, not ",
    "the genes that I didn't choose: ",
    "The least similar are ",
    "I chose them rather than ",
    "My first thought was ",
)
PLAIN = (
    "",
    "[",
    '{"candidates": ',
    "Answer: see below. The ribosome has ",
    "ribosomal genes ",
    "the list without the target, excluding SMG5 itself: ",
    "Here are at least five of them: ",
    "I could not find any gene closer than ",
    "Nothing notable: ",
)


@pytest.mark.parametrize(
    ("before", "sign"),
    [(text, sign) for sign, texts in zip(Sign, (ANSWER, PLAIN, REJECTED), strict=True)
     for text in texts],
)  # fmt: skip
def test_a_list_is_what_its_key_or_its_clause_calls_it(before: str, sign: Sign) -> None:
    assert sign_of(before + '["SMG1"]', 0, len(before)) is sign


def test_what_was_said_of_the_list_before_does_not_count() -> None:
    text = 'Excluded: ["RPL5"] ["SMG1"]'
    assert sign_of(text, text.index("]") + 1, text.rindex("[")) is Sign.PLAIN
    assert sign_of("answer" + "x" * 1000 + "[", 0, 1006) is Sign.PLAIN
