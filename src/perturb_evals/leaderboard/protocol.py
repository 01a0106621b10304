"""From the header of a run to its protocol: how the system got to its answers."""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from inspect_ai.log import EvalLog

from perturb_evals import _registry
from perturb_evals.leaderboard.headers import PREFIX
from perturb_evals.leaderboard.result import Protocol
from perturb_evals.leaderboard.samples import Samples

DEFAULT_ANSWER = "label"
TASK_SETTINGS = ("k", "aliases")
"""Arguments of a task that change answers and are no part of its board."""

SECRET = (
    "key",
    "token",
    "secret",
    "passw",
    "pwd",
    "auth",
    "header",
    "credential",
    "bearer",
    "cook",
    "organization",
    "organisation",
)
"""Parts of the names of arguments that are not shown, whatever their value."""

OF_SOMEBODY = re.compile(r"(^|[^a-z])(account|project|org)(id)?($|[^a-z])")
"""Whole words, so that a `projection` is shown."""


def protocol_of(log: EvalLog, samples: Samples | None) -> Protocol:
    """Return the protocol of a run.

    Nothing that may hold a secret gets into it: no argument stays that is named like a key, at any
    depth, and no user and password in a URL; of a provider's arguments and of the settings of
    generation only plain numbers, words and lists of them.

    Args:
        log: The header.
        samples: Its samples, for the hashes of the prompts; None where they were not read.
    """
    about, args = log.eval.metadata or {}, log.eval.task_args
    params: dict[str, Any] = {}
    given: dict[str, Any] = {}
    for step in log.plan.steps:  # a chain of solvers has the arguments of all of them
        own = without_secrets(step.params)
        params |= own
        given |= _changed(step.solver, own, without_secrets(step.params_passed))
    answer = str(params.pop("answer", ""))
    if given.pop("answer", DEFAULT_ANSWER) != DEFAULT_ANSWER:
        given["answer"] = answer
    settings = _plain(log.eval.model_generate_config.model_dump(exclude_none=True))
    settings |= _plain(log.plan.config.model_dump(exclude_none=True))
    settings |= _plain(without_secrets(log.eval.model_args))
    of_task = {name: args[name] for name in TASK_SETTINGS if args.get(name) is not None}
    usual = _defaults(log.eval.task, _registry.TASKS)
    changed = {name: value for name, value in of_task.items() if value != usual.get(name)}
    return Protocol(
        track=str(about.get("evidence", "training")),
        evidence_lines=list(about.get("evidence_lines", [])),
        answer=answer,
        epochs=log.eval.config.epochs or 1,
        solver="+".join(step.solver.removeprefix(PREFIX) for step in log.plan.steps),
        solver_args=params,
        given={**given, **settings, **changed},
        prompts=list(samples.prompts) if samples else [],
        model=str(log.eval.model),
        settings=settings | of_task,
    )


def _changed(solver: str, params: Mapping[str, Any], passed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that are not as by default; of another's solver those passed."""
    defaults = _defaults(solver, _registry.SOLVERS)
    if not defaults:
        return dict(passed)
    return {name: value for name, value in params.items() if value != defaults.get(name)}


def _defaults(name: str, functions: tuple[Callable[..., Any], ...]) -> dict[str, Any]:
    """Return the defaults of a task or solver of this package; empty for any other."""
    for function in functions:
        if name.removeprefix(PREFIX) == function.__name__:
            parameters = inspect.signature(function).parameters
            return {key: parameter.default for key, parameter in parameters.items()}
    return {}


def without_secrets(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments without those that are named like a secret, at any depth.

    A number of tokens is none. URLs lose user, password and query.
    """
    return {
        name: _open(value) for name, value in arguments.items() if not _secret(str(name), value)
    }


def _open(value: Any) -> Any:
    if isinstance(value, Mapping):
        return without_secrets(value)
    if isinstance(value, list | tuple):
        return [_open(item) for item in value]
    return _without_user(value)


def _secret(name: str, value: Any) -> bool:
    if name.lower().endswith("tokens") and isinstance(value, int | float):
        return False
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return any(word in name.lower() for word in SECRET) or bool(OF_SOMEBODY.search(words))


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain values by name; headers, bodies and arguments of clients are none."""
    kept = {}
    for name, value in settings.items():
        if isinstance(value, list):
            if all(isinstance(item, str | int | float) for item in value):
                kept[name] = [_without_user(item) for item in value]
        elif isinstance(value, str | int | float):
            kept[name] = _without_user(value)
    return kept


def _without_user(value: Any) -> Any:
    """Return a URL without user, password and query; anything else as it is."""
    if not isinstance(value, str) or "://" not in value:
        return value
    parts = urlsplit(value)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))
