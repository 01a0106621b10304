"""Read a question for similar knock-downs in a conversation, and nothing but the conversation."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Turn = Literal["first", "again", "review"]


@dataclass(frozen=True)
class NeighborQuestion:
    """What was read in a conversation.

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


def read_neighbors(messages: Sequence[str]) -> NeighborQuestion | None:
    """Read the last question for similar knock-downs, and what has been said since.

    Args:
        messages: The texts of all system and user messages.

    Returns:
        The question, or None where the target, the list or the number of names is not found.
    """
    for behind, message in enumerate(reversed(messages)):
        target = re.search(r"^Target gene:[ \t]*(\S.*?)[ \t]*$", message, re.M)
        listed = re.search(r"^Genes with a measured knock-down \(\d+\):\n(\S.*)$", message, re.M)
        if not target or not listed:
            continue
        asked = message[target.end() :]
        wanted = re.search(r"\bname (?:(\d+) to )?(\d+)\b", asked)
        if not wanted:
            continue
        return NeighborQuestion(
            target=target[1],
            candidates=tuple(listed[1].split(", ")),
            fewest=int(wanted[1] or wanted[2]),
            most=int(wanted[2]),
            reasoning='"reasoning"' in asked,
            similarities='"similarity"' in asked,
            turn=_turn(messages[len(messages) - behind :]),
            follow_ups=behind,
        )
    return None


def _turn(follow_ups: Sequence[str]) -> Turn:
    if not follow_ups:
        return "first"
    return "review" if "look at it again" in follow_ups[-1] else "again"
