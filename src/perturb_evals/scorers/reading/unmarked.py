"""Reasoning that no token marks, only its first line does (`Thinking Process:`)."""

import re

_OPENING = re.compile(
    r"""
    \A[\s*_#>]* (?:
        (?:here(?:'s|\ is)\ )? (?:(?:an?|the|my|internal)\ ){0,2}
        (?:thinking|thoughts?|reasoning|analysis|chain[\ -]of[\ -]thought)
        (?:\ process)? [*_]{0,3} \s{0,3} (?: : | \.\.\. | (?<=[*_]) | (?=\n) )
        [^\S\n]{0,9} [*_]{0,3} [^\S\n]{0,9} (?=\n|\Z)
      | (?:(?:okay|ok|alright|all\ right|hmm+|so|well|right|first)[,.!]?\ ){0,2}
        (?:let(?:'s|\ me|\ us)|i(?:'ll|\ will|\ need\ to|\ have\ to|\ should))
        \ (?:first\ )?think\b
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
# By itself: in no step of a list, in no sentence.
_ANSWER_LINE = re.compile(
    r"[*_#>`\"]{0,6}\ ?(?:(?:my\ )?(?:final\ )?answer[*_`]{0,3}\s?[:=]|\\boxed\{|\$+\\boxed\{)",
    re.IGNORECASE,
)


def without_unfinished_thinking(text: str) -> str:
    """Blank reasoning that a limit cut, where the first line says that it is reasoning.

    Args:
        text: A reply that a limit ended, without what is marked as reasoning.

    Returns:
        A text of the same length. What stays is an answer line that is the last one: drafts stand
        before the limit, in the steps of the reasoning.
    """
    if not _OPENING.match(text):
        return text
    last = text.rfind("\n", 0, len(text.rstrip())) + 1
    kept = last if _ANSWER_LINE.match(text, last) else len(text)
    return re.sub(r"[^\n]", " ", text[:kept]) + text[kept:]
