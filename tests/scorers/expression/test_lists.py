"""Lists without a key of their own: which one is the answer."""

import pytest

from perturb_evals.scorers.expression.reading import parse_neighbors


def names(text: str, cut_off: bool = False) -> list[str] | None:
    found = parse_neighbors(text, cut_off)
    return None if found is None else list(found.names)


def test_of_a_list_that_does_not_end_what_there_is_counts() -> None:
    found = parse_neighbors('Genes: ["SMG1", 5, "UPF1"')
    assert found is not None
    assert (found.names, found.n_unusable, found.read) == (("SMG1", "UPF1"), 1, "cut_off")


@pytest.mark.each(
    ("text", "expected"),
    [
        ('Answer: ["SMG1"]. Answer: ["UPF1"]', ["UPF1"]),
        ('Answer: ["SMG1"]. Answer: ["UPF1", "SMG', ["SMG1"]),
        ('["SMG1"] or ["UPF1"]', None),
        ('["SMG1"] as said: ["SMG1"]', ["SMG1"]),
        ('not ["SMG1"] but ["UPF1"]', ["UPF1"]),
        ('not ["SMG1"]', None),
        ("as said [1] and [sic]", None),
        ("", None),
    ],
)
def test_the_list_that_is_plainly_the_answer(text: str, expected: list[str] | None) -> None:
    assert names(text) == expected


@pytest.mark.each(
    ("text", "expected"),
    [
        ('```json\n["SMG1", "UPF1"]\n```', ["SMG1", "UPF1"]),
        ('<answer>["SMG1", "UPF1"]</answer>', ["SMG1", "UPF1"]),
        ('["SMG1", "UPF', ["SMG1"]),
        ('Answer: ["SMG1", "UPF', ["SMG1"]),
        ('Answer: ["SMG1", "UPF1"]. I left', None),
        ('Some are ["SMG1", "UPF', None),
        ('["SMG1", "UPF1"] are', None),
    ],
)
def test_of_a_reply_that_was_cut_off_the_list_has_to_be_its_end(
    text: str, expected: list[str] | None
) -> None:
    assert names(text, cut_off=True) == expected


# What a list is called: by its key, else by the clause that leads to it.

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


OTHER = 'Some are ["RPL5"]\n'


@pytest.mark.each("before", ANSWER)
def test_a_list_that_is_called_an_answer_counts_beside_others(before: str) -> None:
    assert names(OTHER + before + '["SMG1"]') == ["SMG1"]


@pytest.mark.each("before", PLAIN)
def test_a_list_that_is_called_nothing_counts_alone(before: str) -> None:
    assert names(before + '["SMG1"]') == ["SMG1"]
    assert names(OTHER + before + '["SMG1"]') is None


@pytest.mark.each("before", REJECTED)
def test_a_list_that_is_called_rejected_never_counts(before: str) -> None:
    assert names(before + '["SMG1"]') is None
    assert names(OTHER + before + '["SMG1"]') == ["RPL5"]


def test_what_was_said_of_the_list_before_or_long_before_does_not_count() -> None:
    assert names('Excluded: ["RPL5"] ["SMG1"]') == ["SMG1"]
    assert names(f'{OTHER} answer{"x" * 100} ["SMG1"]') is None
    assert names(f'{OTHER} answer {"x" * 100} ["SMG1"]') == ["SMG1"]
    assert names(f'{OTHER} answer {"x" * 1000} ["SMG1"]') is None
