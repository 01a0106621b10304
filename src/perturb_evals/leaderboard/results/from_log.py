"""From the header of a run, and its samples where they were read, to its result."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from inspect_ai.log import EvalLog
from inspect_ai.model import ModelUsage

from perturb_evals.families import family_of
from perturb_evals.leaderboard.results.protocol import protocol_of
from perturb_evals.leaderboard.results.reproduce import command, left_out
from perturb_evals.leaderboard.results.result import (
    Figure,
    Protocol,
    Result,
    Status,
    SummaryUsage,
    Usage,
)
from perturb_evals.leaderboard.results.secret_names import without_secrets
from perturb_evals.leaderboard.systems import NO_MODEL, asks_model
from perturb_evals.logs.samples import Samples
from perturb_evals.solvers.asking.kept import SUMMARIZER
from perturb_evals.solvers.asking.prices import Prices, cost_of

COUNTED = ("n_", "abstained_", "read_from_")
RATES = ("coverage", "fallback_rate", "invented_rate", "mean_k", "genes_per_resample")
CLASS = re.compile(
    r"(?:\w+\.)*([A-Z]\w{0,60}(?:Error|Exception|Exceeded|Timeout|Interrupt|Exit|Limit))(?=[:(]|$)"
)
"""The class of an exception where a message or the last line of a traceback begins with it."""


def result_of(log: EvalLog, samples: Samples | None = None, prices: Prices | None = None) -> Result:
    """Return the result of a run.

    A run in which a question lacks an answer, if only in one epoch, is not complete; without the
    samples only questions without any answer show.

    Args:
        log: The header, of a task of this package.
        samples: What `read_samples` gives.
        prices: Prices by name of the model, before those that Inspect knows.
    """
    about, found = log.eval.metadata or {}, metrics(log)
    protocol = protocol_of(log, samples)
    n_questions = int(about["n_questions"])
    status, reason = status_of(log)
    if status == "complete" and samples:
        status, reason = _answered(samples.answered, n_questions * protocol.epochs)
    board = dict(about["board"])
    return Result(
        status=status,
        reason=reason,
        system=str(about["system"]) if "system" in about else None,
        board=board,
        board_key=str(about["board_key"]),
        protocol=protocol,
        protocol_line=protocol.line(),
        headline=family_of(board["task"]).headline,
        metrics=_figures(found),
        coverage=_coverage(found),
        reasons=_reasons(found),
        counts={name: value for name, value in found.items() if _is_count(name)},
        n_questions=n_questions,
        task_args=without_secrets(log.eval.task_args),
        command=command(log),
        left_out=left_out(log),
        usage=_usage(log, protocol, samples, prices or {}),
        task_version=str(log.eval.task_version),
        packages=dict(log.eval.packages),
        data_sha256=str(about["data_sha256"]),
        licence=str(about["licence"]),
        citation=str(about["citation"]),
        log=log.location,
        eval_id=log.eval.eval_id,
        created=datetime.fromisoformat(log.eval.created),
    )


def metrics(log: EvalLog) -> dict[str, float]:
    """Return the finite metrics of a run by name; empty for one without results."""
    if not log.results or not log.results.scores:
        return {}
    found = log.results.scores[0].metrics
    return {name: float(m.value) for name, m in found.items() if math.isfinite(m.value)}


def status_of(log: EvalLog) -> tuple[Status, str]:
    """Return what became of a run by its header, and why it is not complete, in a sentence."""
    n_questions, found = int((log.eval.metadata or {})["n_questions"]), metrics(log)
    if log.status == "success":
        missing = int(found.get("n_missing", n_questions))
        if not missing:
            return "complete", ""
        return "partial", f"{missing} of {n_questions} questions have no score (limit or errors)."
    if log.status == "error":
        return "error", f"The run ended with an error{_kind(log)}."
    if log.status == "cancelled":
        return "cancelled", "The run was cancelled."
    return "started", "The run is not finished."


def _answered(answered: int, expected: int) -> tuple[Status, str]:
    missing = expected - answered
    if missing <= 0:
        return "complete", ""
    return "partial", f"{missing} of {expected} answers have no score."


def _kind(log: EvalLog) -> str:
    """Return the class of a run's error in brackets; its message may hold keys and paths."""
    if log.error is None:
        return ""
    for line in (*reversed(log.error.traceback.splitlines()), log.error.message):
        if found := CLASS.match(line):
            return f" ({found[1]})"
    return ""


