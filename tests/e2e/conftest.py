"""A provider on loopback that speaks the OpenAI chat protocol, and the command line to reach it."""

import asyncio
import hashlib
import json
import math
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Asked = tuple[str, ...]
PAIR = re.compile(r"^Knocked-down gene: (\S+)\nReadout gene: (\S+)$", re.MULTILINE)
HANG_SECONDS = 60.0


@dataclass(frozen=True)
class Reply:
    """What the server sends: a body as JSON, or as it is when it is text."""

    body: dict[str, Any] | str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"
    hangs: bool = False


@dataclass(frozen=True)
class Call:
    """One request with its reply, and the question that its prompt asks: a pair of genes here."""

    model: str
    pair: Asked
    body: dict[str, Any]
    reply: Reply

    @property
    def junk(self) -> str:
        """The name of the junk that was sent."""
        return next(name for name, sent in JUNK.items() if sent == self.reply)


def completion(
    text: str | None, finish: str = "stop", tokens: list[dict[str, Any]] | None = None
) -> Reply:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    if tokens is not None:
        choice["logprobs"] = {"content": tokens, "refusal": None}
    return Reply(chat([choice]))


def chat(choices: list[dict[str, Any]] | None) -> dict[str, Any]:
    usage = {"prompt_tokens": 200, "completion_tokens": 2, "total_tokens": 202}
    about = {"id": "c", "object": "chat.completion", "created": 0, "model": "local"}
    return {**about, "choices": choices, "usage": usage}


def error(status: int, message: str, **headers: str) -> Reply:
    body = {"error": {"message": message, "type": "invalid_request_error", "code": None}}
    sent = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Reply(body, status, headers=sent)


def belief(pair: Asked) -> float:
    """A probability of the positive verdict that depends on the pair only, never .5."""
    digest = hashlib.sha256(">".join(pair).encode()).digest()
    return (digest[0] + 0.25) / 256


# The pieces that the server's vocabulary has for each verdict, with their shares of its mass.
PIECES = {
    "Yes or No": ({" yes": 0.2, "Yes": 0.5, "YES": 0.3}, {"No": 0.8, " no": 0.2}),
    "Increase or Decrease": ({"Incre": 0.7, " Increase": 0.3}, {"Dec": 0.6, " decrease": 0.4}),
}


def one_word(body: dict[str, Any], pair: Asked, with_logprobs: bool) -> Reply:
    prompt = str(body["messages"][-1]["content"])
    words = next(words for words in PIECES if words in prompt)
    mass = {" Perhaps": 0.04, "The": 0.06}
    for pieces, share in zip(PIECES[words], (belief(pair), 1 - belief(pair)), strict=True):
        mass |= {piece: 0.9 * share * part for piece, part in pieces.items()}
    ranked = sorted(mass, key=lambda piece: -mass[piece])
    first = next(piece for piece in ranked if piece not in (" Perhaps", "The"))
    rest = {"Incre": "ase", "Dec": "rease"}.get(first, "")
    if not with_logprobs:
        return completion(first + rest)
    top = [
        {"token": piece, "logprob": math.log(mass[piece]), "bytes": list(piece.encode())}
        for piece in ranked[: body["top_logprobs"]]
    ]
    tokens = [
        {"token": first, "logprob": math.log(mass[first]), "bytes": None, "top_logprobs": top}
    ]
    if rest:
        same = {"token": rest, "logprob": -1e-4, "bytes": None}
        tokens.append({**same, "top_logprobs": [same]})
    return completion(first + rest, tokens=tokens)


async def hang(request: Request) -> None:
    """Return when the client has gone, at the latest after `HANG_SECONDS`."""
    end = time.monotonic() + HANG_SECONDS
    while time.monotonic() < end and not await request.is_disconnected():
        await asyncio.sleep(0.05)


PROSE = "{0} may act on {1}, though not every paper says No.\n\nANSWER: {2}"

JUNK = {
    "truncated JSON": Reply('{"id": "c", "choices": [{"index": 0, "mess'),
    "HTML": Reply("<html><body>Bad gateway</body></html>", content_type="text/html"),
    "no choices": Reply(chat([])),
    "choices null": Reply(chat(None)),
    "JSON of another kind": Reply({"detail": "see the docs"}),
    "empty text": completion(""),
    "null text": completion(None),
    "cut off": completion("The knock-down would first", finish="length"),
    "filtered": completion("", finish="content_filter"),
    "chatter": completion("As to that, many things are possible in a cell."),
}


