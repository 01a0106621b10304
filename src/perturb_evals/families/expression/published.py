"""LangPert's published numbers beside a board of a screen, with what differs in their protocols."""

import re

from perturb_evals.datasets.published import GATE, MEAN, PublishedNumber
from perturb_evals.families.board import Parts
from perturb_evals.families.published import PublishedLine, published_line, published_numbers_of

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


def beside_screen(board: Parts) -> tuple[PublishedLine, ...]:
    """Return the published numbers of the same screen and number of training perturbations.

    Beside `train: all` these are those of the largest published number and those that are
    published as full.

    Raises:
        KeyError: A part of the board that the sentences need is missing.
    """
    screen = str(board["context"])
    lines = []
    for number in published_numbers_of(board, "langpert", "mae_top20"):
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
        lines.append(published_line(number, "training", words))
    return tuple(sorted(lines, key=lambda line: (line.value, line.system)))


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
