"""Are the data facts in a run's header such as a task of this package writes?"""

from collections.abc import Mapping
from typing import Any

from perturb_evals.datasets.benchmark import board_key
from perturb_evals.datasets.pairs.evidence import TRACKS
from perturb_evals.datasets.pairs.load import CELL_LINES
from perturb_evals.datasets.pairs.own_tables import is_own
from perturb_evals.metrics.pairs.abstention import ABSTENTIONS

QUESTIONS = ("task", "context", "data", "questions", "abstention", "metric_version")
SCREEN = ("task", "context", "data", "split", "fold", "train", "rank", "metric_version")
PARTS = {"perturbqa_de": QUESTIONS, "perturbqa_direction": QUESTIONS, "langpert": SCREEN}
"""The parts of a board by its task, in their order."""

SCREEN_TRACK = "training"
LONGEST = 80
"""Letters of a value that are shown."""


def board_fault(about: Mapping[str, Any]) -> str:
    """Return why a run can be on no board; empty for one that can.

    Nothing is loaded: whether the facts are those of the data, `perturb-evals check-submission`
    says.

    Args:
        about: The metadata of the header, with what `headers.NEEDED` names.
    """
    board = about["board"]
    task = str(board["task"])
    if task not in PARTS:
        return _expected("a task", tuple(PARTS), task)
    if tuple(board) != PARTS[task]:
        return _expected("the board's parts", PARTS[task], ", ".join(map(str, board)))
    if (said := about["board_key"]) != (key := board_key(board)):
        return f"expected the board key of its parts, {_shown(key)}; got {_shown(said)}."
    n_questions = about["n_questions"]
    if not isinstance(n_questions, int) or n_questions < 1:
        return f"expected the number of questions, at least 1; got {_shown(n_questions)}."
    return _screen_fault(about) if task == "langpert" else _questions_fault(about, board)


def _screen_fault(about: Mapping[str, Any]) -> str:
    if about.get("evidence", SCREEN_TRACK) != SCREEN_TRACK or about.get("evidence_lines"):
        return _expected("the track of a screen", (SCREEN_TRACK,), about.get("evidence"))
    return ""


def _questions_fault(about: Mapping[str, Any], board: Mapping[str, Any]) -> str:
    if board["abstention"] not in ABSTENTIONS:
        return _expected("a policy for abstentions", ABSTENTIONS, board["abstention"])
    if about.get("evidence") not in TRACKS:
        return _expected("a track", TRACKS, about.get("evidence"))
    dataset = about.get("dataset")
    lines = about.get("evidence_lines")
    if is_own(dataset):
        # Which lines a user's tables have, only they can say.
        named = isinstance(lines, list) and all(isinstance(line, str) for line in lines)
        return "" if named else f"expected a list of evidence lines; got {_shown(lines)}."
    known = next((known for name, known in CELL_LINES.items() if name == dataset), None)
    if known is None:
        return _expected("a dataset", tuple(CELL_LINES), dataset)
    if board["context"] not in known:
        return _expected("a cell line", known, board["context"])
    if not isinstance(lines, list) or not all(line in known for line in lines):
        return _expected("a list of evidence lines", known, lines)
    return ""


def _expected(what: str, allowed: tuple[str, ...], got: object) -> str:
    return f"expected {what} among {', '.join(allowed)}; got {_shown(got)}."


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
