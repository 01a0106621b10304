"""Does a prediction lie nearer to its own truth than to the truths of other perturbations?

Both scores compare one prediction with the n truths of its fold and count, among the n - 1 others,
those that are farther away than its own truth, ties one half. A predictor that says the same for
every perturbation scores exactly .5 in the mean over the fold, whatever it says: it can only order
the truths, and each pair of truths is right for one of its two perturbations.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perturb_evals.metrics.expression.correlation import norms

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Sums over thousands of genes are off by about 1e-14. Equal vectors must tie all the same.
ROUNDING = 1e-12

# Numbers of the truths multiplied at once. OpenBLAS starts threads for larger products, and on a
# busy machine they wait for each other: 10 to 100 times the time of one thread.
AT_ONCE = 8192


@dataclass(frozen=True, eq=False)
class Discriminated:
    """How well b predictions are told apart. Both scores lie in 0 to 1, higher is better.

    Attributes:
        pds: (b,) perturbation discrimination score, 1 - k / (n - 1) with k the truths strictly
            closer than the own one, plus half of those that tie with it, by cosine of the changes.
            A perfect prediction scores 1 unless two truths have one direction, and a multiple of it
            the same. The cosine with a vector of zeros is 0.
        no_direction: (b,) whether `pds` is .5 by convention: no change is predicted, or there is no
            other truth.
        centroid_accuracy: (b,) share of the other truths that are farther than the own one by
            Euclidean distance; .5 where there is no other truth, or no gene. A perfect prediction
            scores 1 unless two truths are equal. It asks for the size of the change too.
    """

    pds: Floats
    no_direction: Flags
    centroid_accuracy: Floats


class Discrimination:
    """The truths of one fold, prepared: many predictions can be compared with them.

    Args:
        delta: (n, G) true changes against control in the genes that count: all but the panel's
            targets. A knocked-down gene tells every truth by itself, and by what is predicted for
            the targets of the others a prediction could be pushed away from their truths.
    """

    def __init__(self, delta: Floats) -> None:
        self._delta, self._norms = delta, norms(delta)

    def compare(self, rows: NDArray[np.intp], predicted: Floats) -> Discriminated:
        """Compare predictions with the truths.

        Args:
            rows: (b,) which truth belongs to each prediction.
            predicted: (b, G) predicted changes in the same genes; what is rounding has to be 0.
        """
        products, size = _products(predicted, self._delta), norms(predicted)
        scale = size[:, None] * self._norms
        cosine = np.zeros_like(scale)
        np.divide(products, scale, out=cosine, where=scale > 0)
        # |t - p|^2 without |p|^2, which is the same for all truths.
        distance = self._norms**2 - 2 * products
        scale = (size**2)[:, None] + self._norms**2
        return Discriminated(
            pds=_share_farther(-cosine, rows, ROUNDING),
            no_direction=(size == 0) | (len(self._norms) < 2),
            centroid_accuracy=_share_farther(
                distance, rows, ROUNDING * (scale + _own(scale, rows))
            ),
        )


def _products(left: Floats, right: Floats) -> Floats:
    """(b, n) sums of products of (b, G) and (n, G), without threads."""
    if len(left) == 1:
        return np.asarray(np.einsum("ij,kj->ik", left, right))
    products = np.zeros((len(left), len(right)))
    step = max(1, AT_ONCE // len(right))
    for start in range(0, left.shape[1], step):
        part = slice(start, start + step)
        products += left[:, part] @ right[:, part].T
    return products


def _own(values: Floats, rows: NDArray[np.intp]) -> Floats:
    return np.take_along_axis(values, rows[:, None], axis=1)


def _share_farther(distance: Floats, rows: NDArray[np.intp], tolerance: Floats | float) -> Floats:
    """(b,) share of the others beyond the own truth in (b, n) distances, ties half."""
    n = distance.shape[1]
    if n < 2:
        return np.full(len(distance), 0.5)
    beyond = distance - _own(distance, rows)
    # Half counts of "not closer" and "farther": a tie has one of the two. The own truth ties.
    credit = np.count_nonzero(beyond >= -tolerance, axis=1) + np.count_nonzero(
        beyond > tolerance, axis=1
    )
    share: Floats = (credit - 1) / (2 * (n - 1))
    return share
