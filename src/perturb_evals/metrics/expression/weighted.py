"""Errors weighted by how specific a gene's change is to its perturbation.

The weights follow Mejia et al. ("Diversity by design", 2025): genes count by the size of a t
statistic of the perturbation against all OTHER perturbed cells, so that the shift that all
perturbations share carries little weight.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perturb_evals.metrics.checks import finite

Floats = NDArray[np.float64]

# Below this share of a gene's sum of squares, what the others add is rounding of float32.
ROUNDING = 1e-10

# Genes at once: bounds the memory of temporary arrays.
COLUMNS = 256


def gene_weights(statistic: ArrayLike) -> Floats:
    """Weights of the genes of each perturbation: w = minmax(|t|)^2 / sum.

    Args:
        statistic: (n, G) t of each perturbation against all other perturbed cells, or `z_others`;
            the sign does not matter.

    Returns:
        (n, G) weights, not negative, each row with sum 1. The gene with the smallest |t| weighs 0.
        Rows in which all |t| are equal get equal weights.

    Raises:
        ValueError: The statistic is not two-dimensional, has no gene, or is not finite.
    """
    weights: Floats = np.abs(finite("statistic", statistic, (None, None)))
    weights -= weights.min(axis=1, keepdims=True)
    largest = weights.max(axis=1, keepdims=True)
    weights /= np.where(largest > 0, largest, 1.0)
    weights **= 2
    weights[largest[:, 0] == 0] = 1.0
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def z_others(expression: ArrayLike) -> Floats:
    """How far each perturbation lies from the others, gene by gene, in their SDs.

    z = (x - mean of the others) / (SD of the others, ddof 1), with the perturbation itself left
    out of both: what stands in for the t statistic where there are no cells.

    Args:
        expression: (P, G) finite expression or deltas of all perturbations of a screen, P >= 3.

    Returns:
        (P, G). Where the others do not vary at all there is no scale: z is then 0 if the
        perturbation equals them, and otherwise takes the largest |z| of the perturbation's other
        genes (1 where it has none) with the sign of the difference.

    Raises:
        ValueError: Fewer than three perturbations, no gene, or values that are not finite.
    """
    values = finite("expression", expression, (None, None))
    n, n_genes = values.shape
    if n < 3:
        raise ValueError(f"z_others needs 3 perturbations or more, got {n}.")
    z, alone = np.empty_like(values), np.zeros(values.shape, dtype=np.int8)
    for start in range(0, n_genes, COLUMNS):
        part = slice(start, start + COLUMNS)
        # From the first row, so that a gene that never varies gives exact zeros.
        apart = values[:, part] - values[0, part]
        apart -= apart.mean(axis=0)
        # Without x the mean of the others moves by x / (P - 1), and their sum of squares (about
        # their own mean) is smaller by x^2 P / (P - 1); x is here the difference from the mean.
        squares = apart**2
        total = squares.sum(axis=0)
        others = total - squares * (n / (n - 1))
        scaled = others > ROUNDING * total
        deviation = np.sqrt(np.where(scaled, others, 1.0) / (n - 2))
        z[:, part] = np.where(scaled, apart * (n / (n - 1)) / deviation, 0.0)
        alone[:, part] = np.where(~scaled & (squares > ROUNDING * total), np.sign(apart), 0)
    largest = np.maximum(z.max(axis=1), -z.min(axis=1))
    rows, columns = np.nonzero(alone)
    z[rows, columns] = alone[rows, columns] * np.where(largest > 0, largest, 1.0)[rows]
    return z


def weighted_mse(error: Floats, weights: Floats) -> Floats:
    """Weighted mean squared error of each perturbation, the sum of w (x - xh)^2.

    0 or more, lower is better, 0 for a perfect prediction.

    Args:
        error: (n, G) truth minus prediction.
        weights: (n, G) of `gene_weights`.

    Returns:
        (n,) errors, in squared units of the expression.
    """
    mean: Floats = np.einsum("ij,ij->i", error**2, weights)
    return mean


def weighted_spread(difference: Floats, weights: Floats) -> Floats:
    """The denominator of `r2_weighted`: the sum of w (D - Dw)^2, Dw the weighted mean of D.

    Args:
        difference: (n, G) D, truth minus the mean of the TRAINING perturbations.
        weights: (n, G) of `gene_weights`.

    Returns:
        (n,) spreads, 0 or more; 0 where D is the same in all genes with weight.
    """
    mean: Floats = np.einsum("ij,ij->i", difference, weights)
    return weighted_mse(difference - mean[:, None], weights)


def r2_weighted(
    wmse: Floats, spread: Floats, noise: Floats | float = 0.0
) -> tuple[Floats, NDArray[np.bool_]]:
    """Weighted R^2 of each perturbation about the training mean, 1 - wmse / spread.

    At most 1, higher is better, 1 for a perfect prediction. The training mean itself scores 0 or
    less, since its error may have a weighted mean. There is no lower bound, so that a few
    perturbations with a small spread can carry a mean.

    Args:
        wmse: (n,) of `weighted_mse`.
        spread: (n,) of `weighted_spread`.
        noise: A spread not above the square of this is rounding; one number or (n,).

    Returns:
        (n,) values, and (n,) whether each is undefined since there is no spread: the value is
        then 0.
    """
    undefined = spread <= np.square(noise)
    ratio = np.ones_like(wmse)
    np.divide(wmse, spread, out=ratio, where=~undefined)
    return 1.0 - ratio, undefined
