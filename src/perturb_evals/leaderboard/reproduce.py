"""One command that runs the same again, from the header of a run."""

import shlex
from typing import Any

from inspect_ai.log import EvalLog

from perturb_evals.leaderboard.headers import PREFIX
from perturb_evals.leaderboard.protocol import without_secrets
from perturb_evals.leaderboard.result import short_value

FLAGS = (
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "seed",
    "num_choices",
    "frequency_penalty",
    "presence_penalty",
    "system_message",
    "reasoning_effort",
    "reasoning_tokens",
    "effort",
    "verbosity",
)
"""Settings of generation that the command line knows by their own name."""


def command(log: EvalLog) -> str:
    """Return `inspect eval ...` with the arguments that the run was given, quoted for a shell.

    Files stand in it without their folders, which are those of somebody's machine. Settings of
    generation without a plain option, arguments of the provider, and whatever is named like a
    secret are left out.
    """
    task = log.eval.task.removeprefix(PREFIX)
    words = ["inspect", "eval", f"{PREFIX}{task}"]
    words += _named("-T", log.eval.task_args_passed)
    if log.eval.solver:
        words += ["--solver", short_value(log.eval.solver)]
        words += _named("-S", log.eval.solver_args_passed or {})
    words += ["--model", str(log.eval.model)]
    if (log.eval.config.epochs or 1) > 1:
        words += ["--epochs", str(log.eval.config.epochs)]
    given = {
        **log.eval.model_generate_config.model_dump(exclude_none=True),
        **log.plan.config.model_dump(exclude_none=True),
    }
    for name in FLAGS:
        if name in given:
            words += [f"--{name.replace('_', '-')}", str(given[name])]
    system = (log.eval.metadata or {}).get("system")
    if system is not None:
        words += ["--metadata", f"system={system}"]
    return shlex.join(words)


def _named(flag: str, arguments: dict[str, Any]) -> list[str]:
    given = {name: value for name, value in arguments.items() if value is not None}
    shown = without_secrets(given).items()
    return [word for name, value in shown for word in (flag, f"{name}={_text(value)}")]


def _text(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ",".join(map(short_value, value))
    return short_value(value)
