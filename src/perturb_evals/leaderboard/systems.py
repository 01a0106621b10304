"""Names of systems: the model or method, and what tells namesakes apart."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

from perturb_evals.families import FAMILIES, family_of, tracks
from perturb_evals.leaderboard.results.result import (
    HASH_DIGITS,
    Protocol,
    Result,
    public_value,
    short_value,
)
from perturb_evals.solvers.baseline import READS

NO_MODEL = "none/none"
PARTS = ("system", "model", "solver", "epochs", "evidence", "lines")
"""Parts of an identity that are no arguments; a solver may have some of the same name."""

LONGEST, LONGEST_NAME = 60, 300
"""Letters of a setting that stand in a name."""


def is_baseline(protocol: Protocol) -> bool:
    """Whether a run is of a baseline of this package: a method without a model."""
    return READS.get(protocol.solver, "truth") != "truth"


def reads_truth(protocol: Protocol) -> bool:
    """Whether a run is of the oracle, which reads what it is judged on and is never ranked."""
    return READS.get(protocol.solver) == "truth"


def control_of(result: Result) -> str:
    """Return what a control run was told to take away; empty for the run of a system.

    Whatever the argument holds that its family names for controls makes a run one, but None.
    """
    argument = family_of(result.task).control_argument
    value = result.protocol.solver_args.get(argument)
    return "" if value is None else _cut(short_value(value)) or repr("")


def without_control(result: Result) -> Result:
    """Return a control run as the run of its system, without the control: the same otherwise."""
    argument, protocol = family_of(result.task).control_argument, result.protocol
    left = {
        part: {name: value for name, value in said.items() if name != argument}
        for part, said in (("solver_args", protocol.solver_args), ("given", protocol.given))
    }
    return result.model_copy(update={"protocol": protocol.model_copy(update=left)})


def asks_model(protocol: Protocol) -> bool:
    """Whether the solver of a run may have asked a model, so that it matters which was named."""
    named = protocol.model != NO_MODEL
    modelless = is_baseline(protocol) or reads_truth(protocol) or protocol.solver in _replays()
    return named and not modelless


def track_of(protocol: Protocol) -> tuple[str, tuple[str, ...]]:
    """Return the track that a system belongs to and, for cross, the lines that are open.

    It is what the run was allowed to read; for a baseline what it reads.

    Raises:
        ValueError: A track that there is not.
    """
    if protocol.track not in tracks():
        raise ValueError(f"expected a track among {', '.join(tracks())}; got {protocol.track!r}.")
    track = _read(protocol.solver, protocol.track)
    return track, tuple(protocol.evidence_lines) if track == "cross" else ()


def identity(result: Result) -> str:
    """Return all that makes one system another than the next, as text.

    Runs of the same system on several boards have the same identity; a control run has another than
    the system whose it is. A system that was given a name
    (`--metadata system=...`) is that name with its model, solver and track: settings and files of
    predictions do not count, so that one replayed on every board is one system.
    """
    return _text(_settings(result))


def baseline_identity(
    method: str, track: str, lines: Sequence[str], given: Mapping[str, Any] | None = None
) -> str:
    """Return the identity that a run of a method has, by default without arguments."""
    made = {"model": NO_MODEL, "solver": method, **_named(given or {})}
    return _text({**made, **_reads(method, track, lines)})


def names(results: Sequence[Result]) -> dict[str, str]:
    """Return a name for each identity among some results; no two have the same.

    A name is the one given, or the model (for another solver than the task's own, with it), or the
    method; where several systems would share it, the settings that differ among them follow, one
    by one where they are nested, paths without their folders, and with a hash where these alone
    tell them apart. Of a long text its beginning and a hash stand there. The name of a method of
    this package without settings is that of its default, which boards may compute: one with others
    says them even where the default was not run.
    """
    namesakes: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for result in results:
        settings = namesakes[_base(result)]
        key, made = identity(result), _settings(result)
        # The same settings may be given in another order, which must not make another name.
        settings[key] = min(settings.get(key, made), made, key=lambda own: list(dict(_flat(own))))
        if (is_baseline(result.protocol) or reads_truth(result.protocol)) and not result.system:
            default = _by_default(result)
            settings[_text(default)] = default
    named: dict[str, str] = {}
    for base, nested in namesakes.items():
        keys = sorted(nested)
        named |= dict(zip(keys, _told_apart(base, [nested[key] for key in keys]), strict=True))
    # What one system is called may be what another one's settings spell.
    often = Counter(named.values())
    told = {
        key: _shortened(name) if often[name] == 1 else f"{_shortened(name)} #{_digits(key)}"
        for key, name in named.items()
    }
    return {key: told[key] for key in map(identity, results)}


def names_beside(results: Sequence[Result], others: Sequence[Result]) -> dict[str, str]:
    """Return a name for each identity among some results that none of the others has.

    Args:
        results: Results to name; one of the same identity as another is called like it.
        others: What `names` names by itself, whatever lies beside it.
    """
    taken = names(others)
    found = {**names([*others, *results]), **taken}
    used = set(taken.values())
    return {
        key: name if key in taken or name not in used else f"{name} #{_digits(key)}"
        for key, name in found.items()
    }


def _told_apart(base: str, nested: Sequence[Mapping[str, Any]]) -> list[str]:
    settings = [dict(_flat(own)) for own in nested]
    given: list[list[str]] = [[] for _ in settings]
    for name in dict.fromkeys(name for own in settings for name in own):
        full = [_text(own[name]) if name in own else None for own in settings]
        if len(set(full)) == 1:
            continue
        short = [short_value(own[name]) if name in own else None for own in settings]
        if len(set(short)) < len(set(full)):
            short = [_text(public_value(own[name])) if name in own else None for own in settings]
        for parts, value in zip(given, short, strict=True):
            parts += [] if value is None else [f"{name}={_cut(value)}"]
    return [", ".join([base, *parts]) for parts in given]


def _flat(settings: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield settings, those within another with its name and a dot before their own."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _cut(text: str) -> str:
    if len(text) <= LONGEST and text.isprintable():
        return text
    beginning = " ".join(text[:LONGEST].split())
    return f"{beginning}… #{_digits(text)}"


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}… #{_digits(name)}"


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:HASH_DIGITS]


def _settings(result: Result) -> Mapping[str, Any]:
    """Return what tells the system from others; what is as by default is left out."""
    protocol = result.protocol
    reads = _reads(protocol.solver, protocol.track, protocol.evidence_lines)
    if result.system is not None:
        control = {"control": told} if (told := control_of(result)) else {}
        return {"system": result.system, **_made_of(protocol), **control, **reads}
    many = protocol.epochs > 1 and asks_model(protocol)
    return {
        **_made_of(protocol),
        **_named(protocol.given),
        **({"epochs": protocol.epochs} if many else {}),
        **reads,
    }


def _by_default(result: Result) -> Mapping[str, Any]:
    """Return the settings of the same method on the same rows, in the same task, by default."""
    protocol = result.protocol
    reads = _reads(protocol.solver, protocol.track, protocol.evidence_lines)
    of_task = {name for family in FAMILIES for name in family.answer_arguments}
    given = {
        name: value
        for name, value in protocol.given.items()
        if name in of_task and protocol.solver_args.get(name) != value
    }
    return {**_made_of(protocol), **_named(given), **reads}


def _named(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments under names that no other part of an identity has."""
    return {name if name not in PARTS else f"solver {name}": given[name] for name in given}


def _read(solver: str, track: str) -> str:
    """Return the track whose rows are read; a baseline may read less than is open."""
    reads = READS.get(solver)
    return reads if reads in ("none", "within") else track


def _own_solvers() -> tuple[str, ...]:
    """Return the solvers that are the tasks' own, which go without saying."""
    return tuple(family.solvers[0].__name__ for family in FAMILIES)


def _replays() -> tuple[str, ...]:
    """Return the solvers that read predictions from a file: one method, on whichever board."""
    return tuple(family.replay_solver for family in FAMILIES)


def _reads(solver: str, track: str, lines: Sequence[str]) -> dict[str, str]:
    """Return the training rows that are read, the same on whichever line is evaluated."""
    read = _read(solver, track)
    if read == "cross":
        return {"evidence": "cross", "lines": ",".join(sorted(lines))}
    return {"evidence": "within"} if read == "within" and solver not in READS else {}


def _made_of(protocol: Protocol) -> dict[str, str]:
    """Return the model that is asked and the solver, but for what is the same on every board."""
    model = {"model": protocol.model if asks_model(protocol) else NO_MODEL}
    if protocol.solver in _own_solvers():
        return model
    return model | {"solver": _replays()[0] if protocol.solver in _replays() else protocol.solver}


def _base(result: Result) -> str:
    if result.system is not None:
        return result.system
    model, solver = result.protocol.model, result.protocol.solver
    if not asks_model(result.protocol):
        return solver
    return model if solver in _own_solvers() else f"{model} {solver}"


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


PACKAGE = "perturb-evals"
VERSION, PROMPT = "package version", "prompt hash"
"""What two versions of a prompt are told apart by, among what was given."""


def told_by_prompt(
    results: Sequence[Result], board_of: Callable[[Result], Hashable]
) -> list[Result]:
    """Return results in which two versions of a prompt on one board are two systems.

    The hash of a prompt is another one on every board, so it is no part of an identity. Where runs
    of one system on one board have different prompts, all runs of that system are told apart by
    the version of this package that asked, which its prompts have in common over the boards;
    prompts that differ within a version, by their hashes. A system with a given name is one.

    Args:
        results: Runs whose samples were read.
        board_of: What runs must agree in to be on one board.

    Returns:
        The same runs in the same order; what tells them apart is among what was `given`.
    """
    prompts = defaultdict(set)
    by_version = defaultdict(set)
    for result in results:
        place = identity(result), board_of(result)
        prompts[place].add(tuple(result.protocol.prompts))
        by_version[*place, _version(result)].add(tuple(result.protocol.prompts))
    several = {system for (system, _), asked in prompts.items() if len(asked) > 1}
    told = []
    for result in results:
        system = identity(result)
        if system in several and result.system is None:
            given = {**result.protocol.given, VERSION: _version(result)}
            if len(by_version[system, board_of(result), _version(result)]) > 1:
                given[PROMPT] = "+".join(result.protocol.prompts)
            protocol = result.protocol.model_copy(update={"given": given})
            result = result.model_copy(update={"protocol": protocol})
        told.append(result)
    return told


def _version(result: Result) -> str:
    return result.packages.get(PACKAGE, "")
