"""Ridge regression of what perturbations do in a context on what they do in the others."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from perturb_evals.methods.levels import Levels
from perturb_evals.methods.triples import Floats, Ints, Triples

PENALTIES = tuple(10.0 ** (half / 2) for half in range(-8, 7))
"""What is tried, in units of the mean square length of a training profile."""

BLOCK = 200
"""So many readouts are tried at once, which bounds the memory."""

DENSE = 0.1
"""From this share of known values on, profiles are multiplied as dense matrices."""


class ContextRidge:
    """Ridge from the profiles in other contexts, one for each context that is asked about.

    The profile of a perturbation holds its deviations in all other contexts side by side, 0 where
    there is no value, each readout weighted by log(1 + P / (1 + n)), n of P perturbations having a
    value of it there. Each readout of the context is regressed on the profiles over the
    perturbations that have a value of it, with a free intercept. Chosen by the least squared error
    on rows left out one at a time, for all readouts at once: the penalty; whether profiles are
    scaled to length 1; and whether deviations are from the mean of context and readout or, as
    sparse labels need it, of the context alone.

    Args:
        triples: The values.
    """

    def __init__(self, triples: Triples) -> None:
        self._triples = triples
        self._levels = Levels.means(triples)
        self._fitted: dict[int, Floats] = {}

    def predict(self, rows: pd.DataFrame) -> Floats:
        """Return (m,) predictions.

        Of a readout that the context has no value of, the mean of its levels in other contexts is
        foretold. NaN where no other context has the perturbation, or no context the readout.
        """
        context, pert, readout = self._triples.places(rows)
        found = np.full(len(rows), np.nan)
        known = (context >= 0) & (pert >= 0) & (readout >= 0)
        for place in map(int, np.unique(context[known])):
            here = known & (context == place)
            if place not in self._fitted:
                self._fitted[place] = self._foretold(place)
            found[here] = self._fitted[place][pert[here], readout[here]]
        return found

    def _foretold(self, context: int) -> Floats:
        """Return (P, R) predictions for one context, NaN of unknown perturbations."""
        rows = self._triples
        own = rows.take(rows.context == context)
        other = rows.take(rows.context != context)
        trained = np.unique(own.perturbation)
        groups = list(_by_perturbations(own))
        found = np.tile(self._levels.table[context], (len(rows.perturbations), 1))
        least = np.inf
        for kernel in self._kernels(other):
            penalties = np.array(PENALTIES) * (kernel[trained, trained].mean() or 1.0)
            fits = [_Fit.of(kernel, group) for group in groups]
            errors = np.sum([fit.errors(penalties) for fit in fits], axis=0)
            if errors.min() < least:
                least, penalty = errors.min(), penalties[errors.argmin()]
                for fit in fits:
                    found[:, fit.group.readouts] = fit.foretold(kernel, penalty)
        found[np.bincount(other.perturbation, minlength=len(found)) == 0] = np.nan
        return found

    def _kernels(self, other: Triples) -> Iterator[Floats]:
        """Yield (P, P) products of profiles in the other contexts, for each way to make them."""
        n_perts, n_readouts = len(other.perturbations), len(other.readouts)
        cell = other.context * n_readouts + other.readout
        shape = (n_perts, len(other.contexts) * n_readouts)
        weight = np.log1p(n_perts / (1.0 + np.bincount(cell, minlength=shape[1])))[cell]
        n, total = np.bincount(other.context), np.bincount(other.context, weights=other.value)
        of_context = (total / np.maximum(n, 1))[other.context]
        for level in (self._levels.at(other.context, other.readout), of_context):
            profiles = csr_array(
                (weight * (other.value - level), (other.perturbation, cell)), shape=shape
            )
            gram = _products(profiles)
            yield gram
            yield _unit(gram)


def _products(profiles: csr_array) -> Floats:
    if profiles.nnz < DENSE * profiles.shape[0] * profiles.shape[1]:
        return np.asarray((profiles @ profiles.T).toarray())
    dense = profiles.toarray()
    return np.asarray(dense @ dense.T)


def _unit(gram: Floats) -> Floats:
    length = np.sqrt(np.diag(gram))
    unit = np.divide(1.0, length, out=np.zeros_like(length), where=length > 0)
    return np.asarray(gram * unit[:, None] * unit[None, :])


@dataclass(frozen=True, eq=False)
class _Group:
    """Readouts that have values of the same n perturbations.

    Attributes:
        readouts: (k,) their places.
        perturbations: (n,) places, ascending.
        values: (n, k).
    """

    readouts: Ints
    perturbations: Ints
    values: Floats


def _by_perturbations(own: Triples) -> Iterator[_Group]:
    """Yield the readouts that have values, put together by which perturbations they have."""
    order = np.lexsort((own.perturbation, own.readout))
    readout, pert, value = own.readout[order], own.perturbation[order], own.value[order]
    starts = np.flatnonzero(np.diff(readout, prepend=-1))
    together: dict[bytes, list[slice]] = {}
    for start, end in zip(starts, [*starts[1:], len(readout)], strict=True):
        together.setdefault(pert[start:end].tobytes(), []).append(slice(start, end))
    for cuts in together.values():
        yield _Group(
            readouts=readout[[cut.start for cut in cuts]],
            perturbations=pert[cuts[0]],
            values=np.stack([value[cut] for cut in cuts], axis=1),
        )


@dataclass(frozen=True, eq=False)
class _Fit:
    """The regression of one group, for any penalty.

    With G = kernel + penalty * I, the weights are G^-1 (y - intercept), the intercept is
    1'G^-1 y / 1'G^-1 1, and the error of a row that is left out is its weight over the entry of
    G^-1 - G^-1 11' G^-1 / 1'G^-1 1 on the diagonal.

    Attributes:
        group: The readouts and their values.
        lengths: (n,) eigenvalues of the kernel.
        vectors: (n, n) eigenvectors.
    """

    group: _Group
    lengths: Floats
    vectors: Floats

    @classmethod
    def of(cls, kernel: Floats, group: _Group) -> "_Fit":
        """Return the regression on n perturbations' part of a (P, P) kernel."""
        lengths, vectors = np.linalg.eigh(kernel[np.ix_(group.perturbations, group.perturbations)])
        return cls(group, np.maximum(lengths, 0.0), vectors)

    def errors(self, penalties: Floats) -> Floats:
        """Return the sum of squared errors on rows left out, by penalty; 0 of a single row."""
        if len(self.lengths) < 2:
            return np.zeros(len(penalties))
        total = np.zeros(len(penalties))
        for start in range(0, self.group.values.shape[1], BLOCK):
            weights, _, diagonal = self._weights(penalties, slice(start, start + BLOCK))
            total += ((weights / diagonal[:, :, None]) ** 2).sum(axis=(0, 2))
        return total

    def foretold(self, kernel: Floats, penalty: float) -> Floats:
        """Return (P, k) predictions."""
        weights, intercept, _ = self._weights(np.array([penalty]), slice(None))
        return np.asarray(kernel[:, self.group.perturbations] @ weights[:, 0] + intercept)

    def _weights(self, penalties: Floats, readouts: slice) -> tuple[Floats, Floats, Floats]:
        """Return (n, L, k) weights, (L, k) intercepts, (n, L) diagonals for L penalties."""
        values, vectors = self.group.values[:, readouts], self.vectors
        inverse = 1.0 / (self.lengths[:, None] + penalties)
        ones = vectors.sum(axis=0)[:, None]
        of_ones = vectors @ (inverse * ones)
        total = of_ones.sum(axis=0)
        intercept = of_ones.T @ values / total[:, None]
        turned = (vectors.T @ values)[:, None] - ones[:, None] * intercept
        turned *= inverse[:, :, None]
        weights = (vectors @ turned.reshape(len(turned), -1)).reshape(turned.shape)
        return weights, intercept, vectors**2 @ inverse - of_ones**2 / total
