"""`perturb_scripted/biologist`: a scripted answerer in the place of a model. No language model.

It exists so that the demo, the viewer and the tests can show the whole way of a question without
a network, a key or a cost. It knows nothing but the prompt it is sent: `reading` finds what is
asked, `notes` hold what it knows, `pairs` and `neighbors` decide and write the answer in `phrases`.
A hash of the prompt and of the `seed` setting chooses among phrases and decides on mistakes,
abstentions and untidy formatting, so one prompt always gets one answer. Nothing it scores says
anything about language models.
"""

import hashlib
import math
import random
import re

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    Content,
    ContentReasoning,
    ContentText,
    GenerateConfig,
    Logprob,
    Logprobs,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    StopReason,
    TopLogprob,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from perturb_evals.models.neighbors import answer_neighbors
from perturb_evals.models.pairs import WORDS, answer_pair
from perturb_evals.models.phrases import phrase
from perturb_evals.models.reading import PairQuestion, read_neighbors, read_pair

MODEL = "biologist"
FULL_NAME = f"perturb_scripted/{MODEL}"


@modelapi(name="perturb_scripted")
def perturb_scripted() -> type[ModelAPI]:
    """Register the provider; its one model is `perturb_scripted/biologist`."""
    return ScriptedBiologist


class ScriptedBiologist(ModelAPI):
    """The provider of `perturb_scripted/biologist`: scripted, offline, deterministic."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 - the signature of ModelAPI
    ) -> None:
        """Refuse every model name but `biologist`.

        Raises:
            ValueError: Another model name.
        """
        if model_name != MODEL:
            raise ValueError(
                f"perturb_scripted has one model, {FULL_NAME!r}; got 'perturb_scripted/"
                f"{model_name}'. Use --model {FULL_NAME}."
            )
        super().__init__(model_name, base_url, api_key, config=config)

    def max_connections(self) -> int:
        """Return how many questions may be asked at once: nothing here waits."""
        return 64

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        """Answer the prompt in `input`; `seed`, `max_tokens` and the logprob settings count."""
        asked = [message.text for message in input if message.role in ("system", "user")]
        prompt = "\n".join(asked)
        rng = _generator(prompt, config)
        if neighbors := read_neighbors(asked):
            # A second look begins at what was answered to the question alone.
            first = "\n".join(asked[: len(asked) - neighbors.follow_ups])
            whims, schema = _generator(first, config), config.response_schema is not None
            return _output(prompt, config, *answer_neighbors(neighbors, whims, rng, schema=schema))
        if pair := read_pair(prompt):
            text, thinking, p = answer_pair(pair, rng)
            return _output(prompt, config, text, thinking, _logprobs(text, pair, p, config))
        return _output(prompt, config, phrase("unreadable", rng))


def _generator(prompt: str, config: GenerateConfig) -> random.Random:
    digest = hashlib.sha256(f"{config.seed}\n{prompt}".encode(errors="replace")).digest()
    return random.Random(digest)


def _logprobs(
    text: str, question: PairQuestion, p: float, config: GenerateConfig
) -> Logprobs | None:
    """Return token log probabilities of a one-word answer, None where they are not asked for."""
    tokens = re.findall(r"\w+|\W+", text)
    words = [token for token in tokens if token.isalpha()]
    if not config.logprobs or question.form != "word" or len(words) != 1:
        return None
    positive, negative = WORDS[question.kind]
    if text.islower():
        positive, negative = positive.lower(), negative.lower()
    # A little mass stays on neither word, as it does with a model.
    mass = {positive: 0.98 * p, negative: 0.98 * (1 - p), "It": 0.01}
    ranked = sorted(mass, key=lambda token: -mass[token])[: config.top_logprobs]
    tops = [TopLogprob(token=token, logprob=math.log(mass[token])) for token in ranked]
    return Logprobs(
        content=[
            Logprob(token=token, logprob=math.log(mass[token]), top_logprobs=tops)
            if token in mass
            else Logprob(token=token, logprob=-0.01, top_logprobs=[])
            for token in tokens
        ]
    )


def _output(
    prompt: str,
    config: GenerateConfig,
    text: str,
    thinking: str = "",
    logprobs: Logprobs | None = None,
) -> ModelOutput:
    """Wrap an answer as Inspect wants it, cut at `max_tokens` where that is set."""
    stop_reason: StopReason = "stop"
    limit = config.max_tokens
    if limit is not None and _tokens(thinking + text) > limit:
        room = 4 * limit
        thinking, text = thinking[:room], text[: max(room - len(thinking), 0)]
        stop_reason, logprobs = "max_tokens", None
    content: str | list[Content] = text
    if thinking:
        content = [ContentReasoning(reasoning=thinking), ContentText(text=text)]
    message = ChatMessageAssistant(content=content, model=FULL_NAME, source="generate")
    read_tokens, written = _tokens(prompt), _tokens(thinking + text)
    return ModelOutput(
        model=FULL_NAME,
        choices=[ChatCompletionChoice(message=message, stop_reason=stop_reason, logprobs=logprobs)],
        # Counted here, four characters a token, because Inspect would fetch a tokenizer for it.
        usage=ModelUsage(
            input_tokens=read_tokens,
            output_tokens=written,
            total_tokens=read_tokens + written,
            reasoning_tokens=_tokens(thinking) if thinking else None,
        ),
        metadata={"scripted": True},
    )


def _tokens(text: str) -> int:
    return math.ceil(len(text) / 4)
