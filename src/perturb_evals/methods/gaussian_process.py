"""A Gaussian process from embeddings to vectors.

The departures of the training vectors from their mean are n draws of G outputs that share one
kernel. An embedding's kernel is k(u, v) = exp(-|u - v|^2 / (2 l^2)) on vectors of length 1, where
|u - v|^2 = 2 - 2 cos(u, v): the direction of an embedding carries the meaning, its length mostly
the amount of text. Several embeddings give the mean of their kernels; what has none of one sort
is unlike everything else in that one.

With Y (n x G) the departures, K = Q diag(w) Q' the kernel matrix and r the ratio of noise to signal
variance, the log marginal likelihood summed over outputs is, for a common signal variance s,
    -(nG log(2 pi s) + G sum_i log(w_i + r) + (1/s) sum_i z_i / (w_i + r)) / 2,
    z_i = |row i of Q'Y|^2 = (Q' Y Y' Q)_ii,
and greatest at s = sum_i z_i / (w_i + r) / (nG) (Rasmussen & Williams 2006, eq. 2.30, with the
scale taken out). So one decomposition for each length scale serves every r, and Y enters only
through the n x n matrix YY': nothing of size n x n x G exists. A common variance lets outputs count
by how much they vary, as in the squared error; one variance for each output would let the many
genes that never change decide about the noise.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SCALES = tuple(2.0 ** (step / 2) for step in range(-6, 4))
"""Length scales that are tried, as multiples of the median distance of the training rows."""

NOISE_RATIOS = tuple(10.0 ** (step / 4) for step in range(-12, 13))
"""Ratios of noise to signal variance that are tried."""

Floats = NDArray[np.float64]


class GaussianProcess:
    """Predicts vectors from embeddings; see above for the model.

    Args:
        embeddings: One or more sorts of embedding, each (n, any) with rows of length 1, or of zeros
            where there is none.
        vectors: (n, G) training vectors. Those without any embedding teach nothing.
        mean: (G,) what departures are counted from, and the prediction where nothing is alike.

    Attributes:
        n_fitted: Number of training rows with an embedding. Fewer than two teach nothing.
        scale: The chosen length scale, as a multiple of the median distance; nan if not fitted.
        noise_ratio: The chosen ratio of noise to signal variance; nan if not fitted.
        signal_variance: The signal variance that goes with it; 0 where all vectors equal the mean.
        log_likelihood: Log marginal likelihood, summed over outputs; nan if there is none.
    """

    def __init__(
        self, embeddings: Sequence[Floats], vectors: NDArray[np.float32], mean: NDArray[np.float32]
    ) -> None:
        self._mean = mean
        known = np.any([rows.any(axis=1) for rows in embeddings], axis=0)
        self._rows = [rows[known] for rows in embeddings]
        self.n_fitted = int(known.sum())
        self.scale = self.noise_ratio = self.log_likelihood = float("nan")
        self.signal_variance = 0.0
        if self.n_fitted > 1:
            self._fit(vectors[known].astype(np.float64) - mean)

    def predict(self, embeddings: Sequence[Floats]) -> NDArray[np.float32]:
        """Return the (G,) posterior mean for one row (any,) of each sort of embedding.

        It is the given mean where fewer than two rows, or only such as equal the mean, were fitted.
        """
        if self.signal_variance == 0:
            return self._mean
        squared = [
            _squared(row[None], known) for row, known in zip(embeddings, self._rows, strict=True)
        ]
        vectors, total = self._solved
        # (K + r I)^-1 k, the shares of the training rows, stays of moderate size, so that
        # departures in float32 lose nothing; (K + r I)^-1 Y would not.
        shares = vectors @ ((self._kernel(squared, self.scale)[0] @ vectors) / total)
        departure: NDArray[np.float32] = shares.astype(np.float32) @ self._departures
        return self._mean + departure

    def _kernel(self, squared: list[Floats], scale: float) -> Floats:
        """Return the mean kernel for squared distances in each embedding; inf gives 0."""
        kernels = [
            np.exp(-distance / (2 * (scale * median) ** 2))
            for distance, median in zip(squared, self._medians, strict=True)
        ]
        return np.asarray(np.mean(kernels, axis=0))

    def _fit(self, departures: Floats) -> None:
        """Choose the scale and the noise on the grid; keep the decomposition of K + r I."""
        squared = [_squared(vectors, vectors) for vectors in self._rows]
        self._medians = [_median_distance(distance) for distance in squared]
        for distance in squared:
            np.fill_diagonal(distance, 0)  # also of a row of zeros
        gram = departures @ departures.T
        if not gram.any():
            return
        n, size = len(gram), departures.size
        noise = np.array(NOISE_RATIOS)
        best = -np.inf
        for scale in SCALES:
            eigenvalues, vectors = np.linalg.eigh(self._kernel(squared, scale))
            explained = np.einsum("ij,ij->j", vectors, gram @ vectors)
            total = eigenvalues.clip(min=0) + noise[:, None]
            variance = (explained / total).sum(axis=1) / size
            likelihood = -0.5 * (
                size * (np.log(2 * np.pi * variance) + 1) + size / n * np.log(total).sum(axis=1)
            )
            at = int(likelihood.argmax())
            if likelihood[at] > best:
                best, chosen = likelihood[at], (vectors, total[at])
                self.scale, self.noise_ratio = scale, float(noise[at])
                self.signal_variance = float(variance[at])
        self.log_likelihood = float(best)
        self._solved = chosen
        self._departures = departures.astype(np.float32)


def _squared(a: Floats, b: Floats) -> Floats:
    """Return (m, n) squared distances of unit rows; inf where either is a row of zeros."""
    distance = (2 - 2 * a @ b.T).clip(min=0)
    distance[~a.any(axis=1)] = np.inf
    distance[:, ~b.any(axis=1)] = np.inf
    return distance


def _median_distance(squared: Floats) -> float:
    """Return the median distance of different rows, 1 where there is none above 0."""
    pairs = squared[np.triu_indices(len(squared), k=1)]
    pairs = pairs[np.isfinite(pairs) & (pairs > 0)]
    return float(np.sqrt(np.median(pairs))) if len(pairs) else 1.0
