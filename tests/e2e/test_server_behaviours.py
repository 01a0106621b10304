"""What servers do with an option, a long prompt or no tools at all, and what then comes of it.

Each behaviour is a model of the server on loopback: a question is asked of it by the real client
of an OpenAI-compatible server, with Inspect's own defaults, which repeat a request without end.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import inspect_ai
import pytest
from inspect_ai.log import EvalLog, EvalSample

from perturb_evals.solvers.expression.nearest_perturbations import nearest_perturbations
from perturb_evals.tasks.langpert import langpert
from perturb_evals.tasks.perturbqa import perturbqa_de

Body = dict[str, Any]
Behaviour = Callable[[Any, Body, int], Any]
QUESTIONS = 3
# A run that goes on without end is cut here; none takes a tenth of it.
LIMIT_SECONDS = 40


def completion(provider: Any, text: str | None, **choice: Any) -> Any:
    sent = provider.completion(text)
    message = choice.pop("message", {})
    sent.body["choices"][0].update(choice)
    sent.body["choices"][0]["message"].update(message)
    return sent


def token(text: str, logprob: Any, top: Any) -> dict[str, Any]:
    return {"token": text, "logprob": logprob, "bytes": None, "top_logprobs": top}


YES = [token("Yes", -0.1, None), token("No", -2.5, None)]
GOOD = {"content": [token("Yes", -0.1, YES)]}
"""Log probabilities as they should be; a word and what else might have stood there."""

# What a server says to a question for one word with its log probabilities, with the route by which
# the answer is read, and the requests that one question more takes in the beginning.
WITHOUT = {
    "none at all": (lambda p: completion(p, "Yes"), "text", 0),
    "null": (lambda p: completion(p, "Yes", logprobs=None), "text", 0),
    "an empty object": (lambda p: completion(p, "Yes", logprobs={}), "text", 0),
    "content null": (lambda p: completion(p, "Yes", logprobs={"content": None}), "text", 0),
    "content empty": (lambda p: completion(p, "Yes", logprobs={"content": []}), "text", 0),
    "a logprob of null": (
        lambda p: completion(p, "Yes", logprobs={"content": [token("Yes", None, [])]}),
        "text",
        2,
    ),
    "alternatives of null": (
        lambda p: completion(
            p, "Yes", logprobs={"content": [token("Yes", -0.1, [token("No", None, None)])]}
        ),
        "text",
        2,
    ),
    "no alternatives": (
        lambda p: completion(p, "Yes", logprobs={"content": [token("Yes", -0.1, None)]}),
        "text",
        0,
    ),
    "the form of completions": (
        lambda p: completion(
            p,
            "Yes",
            logprobs={"tokens": ["Yes"], "token_logprobs": [-0.1], "top_logprobs": [{"Yes": -0.1}]},
        ),
        "text",
        0,
    ),
    "minus infinity": (
        lambda p: completion(
            p, "Yes", logprobs={"content": [token("Yes", 0.0, [token("No", -9999.0, None)])]}
        ),
        "logprobs",
        0,
    ),
    "as they should be": (lambda p: completion(p, "Yes", logprobs=GOOD), "logprobs", 0),
}


@pytest.mark.parametrize("name", WITHOUT)
def test_log_probabilities_that_are_none(provider: Any, logged: Any, name: str) -> None:
    say, route, more = WITHOUT[name]

    def behave(_: Any, body: Body, nth: int) -> Any:
        return say(provider) if body.get("logprobs") else completion(provider, "Yes")

    log = ask(provider, behave, answer="logprobs")
    assert [read(sample)["route"] for sample in log.samples] == [route] * QUESTIONS
    assert not any("abstained" in read(sample) for sample in log.samples)
    assert len(provider.calls) == QUESTIONS + more
    assert logged.text.count("log probabilities") == (more > 0)


REFUSALS = {
    "400": (400, {"error": {"message": "logprobs is not supported", "code": None}}),
    "403": (403, {"error": {"message": "not for this model"}}),
    "404": (404, {"error": {"message": "no such route with response_format", "code": 404}}),
    "405": (405, {"detail": "Method Not Allowed"}),
    "415": (415, {"detail": "Unsupported"}),
    "422": (422, {"detail": [{"loc": ["body", "logprobs"], "msg": "extra fields not permitted"}]}),
    "500": (500, {"error": {"message": "", "type": "internal_server_error", "code": None}}),
    "500 in HTML": (500, "<html><body>Internal Server Error</body></html>"),
    "501": (501, "not implemented"),
    "503": (503, {"error": {"message": "grammar is not supported", "code": 503}}),
}


@pytest.mark.parametrize("name", REFUSALS)
@pytest.mark.parametrize("form", ["logprobs", "schema"])
def test_an_option_that_is_refused_is_given_up_and_that_is_said_once(
    provider: Any, logged: Any, name: str, form: str
) -> None:
    status, body_sent = REFUSALS[name]

    def behave(_: Any, body: Body, nth: int) -> Any:
        if body.get("logprobs") or "response_format" in body:
            refusal = provider.error(status, "", retry_after="0.05")
            return replace(refusal, body=body_sent)
        return completion(provider, "Yes" if form == "logprobs" else neighbors(body))

    if form == "logprobs":
        log = ask(provider, behave, answer="logprobs")
        assert {read(sample)["route"] for sample in log.samples} == {"text"}
    else:
        log = ask_langpert(provider, behave)
        assert all(len(read(sample)["neighbors"]) == 2 for sample in log.samples)
    assert log.status == "success", log.error
    with_option = [call for call in provider.calls if call.reply.status == status]
    # The client repeats a 5xx twice by itself. There are two numbers of alternatives to ask for.
    # After a 5xx the most wanted is asked for once more when the server answers without options.
    rungs = 2 if form == "logprobs" else 1
    assert len(with_option) == ((rungs + 1) * 3 if status >= 500 else rungs)
    assert len(provider.of("m", 200)) == QUESTIONS
    (said,) = [record.getMessage() for record in logged.records]
    assert "openai-api/local/m" in said
    assert str(status) in said
    assert ("log probabilities" if form == "logprobs" else "response schema") in said


@pytest.mark.parametrize("form", ["logprobs", "schema"])
def test_a_server_that_was_away_for_a_moment_keeps_the_option(
    provider: Any, logged: Any, form: str
) -> None:
    """The client's own repeats are over before it is back, the request without options finds it."""

    def behave(_: Any, body: Body, nth: int) -> Any:
        optional = bool(body.get("logprobs")) or "response_format" in body
        if optional and not any(call.reply.status == 200 for call in provider.calls):
            return provider.error(503, "loading", retry_after="0.05")
        return completion(provider, "Yes" if form == "logprobs" else neighbors(body))

    log = ask(provider, behave, answer="logprobs") if form == "logprobs" else None
    log = log or ask_langpert(provider, behave)
    assert log.status == "success", log.error
    answered = [call.body for call in provider.of("m", 200)]
    optional = [body for body in answered if body.get("logprobs") or "response_format" in body]
    assert len(optional) == len(answered) - 1
    assert not [record for record in logged.records if "does not grant" in record.getMessage()]


