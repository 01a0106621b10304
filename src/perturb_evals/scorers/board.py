"""The data facts of a run for its log header: the parts of the board key, licence, citation.

Only data facts: a task cannot know the epochs or the solver of the command line. Two runs are
ranked together when all parts of `board` agree.
"""

from collections.abc import Mapping
from typing import Any

from perturb_evals import __version__
from perturb_evals.datasets.pairs.benchmark import Questionnaire
from perturb_evals.datasets.screens.benchmark import Run
from perturb_evals.metrics.pairs.predictions import Abstention

METRIC_VERSION = 1
"""Raised whenever a change makes new numbers incomparable with old ones."""

SHORT = {"data": "data", "questions": "q", "abstention": "abst", "metric_version": "v"}
"""Names of parts in the key; those of `task` and `context` are left out."""


def board_key(board: Mapping[str, Any]) -> str:
    """Return the parts of a board in a line, e.g. `perturbqa_de|k562|data:1f3a9c|q:scored|...`."""
    parts = [f"{SHORT.get(name, name)}:{value}" for name, value in list(board.items())[2:]]
    return "|".join([board["task"], board["context"], *parts])


def task_metadata(task: str, asked: Questionnaire, abstention: Abstention) -> dict[str, Any]:
    """Return what the log header says about the data of a run of yes/no questions.

    Args:
        task: Name of the task.
        asked: Its questions.
        abstention: Its policy for abstentions.
    """
    evidence = asked.evidence
    board = {
        "task": task,
        "context": evidence.cell_line,
        "data": asked.table.sha256[:6],
        "questions": asked.question_set,
        "abstention": abstention,
        "metric_version": METRIC_VERSION,
    }
    return {
        "board": board,
        "board_key": board_key(board),
        "data_sha256": asked.table.sha256,
        "n_questions": len(asked.rows),
        "dataset": evidence.dataset,
        "evidence": evidence.track,
        "evidence_lines": list(evidence.lines),
        "licence": asked.table.licence,
        "citation": asked.table.citation,
        "package_version": __version__,
    }


def screen_metadata(task: str, run: Run) -> dict[str, Any]:
    """Return what the log header says about the data of a run on a screen.

    Args:
        task: Name of the task.
        run: What it holds out.
    """
    screen = run.screen
    numbers = sorted({held_out.fold for held_out in run.folds})
    every = len(numbers) == len(run.split.folds)
    board = {
        "task": task,
        "context": screen.name,
        "data": screen.fingerprint[:6],
        "split": run.split.sha256[:6],
        "fold": "all" if every else ",".join(map(str, numbers)),
        "train": run.subset,
        "rank": screen.order_kind,
        "metric_version": METRIC_VERSION,
    }
    return {
        "board": board,
        "board_key": board_key(board),
        "data_sha256": screen.fingerprint,
        "source_sha256": screen.source_sha256,
        "split_sha256": run.split.sha256,
        "cell_line": screen.cell_line,
        "n_questions": run.n_held_out,
        "n_perturbations": len(screen.perturbations),
        "n_genes": len(screen.genes),
        "excluded": screen.excluded,
        "aliases": run.aliases,
        "source": str(screen.adata.uns["source"]),
        "licence": str(screen.adata.uns["licence"]),
        "citation": str(screen.adata.uns["citation"]),
        "package_version": __version__,
    }
