"""The output that is scored against what Inspect wrote down of the state that a solver left."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from inspect_ai.event import SampleInitEvent, StateEvent

from perturb_evals.leaderboard.submission.agreement.parts import SampleParts
from perturb_evals.leaderboard.submission.agreement.tally import Alone, Found, differ, quoted

UNTOLD = Alone("no event says what state the solver left")


def left_output(parts: SampleParts) -> Found:
    """Hold an output against the begin of its sample and all changes of its state.

    So that of a method without a model, which no call repeats, is held too.
    """
    begun = [event for event in parts.sample.events if isinstance(event, SampleInitEvent)]
    spans = {span.id for span in parts.solver_spans}
    changed = [
        event
        for event in parts.sample.events
        if isinstance(event, StateEvent) and event.span_id in spans
    ]
    if not begun or not isinstance(begun[0].state, Mapping) or not changed:
        untold = parts.cut or parts.sample.output.empty
        return UNTOLD if untold else "the solver left an output, and no event says so."
    state: dict[str, Any] = copy.deepcopy(dict(begun[0].state))
    if (state.get("output") or {}).get("choices"):
        return "the event of the sample's begin has an output already."
    for event in changed:
        for change in event.changes:
            try:
                _apply(state, change.op, change.path, change.value)
            except (KeyError, IndexError, TypeError, ValueError):
                what = quoted(f"{change.op} {change.path}")
                return f"a change of the state that its solver left cannot be made: {what}."
    left = state.get("output") or {}
    said = parts.sample.output.model_dump(mode="json", exclude_none=True)
    for part in ("completion", "choices", "metadata"):
        mine, told = (_plain(one.get(part)) for one in (said, left))
        if fault := differ(f"the output's {part}", mine, "the state that its solver left", told):
            return fault
    return None


def _plain(value: Any) -> Any:
    """Return a value without names that say nothing, which are written or not."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items() if inner is not None} or None
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(inner) for inner in value]
    return value


def _apply(state: Any, op: str, path: str, value: Any) -> None:
    """Change a state as a JSON patch says.

    Raises:
        ValueError: Another change than to add, replace or remove: Inspect writes no other.
        KeyError, IndexError, TypeError: A place that there is not.
    """
    *way, last = (name.replace("~1", "/").replace("~0", "~") for name in path.split("/")[1:])
    for name in way:
        state = state[int(name) if isinstance(state, list) else name]
    if op not in ("add", "replace", "remove"):
        raise ValueError(op)
    place: Any = last
    if isinstance(state, list):
        place = len(state) if last == "-" else int(last)
    if op == "remove":
        del state[place]
    elif isinstance(state, list) and op == "add":
        state.insert(place, copy.deepcopy(value))
    elif op == "replace" and isinstance(state, dict) and place not in state:
        raise KeyError(place)
    else:
        state[place] = copy.deepcopy(value)
