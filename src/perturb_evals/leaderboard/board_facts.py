"""Are the data facts in a run's header such as a task of this package writes?"""

from collections.abc import Mapping
from typing import Any

from perturb_evals.datasets.benchmark import board_key
from perturb_evals.families import family_of, task_names
from perturb_evals.families.facts import expected, shown


def board_fault(about: Mapping[str, Any]) -> str:
    """Return why a run can be on no board; empty for one that can.

    Nothing is loaded: whether the facts are those of the data, `perturb-evals check-submission`
    says.

    Args:
        about: The metadata of the header, with what `headers.NEEDED` names.
    """
    board = about["board"]
    task = str(board["task"])
    if task not in task_names():
        return expected("a task", task_names(), task)
    family = family_of(task)
    if tuple(board) != family.parts:
        return expected("the board's parts", family.parts, ", ".join(map(str, board)))
    if (said := about["board_key"]) != (key := board_key(board)):
        return f"expected the board key of its parts, {shown(key)}; got {shown(said)}."
    n_questions = about["n_questions"]
    if not isinstance(n_questions, int) or n_questions < 1:
        return f"expected the number of questions, at least 1; got {shown(n_questions)}."
    return family.fault(about)