def reply(model: str, body: dict[str, Any], pair: Asked, nth: int, index: int) -> Reply:
    """Return the reply to the nth time that a model is asked its question number `index`."""
    logprobs = bool(body.get("logprobs"))
    match model:
        case "logprobs-400" | "logprobs-403" | "logprobs-422" if logprobs:
            return error(int(model[-3:]), "log probabilities are not for this model")
        case "logprobs-400-above-5" if body.get("top_logprobs", 0) > 5:
            return error(400, "top_logprobs must be at most 5")
        case "one-bad-question" if index == 0:
            return error(400, "this prompt is not allowed here")
        case "flaky-429" if nth < 3:
            return error(429, "slow down", retry_after="0.05")
        case "timeout" if nth < 1:
            return Reply("", hangs=True)
        case "junk" if nth == 0:
            return list(JUNK.values())[index % len(JUNK)]
        case "label" | "flaky-429" | "timeout" | "junk":
            return completion(PROSE.format(*pair, "Yes" if belief(pair) > 0.5 else "No"))
    return one_word(body, pair, logprobs and model != "without-logprobs")


class Provider:
    """The server's address and its memory; the model's name chooses how it behaves.

    `kinds` are the kinds of prompts that it knows: what finds the question in the first message of
    a conversation, and what replies to it, as `reply` does. A test may add its own.
    """

    completion = staticmethod(completion)
    error = staticmethod(error)

    def __init__(self, logs: Path) -> None:
        self.logs = logs  # a folder for the logs of those who ask
        self.kinds: list[tuple[re.Pattern[str], Callable[..., Reply]]] = [(PAIR, reply)]
        self.calls: list[Call] = []
        self.hangs_after = math.inf  # number of calls
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/v1"
        app = Starlette(routes=[Route("/v1/chat/completions", self.answer, methods=["POST"])])
        # Kept alive longer than a busy machine may stall a client.
        patience = {"timeout_keep_alive": 60, "timeout_graceful_shutdown": 1}
        self.server = uvicorn.Server(
            uvicorn.Config(app, log_level="critical", lifespan="off", **patience)
        )
        run = {"sockets": [self.socket]}
        self.thread = threading.Thread(target=self.server.run, kwargs=run, daemon=True)

    def of(self, model: str, status: int | None = None) -> list[Call]:
        """Return the calls that a model got, those with one status if it is given."""
        got = [call for call in self.calls if call.model == model]
        return [call for call in got if status in (None, call.reply.status)]

    def asked(self, model: str, status: int | None = None) -> Counter[Asked]:
        """Return how often a model was asked each question."""
        return Counter(call.pair for call in self.of(model, status))

    async def answer(self, request: Request) -> Response:
        body = await request.json()
        model, prompt = body["model"], body["messages"][0]["content"]
        found = [(asked, how) for kind, how in self.kinds if (asked := kind.search(prompt))]
        if not found:
            return Response("this server does not know this kind of prompt", 400)
        ((asked, how),) = found
        pair, before = asked.groups(), self.asked(model)
        index = list(before).index(pair) if pair in before else len(before)
        sent = how(model, body, pair, before[pair], index)
        self.calls.append(Call(model, pair, body, sent))
        hangs = sent.hangs or len(self.calls) > self.hangs_after
        await asyncio.sleep(0.02)
        if hangs:
            await hang(request)
        text = sent.body if isinstance(sent.body, str) else json.dumps(sent.body)
        return Response(text, sent.status, dict(sent.headers), sent.content_type)


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """A running server, and the environment that leads `openai-api/local/<model>` to it."""
    server = Provider(tmp_path / "logs")
    monkeypatch.setenv("LOCAL_API_KEY", "unused")
    monkeypatch.setenv("LOCAL_BASE_URL", server.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    server.thread.start()
    yield server
    server.server.should_exit = True
    server.thread.join(timeout=10)
    assert not server.thread.is_alive()


@pytest.fixture
def inspect(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the `inspect` command in an empty folder; the process is ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("INSPECT_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "inspect_ai", *arguments, "--display", "plain"],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=30)