def _is_count(name: str) -> bool:
    return name.startswith(COUNTED) or name in RATES


def _figures(found: Mapping[str, float]) -> dict[str, Figure]:
    ends = {f"{name}{end}" for name in found for end in ("_lower", "_upper")}
    return {
        name: Figure(
            value=value, lower=found.get(f"{name}_lower"), upper=found.get(f"{name}_upper")
        )
        for name, value in found.items()
        if name not in ends and not _is_count(name)
    }


def _coverage(found: Mapping[str, float]) -> float | None:
    if "fallback_rate" in found:
        return 1.0 - found["fallback_rate"]
    return found.get("coverage")


def _reasons(found: Mapping[str, float]) -> dict[str, float]:
    """Return the share of replies without an answer of their own, by reason."""
    reasons = {
        name.removeprefix("abstained_"): value
        for name, value in found.items()
        if name.startswith("abstained_") and value
    }
    fallbacks = {
        name.removeprefix("n_fallback_"): value
        for name, value in found.items()
        if name.startswith("n_fallback_")
    }
    total = sum(fallbacks.values())
    shares = {
        name: found["fallback_rate"] * value / total for name, value in fallbacks.items() if total
    }
    return reasons | shares


def _usage(log: EvalLog, protocol: Protocol, samples: Samples | None, prices: Prices) -> Usage:
    stats = log.stats
    costs = [
        0.0 if model == NO_MODEL else cost_of(model, usage, prices)
        for model, usage in stats.model_usage.items()
    ]
    wall = None
    if stats.started_at and stats.completed_at:
        began, ended = map(datetime.fromisoformat, (stats.started_at, stats.completed_at))
        wall = (ended - began).total_seconds()
    known = [cost for cost in costs if cost is not None]
    # A model was asked, and the log does not say how much: that is not for free.
    untold = not costs and asks_model(protocol)
    return Usage(
        tokens=_tokens(stats.model_usage.values()),
        calls=samples.calls if samples else None,
        retries=samples.retries if samples else None,
        cost=sum(known) if len(known) == len(costs) and not untold else None,
        wall_seconds=wall,
        model_seconds=samples.model_seconds if samples else None,
        summaries=_summaries(log, samples, prices),
    )


def _summaries(log: EvalLog, samples: Samples | None, prices: Prices) -> SummaryUsage | None:
    """Return what the model of the role that writes summaries took; None where it wrote none."""
    used = log.stats.role_usage.get(SUMMARIZER)
    counts = samples.summaries if samples else {}
    if used is None and not counts:
        return None
    bound = (log.eval.model_roles or {}).get(SUMMARIZER)
    one = bound[0] if isinstance(bound, list) else bound
    cost: float | None = 0.0
    if used is not None:
        cost = cost_of(one.model, used, prices) if one else used.total_cost
    return SummaryUsage(
        tokens=_tokens([used] if used else []),
        cost=cost,
        asked=counts.get("asked", 0) if samples else None,
        kept=counts.get("kept", 0) if samples else None,
        unusable=counts.get("unusable", 0) if samples else None,
    )


def _tokens(usages: Iterable[ModelUsage]) -> dict[str, int]:
    """Return tokens by kind."""
    tokens: dict[str, int] = {}
    for usage in usages:
        for kind, number in usage.model_dump(exclude_none=True).items():
            if kind.endswith("tokens") or "_tokens_" in kind:
                tokens[kind] = tokens.get(kind, 0) + int(number)
    return tokens
