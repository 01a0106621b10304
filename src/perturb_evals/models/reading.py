"""Read the question in a conversation, with regular expressions and nothing but its text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["de", "direction"]
Form = Literal["label", "probability", "word"]
Turn = Literal["first", "again", "review"]


@dataclass(frozen=True)
class PairQuestion:
    """A question about two genes; `cell_line` is its description, empty where none is given."""

    cell_line: str
    pert: str
    gene: str
    kind: Kind
    form: Form

    @property
    def own(self) -> bool:
        """Whether the readout is the knocked-down gene itself."""
        return self.pert == self.gene


@dataclass(frozen=True)
class NeighborQuestion:
    """A question for similar knock-downs.

    Attributes:
        target: The gene in question.
        candidates: The genes to choose from, as they are listed.
        fewest: How many are asked for at least; `most` where one number is asked for.
        most: How many are asked for at most.
        reasoning: Whether a reasoning is asked for before the names.
        similarities: Whether each name is to come with a similarity.
        turn: `first`; or what was said after an answer: `again`, because nothing in it could be
            used, or `review`, to look at it once more.
        follow_ups: How many messages followed the one with the question.
    """

    target: str
    candidates: tuple[str, ...]
    fewest: int
    most: int
    reasoning: bool
    similarities: bool
    turn: Turn = "first"
    follow_ups: int = 0


def read_pair(prompt: str) -> PairQuestion | None:
    """Read a question about two genes, the last one where the prompt shows several.

    Args:
        prompt: The text of all system and user messages.

    Returns:
        The question, or None where a gene, the kind or the form of answer is not found.
    """
    pert = _field(prompt, "Knocked-down gene")
    gene = _field(prompt, "Readout gene(?: set)?")
    asked = prompt[max(prompt.rfind("Question:"), 0) :]
    kind, form = _kind(asked), _form(asked)
    if not pert or not gene or kind is None or form is None:
        return None
    return PairQuestion(_field(prompt, "Cell line"), pert, gene, kind, form)


def read_neighbors(messages: Sequence[str]) -> NeighborQuestion | None:
    """Read the last question for similar knock-downs, and what has been said since.

    Args:
        messages: The texts of all system and user messages.

    Returns:
        The question, or None where the target, the list or the number of names is not found.
    """
    for behind, message in enumerate(reversed(messages)):
        target = re.search(r"^Target gene:[ \t]*(\S.*)$", message, re.M)
        listed = re.search(r"^Genes with a measured knock-down \(\d+\):\n(\S.*)$", message, re.M)
        if not target or not listed:
            continue
        asked = message[target.end() :]
        wanted = re.search(r"\bname (?:(\d+) to )?(\d+)\b", asked)
        if not wanted:
            continue
        return NeighborQuestion(
            target=target[1].rstrip(),
            candidates=tuple(listed[1].split(", ")),
            fewest=int(wanted[1] or wanted[2]),
            most=int(wanted[2]),
            reasoning='"reasoning"' in asked,
            similarities='"similarity"' in asked,
            turn=_turn(messages[len(messages) - behind :]),
            follow_ups=behind,
        )
    return None


def _field(prompt: str, name: str) -> str:
    found = re.findall(rf"^{name}:[ \t]*(\S.*)$", prompt, re.M)
    return str(found[-1]).rstrip() if found else ""


def _kind(asked: str) -> Kind | None:
    if re.search(r"increase or decrease|probable an increase", asked, re.I):
        return "direction"
    if re.search(r"\bchanged?\b|differential", asked, re.I):
        return "de"
    return None


def _form(asked: str) -> Form | None:
    if re.search(r"\bone word\b", asked, re.I):
        return "word"
    if re.search(r"0 to 100|percent", asked, re.I):
        return "probability"
    if re.search(r"ANSWER:|Options", asked):
        return "label"
    return None


def _turn(follow_ups: Sequence[str]) -> Turn:
    if not follow_ups:
        return "first"
    return "review" if "look at it again" in follow_ups[-1] else "again"
