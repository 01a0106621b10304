"""A file of predictions as a submission: is it what the solvers that replay files would take?"""

import shlex
from collections.abc import Mapping
from pathlib import Path

from perturb_evals.datasets.errors import DataError
from perturb_evals.families import family_of
from perturb_evals.leaderboard.submission.checks import Check, Checked
from perturb_evals.leaderboard.systems import NO_MODEL
from perturb_evals.logs.headers import PREFIX


def check_predictions(path: Path, task: str, given: Mapping[str, str]) -> Checked:
    """Check a file as the run would that replays it.

    Args:
        path: The file, such as the family's `replay_solver` reads.
        task: Name of the task.
        given: What is not as by default of its `data_arguments`, and of the solver's
            `replay_arguments`.

    Returns:
        One check: every question, or perturbation, of the task's default run has one finite
        prediction, and nothing else is in the file.
    """
    try:
        said = family_of(task).check_predictions(path, task, given)
        check = Check("predictions", "pass", said)
    except ValueError as error:
        check = Check("predictions", "fail", str(error))
    except DataError as error:
        check = Check("predictions", "not checked", f"The data cannot be had here: {error}")
    about = ", ".join(f"{name}={value}" for name, value in given.items())
    return Checked(f"{task} {about}".strip(), str(path), (check,))


def replay_command(path: Path, task: str, given: Mapping[str, str]) -> str:
    """Return the command that makes a run of a file, quoted for a shell."""
    family, words = family_of(task), ["inspect", "eval", f"{PREFIX}{task}"]
    of_solver = {"file": str(path)}
    for name, value in given.items():
        if name in family.replay_arguments:
            of_solver[name] = value
        else:
            words += ["-T", f"{name}={value}"]
    words += ["--solver", f"{PREFIX}{family.replay_solver}"]
    for name, value in of_solver.items():
        words += ["-S", f"{name}={value}"]
    words += ["--model", NO_MODEL]
    return shlex.join([*words, "--metadata", "system=My method"])
