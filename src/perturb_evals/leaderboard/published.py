"""Published numbers beside a board: reference lines that say how their protocol differs.

They were measured under other protocols, so a line has no rank, and what differs is spelled out in
sentences for the board at hand.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from perturb_evals.datasets.files.sources import find_source
from perturb_evals.datasets.pairs.load import table_file
from perturb_evals.datasets.pairs.questions import Kind
from perturb_evals.datasets.published import GATE, MEAN, PublishedNumber, published_numbers

QUESTIONS = {"perturbqa_de": "de", "perturbqa_direction": "dir"}
"""Tasks of questions, by what the published tables call them."""

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

FOLDS = (
    "Its cells and folds are the manuscript's: five folds over the sorted names, shuffled with "
    "seed 42."
)
STDERR = (
    "Its standard error is over five folds, which share training data; no interval over "
    "perturbations is given."
)
NO_STDERR = "No standard error and no interval are given."
RANKED = (
    "The manuscript ranks genes by |t| of Welch's test against control; this board ranks them by "
    "the size of their change."
)
# By the beginning of a system's name.
METHODS = {
    "LangPert": "Prompt, model and settings are the manuscript's; its public code predicts zeros "
    "where no neighbor is valid and drops what fails, while this package predicts the training "
    "mean and keeps every perturbation.",
    "GP+LLM": "A Gaussian process over the manuscript's own gene embeddings.",
    "GEARS": "A network, with the manuscript's training and settings.",
    "scGPT": "A network, with the manuscript's training and settings.",
    MEAN: "It has no tunables: what it differs by from `mean_effect` is what the gate measures.",
}


@dataclass(frozen=True)
class PublishedLine:
    """A published number as a reference beside a board; never ranked.

    Attributes:
        system: Name of the system, as its authors write it.
        metric: The board's headline metric.
        value: The published value.
        stderr: Its standard error over folds; None where none is given.
        n_train: Published size of the training sets, `full` where no number is given; None for
            questions.
        track: The evidence it read, as in the protocol of a run; None where it is not known.
        source: Where it stands.
        difference: How its protocol differs from the board's, in sentences; at least one.
    """

    system: str
    metric: str
    value: float
    stderr: float | None
    n_train: int | Literal["full"] | None
    track: str | None
    source: str
    difference: tuple[str, ...]


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


def published_lines(board: Mapping[str, str | int]) -> tuple[PublishedLine, ...]:
    """Return the published numbers of a board's headline on the same data and training size.

    For questions these are the numbers of the same cell line and kind of question. For a screen,
    those of the same screen and number of training perturbations; beside `train: all`, those of the
    largest published number and those that are published as full.

    Args:
        board: The parts of the board key, as in a log's header.

    Returns:
        The lines, best first; of equal values by name. Empty where nothing is published: the demo,
        other screens and tasks, other training sizes.

    Raises:
        KeyError: A part of the board that the sentences need is missing.
    """
    task = str(board["task"])
    if task in QUESTIONS:
        lines = _question_lines(board, QUESTIONS[task])
        return tuple(sorted(lines, key=lambda line: (-line.value, line.system)))
    lines = _screen_lines(board) if task == "langpert" else []
    return tuple(sorted(lines, key=lambda line: (line.value, line.system)))


def _question_lines(board: Mapping[str, str | int], task: str) -> list[PublishedLine]:
    sample = re.fullmatch(r"\w+/genes(\d+)/seed(\d+)", str(board["questions"]))
    lines = []
    numbers = _numbers(board, task, "auroc_per_gene")
    kind: Kind = "de" if task == "de" else "direction"
    if numbers and not _published_data(board, kind):
        return []
    for number in numbers:
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
        lines.append(_line(number, system.track, words))
    return lines


def _published_data(board: Mapping[str, str | int], kind: Kind) -> bool:
    """Whether a board's data are PerturbQA's: a user may call a line of their own k562 too."""
    source = find_source(table_file(str(board["context"]), kind))
    return source.sha256 is None or source.sha256.startswith(str(board["data"]))


def _screen_lines(board: Mapping[str, str | int]) -> list[PublishedLine]:
    screen = str(board["context"])
    lines = []
    for number in _numbers(board, "langpert", "mae_top20"):
        size = _size(number, str(board["train"]))
        if size is None:
            continue
        words = [
            f"Comparable only once `perturb-evals calibrate {screen}` has reproduced the "
            "manuscript's mean on this board's data.",
            next(said for name, said in METHODS.items() if number.system.startswith(name)),
            size,
            FOLDS,
            STDERR if number.stderr is not None else NO_STDERR,
        ]
        if board["fold"] != "all":
            words.append(
                f"Its value is over five folds; this board asks only fold {board['fold']}."
            )
        if board["rank"] == "abs_delta":
            words.append(RANKED)
        lines.append(_line(number, "training", words))
    return lines


def _size(number: PublishedNumber, train: str) -> str | None:
    """Return how the training sets differ; None where the number is of another size."""
    cut = re.fullmatch(r"(\d+)x(\d+)/seed(\d+)", train)
    if cut and number.n_train == int(cut[1]):
        return (
            "Which training subsets the manuscript drew is not known here; this board draws "
            f"{cut[2]} a fold, with seed {cut[3]}."
        )
    if train == "all" and number.n_train == "full":
        return 'The size of its training sets is given as "full", without a number.'
    if train == "all" and number.n_train == GATE[number.dataset].n_train:
        return (
            f"It was trained on {number.n_train:,} perturbations; this board's runs train on all "
            "of each fold."
        )
    return None


def _numbers(board: Mapping[str, str | int], task: str, metric: str) -> list[PublishedNumber]:
    wanted = (board["context"], task, metric)
    return [n for n in published_numbers() if (n.dataset, n.task, n.metric) == wanted]


def _line(number: PublishedNumber, track: str | None, words: list[str]) -> PublishedLine:
    return PublishedLine(
        number.system,
        number.metric,
        number.value,
        number.stderr,
        number.n_train,
        track,
        number.source,
        tuple(words),
    )
