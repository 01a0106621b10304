"""Tests that are marked `each` run all their cases."""

import pytest


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="the third case fails")
@pytest.mark.each("number", [0, 1, 3, 2])
def test_one_case_that_fails_fails_the_test(number):
    assert number < 3


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="one case raises nothing")
@pytest.mark.each("number", [0, 1])
def test_one_case_that_does_not_raise_fails_the_test(number):
    with pytest.raises(ZeroDivisionError):
        assert 1 / number


@pytest.fixture
def seen():
    found = []
    yield found
    assert sorted(found) == [(1, "one", "!a"), (1, "one", "?a"), (2, "two", "!a"), (2, "two", "?a")]


@pytest.mark.parametrize("letter", ["a"])
@pytest.mark.each(("number", "word"), [(1, "one"), (2, "two")])
@pytest.mark.each("mark", "!?")
def test_cases_are_multiplied_beside_parameters_and_fixtures(number, word, mark, letter, seen):
    seen.append((number, word, mark + letter))
