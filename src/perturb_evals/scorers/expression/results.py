"""The Inspect metric of predicted expression: all results of a run in one pass over its scores."""

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from inspect_ai.scorer import Metric, SampleScore, Value, metric

from perturb_evals.datasets.screens.predicted_scale import SCALE_MARKS
from perturb_evals.metrics.expression.collapse import mode_collapse
from perturb_evals.metrics.expression.regression import COUNTS
from perturb_evals.metrics.expression.spec import (
    EXPRESSION_METRICS,
    NO_TARGET,
    SCORES,
    WITH_HALVES,
)
from perturb_evals.metrics.intervals import bootstrap_mean, paper_se
from perturb_evals.scorers.expression.neighbors import DROPS
from perturb_evals.scorers.running import still_running

DIGITS = 12
"""To which scores are rounded, so that the order of repeats does not show in the last bit."""

ALWAYS = ("mae_top20", "mae_top20_lower", "mae_top20_upper")
TOP = 20

SCORES_OF: dict[int, tuple[str, ...]] = {
    1: (
        *("mae_top20", "mse_top20", "pearson_delta_top20"),
        *("mae_top20_no_target", "mse_top20_no_target", "pearson_delta_top20_no_target"),
        *("mae_top50", "mae_top100", "mae_all", "mse_all", "pearson_delta_all"),
        *("pearson_delta_pert", "weighted_mse", "r2_weighted", "pds", "centroid_accuracy"),
        *("sign_agreement", "overlap_top20", "systematic_share"),
    ),
    2: SCORES,
}
"""What a log holds of each answer by metric version; later ones hold more."""


@metric(scores="unreduced")
def regression(resamples: int = 2000, seed: int = 0, asked: int | None = None) -> Metric:
    """All results of a run of predicted expression, headline first.

    Formulas and conventions are those of `perturb_evals.metrics.expression.regression`. Epochs and
    repeats are reduced here: a perturbation's score is the mean over its answers, and a result the
    mean over perturbations. Counts are of replies, over all epochs and repeats; `invented_rate` is
    the share of the names in the answers that counted, `n_invented_before_reask` that of the
    answers before.

    Args:
        resamples: Number of bootstrap resamples of perturbations.
        seed: Seed of the bootstrap.
        asked: Number of samples of the task. Those without any score (a sample that ended in an
            error, or was left out by --limit) are counted as `n_missing`; None does not count.

    Returns:
        A metric with one value a result: every score; `<score>_lower` and `_upper`, the 95%
        interval by bootstrap over perturbations; `<score>_paper_se`, the standard deviation of fold
        means over the root of their number, where there are folds; `mode_collapse`; rates and
        counts. Without scores, the headline and its interval are NaN. A result that is undefined
        is left out, and so are intervals while a run goes on.
    """

    def compute(scores: list[SampleScore]) -> Value:
        table = scored_vectors(scores)
        by_pert = table.by_perturbation()
        results: dict[str, float] = {}
        running = still_running()
        for name in table.names:
            values = by_pert[name].to_numpy(dtype=float)
            results[name] = float(values.mean()) if len(values) else math.nan
            # Version 1 had no intervals there, and its results stay what they are.
            later = table.version == 1 and name.endswith(NO_TARGET)
            if EXPRESSION_METRICS[name].interval and not running and not later:
                interval = bootstrap_mean(values, resamples=resamples, seed=seed)
                results |= {f"{name}_lower": interval.lower, f"{name}_upper": interval.upper}
        for name in filter(lambda name: EXPRESSION_METRICS[name].paper_se, table.names):
            results[f"{name}_paper_se"] = paper_se(table.fold_means(name))
        results["mode_collapse"] = table.mode_collapse()
        kept = {
            name: value for name, value in results.items() if math.isfinite(value) or name in ALWAYS
        }
        kept |= table.rates()
        kept |= table.counts(asked)
        return dict(kept)

    return compute


