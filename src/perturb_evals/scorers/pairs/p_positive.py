"""The scorer of yes/no questions: reads P(positive), or an abstention with its reason."""

from dataclasses import dataclass
from statistics import fmean
from typing import Any

from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Score, Scorer, Target, scorer
from inspect_ai.solver import TaskState
from inspect_ai.viewer import ScoreColorScale, ViewerConfig

from perturb_evals.datasets.pairs.questions import VERDICTS, Kind, question_text
from perturb_evals.replies.pairs import Answered, PairsReply, Route
from perturb_evals.replies.reply import attached, is_too_long
from perturb_evals.scorers.pairs.logprobs import verdict_probability
from perturb_evals.scorers.pairs.reading import NO_EVIDENCE, TOO_LONG, parse_answer
from perturb_evals.scorers.pairs.results import classification
from perturb_evals.scorers.sample_list import sample_list

ABSTAINED_VALUE = 0.5
"""`Score.value` of an abstention: finite, as Inspect drops NaN; metrics go by the metadata."""


@dataclass(frozen=True)
class Reading:
    """What was read from an answer: a value, or the reason of an abstention, and the route.

    `verdicts` says of several answers that count together how many had a value, where not all had.
    """

    value: float | None
    reason: str | None
    route: Route
    verdicts: str = ""


@scorer(metrics=[classification()])
def p_positive() -> Scorer:
    """Score a question by the probability that the answer gives to its positive verdict.

    `Score.value` is P(Yes) or P(Increase), or any finite ranking score of a numeric solver. For an
    abstention it is 0.5 and `Score.metadata["abstained"]` holds the reason. Metadata also holds
    the label (0/1), the route by which the answer was read (`text`, `logprobs`, `numeric` or
    `fallback`), the prompt's hash, and how many summaries of genes were asked for, if any were.
    """

    async def score(state: TaskState, target: Target) -> Score:
        kind: Kind = state.metadata["kind"]
        reply = attached(state.output, PairsReply)
        reading = read(state.output, reply, kind)
        metadata: dict[str, Any] = {
            "label": int(target.text == VERDICTS[kind].positive),
            "route": reading.route,
        }
        if reply.prompt:
            metadata["prompt"] = reply.prompt
        if reply.summaries:
            metadata["summaries"] = reply.summaries
        if reading.reason:
            metadata["abstained"] = reading.reason
        if reading.verdicts:
            metadata["verdicts"] = reading.verdicts
        return Score(
            value=ABSTAINED_VALUE if reading.value is None else reading.value,
            answer=answer_text(reading, kind),
            explanation=explain(state.metadata, reading, target.text),
            metadata=metadata,
        )

    return score


def answers_view() -> ViewerConfig:
    """Return how Inspect's viewer lists the answers.

    A probability is neither good nor bad by itself, so its color only says how large it is.
    """
    name = p_positive.__name__
    probability = ScoreColorScale(palette="neutral", min=0.0, max=1.0)
    return sample_list(name, ("answer", "target"), {name: probability}, multiline=False)


def read(output: ModelOutput, reply: PairsReply, kind: Kind) -> Reading:
    """Read an output by the way its solver declared.

    Args:
        output: The model's output; empty for numeric solvers.
        reply: What the solver said of it.
        kind: Kind of question.

    Returns:
        The number of a numeric solver, or that it has none; else, where log probabilities were
        asked for and are there, the share of the positive verdict; else what the text says, or the
        mean of what several say.
    """
    if reply.score is not None:
        return Reading(reply.score, None, "fallback" if reply.fallback else "numeric")
    if reply.no_evidence:
        return Reading(None, NO_EVIDENCE, "numeric")
    if reply.form == "logprobs":
        share = verdict_probability(output, kind)
        if share is not None:
            return Reading(share, None, "logprobs")
    said = (*reply.before, Answered.of(output))
    answers = [parse_answer(one.text, kind, reply.form, one.stop_reason) for one in said]
    values = [answer.value for answer in answers if answer.value is not None]
    if not values:
        return Reading(None, TOO_LONG if is_too_long(output) else answers[-1].reason, "text")
    without = len(said) - len(values)
    return Reading(fmean(values), None, "text", f"{len(values)} of {len(said)}" if without else "")


def answer_text(reading: Reading, kind: Kind) -> str:
    """Return the answer in a word or number for the viewer's answer column."""
    if reading.value is None:
        return f"no answer ({reading.reason})"
    if reading.route == "text" and reading.value in (0.0, 1.0):
        return VERDICTS[kind].word(int(reading.value))
    return f"{reading.value:.4g}"


def explain(metadata: dict[str, Any], reading: Reading, truth: str) -> str:
    """Return what was asked, answered and true, for the viewer."""
    kind: Kind = metadata["kind"]
    asked = question_text(kind, metadata["cell_line"], metadata["pert"], metadata["gene"])
    given = answer_text(reading, kind)
    if reading.value is not None and reading.route != "text":
        given += f", the score for {VERDICTS[kind].positive}"
    return f"Asked: {asked}\n\nAnswered: {given} (read from {reading.route})\n\nTrue: {truth}"
