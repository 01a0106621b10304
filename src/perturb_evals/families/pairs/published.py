"""The numbers of PerturbQA's Table 1 beside a board of pairs, with what differs in their protocols.

They were measured under other protocols, so a line has no rank, and what differs is spelled out in
sentences for the board at hand.
"""

import re
from dataclasses import dataclass

from perturb_evals.datasets.files.sources import find_source
from perturb_evals.datasets.pairs.load import CELL_LINES, table_file
from perturb_evals.datasets.pairs.questions import Kind
from perturb_evals.families.board import Parts
from perturb_evals.families.published import PublishedLine, published_line, published_numbers_of

PUBLISHED_AS = {"de": "de", "direction": "dir"}
"""Kinds of question, by what the published tables call them."""

PRECISION = "The published table has two decimals and no interval."

ABSTENTION = {
    "half": "This board counts every pair with an abstention one half; the authors' code ranks a "
    "question without a valid sample below unanimous negative answers.",
    "lowest": "This board ranks abstentions below all answers, as the authors' code ranks a "
    "question without a valid sample.",
}
OTHER_ABSTENTION = "How this board counts abstentions is not known here."
UNDOCUMENTED = "Which rule the published table followed is not documented."

WITHIN = (
    "{what} training rows of the evaluated line, so it goes with runs under evidence=within or "
    "cross."
)
SAMPLES = "Llama-3 answered at temperature .6 and top-p .9, {samples}."
THREE = "three samples a question"

PARSER = (
    'The authors\' parser takes a "No" within any word for an answer, so that a reply of Yes with '
    '"Notch" or "None" in it is invalid.'
)


@dataclass(frozen=True)
class _Asked:
    """A system of PerturbQA's Table 1: what it read, whether it could abstain, and in words how."""

    track: str | None
    abstains: bool
    words: tuple[str, ...]


_FITTED = _Asked("within", False, (WITHIN.format(what="A numeric method, fitted to"),))
_SYSTEMS = {
    **dict.fromkeys(("MLP", "GAT", "GEARS", "GenePT-Gene", "GenePT-Prot"), _FITTED),
    "LLM (No CoT)": _Asked(
        None,
        False,
        (
            SAMPLES.format(samples=THREE),
            "The prompt shows two fixed worked examples as gene summaries and asks for A or B, "
            "without reasoning or abstaining.",
            "What evidence the examples hold is not known here, so it goes with no track.",
        ),
    ),
    "LLM (No retrieval)": _Asked(
        "none",
        True,
        (
            SAMPLES.format(samples="four samples a question, two for each of two hypotheses"),
            "It read no training rows, so it goes with runs under evidence=none.",
        ),
    ),
    "Retrieval (No LLM)": _Asked(
        "within", False, (WITHIN.format(what="No model: the label statistic of retrieved"),)
    ),
    "SUMMER": _Asked(
        "within",
        True,
        (
            SAMPLES.format(samples=THREE),
            WITHIN.format(what="It read gene summaries from knowledge graphs and retrieved"),
        ),
    ),
}


def beside_pairs(kind: Kind, board: Parts) -> tuple[PublishedLine, ...]:
    """Return the published numbers of the same cell line and kind of question; see `published`.

    There are none of unseen genes: the published methods read training rows of theirs.

    Raises:
        KeyError: A part of the board that the sentences need is missing.
    """
    task = PUBLISHED_AS[kind]
    if not published_data(board, kind) or "unseen_genes" in str(board["questions"]).split("/"):
        return ()
    sample = re.fullmatch(r"\w+/genes(\d+)/seed(\d+)", str(board["questions"]))
    lines = []
    for number in published_numbers_of(board, task, "auroc_per_gene"):
        system = _SYSTEMS[number.system]
        words = [*system.words, PRECISION]
        if system.abstains:
            words += [ABSTENTION.get(str(board["abstention"]), OTHER_ABSTENTION), UNDOCUMENTED]
        if number.system == "SUMMER" and task == "de":
            words.append(PARSER)
        if sample:
            words.append(
                "The published value covers all scored genes; this board asks a random "
                f"{sample[1]} of them (seed {sample[2]})."
            )
        lines.append(published_line(number, system.track, words))
    return tuple(sorted(lines, key=lambda line: (-line.value, line.system)))


def published_data(board: Parts, kind: Kind) -> bool:
    """Whether a board's data are PerturbQA's: a user may call a line of their own k562 too."""
    if board["context"] not in CELL_LINES["perturbqa"]:
        return False
    source = find_source(table_file(str(board["context"]), kind))
    return source.sha256 is None or source.sha256.startswith(str(board["data"]))
