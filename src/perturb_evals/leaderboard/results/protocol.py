"""From the header of a run to its protocol: how the system got to its answers."""

import hashlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from inspect_ai.log import EvalLog
from inspect_ai.model import ModelConfig

from perturb_evals.families import FAMILIES, family_of
from perturb_evals.leaderboard.results.result import HASH_DIGITS, Protocol, short_value
from perturb_evals.leaderboard.results.secret_names import without_secrets
from perturb_evals.leaderboard.systems import asks_model
from perturb_evals.logs.headers import PREFIX
from perturb_evals.logs.samples import Samples

DEFAULT_ANSWER = "label"
OPERATIONAL = (
    "adaptive_connections",
    "attempt_timeout",
    "batch",
    "cache",
    "cache_prompt",
    "max_connections",
    "max_retries",
    "stream_idle_timeout",
    "timeout",
)
"""Settings of how a model is reached, not of what it answers. Whatever is not named here counts."""

LIMITS = (
    "message_limit",
    "token_limit",
    "token_limit_type",
    "turn_limit",
    "time_limit",
    "working_limit",
    "cost_limit",
)
"""Limits of a sample: what a system may spend on an answer."""


def protocol_of(log: EvalLog, samples: Samples | None) -> Protocol:
    """Return the protocol of a run.

    Nothing that may hold a secret gets into it, see `without_secrets`; values of headers stand as
    their hashes. Settings of how a model is reached are no part of it; those that change its
    answers tell systems apart where the solver may have asked it.

    Args:
        log: The header.
        samples: Its samples, for the hashes of the prompts; None where they were not read.
    """
    about, args = log.eval.metadata or {}, log.eval.task_args
    family = family_of(str(about["board"]["task"]))
    params: dict[str, Any] = {}
    given: dict[str, Any] = {}
    controls: dict[str, None] = {}
    for step in log.plan.steps:  # a chain of solvers has the arguments of all of them
        own = without_secrets(step.params)
        if (value := own.get(family.control_argument)) is not None:
            controls[short_value(value)] = None
        params |= own
        given |= _changed(step.solver, own, without_secrets(step.params_passed))
    # What a step of a chain takes away no later step gives back. None stands nowhere, so that the
    # protocols of systems are what they were before there were controls.
    for said in (params, given):
        said.pop(family.control_argument, None)
        if controls:
            said[family.control_argument] = "+".join(controls)
    answer = str(params.pop("answer", ""))
    if given.pop("answer", DEFAULT_ANSWER) != DEFAULT_ANSWER:
        given["answer"] = answer
    settings = _settings(log)
    of_task = {name: args[name] for name in family.answer_arguments if args.get(name) is not None}
    usual = _defaults(log.eval.task, (task for family in FAMILIES for task in family.tasks))
    changed = {name: value for name, value in of_task.items() if value != usual.get(name)}
    protocol = Protocol(
        track=str(about.get("evidence", next(iter(family.tracks)))),
        evidence_lines=list(about.get("evidence_lines", [])),
        answer=answer,
        epochs=log.eval.config.epochs or 1,
        solver="+".join(step.solver.removeprefix(PREFIX) for step in log.plan.steps),
        solver_args=params,
        given=_beside(given, changed),
        prompts=list(samples.prompts) if samples else [],
        model=str(log.eval.model),
        settings=settings | of_task,
    )
    if not asks_model(protocol):
        return protocol
    return protocol.model_copy(update={"given": _beside(given, settings | changed)})


def _beside(of_solver: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """Return both; an argument of the solver that is called like another setting says whose."""
    own = {f"solver {name}" if name in others else name: of_solver[name] for name in of_solver}
    return {**own, **others}


def generation_settings(log: EvalLog) -> dict[str, Any]:
    """Return the settings of generation that change answers, as plain JSON, secrets and all."""
    given = {
        **log.eval.model_generate_config.model_dump(exclude_none=True, mode="json"),
        **log.plan.config.model_dump(exclude_none=True, mode="json"),
    }
    return {name: value for name, value in given.items() if name not in OPERATIONAL}


def role_settings(model: ModelConfig) -> dict[str, Any]:
    """Return a model of a role with the settings that change its answers, secrets and all."""
    settings = model.config.model_dump(exclude_none=True, mode="json")
    settings = {name: value for name, value in settings.items() if name not in OPERATIONAL}
    return {"model": model.model, **settings, **({"model_args": model.args} if model.args else {})}


def _settings(log: EvalLog) -> dict[str, Any]:
    """Return all settings of the model that change its answers, without secrets."""
    spec = log.eval
    limits = spec.config.model_dump(include=set(LIMITS), exclude_none=True)
    given = generation_settings(log) | spec.model_args
    if spec.model_base_url:
        given["base_url"] = spec.model_base_url
    if spec.model_roles:
        given["model_roles"] = {
            name: list(map(role_settings, models))
            if isinstance(models, list)
            else role_settings(models)
            for name, models in spec.model_roles.items()
        }
    headers = {
        name: {key: _hash(value) for key, value in without_secrets(own).items()}
        for name, own in given.items()
        if name.endswith("headers") and isinstance(own, Mapping)
    }
    found = without_secrets(given) | limits | headers
    if isinstance(address := found.get("base_url"), str):
        # Without `https://`, so that it is shown whole and not as the path of a file.
        found["base_url"] = address.rpartition("://")[2].rstrip("/")
    return {name: value for name, value in found.items() if value not in (None, {}, [])}


def _hash(value: Any) -> str:
    """Return a value that is not to be read, so that it still tells systems apart."""
    return f"#{hashlib.sha256(str(value).encode(errors='replace')).hexdigest()[:HASH_DIGITS]}"


def _changed(solver: str, params: Mapping[str, Any], passed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that are not as by default; of another's solver those passed."""
    defaults = _defaults(solver, (own for family in FAMILIES for own in family.solvers))
    if not defaults:
        return dict(passed)
    said = {name: _as_listed(value, defaults.get(name)) for name, value in params.items()}
    return {
        name: value
        for name, value in said.items()
        if value != _as_listed(defaults.get(name), defaults.get(name))
    }


def _as_listed(value: Any, default: Any) -> Any:
    """Return an argument whose default is names parted by commas in one spelling of them.

    Inspect's command line makes a list of `a,b`, and whoever has a blank behind the comma or
    another order means the same.
    """
    if not (isinstance(default, str) and "," in default):
        return value
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return value
    return ",".join(sorted(name.strip() for name in names))


def _defaults(name: str, functions: Iterable[Callable[..., Any]]) -> dict[str, Any]:
    """Return the defaults of a task or solver of this package; empty for any other."""
    for function in functions:
        if name.removeprefix(PREFIX) == function.__name__:
            parameters = inspect.signature(function).parameters
            return {key: parameter.default for key, parameter in parameters.items()}
    return {}