EVENTS = 'data: {"choices": [{"delta": {"content": "Yes"}}]}\n\ndata: [DONE]\n\n'
JUNK = {
    "a page": ("<html><body>Sign in</body></html>", "text/html"),
    "a stream that nobody asked for": (EVENTS, "text/event-stream"),
    "half a reply": ('{"id": "c", "choices": [{"index": 0, "mess', "application/json"),
    "an empty body": ("", "application/json"),
    "null": ("null", "application/json"),
}


@pytest.mark.parametrize("name", JUNK)
def test_junk_in_reply_to_an_option_ends_without_it(provider: Any, name: str) -> None:
    text, content_type = JUNK[name]

    def behave(_: Any, body: Body, nth: int) -> Any:
        sent = completion(provider, "Yes")
        return replace(sent, body=text, content_type=content_type) if "logprobs" in body else sent

    log = ask(provider, behave, answer="logprobs")
    assert log.status == "success", log.error
    assert {read(sample)["route"] for sample in log.samples} == {"text"}


@pytest.mark.parametrize(("status", "until"), [(500, 10), (503, 10), (429, 5)])
def test_a_server_that_is_not_there_yet_keeps_the_option(
    provider: Any, logged: Any, status: int, until: int
) -> None:
    """`Loading model`: whatever is asked, it comes to nothing, until it does."""

    def behave(_: Any, body: Body, nth: int) -> Any:
        if len(provider.calls) < until:
            return provider.error(status, "Loading model", retry_after="0.05")
        return completion(provider, "Yes", logprobs=GOOD if body.get("logprobs") else None)

    log = ask(provider, behave, answer="logprobs")
    assert {read(sample)["route"] for sample in log.samples} == {"logprobs"}
    assert logged.records == []


