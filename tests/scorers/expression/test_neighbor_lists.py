import pytest

from perturb_evals.scorers.expression.list_labels import Sign
from perturb_evals.scorers.expression.neighbor_lists import answer_list


def names(text: str, cut_off: bool = False) -> list[str] | None:
    found = answer_list(text, cut_off)
    return None if found is None else [item.name for item in found.items]


def test_a_found_list_says_how_it_stands() -> None:
    found = answer_list('Genes: ["SMG1", 5, "UPF1"', cut_off=False)
    assert found is not None
    assert (found.n_unusable, found.complete, found.sign) == (1, False, Sign.ANSWER)
    assert (found.alone_before, found.alone_behind) == (False, True)


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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
