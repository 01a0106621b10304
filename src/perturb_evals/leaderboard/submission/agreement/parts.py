"""What is held against each other: a run, and one of its samples."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from inspect_ai.event import ModelEvent, SampleInitEvent, SpanBeginEvent
from inspect_ai.log import EvalLog, EvalSample, EvalSampleSummary
from inspect_ai.model import ChatMessage
from inspect_ai.solver import Solver

from perturb_evals.families import FAMILIES, family_of
from perturb_evals.families.family import Family
from perturb_evals.leaderboard.submission.agreement.role_answers import RoleAnswers
from perturb_evals.logs.headers import PREFIX

Manner = Literal["asks", "acts", "computes", "foreign"]
"""`asks`: a solver of this package that asks a model, and leaves its answers as they are. `acts`:
one in which a model calls tools. `computes`: one that asks none. `foreign`: any other, or several:
they may do what they like."""


def _manner(family: Family, made: Callable[..., Solver]) -> Manner:
    if made in family.asks:
        return "asks"
    return "acts" if made in family.agents else "computes"


OWN: Mapping[str, Manner] = {
    f"{PREFIX}{made.__name__}": _manner(family, made)
    for family in FAMILIES
    for made in family.solvers
    if made.__module__.startswith("perturb_evals.")  # another package may add a family
}
"""The solvers of this package by name."""


@dataclass(frozen=True, eq=False)
class RunParts:
    """The header of a run, and what follows from it."""

    log: EvalLog

    @cached_property
    def family(self) -> Family:
        """The family of its task."""
        return family_of(self.log.eval.task.removeprefix(PREFIX))

    @cached_property
    def solvers(self) -> tuple[str, ...]:
        """The names of its solvers, as in the plan."""
        return tuple(step.solver for step in self.log.plan.steps)

    @cached_property
    def solver(self) -> str:
        """All its solvers, in a word."""
        return "+".join(self.solvers)

    @cached_property
    def manner(self) -> Manner:
        """How they come to an answer."""
        return OWN.get(self.solver, "foreign")

    @cached_property
    def role_answers(self) -> RoleAnswers:
        """What models in roles said in it."""
        return RoleAnswers(self.log)

    @cached_property
    def params(self) -> Mapping[str, Any]:
        """The arguments of its only solver; empty for several."""
        return self.log.plan.steps[0].params if len(self.solvers) == 1 else {}

    @cached_property
    def models(self) -> frozenset[str]:
        """The models that the header names: the one evaluated, and those of roles."""
        roles = (self.log.eval.model_roles or {}).values()
        named = [one for role in roles for one in (role if isinstance(role, list) else [role])]
        return frozenset([str(self.log.eval.model), *(one.model for one in named)])


@dataclass(frozen=True, eq=False)
class SampleParts:
    """A sample of a run: what its summary says, and the full log of it."""

    run: RunParts
    summary: EvalSampleSummary
    sample: EvalSample

    @cached_property
    def calls(self) -> tuple[ModelEvent, ...]:
        """The calls of models, in their order."""
        return tuple(event for event in self.sample.events if isinstance(event, ModelEvent))

    @cached_property
    def answered(self) -> tuple[ModelEvent, ...]:
        """The calls that a model answered."""
        return tuple(call for call in self.calls if not call.error and not call.pending)

    @cached_property
    def begin_metadata(self) -> Mapping[str, Any] | None:
        """The metadata with which it began; None where no event says so."""
        begun = [event for event in self.sample.events if isinstance(event, SampleInitEvent)]
        found = begun[0].sample.metadata if begun else None
        return found if isinstance(found, Mapping) else None

    @cached_property
    def asked(self) -> tuple[ModelEvent, ...]:
        """The calls of the model that is evaluated, not those of one in a role."""
        return tuple(call for call in self.calls if call.role is None)

    @cached_property
    def conversations(self) -> tuple[tuple[ModelEvent, ...], ...]:
        """Those calls, together where they begin with the same message."""
        found: list[list[ModelEvent]] = []
        for call in self.asked:
            if found and _begin(found[-1][0]) == _begin(call):
                found[-1].append(call)
            else:
                found.append([call])
        return tuple(map(tuple, found))

    @cached_property
    def solver_spans(self) -> tuple[SpanBeginEvent, ...]:
        """The begin of each solver of the plan; those that run within another are left out."""
        begun = [event for event in self.sample.events if isinstance(event, SpanBeginEvent)]
        parents = {span.id: span.parent_id for span in begun}
        solvers = {span.id for span in begun if span.type == "solver"}

        def within_another(span: SpanBeginEvent) -> bool:
            outer, seen = span.parent_id, set[str]()
            while outer is not None and outer not in seen:
                if outer in solvers:
                    return True
                seen.add(outer)
                outer = parents.get(outer)
            return False

        found = [span for span in begun if span.id in solvers]
        return tuple(span for span in found if not within_another(span))

    @property
    def cut(self) -> bool:
        """Whether a limit or an error ended the sample before its solver had."""
        return self.sample.limit is not None or self.sample.error is not None

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.summary.id}, epoch {self.summary.epoch}"


def without_system(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Return the messages of a conversation without those of the system."""
    return [message for message in messages if message.role != "system"]


def _begin(call: ModelEvent) -> str:
    return next((message.text for message in without_system(call.input)), "")
