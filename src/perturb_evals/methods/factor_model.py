"""A factor model of transfer: perturbation, readout and context each have a vector, multiplied.

The prediction for perturbation p, readout r and context c is

    z = m + b_p + b_cr + sum_k u_pk * v_rk * w_ck,

m being the mean, b_p what the perturbation does to everything, b_cr the level of the readout in the
context, and the sum an interaction of low rank: what perturbations have in common, and how much of
it a context shows. These are LPM's three embeddings (arXiv 2503.23535) with a product in the place
of its network. Under the logistic loss the prediction is 1 / (1 + exp(-z)).

It is trained by AdamW (Loshchilov & Hutter 2019; moments .9 and .999) with dropout on the products,
in NumPy: at the size of such tables that takes seconds, and equal seeds give equal numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csc_array
from scipy.special import expit, logit

from perturb_evals.methods.triples import Floats, Ints, Triples

Weights = NDArray[np.float32]
Loss = Literal["logistic", "squared"]

MOMENTS, TINY = (0.9, 0.999), np.float32(1e-8)
PATIENCE = 10


@dataclass(frozen=True)
class FactorSettings:
    """How a factor model is trained.

    Attributes:
        loss: `logistic` for values from 0 to 1, `squared` for any; these are brought to a standard
            deviation of 1 first.
        epochs: How often each value is seen; the most where validation rows stop it.
        batch: Number of values a step.
        rank: Length of the vectors.
        learning_rate: Of AdamW.
        decay: Its weight decay, times the learning rate a step.
        dropout: Share of the products that a step leaves out, from 0 to below 1.
        start: Standard deviation that the vectors start with; those of contexts have it about 1.
        seed: Of the first vectors, the order of the values and the dropout.
    """

    loss: Loss
    epochs: int
    batch: int
    rank: int = 64
    learning_rate: float = 0.005
    decay: float = 0.7
    dropout: float = 0.3
    start: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained with.

        Raises:
            ValueError: A count below 1, or a share or rate outside its range.
        """
        counts = {"epochs": self.epochs, "batch": self.batch, "rank": self.rank}
        if low := [name for name, count in counts.items() if count < 1]:
            raise ValueError(f"{low[0]} must be at least 1; got {counts[low[0]]}.")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be from 0 to below 1; got {self.dropout}.")
        if not (self.learning_rate > 0 and 0 <= self.decay * self.learning_rate < 1):
            raise ValueError(
                "learning_rate must be above 0, and decay times it from 0 to below 1; got "
                f"{self.learning_rate} and {self.decay}."
            )


class FactorModel:
    """A trained factor model; see above.

    Args:
        rows: Training values, one or more; for the logistic loss from 0 to 1.
        settings: How to train.
        validation: Values with the same names, by `Triples.take`, that training is stopped by: the
            weights of the epoch with the lowest loss on them are kept, and it ends when ten epochs
            bring no lower one. None trains for all epochs.

    Attributes:
        epochs: Number of epochs behind the weights.

    Raises:
        ValueError: No rows, a value that is not finite, or one outside 0 to 1 for the logistic
            loss.
    """

    def __init__(
        self, rows: Triples, settings: FactorSettings, validation: Triples | None = None
    ) -> None:
        _check(rows.value, settings.loss)
        self._names = rows
        self._seen = (
            _seen(rows.context, len(rows.contexts)),
            _seen(rows.perturbation, len(rows.perturbations)),
            _seen(rows.readout, len(rows.readouts)),
        )
        self._scale = _Scale.of(rows.value, settings.loss)
        self._factors, self.epochs = _trained(rows, validation, self._scale, settings)

    def predict(self, rows: pd.DataFrame) -> Floats:
        """Return (m,) predictions for the columns context, perturbation, readout.

        NaN where one of the three has no training value.
        """
        c, p, r = self._names.places(rows)
        known = (c >= 0) & (p >= 0) & (r >= 0)
        known &= self._seen[0][c] & self._seen[1][p] & self._seen[2][r]
        z = self._factors.departures(c[known], p[known], r[known]).astype(float)
        found = np.full(len(rows), np.nan)
        found[known] = self._scale.value(z)
        return found