@dataclass(frozen=True, eq=False)
class ScoredVectors:
    """A run's scores: one row a reply.

    Attributes:
        scores: (n, len(names)) numbers by name, and the columns id, pert, fold, turn: how often
            the sample was answered before (its epoch).
        accounts: What the scorer counted of each reply.
        version: The metric version of the scores.
        names: The scores: those of the version, and of the halves of a screen that has them.
    """

    scores: pd.DataFrame
    accounts: list[dict[str, Any]]
    version: int
    names: tuple[str, ...]

    def by_perturbation(self) -> pd.DataFrame:
        """Return the mean scores of each perturbation over its answers, sorted by name.

        Rounded, so that the order of repeats and epochs does not show in the last bit.
        """
        return self.scores.groupby("pert")[list(self.names)].mean().round(DIGITS)

    def fold_means(self, name: str) -> "np.typing.NDArray[np.float64]":
        """Return the mean of a score in each fold, repeats and epochs averaged first."""
        by_pert = self.scores.groupby(["fold", "pert"])[name].mean()
        return by_pert.groupby("fold").mean().to_numpy(dtype=float)

    def mode_collapse(self) -> float:
        """Return the mean over sets of predictions made together: a fold, a repeat, an epoch."""
        ratios = []
        for _, rows in self.scores.groupby(["fold", "repeat", "turn"]):
            parts = [
                np.array([self.accounts[row][key] for row in rows.index])
                for key in ("projection", "true_projection")
            ]
            ratios.append(mode_collapse(*parts))
        defined = [ratio for ratio in ratios if math.isfinite(ratio)]
        return float(np.mean(defined)) if defined else math.nan

    def rates(self) -> dict[str, float]:
        """Return rates over replies; 0 without any."""
        n = len(self.accounts)
        given = self._sum("n_given")
        sizes = [len(found["neighbors"]) for found in self.accounts if found["neighbors"]]
        return {
            "fallback_rate": sum("fallback" in found for found in self.accounts) / n if n else 0.0,
            "invented_rate": self._sum("dropped_invented") / given if given else 0.0,
            "mean_k": float(np.mean(sizes)) if sizes else 0.0,
        }

    def counts(self, asked: int | None) -> dict[str, float]:
        """Return counts over replies; of those that are rare, only the ones above zero."""
        fallbacks = Counter(found["fallback"] for found in self.accounts if "fallback" in found)
        reads = Counter(found["read"] for found in self.accounts if "read" in found)
        sums = {f"n_dropped_{reason}": self._sum(f"dropped_{reason}") for reason in DROPS}
        sums |= {f"n_found_by_{route}": self._sum(f"by_{route}") for route in ("case", "alias")}
        sums |= {"n_reasks": self._sum("reasks")}
        sums |= {
            "n_invented_before_reask": self._sum("invented_before"),
            "n_unusable_entries": self._sum("unusable"),
        }
        rare = {f"n_fallback_{reason}": count for reason, count in sorted(fallbacks.items())}
        rare |= {f"n_read_from_{form}": reads[form] for form in ("list", "cut_off") if reads[form]}
        flags = [name for name in COUNTS if name.startswith(("undefined_", "only_"))]
        rare |= {f"n_{name}": total for name in flags if (total := self._count(name))}
        rare |= {f"n_{mark}": total for mark in SCALE_MARKS if (total := self._sum(mark))}
        few = sum(found["counts"]["n_top20"] < TOP for found in self.accounts)
        return {
            **sums,
            **rare,
            "n_few_ranked": few,
            "n_target_unmeasured": self._sum("target_unmeasured"),
            "n_perturbations": self.scores["pert"].nunique(),
            "n_questions": self.scores["id"].nunique(),
            **({} if asked is None else {"n_missing": asked - self.scores["id"].nunique()}),
        }

    def _sum(self, name: str) -> int:
        return sum(found.get(name, 0) for found in self.accounts)

    def _count(self, name: str) -> int:
        return sum(found["counts"].get(name, 0) for found in self.accounts)


def scored_vectors(scores: list[SampleScore]) -> ScoredVectors:
    """Flatten an Inspect run into a table of replies.

    Args:
        scores: Unreduced scores of `expression`, any number of epochs, any order.

    Raises:
        ValueError: A score without the values and the metadata of `expression`, or samples about
            different data.
    """
    data = {(s.sample_metadata or {}).get("data", "") for s in scores}
    if len(data) > 1:
        raise ValueError(
            f"The samples of this run are about different data ({', '.join(sorted(data))}): the "
            "screen's file changed before the run was taken up again. Run the task anew."
        )
    version, names = _held(scores)
    columns = ["id", "pert", "fold", "repeat", *names]
    rows, accounts = [], []
    for sample in scores:
        about, found, value = sample.sample_metadata, sample.score.metadata, sample.score.value
        if not isinstance(value, dict) or not found or "projection" not in found or not about:
            raise ValueError(
                f"Sample {sample.sample_id}: expected the values and the metadata that "
                f"`expression` writes, got {type(value).__name__} and {sorted(found or {})}. "
                "The metric `regression` goes with the scorer `expression`."
            )
        place = (str(sample.sample_id), about["pert"], about["fold"], about["repeat"])
        rows.append((*place, *(value[name] for name in names)))
        accounts.append(found)
    table = pd.DataFrame(rows, columns=columns)
    table["turn"] = table.groupby("id").cumcount()
    return ScoredVectors(table, accounts, version, names)


def _held(scores: list[SampleScore]) -> tuple[int, tuple[str, ...]]:
    """Return the latest metric version of which every answer has all scores, and what all have."""
    held = [set(s.score.value) for s in scores if isinstance(s.score.value, dict)]
    for version in sorted(SCORES_OF, reverse=True):
        if all(found.issuperset(SCORES_OF[version]) for found in held):
            halves = held and all(found.issuperset(WITH_HALVES) for found in held)
            return version, (*SCORES_OF[version], *(WITH_HALVES if halves else ()))
    lacking = next(found for found in held if not found.issuperset(SCORES_OF[1]))
    raise ValueError(
        f"An answer lacks {', '.join(name for name in SCORES_OF[1] if name not in lacking)}: the "
        "metric `regression` goes with the scorer `expression`."
    )
