"""A file of predictions as a submission: is it what the solvers that replay files would take?"""

import shlex
from collections.abc import Mapping
from pathlib import Path

from perturb_evals.datasets.files.sources import DataError
from perturb_evals.datasets.pairs.benchmark import questionnaire
from perturb_evals.datasets.pairs.predictions_file import PredictionsError
from perturb_evals.datasets.pairs.table import TableError
from perturb_evals.datasets.screens.benchmark import langpert_run
from perturb_evals.datasets.screens.predictions_file import ExpressionError
from perturb_evals.datasets.screens.screen import ScreenError
from perturb_evals.datasets.screens.splits import SplitError
from perturb_evals.leaderboard.headers import PREFIX
from perturb_evals.leaderboard.submission.board import KINDS
from perturb_evals.leaderboard.submission.checks import Check, Checked
from perturb_evals.leaderboard.systems import NO_MODEL
from perturb_evals.solvers.expression.replay import ReplayedExpression
from perturb_evals.solvers.pairs.replay import Replayed


def check_predictions(path: Path, task: str, given: Mapping[str, str]) -> Checked:
    """Check a file as the run would that replays it.

    Args:
        path: For questions a file of pairs and scores, see `read_predictions`; for langpert one of
            vectors, see `read_expression`.
        task: Name of the task.
        given: Its arguments that are not as by default: dataset and cell_line, or screen.

    Returns:
        One check: every question, or perturbation, of the task's default run has one finite
        prediction, and nothing else is in the file.
    """
    try:
        said = _vectors(path, given) if task == "langpert" else _scores(path, task, given)
        check = Check("predictions", "pass", said)
    except (PredictionsError, ExpressionError, ValueError) as error:
        check = Check("predictions", "fail", str(error))
    except (DataError, TableError, ScreenError, SplitError) as error:
        check = Check("predictions", "not checked", f"The data cannot be had here: {error}")
    about = ", ".join(f"{name}={value}" for name, value in given.items())
    return Checked(f"{task} {about}".strip(), str(path), (check,))


def replay_command(path: Path, task: str, given: Mapping[str, str]) -> str:
    """Return the command that makes a run of a file, quoted for a shell."""
    solver = "replay_expression" if task == "langpert" else "replay"
    words = ["inspect", "eval", f"{PREFIX}{task}"]
    for name, value in given.items():
        words += ["-T", f"{name}={value}"]
    words += ["--solver", f"{PREFIX}{solver}", "-S", f"file={path}", "--model", NO_MODEL]
    return shlex.join([*words, "--metadata", "system=My method"])


def _scores(path: Path, task: str, given: Mapping[str, str]) -> str:
    dataset, line = given.get("dataset", "perturbqa"), given.get("cell_line")
    asked = questionnaire(KINDS[task], dataset=dataset, cell_line=line)
    replayed = Replayed(asked.evidence, path)
    for pert, gene in zip(asked.rows["pert"], asked.rows["gene"], strict=True):
        replayed.score(pert, gene)
    more = len(replayed.scores) - len(asked.rows)
    rest = f"; {more} more are questions of questions=all." if more else "."
    return f"Each of the {len(asked.rows)} scored questions has one finite score{rest}"


def _vectors(path: Path, given: Mapping[str, str]) -> str:
    run = langpert_run(given.get("screen", "replogle_k562"), aliases="none")
    for held_out in run.folds:
        ReplayedExpression(held_out, path)
    n_genes = len(run.screen.genes)
    return f"Each of the {run.n_held_out} perturbations has one finite vector of {n_genes} genes."
