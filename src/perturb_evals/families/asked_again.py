"""What a task asks with the data at hand, which the samples of its logs are held against."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from inspect_ai.dataset import Sample
from inspect_ai.log import EvalSampleSummary
from inspect_ai.model import ModelOutput


@dataclass(frozen=True)
class Prompt:
    """A text that a model was shown, with symbols in the place of codes.

    Attributes:
        text: The text of a message.
        before: All that models had written in the sample before, but for those of the audit's
            `informants`, whose words are what a model is shown.
        follows: The message before it, which it may be the answer to; empty for none, and where a
            model wrote one of the two.
        as_sent: The same as it was sent; None where no code stands in it. What is said there
            without names is about whatever the codes stand for.
    """

    text: str
    before: str
    follows: str = ""
    as_sent: "Prompt | None" = None


@dataclass(frozen=True)
class Shown:
    """Something in a prompt that evidence rules are about.

    Attributes:
        text: The words.
        n: How many rows or names it holds.
        allowed: Whether the track allows it.
    """

    text: str
    n: int
    allowed: bool


class Audit(Protocol):
    """What a run's prompts may show."""

    what: str
    """What is looked for, in the plural."""
    symbols: Mapping[str, str]
    """Symbols by the codes that stand for them in all prompts of the run, see `symbol_codes`."""
    informants: Collection[str]
    """Roles of models that tell what is known, such as a summary, and judge no question: what they
    write is shown to the model that is evaluated."""

    def shown(
        self,
        sample: EvalSampleSummary,
        prompts: Sequence[Prompt],
        output: ModelOutput,
        *,
        records: bool,
    ) -> Iterable[Shown]:
        """Find what the prompts of a sample show, and what its reply records.

        Args:
            sample: The sample.
            prompts: All its prompts, in their order.
            output: Its output, with the reply.
            records: Whether the solver is one of this package, which records what it shows.
        """
        ...


@dataclass(frozen=True, eq=False)
class AskedAgain:
    """What the task of a run asks with the data at hand.

    Attributes:
        facts: What its header would say about the data.
        samples: Its samples by id.
        audit: What its prompts may show.
    """

    facts: Mapping[str, Any]
    samples: Mapping[str, Sample]
    audit: Audit
