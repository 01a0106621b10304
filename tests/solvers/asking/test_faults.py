"""What an error of a provider says, and of which kind it is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.solvers.asking.faults import (
    is_no_reply,
    is_refusal,
    says_too_long,
    status_of,
    words_of,
)


class Refused(Exception):  # noqa: N818 - named as SDKs name theirs
    def __init__(self, status: int, body: object = None, message: str = "") -> None:
        super().__init__(f"Error code: {status} - {body}")
        self.status_code, self.body, self.message = status, body, message


class ReadTimeout(Exception):  # noqa: N818
    pass


def after(cause: Exception) -> Exception:
    """As Inspect raises what it gave up: an error about retries, whose cause is the fault."""
    try:
        raise RuntimeError("RetryError") from cause
    except RuntimeError as error:
        return error


OTHER_WORDS = (
    "logprobs is not supported with this model",
    "max_tokens is too large: 100000. This model supports at most 16384 completion tokens.",
    "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 31000.",
    "top_logprobs must be at most 5",
    "Invalid schema for response_format 'neighbors': context is required",
    "The model `x` does not exist",
    "Loading model",
    "content management policy",
    "response_format type is unavailable now",
    "In the context of K562, the length of the response is long. ANSWER: Yes",
    "The knock-down's input to translation is large. ANSWER: No",
    "",
)


@pytest.mark.each("words", OTHER_WORDS)
def test_what_does_not_say_that_a_prompt_is_too_long(words: str):
    assert not says_too_long(words)


def test_words_and_status_are_those_of_the_cause():
    inner = Refused(400, {"message": "not\n this  one", "code": None}, "Error code: 400 - {...}")
    for error in (inner, after(inner), after(after(inner))):
        assert words_of(error) == "not this one"
        assert status_of(error) == 400
        assert is_refusal(error)
        assert not is_no_reply(error)
    assert words_of(Refused(500, "a page", "as the SDK says it")) == "as the SDK says it"
    assert words_of(RuntimeError()) == "RuntimeError"
    assert status_of(RuntimeError("no such luck")) is None


@pytest.mark.each("status", [400, 403, 404, 405, 415, 422])
def test_statuses_that_refuse(status: int):
    assert is_refusal(Refused(status))


@pytest.mark.each("status", [401, 408, 409, 429, 500, 503])
def test_statuses_that_do_not(status: int):
    assert not is_refusal(Refused(status))


def test_nobody_replied():
    for error in (ReadTimeout(), TimeoutError(), ConnectionRefusedError(), Refused(429)):
        assert is_no_reply(error)
        assert is_no_reply(after(error))
    assert not is_no_reply(Refused(503))


def test_a_reply_that_cannot_be_read_refuses():
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads("<html>")
    assert is_refusal(after(caught.value))


@given(st.text(max_size=200), st.integers(min_value=-10, max_value=1000))
def test_whatever_is_said_nothing_is_raised(said: str, status: int):
    error = Refused(status, {"message": said})
    assert isinstance(words_of(error), str)
    assert isinstance(says_too_long(said), bool)
    assert status_of(error) in (None, status)


def test_an_error_that_is_its_own_cause_ends():
    error = RuntimeError("round")
    error.__cause__ = error
    assert words_of(error) == "round"
