"""A result: one run in a small JSON file that says what the number is and how it came about.

The schema ships with the package as `result.schema.json`; files are validated when they are read.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_serializer
from pydantic_core import PydanticSerializationError

from perturb_evals.datasets.errors import DataError, why
from perturb_evals.datasets.files.whole_file import whole_file

ABSOLUTE = re.compile(r"[/\\]|\.{1,2}[/\\]|~[^/\\\s]*[/\\]|[A-Za-z]:[/\\]|[\w.+-]+://")
RELATIVE = re.compile(r"[^\r\n]*[/\\][^/\\\r\n]*\.[A-Za-z][A-Za-z0-9]{0,7}(@\w+)?")
"""Folders before a name with the suffix of a file, or a solver in one; not `openai/gpt-3.5`."""

HASH_DIGITS = 6
Status = Literal["complete", "partial", "cancelled", "error", "started"]


class ResultError(DataError):
    """A file that is no result. The message says which and why."""


class Part(BaseModel):
    """A part of a result; it holds what is declared and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Figure(Part):
    """A metric's value and, where it has one, its 95% interval. None: undefined."""

    value: float | None
    lower: float | None = None
    upper: float | None = None


class Protocol(Part):
    """How the system got there.

    Attributes:
        track: Training rows that the system was allowed to read: none, within or cross for
            questions, training for screens.
        evidence_lines: For cross, the cell lines that were open.
        answer: How answers were asked for; empty where nothing was asked.
        epochs: Answers a question.
        solver: Name of the solver, without the package's prefix.
        solver_args: All its arguments.
        given: What was set otherwise than by default, by name: it tells systems apart. Settings of
            the model are among it where the solver may have asked one.
        prompts: Hashes of the prompt templates used; empty without a model.
        model: Name of the model; `none/none` without one.
        settings: Settings of the model and of the task that change its answers; not those of how it
            is reached, such as connections and timeouts.

    In JSON, paths among the arguments stand without their folders, see `public_value`.
    """

    track: str
    evidence_lines: list[str]
    answer: str
    epochs: int = Field(ge=1)
    solver: str
    solver_args: dict[str, Any]
    given: dict[str, Any]
    prompts: list[str]
    model: str
    settings: dict[str, Any]

    @field_serializer("solver_args", "given", "settings", when_used="json")
    def _public(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {name: public_value(value) for name, value in arguments.items()}

    def line(self) -> str:
        """Return the protocol in a line, e.g. `none|label|epochs:3|ask|prompt:296b81|openai/…`."""
        lines = f"({','.join(self.evidence_lines)})" if self.evidence_lines else ""
        parts = [f"{self.track}{lines}", self.answer, f"epochs:{self.epochs}"]
        parts.append(self.solver + _arguments(self.solver_args))
        parts += [f"prompt:{prompt[:6]}" for prompt in self.prompts]
        parts.append(self.model + _arguments(self.settings))
        return "|".join(filter(None, parts))


class SummaryUsage(Part):
    """What the summaries took that a model wrote of genes for the run: part of what it took.

    Attributes:
        tokens: Tokens by kind; none where all were kept from earlier.
        cost: US dollars; None where the price is not known.
        asked: Summaries that the model was asked for; None where the samples were not read.
        kept: Those that were kept from earlier, which cost nothing; None as above.
        unusable: Those of both that were none, or not whole, so that the text they were made of was
            shown; None as above.
    """

    tokens: dict[str, int]
    cost: float | None
    asked: int | None
    kept: int | None
    unusable: int | None


class Usage(Part):
    """What the run took.

    Attributes:
        tokens: Tokens by kind, over all models of the run.
        calls: Turns that models took in the conversations of all samples; None where the samples
            were not read. Summaries that were kept from earlier are among them.
        retries: Samples that were begun again after an error; None as above.
        cost: US dollars; None where a price is not known.
        wall_seconds: From the first sample to the last; None where it is not known.
        model_seconds: Working time summed over samples, waiting for limits left out; None as above.
        summaries: What of it went for summaries of genes; None where no model wrote any.
    """

    tokens: dict[str, int]
    calls: int | None
    retries: int | None
    cost: float | None
    wall_seconds: float | None
    model_seconds: float | None
    summaries: SummaryUsage | None = None


class Result(Part):
    """One run.

    Attributes:
        schema_version: Version of this form.
        status: `complete` alone is ranked.
        reason: Why a run is not complete, in a sentence; empty for one that is.
        system: The name given with `--metadata system=...`; None for none.
        board: The parts of the board key.
        board_key: What must agree before two numbers are ranked together.
        protocol: How the system got there.
        protocol_line: The same in a line.
        headline: Name of the headline metric.
        metrics: All metrics by name.
        coverage: Share of replies that gave an answer.
        reasons: Share of replies without an answer, or with a stand-in for one, by reason.
        counts: Everything that was counted.
        n_questions: Questions of the task.
        task_args: All arguments of the task; in JSON, paths without their folders.
        command: A command that runs the same again.
        left_out: Names of what the run was given and the command does not say, or not whole.
        usage: What it took.
        task_version: Version of the task.
        packages: Versions of the packages that wrote the log.
        data_sha256: Hash of the data.
        licence: Licence of the data.
        citation: Citation of the data.
        log: Location of the log.
        eval_id: Id of the run.
        created: When it began.
    """

    schema_version: Literal[1] = 1
    status: Status
    reason: str
    system: str | None
    board: dict[str, str | int]
    board_key: str
    protocol: Protocol
    protocol_line: str
    headline: str
    metrics: dict[str, Figure]
    coverage: float | None
    reasons: dict[str, float]
    counts: dict[str, float]
    n_questions: int
    task_args: dict[str, Any]
    command: str
    left_out: list[str] = Field(default_factory=list)
    usage: Usage
    task_version: str
    packages: dict[str, str]
    data_sha256: str
    licence: str
    citation: str
    log: str
    eval_id: str
    created: datetime

    @field_serializer("task_args", when_used="json")
    def _public(self, arguments: dict[str, Any]) -> dict[str, Any]:
        return {name: public_value(value) for name, value in arguments.items()}

    @property
    def task(self) -> str:
        """Name of the task, without the package's prefix."""
        return str(self.board["task"])

    @property
    def context(self) -> str:
        """Cell line or screen."""
        return str(self.board["context"])


def schema() -> dict[str, Any]:
    """Return the JSON schema of a result."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Result.model_json_schema()}


def write_result(result: Result, path: Path) -> None:
    """Write a result, whole or not at all; half of a character, as logs may hold, becomes `?`."""
    try:
        text = result.model_dump_json(indent=1)
    except PydanticSerializationError:
        text = json.dumps(result.model_dump(mode="json"), ensure_ascii=False, indent=1)
    with whole_file(path) as part:
        part.write_text(text + "\n", encoding="utf-8", errors="replace")


def read_result(path: Path) -> Result:
    """Read and validate a result.

    Raises:
        ResultError: Not readable, no JSON, or not of the schema; the first fault is named.
    """
    try:
        return Result.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ResultError(
            f"{path}: no result of schema version 1: {where}: {first['msg']} "
            f"({error.error_count()} such faults). `perturb-evals results LOG` writes one."
        ) from error
    except OSError as error:
        raise ResultError(f"{path} cannot be read: {why(error)}") from error


def _arguments(given: dict[str, Any]) -> str:
    """Return arguments in brackets; of a path its last part only."""
    if not given:
        return ""
    return f"({','.join(f'{name}={short_value(value)}' for name, value in given.items())})"


def short_value(value: Any) -> str:
    """Return an argument in few letters: JSON, paths without their folders at any depth."""
    short = _of_texts(value, lambda text: _last_part(text) if _is_path(text) else text)
    return short if isinstance(short, str) else json.dumps(short, default=str, sort_keys=True)


def public_value(value: Any) -> Any:
    """Return an argument with its paths, at any depth, as their last part and a short hash.

    Folders are those of somebody's machine; the hash of the whole path still tells two files of one
    name apart. What was made public stays as it is.
    """

    def public(text: str) -> str:
        if not _is_path(text):
            return text
        whole = hashlib.sha256(text.encode(errors="replace")).hexdigest()
        return f"{_last_part(text)}#{whole[:HASH_DIGITS]}"

    return _of_texts(value, public)


def _of_texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _of_texts(inner, change) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_of_texts(inner, change) for inner in value]
    return value


def _is_path(text: str) -> bool:
    return bool(ABSOLUTE.match(text) or RELATIVE.fullmatch(text))


def _last_part(text: str) -> str:
    return re.split(r"[/\\]", text.rstrip("/\\"))[-1]
