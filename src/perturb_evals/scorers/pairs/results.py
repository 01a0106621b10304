"""The Inspect metric of yes/no questions: all results of a run in one pass over its answers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from inspect_ai.scorer import Metric, SampleScore, Value, metric

from perturb_evals.datasets.pairs.questions import QuestionSet
from perturb_evals.metrics.pairs.auroc import auroc_of_groups, auroc_per_gene
from perturb_evals.metrics.pairs.intervals import bootstrap_auroc_per_gene
from perturb_evals.metrics.pairs.predictions import Abstention, Predictions
from perturb_evals.metrics.pairs.spec import PAIR_METRICS
from perturb_evals.replies.pairs import LATER_ROUTES, ROUTES
from perturb_evals.scorers.pairs.reading import LATER_REASONS, REASONS
from perturb_evals.scorers.running import still_running

HEADLINE, ANSWERED = "auroc_per_gene", "auroc_per_gene_answered"


@metric(scores="unreduced")
def classification(
    questions: QuestionSet = "scored",
    abstention: Abstention = "half",
    resamples: int = 2000,
    seed: int = 0,
    asked: int | None = None,
) -> Metric:
    """All results of a run of yes/no questions, headline first.

    Formulas and conventions are those of `perturb_evals.metrics`. Epochs are reduced here: a
    question's score is the mean of its answered epochs, and it abstains when none answered.
    Coverage and the rates of reasons count replies, so over all epochs they add up to 1. Coverage
    is split by the route by which answers were read: a fallback from log probabilities shows.

    Args:
        questions: Under `scored`, rows were selected by label, so results over rows of different
            genes carry the suffix `_scored_rows`. (`auroc_per_perturbation` is selected too, and is
            comparable within one question set only.)
        abstention: Policy for abstained rows.
        resamples: Number of bootstrap resamples of perturbations.
        seed: Seed of the bootstrap.
        asked: Number of questions of the task. Those without any score (a sample that ended in an
            error, or was left out by --limit) are counted as `n_missing`; None does not count.

    Returns:
        A metric with one value a result. A result that is undefined (a single class, scores that
        are no probabilities for Brier and ECE) is left out; the headline and its interval are
        always there, as NaN when no gene has both classes; the interval not while a run goes on.
    """

    def compute(scores: list[SampleScore]) -> Value:
        answers = scored_answers(scores)
        predictions = answers.predictions
        groups = auroc_of_groups(predictions.genes, predictions, abstention=abstention)
        suffix = "_scored_rows" if questions == "scored" else ""
        results = {"auroc_per_gene": auroc_per_gene(predictions, abstention=abstention)}
        genes_per_resample = math.nan
        if not still_running():
            interval = bootstrap_auroc_per_gene(
                predictions, resamples=resamples, seed=seed, abstention=abstention
            )
            results["auroc_per_gene_lower"] = interval.lower
            results["auroc_per_gene_upper"] = interval.upper
            genes_per_resample = interval.mean_genes
        optional = _optional(predictions, abstention, suffix)
        optional["genes_per_resample"] = genes_per_resample
        results |= {name: value for name, value in optional.items() if math.isfinite(value)}
        results["coverage"] = answers.rate(None)
        results |= {f"abstained_{reason}": answers.rate(reason) for reason in REASONS}
        later = {f"abstained_{reason}": answers.rate(reason) for reason in LATER_REASONS}
        results |= {name: rate for name, rate in later.items() if rate}
        results |= {f"read_from_{route}": answers.route_rate(route) for route in ROUTES}
        rare = {f"read_from_{route}": answers.route_rate(route) for route in LATER_ROUTES}
        results |= {name: rate for name, rate in rare.items() if rate}
        results |= {
            "n_questions": len(predictions),
            **({} if asked is None else {"n_missing": asked - len(predictions)}),
            "n_genes_scored": len(groups.ids),
            "n_perturbations": len(pd.unique(predictions.perts)),
        }
        return dict(results)

    return compute


def _optional(predictions: Predictions, abstention: Abstention, suffix: str) -> dict[str, float]:
    """Return all metrics but the headline, by their names in logs, that of answered rows first."""
    found = {}
    for name in dict.fromkeys((ANSWERED, *PAIR_METRICS)):
        spec = PAIR_METRICS[name]
        function = spec.function
        if function is None or name == HEADLINE:
            continue
        policy = {"abstention": abstention} if spec.takes_abstention else {}
        shown = f"{name}{suffix}" if spec.across_genes else name
        found[shown] = function(predictions, **policy)
    return found


@dataclass(frozen=True)
class ScoredAnswers:
    """A run's answers: a row a question in `predictions`, an entry a reply in the other two.

    A reply is either read by a route or an abstention with a reason; the other of the two is None.
    """

    predictions: Predictions
    reasons: Sequence[str | None]
    routes: Sequence[str | None]

    def rate(self, reason: str | None) -> float:
        """Return the share of answers with this reason (None: answered); 0 without answers."""
        return self.reasons.count(reason) / len(self.reasons) if self.reasons else 0.0

    def route_rate(self, route: str) -> float:
        """Return the share of all replies that were read as an answer by this route."""
        return self.routes.count(route) / len(self.routes) if self.routes else 0.0


def scored_answers(scores: list[SampleScore]) -> ScoredAnswers:
    """Flatten an Inspect run into arrays, the epochs of a question reduced to one row.

    Args:
        scores: Unreduced scores of `p_positive`, any number of epochs, any order.

    Returns:
        Questions in the order of their first answer.

    Raises:
        ValueError: A score without the metadata of `p_positive`, or an answer that is not finite.
    """
    rows = pd.DataFrame(
        [_row(score) for score in scores],
        columns=["id", "pert", "gene", "label", "score", "reason", "route"],
    )
    rows["score"] = rows["score"].astype(float).where(rows["reason"].isna())
    by_question = rows.groupby("id", sort=False)
    first = by_question[["pert", "gene", "label"]].first()
    # Rounded, so that equal answers stay equal: (.65 + .70 + .75) / 3 is not .70 to the last bit.
    mean = by_question["score"].mean().round(12)
    return ScoredAnswers(
        predictions=Predictions(
            perts=first["pert"].to_numpy(dtype=object),
            genes=first["gene"].to_numpy(dtype=object),
            labels=first["label"].to_numpy(dtype=int),
            scores=mean.to_numpy(),
            abstained=mean.isna().to_numpy(),
        ),
        reasons=[None if pd.isna(reason) else str(reason) for reason in rows["reason"]],
        routes=rows["route"].where(rows["reason"].isna(), None).tolist(),
    )


def _row(sample: SampleScore) -> tuple[str, str, str, int, float, str | None, str]:
    about, score = sample.sample_metadata or {}, sample.score
    found = score.metadata or {}
    if "label" not in found or "pert" not in about:
        raise ValueError(
            f"Sample {sample.sample_id}: expected the metadata that p_positive writes, got "
            f"{sorted(found)} in the score and {sorted(about)} in the sample. "
            "The metric `classification` goes with the scorer `p_positive`."
        )
    value, abstained = score.as_float(), found.get("abstained")
    if abstained is None and not math.isfinite(value):
        raise ValueError(f"Sample {sample.sample_id}: expected a finite score, got {value}.")
    pair = (str(sample.sample_id), about["pert"], about["gene"])
    return *pair, found["label"], value, abstained, found["route"]