def test_a_server_that_takes_its_time_at_first_keeps_the_option(provider: Any, logged: Any) -> None:
    """A model that is loaded at the first request: the reply comes too late, once."""

    def behave(_: Any, body: Body, nth: int) -> Any:
        sent = completion(provider, "Yes", logprobs=GOOD if body.get("logprobs") else None)
        return replace(sent, hangs=not provider.calls)

    log = ask(provider, behave, answer="logprobs", attempt_timeout=2)
    assert {read(sample)["route"] for sample in log.samples} == {"logprobs"}
    assert logged.records == []


def test_a_server_that_is_not_there_yet_and_refuses_the_option_ends_too(provider: Any) -> None:
    def behave(_: Any, body: Body, nth: int) -> Any:
        if body.get("logprobs"):
            return provider.error(500, "no logits_all", retry_after="0.05")
        if len(provider.calls) < 10:
            return provider.error(503, "Loading model", retry_after="0.05")
        return completion(provider, "Yes")

    log = ask(provider, behave, answer="logprobs")
    assert {read(sample)["route"] for sample in log.samples} == {"text"}


def test_an_option_that_is_granted_goes_out_with_the_users_own_retries(
    provider: Any, logged: Any
) -> None:
    def behave(_: Any, body: Body, nth: int) -> Any:
        assert body["logprobs"]
        if 1 < len(provider.calls) < 6:
            return provider.error(503, "overloaded", retry_after="0.05")
        return completion(provider, "Yes", logprobs=GOOD)

    log = ask(provider, behave, answer="logprobs")
    assert {read(sample)["route"] for sample in log.samples} == {"logprobs"}
    assert logged.records == []


TOO_LONG = {
    "OpenAI": (
        400,
        "This model's maximum context length is 8192 tokens. However, your messages resulted in "
        "9000 tokens. Please reduce the length of the messages.",
        "context_length_exceeded",
    ),
    "vLLM": (
        400,
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens "
        "(4000 in the messages, 1000 in the completion).",
        400,
    ),
    "vLLM, newer": (
        400,
        "The decoder prompt (length 5000) is longer than the maximum model length of 4096.",
        400,
    ),
    "llama.cpp": (
        400,
        "the request exceeds the available context size. try increasing the context size or enable "
        "context shift",
        400,
    ),
    "llama.cpp, newer": (
        400,
        "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
        400,
    ),
    "llama-cpp-python": (400, "Requested tokens (5000) exceed context window of 2048", None),
    "Ollama": (400, "prompt too long; exceeded max context length by 200 tokens", None),
    "Ollama, input": (400, "the input length exceeds the context length", None),
    "LM Studio": (
        400,
        "Trying to keep the first 5000 tokens when context the overflows. However, the model is "
        "loaded with context length of only 4096 tokens, which is not enough.",
        None,
    ),
    "LM Studio, kept": (
        400,
        "The number of tokens to keep from the initial prompt is greater than the context length.",
        None,
    ),
    "TGI": (
        422,
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 "
        "`inputs` tokens and 100 `max_new_tokens`",
        None,
    ),
    "TGI, inputs": (422, "`inputs` must have less than 1024 tokens. Given: 5000", None),
    "SGLang": (
        400,
        "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
        None,
    ),
    "Mistral": (
        400,
        "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum "
        "context length",
        3051,
    ),
    "xAI": (
        400,
        "This model's maximum prompt length is 131072 but the request contains 200000 tokens.",
        None,
    ),
    "Anthropic": (400, "prompt is too long: 210000 tokens > 200000 maximum", None),
    "Google": (
        400,
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        None,
    ),
    "Bedrock": (400, "Input is too long for requested model.", None),
    "Cohere": (
        400,
        "too many tokens: total number of tokens in the prompt cannot exceed 4081",
        None,
    ),
    "Cloudflare": (
        413,
        "The estimated number of input and maximum output tokens exceeded this "
        "model context window limit (24000).",
        None,
    ),
}