def _check(values: Floats, loss: Loss) -> None:
    low, high = (0.0, 1.0) if loss == "logistic" else (-np.inf, np.inf)
    bad = ~(np.isfinite(values) & (values >= low) & (values <= high))
    if bad.any() or not len(values):
        got = f"{values[bad][0]} ({int(bad.sum())} such values)" if bad.any() else "none"
        raise ValueError(f"the {loss} loss needs finite values from {low} to {high}; got {got}.")


def _seen(places: Ints, size: int) -> NDArray[np.bool_]:
    return np.bincount(places, minlength=size) > 0


@dataclass(frozen=True)
class _Scale:
    """What takes values to the z that is trained on, and back."""

    loss: Loss
    mean: float
    spread: float

    @classmethod
    def of(cls, values: Floats, loss: Loss) -> "_Scale":
        mean = float(values.mean())
        if loss == "squared":
            return cls(loss, mean, float(values.std()) or 1.0)
        edge = 1 / (2 * len(values))  # of values that are all alike
        return cls(loss, float(logit(np.clip(mean, edge, 1 - edge))), 1.0)

    def target(self, values: Floats) -> Weights:
        """Return what the prediction is held against."""
        logistic = self.loss == "logistic"
        return (values if logistic else (values - self.mean) / self.spread).astype(np.float32)

    def error(self, departures: Weights, target: Weights) -> Weights:
        """Return the derivative of the loss by z, up to a factor of 2 for the squared one."""
        if self.loss == "squared":
            return departures - target
        return np.asarray(expit(np.float32(self.mean) + departures) - target)

    def loss_of(self, departures: Weights, target: Weights) -> float:
        """Return the mean loss."""
        if self.loss == "squared":
            return float(np.mean((departures - target) ** 2, dtype=float))
        z = np.float32(self.mean) + departures
        return float(np.mean(np.logaddexp(0, z) - target * z, dtype=float))

    def value(self, departures: Floats) -> Floats:
        """Return predictions on the scale of the values."""
        z = self.mean + self.spread * departures
        return np.asarray(expit(z) if self.loss == "logistic" else z)


@dataclass(frozen=True, eq=False)
class _Factors:
    """Weights: (P, k), (R, k), (C, k) vectors, (P,) and (C * R,) biases, in this order."""

    perturbations: Weights
    readouts: Weights
    contexts: Weights
    tendencies: Weights
    levels: Weights

    @classmethod
    def start(
        cls, rows: Triples, settings: FactorSettings, random: np.random.Generator
    ) -> "_Factors":
        sizes = len(rows.perturbations), len(rows.readouts), len(rows.contexts)
        p, r, c = (
            np.float32(settings.start) * random.standard_normal((n, settings.rank), np.float32)
            for n in sizes
        )
        biases = np.zeros(sizes[0], np.float32), np.zeros(sizes[2] * sizes[1], np.float32)
        return cls(p, r, 1 + c, *biases)

    @property
    def all(self) -> tuple[Weights, ...]:
        return (self.perturbations, self.readouts, self.contexts, self.tendencies, self.levels)

    def departures(self, c: Ints, p: Ints, r: Ints) -> Weights:
        """Return z without the mean."""
        product = self.perturbations[p] * self.readouts[r]
        summed = np.einsum("ij,ij->i", product, self.contexts[c])
        return np.asarray(self.tendencies[p] + self.levels[c * len(self.readouts) + r] + summed)

    def copy(self) -> "_Factors":
        return _Factors(*(weights.copy() for weights in self.all))


