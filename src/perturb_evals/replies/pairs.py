"""What a solver of yes/no questions tells the scorer about an output."""

import math
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from inspect_ai.model import ModelOutput

from perturb_evals.datasets.pairs.evidence import TrainingRow
from perturb_evals.replies.reply import IF_SET

AnswerForm = Literal["label", "probability", "logprobs"]
ANSWER_FORMS: tuple[AnswerForm, ...] = get_args(AnswerForm)
"""How an answer may be asked for."""

Route = Literal["text", "logprobs", "numeric", "fallback"]
"""How an answer is read: from what the model wrote, from its log probabilities, as a number, or as
that of another method, for a pair of which the run's own method has nothing to say."""

ROUTES: tuple[Route, ...] = ("text", "logprobs", "numeric")
"""Those that every result has a share of."""

LATER_ROUTES: tuple[Route, ...] = ("fallback",)
"""Those that came after them: they are counted where they occur, so that the results of older logs
stay whole."""


class Answered(NamedTuple):
    """An answer of a model.

    Attributes:
        text: What it wrote.
        stop_reason: Why it stopped, in Inspect's words.
    """

    text: str
    stop_reason: str

    @classmethod
    def of(cls, output: ModelOutput) -> "Answered":
        """Return the answer that an output holds.

        One without any choice is cut off: the sample ran into a limit of time or tokens before
        there was an answer.
        """
        return cls(output.completion, output.stop_reason if output.choices else "max_tokens")


@dataclass(frozen=True)
class PairsReply:
    """How an output is to be read.

    Attributes:
        form: How the answer was asked for.
        score: A number for P(positive), or any finite score that ranks, from a solver that
            computes rather than asks. None means: read the text.
        prompt: Hash of the prompt's template; empty where none was used.
        no_evidence: A solver that computes has nothing to say of this pair, and abstains.
        fallback: The method that gave the score where the solver's own has nothing to say; empty
            where it is the solver's own.
        shown: The training rows that the solver showed a model, or counted, as they stand in their
            tables: line, perturbation, gene, label; each once.
        before: Answers to the same question asked in other ways before the one that is the output.
            The mean of those that give a value counts.
        summaries: Of the summaries of genes that were first needed for this question: how many a
            model was `asked` for, how many were `kept` from earlier, and how many of both were
            `unusable`, so that the text they were made of stands in for them. Empty for none.
    """

    form: AnswerForm = "label"
    score: float | None = None
    prompt: str = ""
    no_evidence: bool = field(default=False, metadata=IF_SET)
    fallback: str = field(default="", metadata=IF_SET)
    shown: tuple[TrainingRow, ...] = field(default=(), metadata=IF_SET)
    before: tuple[Answered, ...] = field(default=(), metadata=IF_SET)
    summaries: dict[str, int] = field(default_factory=dict, hash=False, metadata=IF_SET)

    def __post_init__(self) -> None:
        """Refuse a score that is not finite, which Inspect would drop without a word."""
        object.__setattr__(self, "shown", tuple(TrainingRow(*row) for row in self.shown))
        object.__setattr__(self, "before", tuple(Answered(*one) for one in self.before))
        if self.score is not None and not math.isfinite(self.score):
            raise ValueError(f"A prediction's score must be finite, got {self.score}.")
