"""Approximate randomisation: how large a difference of two systems gives chance alone?

In each round every perturbation keeps its answers or swaps them between the two systems, with
probability one half, and the difference d* of the two new systems is taken (Noreen, Computer-
Intensive Methods for Testing Hypotheses, 1989). Whole perturbations are swapped, since the rows of
one perturbation are not independent.

**Ranks.** Scores of two systems have no common scale, so midranks within each gene are swapped. A
gene has only 5-8 rows, and what one of them gains in rank the others lose. That ties perturbations
to each other and makes d* vary less than d does: counting |d*| >= |d| at a level of 5% found a
difference in 8-11% of simulated comparisons of equal systems, the more rows a perturbation had the
oftener. So each difference is divided by its own standard error over perturbations before they are
compared (Janssen, Statistics & Probability Letters 1997; Chung & Romano, Annals of Statistics
2013), which brings it to 5-6%.

**No recomputing.** Let s = 1 where a perturbation keeps its answers and -1 where it swaps them.
What a positive-negative pair gives to d* is a function f(s, t) of the signs of its two
perturbations, and turning both turns it: f(-s, -t) = -f(s, t). Such a function is linear:
f(s, t) = s (f(1, 1) + f(1, -1)) / 2 + t (f(1, 1) - f(1, -1)) / 2. So every d* and every standard
error follows from one matrix, (perturbations, perturbations), times the signs.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from perturb_evals.metrics.checks import paired_scores
from perturb_evals.metrics.pairs.abstention import ABSTENTIONS, Abstention
from perturb_evals.metrics.pairs.pairing import pair_questions
from perturb_evals.metrics.pairs.predictions import Predictions

Floats = NDArray[np.float64]

# Numbers drawn at once: bounds the memory, whatever the number of perturbations.
CHUNK = 1_000_000

# Differences closer than this, after division by their scale, are equal but for rounding; so is a
# standard error and 0, as a share of all that is summed.
TIE, NOTHING = 1e-9, 1e-12


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
        abstention: The policy for abstained rows, see `perturb_evals.metrics.pairs.abstention`.

    Returns:
        (1 + number of rounds with |d*| / se* >= |d| / se) / (1 + rounds), so never 0; 1 for systems
        that rank alike within every gene; nan if no gene has both classes.

    Raises:
        ValueError: Tables that `pair_questions` refuses, `rounds` below 1, or an unknown policy.
    """
    if abstention not in ABSTENTIONS:
        raise ValueError(f"abstention must be one of {ABSTENTIONS}, got {abstention!r}.")
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
    return _share_as_far(observed, difference, n, rounds, seed)


def randomised_mean_test(
    a: ArrayLike, b: ArrayLike, *, rounds: int = 10_000, seed: int = 0
) -> float:
    """Two-sided p-value of no difference in the mean over perturbations, by swapping them.

    Scores of perturbations have one scale and the same squares after a swap, so |d*| >= |d| is
    counted as it is.

    Args:
        a: (n,) the score of each perturbation for one system.
        b: (n,) the same perturbations, in the same order, for the other.
        rounds: How many rounds to draw.
        seed: Of `numpy.random.default_rng`; the same seed gives the same p, whatever the order of
            the perturbations and of the two systems.

    Returns:
        (1 + number of rounds with |d*| >= |d|) / (1 + rounds), so never 0; 1 for equal systems and
        for one perturbation; nan for none.

    Raises:
        ValueError: Values that are not (n,) finite numbers, lengths that differ, or `rounds` below
            1.
    """
    left, right = paired_scores("a", a, "b", b)
    differences = left - right
    # Turning a difference beforehand changes no chance. In order of size, the signs fall alike
    # whatever the order of the perturbations and of the systems.
    sizes = np.sort(np.abs(differences))
    scale = sizes.sum() or 1.0

    def difference(signs: Floats) -> Floats:
        return np.asarray(sizes @ signs / scale)

    observed = float(differences.sum() / scale)
    return _share_as_far(observed, difference, len(sizes), rounds, seed)


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


def _share_as_far(
    observed: float, difference: Callable[[Floats], Floats], n: int, rounds: int, seed: int
) -> float:
    """How often n random signs give a difference as far from 0 as observed; nan for n = 0."""
    if rounds < 1:
        raise ValueError(f"rounds must be at least 1, got {rounds}.")
    if n == 0:
        return float("nan")
    least = abs(observed) - TIE
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK // n)
    as_far = 0
    for start in range(0, rounds, step):
        kept = rng.random((min(step, rounds - start), n)) < 0.5
        signs = np.where(kept.T, 1.0, -1.0)
        as_far += int(np.count_nonzero(np.abs(difference(signs)) >= least))
    return (1 + as_far) / (1 + rounds)
