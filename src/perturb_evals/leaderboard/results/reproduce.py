"""One command that runs the same again, from the header of a run."""

import json
import math
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from inspect_ai.log import EvalLog

from perturb_evals.leaderboard.results.protocol import LIMITS, generation_settings, role_settings
from perturb_evals.leaderboard.results.result import short_value
from perturb_evals.leaderboard.results.secret_names import without_secrets
from perturb_evals.logs.headers import PREFIX

ABOUT_RUN = (
    *("fail_on_error", "continue_on_fail", "retry_on_error", "notification", "acp_server"),
    *("max_samples", "max_dataset_memory", "max_tasks", "max_subprocesses", "max_sandboxes"),
    *("sandbox_cleanup", "sandbox_prebuilt", "log_samples", "log_realtime", "log_images"),
    *("log_model_api", "log_buffer", "log_shared", "score_display", "epochs_reducer"),
)
"""What a run was configured with that changes neither answers nor scores."""

PLAIN = re.compile(r"[A-Za-z_$/(](?:[^:#,\s]| (?=[^\s#]))*")
"""Text that the command line takes for text: it reads values as YAML, and splits at commas."""

WORDS = ("true", "false", "yes", "no", "on", "off", "null")
"""Text that it takes for something else."""

UNREAD = re.compile(r"[\[ ](-?\d+e[+-]?\d|-?Infinity|NaN)")
"""Numbers within JSON that YAML takes for text."""


@dataclass(frozen=True)
class Said:
    """What was given, in words of the command line.

    Attributes:
        name: Its name.
        words: How it is said; empty for what has no option, or may hold a secret.
        whole: Whether that is all of it.
    """

    name: str
    words: tuple[str, ...]
    whole: bool = True


def command(log: EvalLog) -> str:
    """Return `inspect eval ...` with all that the run was given, quoted for a shell.

    Files stand in it without their folders, which are those of somebody's machine. How models were
    reached (connections, timeouts, caches) and how the run was logged is left out, and so is
    whatever `left_out` names.
    """
    spec = log.eval
    begin = ["inspect", "eval", f"{PREFIX}{spec.task.removeprefix(PREFIX)}"]
    return shlex.join(begin + [word for said in _said(log) for word in said.words])


def left_out(log: EvalLog) -> list[str]:
    """Return the names of what the command does not say, or not whole.

    It may hold a secret, or Inspect's command line has no words for it.
    """
    return list(dict.fromkeys(said.name for said in _said(log) if not (said.words and said.whole)))


def _said(log: EvalLog) -> Iterator[Said]:
    spec = log.eval
    yield from _arguments("-T", spec.task_args_passed)
    if spec.solver:
        yield Said("solver", ("--solver", short_value(spec.solver)))
        yield from _arguments("-S", spec.solver_args_passed or {})
    yield Said("model", ("--model", str(spec.model)))
    if spec.model_base_url:
        url = without_secrets({"url": spec.model_base_url})["url"]
        yield Said("base_url", ("--model-base-url", url), url == spec.model_base_url)
    yield from _arguments("-M", spec.model_args)
    for name, models in (spec.model_roles or {}).items():
        several = models if isinstance(models, list) else [models]
        roles = [role_settings(model) for model in several]
        for said in _arguments("--model-role", {name: roles if len(roles) > 1 else roles[0]}):
            # No option gives a role an address.
            yield Said(said.name, said.words, said.whole and not any(m.base_url for m in several))
    yield from _config(log)
    for name, value in generation_settings(log).items():
        yield from _setting(name, value)
    system = (spec.metadata or {}).get("system")
    if system is not None:
        yield from _arguments("--metadata", {"system": system})


def _config(log: EvalLog) -> Iterator[Said]:
    config = log.eval.config
    if (config.epochs or 1) > 1:
        yield Said("epochs", ("--epochs", str(config.epochs)))
    given = config.model_dump(exclude_none=True, exclude={"epochs", "token_limit_type"})
    for name, value in given.items():
        option = f"--{name.replace('_', '-')}"
        if name in ABOUT_RUN or value is False:
            continue
        if name == "limit":
            first, last = (0, value) if isinstance(value, int) else value
            yield Said(name, (option, f"{first + 1}-{last}" if first else str(last)))
        elif name == "sample_id":
            ids = [str(one) for one in (value if isinstance(value, list) else [value])]
            clear = not any("," in one or one != one.strip() for one in ids)
            yield Said(name, (option, ",".join(ids)) if clear else ())
        elif name == "sample_shuffle":
            # A seed of 0 is none to the command line.
            yield Said(name, (option, _number(value)) if value else ())
        elif name == "token_limit":
            kind = f"{config.token_limit_type}:" if config.token_limit_type else ""
            yield Said(name, (option, f"{kind}{value}"))
        elif name == "score_on_error":
            yield Said(name, (option,))
        else:
            yield Said(name, (option, str(value)) if name in LIMITS else ())


def _setting(name: str, value: Any) -> Iterator[Said]:
    """Yield a setting of generation by the option of its name, which Inspect has for each."""
    option = f"--{name.replace('_', '-')}"
    shown = without_secrets({name: value}).get(name)
    whole = shown == value
    if shown is None:
        yield Said(name, ())
    elif isinstance(shown, bool):
        if name != "logprobs" or shown:  # it has no --no-logprobs
            yield Said(name, (option if shown else f"--no-{option[2:]}",))
    elif name == "logit_bias":
        biases = [f"{token}={_number(bias)}" for token, bias in shown.items()]
        yield Said(name, (option, ",".join(biases)), whole)
    elif isinstance(shown, Mapping):
        yield Said(name, (option, short_value(shown)), whole)
    elif isinstance(shown, list):
        clear = all(isinstance(one, str) and "," not in one for one in shown)
        yield Said(name, (option, ",".join(shown)) if clear else (), whole)
    else:
        yield Said(name, (option, str(shown)), whole)


def _arguments(flag: str, arguments: Mapping[str, Any]) -> Iterator[Said]:
    for name, value in arguments.items():
        if value is None:
            continue
        shown = without_secrets({name: value})
        text = _text(shown[name]) if name in shown else None
        whole = shown.get(name) == value
        yield Said(name, () if text is None else (flag, f"{name}={text}"), whole)


def _text(value: Any) -> str | None:
    """Return a value as the command line reads it back; None for one that it cannot read."""
    if isinstance(value, int | float):
        return _number(value) if math.isfinite(value) else None
    short = short_value(value)
    if isinstance(value, list) and len(value) > 1 and all(map(_plain, value)):
        text = ",".join(map(short_value, value))
    elif not isinstance(value, str):
        text = json.dumps(json.loads(short), ensure_ascii=False)
    elif _plain(value):
        text = short
    elif "," not in short:
        text = json.dumps(short, ensure_ascii=False)
    else:
        return None
    return text if text.isprintable() and not UNREAD.search(text) else None


def _plain(value: Any) -> bool:
    """Whether a value is text that the command line takes for it as it is."""
    if not isinstance(value, str):
        return False
    short = short_value(value)
    return bool(PLAIN.fullmatch(short)) and short.lower() not in WORDS


def _number(value: float) -> str:
    """Return a number or a switch as YAML reads it, which asks for a point before an exponent."""
    return re.sub(r"^(-?\d+)e", r"\1.0e", json.dumps(value))
