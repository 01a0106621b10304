"""`perturb_scripted/biologist`: a scripted answerer in the place of a model. No language model.

It exists so that the demo, the viewer and the tests can show the whole way of a question without
a network, a key or a cost. It knows nothing but the prompt it is sent. Of a pair of genes `reading`
finds the cell line, the genes and the form of answer, `belief` asks the notes about them, `prose`
writes the answer in fixed phrases. Of a target and a list of knock-downs `neighbor_reading` finds
what is asked, `neighbor_choice` asks the notes what is alike, `slips` and `neighbor_prose` write it
down. A hash of the prompt and of the `seed` setting chooses among phrases and decides on mistakes,
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

from perturb_evals.models.belief import Belief, believe
from perturb_evals.models.neighbor_choice import choose, reconsider
from perturb_evals.models.neighbor_prose import neighbor_answer, neighbor_thinking
from perturb_evals.models.neighbor_reading import NeighborQuestion, read_neighbors
from perturb_evals.models.phrases import UNREADABLE, WORDS
from perturb_evals.models.prose import one_word_answer, reasoned_answer, thinking_part
from perturb_evals.models.reading import Question, read
from perturb_evals.models.slips import Written, hastily, neatly

MODEL = "biologist"
FULL_NAME = f"perturb_scripted/{MODEL}"

THINKING = 0.15
"""Share of reasoned answers that show a thinking part."""


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
        neighbors = read_neighbors(asked)
        if neighbors:
            return _neighbors(neighbors, asked, config)
        prompt = "\n".join(asked)
        rng = _generator(prompt, config)
        question = read(prompt)
        if question is None:
            return _output(prompt, UNREADABLE, config)
        belief = believe(question, rng)
        if question.form == "word":
            text = one_word_answer(question, belief, rng)
            return _output(prompt, text, config, logprobs=_logprobs(text, question, belief, config))
        thinking = thinking_part(question, belief, rng) if rng.random() < THINKING else ""
        return _output(prompt, reasoned_answer(question, belief, rng), config, thinking)


def _generator(prompt: str, config: GenerateConfig) -> random.Random:
    digest = hashlib.sha256(f"{config.seed}\n{prompt}".encode(errors="replace")).digest()
    return random.Random(digest)


def _neighbors(question: NeighborQuestion, asked: list[str], config: GenerateConfig) -> ModelOutput:
    """Name similar knock-downs. A second look begins at what was answered to the question alone."""
    prompt, schema = "\n".join(asked), config.response_schema is not None
    whims = _generator("\n".join(asked[: len(asked) - question.follow_ups]), config)
    choice = choose(question, whims)
    written = hastily(question, choice.neighbors, whims)
    before: list[Written] = []
    rng = _generator(prompt, config)
    if question.turn != "first":
        choice, before = reconsider(question, choice, whims), written
        written = neatly(choice.neighbors)
    text = neighbor_answer(question, choice, written, before, schema=schema, rng=rng)
    shown = question.reasoning and choice.neighbors and rng.random() < THINKING
    return _output(prompt, text, config, neighbor_thinking(question, choice) if shown else "")


def _logprobs(
    text: str, question: Question, belief: Belief, config: GenerateConfig
) -> Logprobs | None:
    """Return token log probabilities of a one-word answer, None where they are not asked for."""
    tokens = re.findall(r"\w+|\W+", text)
    words = [token for token in tokens if token.isalpha()]
    if not config.logprobs or len(words) != 1:
        return None
    positive, negative = WORDS[question.kind]
    if text.islower():
        positive, negative = positive.lower(), negative.lower()
    # A little mass stays on neither word, as it does with a model.
    mass = {positive: 0.98 * belief.p, negative: 0.98 * (1 - belief.p), "It": 0.01}
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
    text: str,
    config: GenerateConfig,
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
