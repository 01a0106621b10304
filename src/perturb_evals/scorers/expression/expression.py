"""The scorer of predicted expression: reads or takes a vector and compares it with the truth."""

from typing import Any

import numpy as np
from inspect_ai.scorer import Score, Scorer, Target, scorer
from inspect_ai.solver import TaskState
from inspect_ai.viewer import ViewerConfig

from perturb_evals.datasets.screens.evidence import HeldOut
from perturb_evals.datasets.screens.oracle import truly_nearest
from perturb_evals.metrics.expression.collapse import project
from perturb_evals.metrics.expression.regression import COUNTS
from perturb_evals.metrics.expression.spec import EXPRESSION_METRICS, SCORES
from perturb_evals.replies.expression import ExpressionReply
from perturb_evals.replies.reply import attached
from perturb_evals.scorers.expression.held_out_truth import truth_for
from perturb_evals.scorers.expression.predicted import Predicted, predict
from perturb_evals.scorers.expression.results import regression
from perturb_evals.scorers.sample_list import Colors, sample_list

PROJECTION_SEED = 0
ORACLE_SHOWN = 5
SHOWN = (
    "mae_top20",
    "mae_top20_no_target",
    "mse_top20",
    "mse_top20_no_target",
    "pearson_delta_top20",
    "pearson_delta_top20_no_target",
    "pearson_delta_pert",
    "pds",
    "sign_agreement",
    "overlap_top20",
)


@scorer(metrics=[regression()])
def expression() -> Scorer:
    """Score a predicted expression vector against the truth of its fold.

    How many neighbors count and whether names are matched as synonyms stands in the samples, so
    that scoring a log again keeps what its task said.

    `Score.value` holds the scores of `perturb_evals.metrics.expression.regression`, all finite.
    The metadata holds the neighbors that were averaged, what was dropped and by which route names
    were found, whether the training mean stepped in and why, and projections of prediction and
    truth to 32 numbers, from which `mode_collapse` is computed. No vector goes into the log.
    """

    async def score(state: TaskState, target: Target) -> Score:
        held_out = HeldOut.from_metadata(state.metadata)
        fold, pert = truth_for(held_out), str(state.metadata["pert"])
        predicted = predict(state)
        row = fold.row_of[pert]
        values = fold.truth.scores(row, predicted.vector)
        metadata = account(predicted, attached(state.output, ExpressionReply))
        metadata["counts"] = {name: int(values[name]) for name in COUNTS if values[name]}
        if predicted.method == "vector":  # averages of training rows are like these
            metadata |= dict.fromkeys(fold.evidence.baseline.marks(predicted.vector), 1)
        if pert in fold.unmeasured:
            metadata["target_unmeasured"] = 1
        # Without the panel's targets: whoever knows the knock-downs alone would look as spread.
        for name, vector in (("", predicted.vector), ("true_", fold.expression[row])):
            told = (vector - fold.evidence.control) * fold.told_by
            metadata[f"{name}projection"] = _short(told)
        return Score(
            value={name: values[name] for name in fold.truth.names},
            answer=answer_text(predicted),
            explanation=explain(
                pert, predicted, values, truly_nearest(held_out, ORACLE_SHOWN)[pert]
            ),
            metadata=metadata,
        )

    return score


def scores_view() -> ViewerConfig:
    """Return how Inspect's viewer lists predicted perturbations: green is the better end."""
    palettes: dict[str | None, Colors] = {"lower": "good-low", "higher": "good-high"}
    others = [name for name in SCORES if name not in SHOWN]
    scales: dict[str, Colors] = {
        name: palettes.get(EXPRESSION_METRICS[name].better, "neutral") for name in (*SHOWN, *others)
    }
    return sample_list(expression.__name__, ("answer",), scales, multiline=True)


def account(predicted: Predicted, reply: ExpressionReply) -> dict[str, Any]:
    """Return what is counted of one prediction; what is zero or empty is left out."""
    found: dict[str, Any] = {"method": predicted.method, "neighbors": list(predicted.neighbors)}
    read = {
        "fallback": predicted.fallback,
        "read": predicted.read,
        "unusable": predicted.unusable,
        "invented_before": predicted.invented_before,
    }
    found |= {name: value for name, value in read.items() if value}
    if predicted.chosen:
        found["n_given"] = predicted.chosen.n_given
        found |= {f"by_{route}": n for route, n in predicted.chosen.routes.items() if n}
        found |= {f"dropped_{reason}": n for reason, n in predicted.chosen.drops.items() if n}
    asked = {"reasks": reply.reasks, "prompt": reply.prompt}
    return found | {name: value for name, value in asked.items() if value}


def answer_text(predicted: Predicted) -> str:
    """Return the prediction in a line for the viewer's answer column."""
    if predicted.fallback:
        return f"training mean (fallback: {predicted.fallback})"
    if predicted.neighbors:
        return ", ".join(predicted.neighbors)
    return {"control": "no change", "training_mean": "training mean"}.get(
        predicted.method, "a predicted vector"
    )


def explain(
    pert: str, predicted: Predicted, values: dict[str, float], oracle: tuple[str, ...]
) -> str:
    """Return what was predicted, dropped and scored, for the viewer."""
    parts = [f"Predicted for {pert}: {answer_text(predicted)}"]
    if predicted.chosen and predicted.chosen.dropped:
        dropped = ", ".join(f"{item.name!r} ({item.reason})" for item in predicted.chosen.dropped)
        more = sum(predicted.chosen.drops.values()) - len(predicted.chosen.dropped)
        parts.append(f"Dropped: {dropped}{f' and {more} more' if more else ''}")
    parts.append(f"The oracle's neighbors: {', '.join(oracle)}")
    parts.append("\n".join(f"- {name}: {values[name]:.4g}" for name in SHOWN))
    if values["n_top20"] < 20:
        parts.append(f"Only {values['n_top20']:.0f} genes could be ranked.")
    return "\n\n".join(parts)


def _short(vector: "np.typing.NDArray[np.floating[Any]]") -> list[float]:
    projected = project(np.asarray(vector, dtype=np.float64)[None], seed=PROJECTION_SEED)[0]
    return [float(f"{number:.5g}") for number in projected]
