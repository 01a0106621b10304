"""Is the difference of two systems' per-gene AUROC real? An interval and a test for one pair.

**Ranks.** Scores of two systems have no common scale, so what the test swaps (see
`perturb_evals.metrics.significance`) are midranks within each gene. A gene has only 5-8 rows, and
what one of them gains in rank the others lose. That ties perturbations to each other and makes d*
vary less than d does: counting |d*| >= |d| at a level of 5% found a difference in 8-11% of
simulated comparisons of equal systems, the more rows a perturbation had the oftener. So each
difference is divided by its own standard error over perturbations before they are compared
(Janssen, Statistics & Probability Letters 1997; Chung & Romano, Annals of Statistics 2013), which
brings it to 5-6%.

**No recomputing.** Let s = 1 where a perturbation keeps its answers and -1 where it swaps them.
What a positive-negative pair gives to d* is a function f(s, t) of the signs of its two
perturbations, and turning both turns it: f(-s, -t) = -f(s, t). Such a function is linear:
f(s, t) = s (f(1, 1) + f(1, -1)) / 2 + t (f(1, 1) - f(1, -1)) / 2. So every d* and every standard
error follows from one matrix, (perturbations, perturbations), times the signs.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perturb_evals.metrics.intervals import (
    PairedDifference,
    difference_of_resamples,
    resample_weights,
)
from perturb_evals.metrics.pairs.auroc import auroc_per_gene
from perturb_evals.metrics.pairs.intervals import resampled_auroc_per_gene
from perturb_evals.metrics.pairs.predictions import Abstention, Predictions, check_abstention
from perturb_evals.metrics.significance import randomised_p

Floats = NDArray[np.float64]

# A standard error below this share of all that is summed is 0 but for rounding.
NOTHING = 1e-12


def paired_auroc_difference(
    a: Predictions,
    b: Predictions,
    *,
    resamples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
    abstention: Abstention = "half",
) -> PairedDifference:
    """`auroc_per_gene` of a minus that of b, with the percentile interval and a p-value.

    Perturbations are resampled as in `bootstrap_auroc_per_gene`, the same ones for both systems.
    Labels are the same, so a gene stays in a resample for both or for neither, and counts with the
    same inverse of how often it stays. Systems that rank alike have a difference of 0 and p = 1,
    whatever the scales of their scores.

    Args:
        a: One system's table.
        b: The other's: the same questions with the same labels, in any order.
        resamples: How many resamples to draw.
        seed: Of `numpy.random.default_rng`; the same seed gives the same result, whatever the order
            of the rows. Swapping a and b mirrors it.
        confidence: Nominal coverage, between 0 and 1.
        abstention: The policy for abstained rows.

    Returns:
        The difference, between -1 and 1; `n` counts all perturbations of the tables. Everything is
        nan if no gene has both classes; the bounds and p are nan where no resample kept one.

    Raises:
        ValueError: Tables that `pair_questions` refuses, `resamples` below 1, `confidence` not
            between 0 and 1, or an unknown policy.
    """
    a, b = pair_questions(a, b)
    n_perts = len(pd.unique(a.perts))
    weights = resample_weights(n_perts, resamples=resamples, seed=seed)
    of_a, _ = resampled_auroc_per_gene(a, weights, abstention=abstention)
    of_b, _ = resampled_auroc_per_gene(b, weights, abstention=abstention)
    mean = auroc_per_gene(a, abstention=abstention) - auroc_per_gene(b, abstention=abstention)
    return difference_of_resamples(mean, of_a, of_b, n=n_perts, confidence=confidence)


def randomised_auroc_test(
    a: Predictions,
    b: Predictions,
    *,
    rounds: int = 10_000,
    seed: int = 0,
    abstention: Abstention = "half",
) -> float:
    """Two-sided p-value of no difference in `auroc_per_gene`, by swapping perturbations.

    Swapped are `gene_midranks`, and an abstention is swapped as one. The difference d is a sum over
    positive-negative pairs; its standard error is the root of the sum, over perturbations, of the
    square of what the pairs with that perturbation add to it.

    Args:
        a: One system's table.
        b: The other's: the same questions with the same labels, in any order.
        rounds: How many rounds to draw.
        seed: Of `numpy.random.default_rng`; the same seed gives the same p, whatever the order of
            the rows and of the two systems.
        abstention: The policy for abstained rows.

    Returns:
        (1 + number of rounds with |d*| / se* >= |d| / se) / (1 + rounds), so never 0; 1 for systems
        that rank alike within every gene; nan if no gene has both classes.

    Raises:
        ValueError: Tables that `pair_questions` refuses, `rounds` below 1, or an unknown policy.
    """
    check_abstention(abstention)
    a, b = pair_questions(a, b)
    parts = _parts_by_sign(gene_midranks(a), gene_midranks(b), abstention)
    nothing = NOTHING * np.abs(parts).sum()

    def difference(signs: Floats) -> Floats:
        of_perts = parts @ signs
        error = np.sqrt(np.square(of_perts).sum(axis=0))
        # Each pair is in two parts, so they sum to 2 d*, which does not change the comparison.
        return np.asarray(of_perts.sum(axis=0) / np.where(error > nothing, error, np.inf))

    n = len(parts)
    observed = float(difference(np.ones((n, 1)))[0])
    return randomised_p(observed, difference, n, rounds, seed)


def gene_midranks(predictions: Predictions) -> Predictions:
    """Replace each score by its rank among the answered rows of its gene, between 0 and 1.

    (r - 1/2) / m for the midrank r, from 1, of m answered rows: the share of them that score less,
    ties half. The mean is one half in every gene, however many rows were answered and however
    coarse the answers are, so that two systems can be put side by side. Ranks among all rows, or
    not divided by m, would put every answer of a system that often abstains below the average
    answer of one that does not.

    Returns:
        The same rows with the same abstentions. Every metric per gene is the same as before.
    """
    scores = pd.Series(predictions.scores).groupby(predictions.genes)
    return Predictions(
        predictions.perts,
        predictions.genes,
        predictions.labels,
        (scores.rank() - 0.5) / scores.transform("count"),
        predictions.abstained,
    )


def pair_questions(a: Predictions, b: Predictions) -> tuple[Predictions, Predictions]:
    """Sort two tables by question, after checking that they hold the same ones.

    Args:
        a: One system's table, one row a question, in any order.
        b: The other's.

    Returns:
        Both tables sorted by perturbation, then gene: row i of both is the same question. Tables
        without rows give tables without rows.

    Raises:
        ValueError: A question that one table lacks, that one table holds twice (reduce epochs to
            one row a question first), or whose label differs between them. The message counts
            them on either side and names the first.
    """
    left, right = _by_question(a), _by_question(b)
    same = _alike(left.perts, right.perts) and _alike(left.genes, right.genes)
    if not same or _index(left).has_duplicates:
        raise ValueError(_why_others(_index(a), _index(b)))
    differ = left.labels != right.labels
    if differ.any():
        at = int(differ.argmax())
        raise ValueError(
            f"a and b must hold the same labels: {differ.sum()} of {len(a)} questions differ, the "
            f"first is {left.perts[at]}>{left.genes[at]} with {left.labels[at]} in a and "
            f"{right.labels[at]} in b. Are they of one version of the data?"
        )
    return left, right


def _parts_by_sign(a: Predictions, b: Predictions, abstention: Abstention) -> Floats:
    """(n_perts, n_perts): times the signs, what the pairs with each perturbation add to d*.

    Perturbations are in sorted order; empty if no gene has both classes. The two tables are sorted
    alike and their scores lie between 0 and 1.
    """
    perts, names = pd.factorize(a.perts, sort=True)
    rows = pd.DataFrame({"gene": a.genes, "pert": perts, "a": a.scores, "b": b.scores})
    if abstention == "lowest":
        rows = rows.fillna({"a": -1, "b": -1})
    positive = a.labels == 1
    pairs = rows[positive].merge(rows[~positive], on="gene", suffixes=("_positive", "_negative"))
    if pairs.empty:
        return np.empty((0, 0))
    columns = {name: pairs[name].to_numpy() for name in pairs}

    def wins(one: str, other: str) -> Floats:
        """1 where the positive of one ranks above the negative of other, -1 below, else 0."""
        higher = np.sign(columns[f"{one}_positive"] - columns[f"{other}_negative"])
        return np.nan_to_num(np.asarray(higher, dtype=np.float64))

    # Credits are (wins + 1) / 2. f(1, 1) and f(1, -1), where the negative alone is swapped:
    both_kept = (wins("a", "a") - wins("b", "b")) / 2
    one_kept = (wins("a", "b") - wins("b", "a")) / 2
    n_pairs = pairs.groupby("gene")["gene"].transform("size").to_numpy()
    weight = 1 / (n_pairs * pairs["gene"].nunique())
    parts = np.zeros((len(names), len(names)))
    two = (columns["pert_positive"], columns["pert_negative"])
    for sign_of, factor in zip(two, (both_kept + one_kept, both_kept - one_kept), strict=True):
        for part_of in two:
            np.add.at(parts, (part_of, sign_of), weight * factor / 2)
    return parts


def _by_question(table: Predictions) -> Predictions:
    perts, genes = (pd.factorize(names, sort=True)[0] for names in (table.perts, table.genes))
    return table.take(np.lexsort((genes, perts)))


def _alike(a: NDArray[Any], b: NDArray[Any]) -> bool:
    return len(a) == len(b) and bool((a == b).all())


def _index(table: Predictions) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([table.perts, table.genes])


def _why_others(a: pd.MultiIndex, b: pd.MultiIndex) -> str:
    """Say which questions one table lacks or holds twice."""
    for side, questions in (("a", a), ("b", b)):
        twice = questions.duplicated()
        if twice.any():
            first = "{}>{}".format(*questions[int(twice.argmax())])
            return (
                f"{side} must hold every question once: {twice.sum()} of {len(twice)} rows repeat "
                f"one, the first is {first}. Reduce epochs to one row a question."
            )
    only_a, only_b = a.difference(b), b.difference(a)
    (pert, gene), side = (only_a[0], "a") if len(only_a) else (only_b[0], "b")
    return (
        f"a and b must hold the same questions: {len(only_a)} of the {len(a)} in a are missing in "
        f"b, {len(only_b)} of the {len(b)} in b are missing in a, the first is {pert}>{gene} "
        f"in {side}. Compare systems only on questions that both were asked."
    )
