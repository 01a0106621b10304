"""P(positive) from the log probabilities of the word that is the verdict."""

import math
import re

from inspect_ai.model import Logprob, ModelOutput

from perturb_evals.datasets.pairs.questions import Kind
from perturb_evals.scorers.pairs.reading import parse_answer

LEAST_MASS = 0.01
"""Below this joint probability of both verdicts the token is not the verdict's first one."""

SHORTEST_PIECE = 2
"""A single letter is more often another word, as the I of "I think" where Increase may stand."""

WORDS: dict[Kind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "de": (("yes",), ("no",)),
    "direction": (
        ("increase", "increased", "increases", "increasing", "upregulated", "up", "higher"),
        ("decrease", "decreased", "decreases", "decreasing", "downregulated", "down", "lower"),
    ),
}
"""Words of the positive and the negative verdict, as models say them in one word."""

SPELLED = str.maketrans({"\u2581": " ", "\u0120": " ", "\u010a": "\n"})
"""Tokenizers that some providers pass on spell a space and a line break with letters."""


def verdict_probability(output: ModelOutput, kind: Kind) -> float | None:
    """Return P(positive) / (P(positive) + P(negative)) at the token where the verdict begins.

    The text parser says where the verdict stands, so a verdict-like word elsewhere is not
    mistaken for it. Alternatives count for a verdict when their letters, in lower case, begin one
    of its words with two letters or more ("**Dec" for Decrease).

    Args:
        output: A model's output, with or without log probabilities.
        kind: Kind of question.

    Returns:
        A number in [0, 1], or None where there are no log probabilities, no alternatives to the
        token (its own probability says nothing of the other verdict), no verdict in the text, a
        token there that does not count for the verdict that was said (its mass would be missing),
        or too little mass on both verdicts: then the text has to be read.
    """
    logprobs = output.choices[0].logprobs if output.choices else None
    if not logprobs or not logprobs.content:
        return None
    tokens = logprobs.content
    answer = parse_answer(output.completion, kind, "logprobs", output.stop_reason)
    if answer.start is None:
        return None
    # Reasoning tokens may come first, so the text is looked for from the end.
    text = "".join(token.token.translate(SPELLED) for token in tokens)
    begin = text.rfind(output.completion.translate(SPELLED))
    at = None if begin < 0 else _token_at(tokens, begin + answer.start)
    said = WORDS[kind][0 if answer.value == 1 else 1]
    if at is None or not _begins(at.token, said):
        return None
    return _share(at, kind)


def _token_at(tokens: list[Logprob], offset: int) -> Logprob | None:
    end = 0
    for token in tokens:
        end += len(token.token)
        if offset < end:
            return token
    return None


def _share(token: Logprob, kind: Kind) -> float | None:
    alternatives = {token.token: token.logprob}
    alternatives.update({top.token: top.logprob for top in token.top_logprobs or []})
    if len(alternatives) < 2:
        return None
    positive, negative = (
        sum(math.exp(logprob) for text, logprob in alternatives.items() if _begins(text, words))
        for words in WORDS[kind]
    )
    mass = positive + negative
    return positive / mass if mass >= LEAST_MASS else None


def _begins(token: str, words: tuple[str, ...]) -> bool:
    """Tell whether a token's letters are the begin of one of the words."""
    piece = re.sub("[^a-z]", "", token.lower())
    return len(piece) >= SHORTEST_PIECE and any(word.startswith(piece) for word in words)