@pytest.mark.parametrize("name", TOO_LONG)
def test_a_prompt_that_is_too_long_is_counted_as_that(
    provider: Any, logged: Any, name: str
) -> None:
    status, message, code = TOO_LONG[name]

    def behave(_: Any, body: Body, nth: int) -> Any:
        sent = provider.error(status, message)
        sent.body["error"]["code"] = code
        return sent

    log = ask(provider, behave, answer="logprobs")
    assert log.status == "success", log.error
    assert [read(sample)["abstained"] for sample in log.samples] == ["too_long"] * QUESTIONS
    assert metrics(log)["abstained_too_long"] == 1.0
    assert message in (log.samples[0].output.error or "")
    assert len(provider.calls) == QUESTIONS  # neither asked again nor without the option
    (said,) = [record.getMessage() for record in logged.records]
    assert message in said
    assert "openai-api/local/m" in said


def test_a_list_that_is_too_long_for_the_model(provider: Any, logged: Any) -> None:
    def behave(_: Any, body: Body, nth: int) -> Any:
        return provider.error(*TOO_LONG["llama.cpp"][:2])

    log = ask_langpert(provider, behave)
    assert [read(sample)["fallback"] for sample in log.samples] == ["too_long"] * QUESTIONS
    assert metrics(log)["n_fallback_too_long"] == QUESTIONS
    assert metrics(log)["n_reasks"] == 0
    assert len(provider.calls) == QUESTIONS
    (said,) = [record.getMessage() for record in logged.records]
    assert "-T n_train" in said


def test_a_conversation_that_grows_too_long_keeps_what_was_said_before(provider: Any) -> None:
    def behave(_: Any, body: Body, nth: int) -> Any:
        if len(body["messages"]) > 1:
            return provider.error(*TOO_LONG["llama.cpp"][:2])
        return completion(provider, neighbors(body))

    log = ask_langpert(provider, behave, variant="refine")
    for sample in log.samples:
        assert "fallback" not in read(sample)
        assert len(read(sample)["neighbors"]) == 2


def call_of(arguments: str, name: str = "answer") -> Body:
    function = {"name": name, "arguments": arguments}
    return {"tool_calls": [{"id": "call_1", "type": "function", "function": function}]}


TOOL_CALLS = {
    "an answer": ('{"answer": "Yes"}', 1.0),
    "a verdict in words": ('{"answer": "No"}', 0.0),
    "nothing": ("{}", None),
    "no JSON": ("Yes{", None),
    "empty": ("", None),
    "a search": ('{"query": "GATA1 targets"}', None),
    "a list": ('["a"]', None),
}


