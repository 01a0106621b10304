"""`perturb_recorder/biologist`: keeps all that it is sent, and answers what a model might answer.

For checks of solvers: it uses every tool that it is offered once, so that what tools tell is seen,
and then answers as the scripted biologist does. A prompt that is not one of this package's is
answered by a hash of it, in the form that it asks for. The same prompt always gets the same answer.
"""

import hashlib
import json
import random
import re
from collections.abc import Iterator, Sequence
from typing import Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    modelapi,
)
from inspect_ai.tool import ToolCall, ToolChoice, ToolFunction, ToolInfo

from perturb_evals.models.reading import read_neighbors, read_pair
from perturb_evals.models.scripted import MODEL, ScriptedBiologist

RECORDER = f"perturb_recorder/{MODEL}"

GIVEN: list[str] = []
"""All that the model was sent in this process, each time as JSON."""

SUBMIT = "submit"
"""The tool by which agents of Inspect are told the answer."""

LISTED = 5
"""Names in a list that is asked for."""

NAME = re.compile(r"\b[A-Z][A-Z0-9]{1,11}(?:-[A-Z0-9]{1,6})?\b")
SENTENCES = (
    re.compile(r"knock-down of (?P<pert>[^\s:]+): (?:is|does) (?P<gene>\S+)"),
    re.compile(r"knock-down of (?P<pert>[^\s?]+)"),
)
"""How samples of this package put a question."""

ROLES = (("pert", re.compile(r"pert|knock|target|guide", re.I)), ("gene", re.compile("gene|read")))
"""Which of the two names an argument of a tool is about, by its name."""


@modelapi(name="perturb_recorder")
def perturb_recorder() -> type[ModelAPI]:
    """Register the provider; its one model is `perturb_recorder/biologist`."""
    return Recorder


class Recorder(ScriptedBiologist):
    """The provider of `perturb_recorder/biologist`."""

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        """Keep what it is sent; call the tools where none was called yet, else answer."""
        GIVEN.append(_as_text(input, tools, tool_choice, config))
        asked = [message.text for message in input if message.role in ("system", "user")]
        prompt = "\n".join(asked)
        if tools and tool_choice != "none":
            used = any(isinstance(m, ChatMessageAssistant) and m.tool_calls for m in input)
            calls = list(_calls(tools, tool_choice, prompt, used))
            if calls:
                return _calling(calls)
        if read_neighbors(asked) or read_pair(prompt):
            return await super().generate(input, tools, tool_choice, config)
        return _said(answer_to(prompt))


def answer_to(prompt: str) -> str:
    """Answer a prompt of any other form: a list of names, a number, or a word, by its hash."""
    rng = random.Random(hashlib.sha256(prompt.encode(errors="replace")).digest())
    if re.search(r"json|\blist\b|neighbou?rs?|most (like|similar)", prompt, re.I):
        names = sorted(dict.fromkeys(NAME.findall(prompt)))
        return json.dumps({"kNN": rng.sample(names, min(LISTED, len(names)))})
    if re.search(r"percent|probab|0 to 100|0 (and|to) 1\b", prompt, re.I):
        return f"ANSWER: {rng.randint(3, 97)}"
    direction = re.search(r"increase|decrease|up-? ?or|direction", prompt, re.I)
    word = rng.choice(("Increase", "Decrease") if direction else ("Yes", "No"))
    return word if re.search(r"\bone word\b", prompt, re.I) else f"ANSWER: {word}"


def _calls(
    tools: Sequence[ToolInfo], choice: ToolChoice, prompt: str, used: bool
) -> Iterator[ToolCall]:
    """Yield the calls of one turn: of all tools in several ways; at last of that which submits."""
    named = choice.name if isinstance(choice, ToolFunction) else None
    wanted = [tool for tool in tools if named in (None, tool.name)]
    others = [tool for tool in wanted if tool.name != SUBMIT]
    about = _about(prompt)
    ways = [] if used else [(tool, way) for tool in others for way in _ways(tool, about)]
    if not ways:
        said = answer_to(prompt)
        ways = [
            (tool, dict.fromkeys(tool.parameters.properties, said))
            for tool in wanted
            if tool.name == SUBMIT
        ]
    for number, (tool, arguments) in enumerate(ways):
        yield ToolCall(id=f"call-{number}", function=tool.name, arguments=arguments)


def _about(prompt: str) -> dict[str, str]:
    """Return the two names that a prompt asks about, or the first that look like genes."""
    if pair := read_pair(prompt):
        return {"pert": pair.pert, "gene": pair.gene}
    for sentence in SENTENCES:
        if found := sentence.search(prompt):
            named = found.groupdict()
            return {"pert": named["pert"], "gene": named.get("gene", named["pert"])}
    first, second = [*dict.fromkeys(NAME.findall(prompt)), "TP53", "MYC"][:2]
    return {"pert": first, "gene": second}


def _ways(tool: ToolInfo, about: dict[str, str]) -> list[dict[str, Any]]:
    """Return arguments for a tool: by the names of its parameters, then each name everywhere."""
    ways: list[dict[str, Any]] = []
    for usual in (None, about["pert"], about["gene"]):
        way = {
            name: _value(name, json.loads(schema.model_dump_json(exclude_none=True)), about, usual)
            for name, schema in tool.parameters.properties.items()
        }
        if way not in ways:
            ways.append(way)
    return ways


def _value(name: str, schema: dict[str, Any], about: dict[str, str], usual: str | None) -> Any:
    for key in ("anyOf", "oneOf"):
        if schema.get(key):
            schema = next((one for one in schema[key] if one.get("type") != "null"), {})
    if schema.get("enum"):
        return schema["enum"][0]
    role = next((role for role, pattern in ROLES if pattern.search(name)), "pert")
    match schema.get("type", "string"):
        case "integer" | "number":
            return schema.get("default", LISTED)
        case "boolean":
            return True
        case "array":
            inner = schema.get("items") or {}
            texts = inner.get("type", "string") == "string"
            return list(about.values()) if texts else [_value(name, inner, about, usual)]
        case "object":
            inner = schema.get("properties") or {}
            return {key: _value(key, own, about, usual) for key, own in inner.items()}
        case _:
            return usual or about[role]


def _as_text(
    input: Sequence[ChatMessage],
    tools: Sequence[ToolInfo],
    tool_choice: ToolChoice,
    config: GenerateConfig,
) -> str:
    return json.dumps(
        {
            "messages": [
                m.model_dump(mode="json", exclude={"id"}, exclude_none=True) for m in input
            ],
            "tools": [tool.model_dump(mode="json", exclude_none=True) for tool in tools],
            "choice": str(tool_choice),
            "settings": config.model_dump(mode="json", exclude_none=True),
        },
        sort_keys=True,
        default=str,
    )


def _calling(calls: list[ToolCall]) -> ModelOutput:
    message = ChatMessageAssistant(content="", tool_calls=calls, model=RECORDER, source="generate")
    return _output(ChatCompletionChoice(message=message, stop_reason="tool_calls"))


def _said(text: str) -> ModelOutput:
    message = ChatMessageAssistant(content=text, model=RECORDER, source="generate")
    return _output(ChatCompletionChoice(message=message, stop_reason="stop"))


def _output(choice: ChatCompletionChoice) -> ModelOutput:
    # Counted here, because Inspect would fetch a tokenizer for it.
    usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return ModelOutput(model=RECORDER, choices=[choice], usage=usage)
