"""Headers of logs that no task of this family writes: a log may be written by hand."""

from collections.abc import Mapping
from typing import Any

from perturb_evals.datasets.pairs.benchmark import QUESTION_SET
from perturb_evals.datasets.pairs.load import CELL_LINES
from perturb_evals.datasets.pairs.own_tables import is_own
from perturb_evals.families.faults import expected, shown
from perturb_evals.metrics.pairs.predictions import ABSTENTIONS


def header_fault(about: Mapping[str, Any], tracks: tuple[str, ...]) -> str:
    """Return what is wrong with policy, questions, holdout, track, dataset or cell lines.

    Args:
        about: The header's facts.
        tracks: Those that there are.
    """
    board = about["board"]
    if board["abstention"] not in ABSTENTIONS:
        return expected("a policy for abstentions", ABSTENTIONS, board["abstention"])
    if fault := _holdout_fault(about):
        return fault
    if about.get("evidence") not in tracks:
        return expected("a track", tracks, about.get("evidence"))
    dataset, lines = about.get("dataset"), about.get("evidence_lines")
    if is_own(dataset):
        # Which lines a user's tables have, only they can say.
        named = isinstance(lines, list) and all(isinstance(line, str) for line in lines)
        return "" if named else f"expected a list of evidence lines; got {shown(lines)}."
    known = next((lines for name, lines in CELL_LINES.items() if name == dataset), None)
    if known is None:
        return expected("a dataset", tuple(CELL_LINES), dataset)
    if board["context"] not in known:
        return expected("a cell line", known, board["context"])
    if not isinstance(lines, list) or not all(line in known for line in lines):
        return expected("a list of evidence lines", known, lines)
    return ""


def _holdout_fault(about: Mapping[str, Any]) -> str:
    """Return what is wrong with the set of questions, or that other genes are hidden than its."""
    questions = about["board"]["questions"]
    known = QUESTION_SET.fullmatch(questions) if isinstance(questions, str) else None
    if known is None:
        such = "scored, all, scored/genes50/seed0 or scored/unseen_genes/seed0"
        return f"expected a set of questions such as {such}; got {shown(questions)}."
    holdout, seed, hidden = about.get("holdout"), about.get("unseen_seed"), known["unseen_seed"]
    if hidden is None and holdout is None and seed is None:
        return ""
    if hidden is not None and holdout == "both" and type(seed) is int and str(seed) == hidden:
        return ""
    wanted = (
        "holdout 'both' and its seed as unseen_seed" if hidden else "no holdout, no unseen_seed"
    )
    return f"on {shown(questions)} expected {wanted}; got {shown(holdout)} and {shown(seed)}."
