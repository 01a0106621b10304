"""What a user typed: what is let through, and what a refusal says."""

import math

import pytest

from perturb_evals.datasets.options import number, one_of, refuse_unknown, whole_number


def a_task(cell_line=None, evidence="none", evidence_lines=None, genes=None, **unknown):
    """A function with arguments like those of the tasks."""


def test_an_allowed_word_comes_back():
    assert one_of("evidence", "within", ("none", "within")) == "within"
    # Dictionaries and iterators are lists of words too.
    assert one_of("dataset", "demo", {"perturbqa": 1, "demo": 2}) == "demo"
    assert one_of("x", "b", iter("abc")) == "b"


@pytest.mark.each("value", ["Within", "within ", "", None, True, 1, ["within"], {"a": 1}])
def test_any_other_value_is_refused(value):
    with pytest.raises(ValueError, match="evidence must be one of none, within; got ") as caught:
        one_of("evidence", value, ("none", "within"))
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("value", [0, -3, 10**30])
def test_whole_numbers(value: int):
    assert whole_number("genes", value) == value


@pytest.mark.each("value", [True, False, 1.0, "5", None, [5], float("nan")])
def test_what_is_no_whole_number(value):
    with pytest.raises(ValueError, match="genes must be a whole number; got ") as caught:
        whole_number("genes", value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("value", [1, 0.1, 1e-300, 10**20])
def test_numbers_above_0(value: float):
    for zero in (False, True):
        found = number("power", value, zero=zero)
        assert found == value
        assert isinstance(found, float)


@pytest.mark.each(
    "value", [-1, -0.1, math.nan, math.inf, -math.inf, True, False, "1", None, [1], 10**400]
)
def test_what_is_no_number_above_0(value):
    for zero, wanted in ((False, "above 0"), (True, "from 0")):
        with pytest.raises(ValueError, match=f"^power must be a finite number {wanted}; got ") as c:
            number("power", value, zero=zero)
        assert repr(value) in str(c.value)


def test_0_is_a_number_where_it_is_allowed():
    for value in (0, 0.0, -0.0):
        assert number("text_weight", value, zero=True) == 0
        with pytest.raises(ValueError, match=r"^text_weight must be a finite number above 0; got"):
            number("text_weight", value)


def test_nothing_unknown_is_fine():
    refuse_unknown({}, a_task)
    refuse_unknown({"model": None}, a_task)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("celline", "cell_line"), ("cell-line", "cell_line"), ("gene", "genes")],
)
def test_an_unknown_argument_is_refused_with_the_one_that_was_meant(typed: str, meant: str):
    with pytest.raises(ValueError, match=f"no argument {typed}. Did you mean {meant}") as caught:
        refuse_unknown({typed: "k562"}, a_task)
    assert "The arguments are cell_line, evidence, evidence_lines, genes." in str(caught.value)


def test_an_argument_like_no_other_gets_the_list_alone():
    with pytest.raises(ValueError, match=r"no argument zzz\. The arguments are cell_line,"):
        refuse_unknown({"zzz": 1}, a_task)


def test_model_does_not_cover_for_others():
    with pytest.raises(ValueError, match="no argument zzz"):
        refuse_unknown({"model": None, "zzz": 1}, a_task)