class _AdamW:
    """AdamW over some arrays, which it changes in place."""

    def __init__(self, weights: Sequence[Weights], settings: FactorSettings) -> None:
        self._weights, self._rate = weights, settings.learning_rate
        self._kept = np.float32(1 - settings.learning_rate * settings.decay)
        self._first = [np.zeros_like(array) for array in weights]
        self._second = [np.zeros_like(array) for array in weights]
        self._steps = 0

    def step(self, gradients: Sequence[Weights]) -> None:
        """Take one step; the gradients are overwritten."""
        self._steps += 1
        share = np.sqrt(1 - MOMENTS[1] ** self._steps) / (1 - MOMENTS[0] ** self._steps)
        rate, a, b = (np.float32(x) for x in (self._rate * share, *MOMENTS))
        arrays = zip(self._weights, gradients, self._first, self._second, strict=True)
        for weights, gradient, first, second in arrays:
            first *= a
            first += (1 - a) * gradient
            second *= b
            np.square(gradient, out=gradient)
            gradient *= 1 - b
            second += gradient
            np.sqrt(second, out=gradient)
            gradient += TINY
            np.divide(first, gradient, out=gradient)
            gradient *= rate
            weights *= self._kept
            weights -= gradient


def _trained(
    rows: Triples,
    validation: Triples | None,
    scale: _Scale,
    settings: FactorSettings,
) -> tuple[_Factors, int]:
    """Return the weights, and the number of epochs behind them."""
    random = np.random.Generator(np.random.PCG64(settings.seed))
    factors = _Factors.start(rows, settings, random)
    adam = _AdamW(factors.all, settings)
    target = scale.target(rows.value)
    best, best_loss, best_epoch = factors, np.inf, settings.epochs
    for epoch in range(1, settings.epochs + 1):
        order = random.permutation(len(rows))
        for start in range(0, len(rows), settings.batch):
            chosen = order[start : start + settings.batch]
            batch = rows.take(chosen)
            adam.step(_gradients(factors, batch, target[chosen], scale, settings.dropout, random))
        if validation is not None:
            places = validation.context, validation.perturbation, validation.readout
            loss = scale.loss_of(factors.departures(*places), scale.target(validation.value))
            if loss < best_loss:
                best, best_loss, best_epoch = factors.copy(), loss, epoch
            elif epoch - best_epoch >= PATIENCE:
                break
    return best, best_epoch


def _gradients(
    factors: _Factors,
    batch: Triples,
    target: Weights,
    scale: _Scale,
    dropout: float,
    random: np.random.Generator,
) -> tuple[Weights, ...]:
    """Return the gradients of the mean loss of a batch, in the order of `_Factors.all`."""
    c, p, r = batch.context, batch.perturbation, batch.readout
    cell = c * len(factors.readouts) + r
    u, v, w = factors.perturbations[p], factors.readouts[r], factors.contexts[c]
    kept = _kept(u.shape, dropout, random)
    vw, uv = v * w, u * v
    summed = np.einsum("ij,ij,ij->i", uv, w, kept)
    z = factors.tendencies[p] + factors.levels[cell] + summed
    error = scale.error(z, target) / np.float32(len(target))
    kept *= error[:, None]
    uv *= kept
    vw *= kept
    kept *= w
    kept *= u
    return (
        _sums(p, len(factors.perturbations)) @ vw,
        _sums(r, len(factors.readouts)) @ kept,
        _sums(c, len(factors.contexts)) @ uv,
        np.bincount(p, error, len(factors.tendencies)).astype(np.float32),
        np.bincount(cell, error, len(factors.levels)).astype(np.float32),
    )


def _kept(shape: tuple[int, ...], dropout: float, random: np.random.Generator) -> Weights:
    """Return 0 for what is left out and 1 / (1 - dropout) for the rest; in steps of 1/256."""
    limit = min(round(256 * dropout), 255)
    drawn = np.frombuffer(random.bytes(int(np.prod(shape))), np.uint8).reshape(shape)
    return (drawn >= limit).astype(np.float32) * np.float32(256 / (256 - limit))


def _sums(places: Ints, size: int) -> csc_array:
    """Return (size, n) what sums n rows by their places."""
    n = len(places)
    # A column for each row, as CSC has it: nothing needs to be sorted.
    return csc_array((np.ones(n, np.float32), places, np.arange(n + 1)), shape=(size, n))
