"""Write answers about similar knock-downs: the JSON that is asked for, and its reasoning."""

import json
import random
from collections.abc import Sequence
from itertools import groupby

from perturb_evals.models.likeness import Likeness, common_rule
from perturb_evals.models.neighbor_choice import Choice
from perturb_evals.models.neighbor_phrases import (
    AGAIN,
    ANY,
    BEFORE,
    CAREFUL,
    DECLINED,
    DRAFT,
    IN,
    KEPT,
    OF_ONE_GROUP,
    OF_ONE_NAME,
    OF_OTHER_GROUPS,
    OPEN,
    OUT,
)
from perturb_evals.models.neighbor_reading import NeighborQuestion
from perturb_evals.models.perturbations import Perturbation
from perturb_evals.models.phrases import PERT_KNOWN, PERT_UNKNOWN
from perturb_evals.models.slips import Written

UNTIDY = 1 / 8
"""Share of answers that do not keep to one JSON object, where no schema holds them to it."""


def neighbor_answer(
    question: NeighborQuestion,
    choice: Choice,
    written: Sequence[Written],
    before: Sequence[Written],
    *,
    schema: bool,
    rng: random.Random,
) -> str:
    """Write an answer.

    Args:
        question: The question.
        choice: What is chosen.
        written: The chosen names as they are written down.
        before: The names of the first answer, where this is another look at it; else none.
        schema: Whether the answer is held to its JSON schema.
        rng: Chooses the phrases and the form.
    """
    declined = choice.manner == "refused"
    if declined and not schema:
        return _fill(DECLINED, question.target)
    keys: dict[str, object] = {}
    if question.reasoning:
        about = _changes(question, written, before, rng) + _about(question, choice, rng)
        keys["reasoning"] = _fill(DECLINED, question.target) if declined else " ".join(about)
    keys["kNN"] = [_item(item, question.similarities) for item in written]
    return _formed(keys, rng) if not schema and rng.random() < UNTIDY else _json(keys)


def neighbor_thinking(question: NeighborQuestion, choice: Choice) -> str:
    """Write a thinking part with a draft of the answer: half of its names, the last one first."""
    names = [like.symbol for like in choice.neighbors]
    draft = _json({"kNN": names[: len(names) // 2 + 1][::-1]})
    group = choice.place.name if choice.place else "nothing I can name"
    return _fill(DRAFT, question.target, group=group, draft=draft)


def _changes(
    question: NeighborQuestion,
    written: Sequence[Written],
    before: Sequence[Written],
    rng: random.Random,
) -> list[str]:
    """Say what is new since the first answer."""
    if question.turn == "first":
        return []
    if question.turn == "again":
        return [rng.choice(AGAIN)]
    now, then = ({item.name: None for item in items} for items in (written, before))
    changes = {OUT: [name for name in then if name not in now]}
    changes[IN] = [name for name in now if name not in then]
    said = [_fill(rng.choice(how), names=_listed(names)) for how, names in changes.items() if names]
    return said or [rng.choice(KEPT)]


def _about(question: NeighborQuestion, choice: Choice, rng: random.Random) -> list[str]:
    """Say what the target does and why each group of names is chosen."""
    target, place = question.target, choice.place
    known = rng.choice(PERT_KNOWN if place else PERT_UNKNOWN)
    said = [_fill(known, target, place)]
    if choice.manner == "undecided":
        return [*said, _fill(rng.choice(OPEN), target)]
    for (tie, group), likes in groupby(choice.neighbors, key=_why):
        names = _listed([like.symbol for like in likes])
        how = {"group": OF_ONE_GROUP, "name": OF_ONE_NAME, "guess": ANY}.get(tie, OF_OTHER_GROUPS)
        rule = common_rule(place, group) if place and group else None
        said.append(
            _fill(
                rng.choice(how),
                target,
                group,
                names=names,
                moves="raises" if rule and rule.effect > 0 else "lowers",
                programme=rule.programme if rule else "",
            )
        )
    if any(like.tie != "group" for like in choice.neighbors):
        said.append(rng.choice(CAREFUL))
    return said


def _why(like: Likeness) -> tuple[str, Perturbation | None]:
    return like.tie, like.group if like.tie == "programmes" else None


def _item(item: Written, similarities: bool) -> object:
    if not similarities:
        return item.name
    return {"gene": item.name, "similarity": round(100 * item.similarity)}


def _formed(keys: dict[str, object], rng: random.Random) -> str:
    """Write an object as models do that were not held to a form."""
    text = _json(keys)
    return rng.choice(
        (
            f"```json\n{json.dumps(keys, indent=2, ensure_ascii=False)}\n```",
            f"{rng.choice(BEFORE)}\n\n{text}",
            f"{text[:-2]},]}}" if keys["kNN"] else text,
            text.replace('"kNN"', '"knn"'),
            _json(keys["kNN"]),
        )
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _listed(names: Sequence[str]) -> str:
    """Return names as a reader lists them: `A`, `A and B`, `A, B and C`."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _fill(
    text: str, target: str = "", group: Perturbation | str | None = None, **fields: str
) -> str:
    # str.format reads fields of the template only, so symbols from the prompt stay plain text.
    return text.format(
        pert=target,
        group=group.name if isinstance(group, Perturbation) else group or "",
        does=group.does if isinstance(group, Perturbation) else "",
        **fields,
    )