@pytest.mark.parametrize("content", [None, ""])
@pytest.mark.parametrize("name", TOOL_CALLS)
def test_a_tool_that_nobody_offered_is_read_or_abstained_from(
    provider: Any, name: str, content: str | None
) -> None:
    arguments, value = TOOL_CALLS[name]

    def behave(_: Any, body: Body, nth: int) -> Any:
        return completion(provider, content, message=call_of(arguments), finish_reason="tool_calls")

    log = ask(provider, behave)
    assert log.status == "success", log.error
    assert len(provider.calls) == QUESTIONS
    for sample in log.samples:
        if value is None:
            assert read(sample)["abstained"] == "unparseable"
        else:
            assert sample.scores["p_positive"].value == value


def test_a_tool_call_beside_an_answer_changes_nothing(provider: Any) -> None:
    def behave(_: Any, body: Body, nth: int) -> Any:
        return completion(provider, "ANSWER: No", message=call_of('{"answer": "Yes"}'))

    log = ask(provider, behave)
    assert [sample.scores["p_positive"].value for sample in log.samples] == [0.0] * QUESTIONS


@pytest.mark.parametrize("readable", [True, False])
def test_neighbors_in_a_tool_call(provider: Any, readable: bool) -> None:
    """What cannot be read is asked for again, in a conversation that servers take."""

    def behave(_: Any, body: Body, nth: int) -> Any:
        assert not any("tool_calls" in message for message in body["messages"])
        arguments = neighbors(body) if readable else '{"query": "what is alike"}'
        return completion(provider, None, message=call_of(arguments), finish_reason="tool_calls")

    log = ask_langpert(provider, behave)
    assert log.status == "success", log.error
    for sample in log.samples:
        assert read(sample).get("fallback") == (None if readable else "no_list")
        assert read(sample).get("reasks") == (None if readable else 2)


FINISHED = ["stop", "eos", "length", "stop_sequence", "abort", "load", "", None, "function_call"]


@pytest.mark.parametrize("finish", FINISHED)
def test_whatever_ended_a_whole_answer_it_is_read(provider: Any, finish: str | None) -> None:
    log = ask(provider, lambda *_: completion(provider, "ANSWER: Yes", finish_reason=finish))
    assert [sample.scores["p_positive"].value for sample in log.samples] == [1.0] * QUESTIONS


def neighbors(body: Body) -> str:
    listed = body["messages"][0]["content"].partition("knock-down (")[2].partition("\n")[2]
    return json.dumps({"reasoning": "Alike.", "kNN": listed.partition("\n")[0].split(", ")[:2]})


def ask(provider: Any, behave: Behaviour, answer: str = "label", **options: Any) -> EvalLog:
    task = perturbqa_de(dataset="demo", genes=1, answer=answer)
    kind, _ = provider.kinds[0]
    return run(provider, task, kind, behave, **options)


def ask_langpert(provider: Any, behave: Behaviour, **arguments: Any) -> EvalLog:
    task = langpert(screen="demo", fold=0)
    task.solver = nearest_perturbations(**arguments)
    kind = re.compile(r"^Target gene: (\S+)$", re.MULTILINE)
    return run(provider, task, kind, behave)


def run(provider: Any, task: Any, kind: Any, behave: Behaviour, **options: Any) -> EvalLog:
    provider.kinds[:] = [(kind, lambda model, body, asked, nth, index: behave(model, body, nth))]
    (log,) = inspect_ai.eval(
        task,
        model="openai-api/local/m",
        model_base_url=provider.url,
        limit=QUESTIONS,
        time_limit=LIMIT_SECONDS,
        display="none",
        log_dir=str(provider.logs),
        log_realtime=False,
        score_display=False,
        **options,
    )
    assert log.samples is not None
    assert not any(sample.limit for sample in log.samples), "it went on without end"
    return log


def read(sample: EvalSample) -> dict[str, Any]:
    assert sample.scores, sample.error
    (score,) = sample.scores.values()
    assert score.metadata is not None
    return score.metadata


def metrics(log: EvalLog) -> dict[str, float]:
    assert log.results is not None, log.error
    return {name: metric.value for name, metric in log.results.scores[0].metrics.items()}
