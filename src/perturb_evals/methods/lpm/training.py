"""Training one network of an LPM, so that a training cut off goes on to the very same result."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from perturb_evals.methods.lpm.network import Rows, Weights, first_weights, outputs, predictions
from perturb_evals.methods.lpm.settings import Settings
from perturb_evals.methods.lpm.vocabulary import Vocabulary
from perturb_evals.methods.triples import Floats

MOMENTS = ("step", "exp_avg", "exp_avg_sq")
"""What AdamW remembers of each weight."""


class StoppedError(Exception):
    """Training was asked to stop before its end."""


@dataclass(frozen=True)
class Values:
    """m rows and their values, on one device."""

    rows: Rows
    value: torch.Tensor


@dataclass
class State:
    """Where the training of one network stands after an epoch; all that is needed to go on.

    Attributes:
        seed: Of the network.
        weights: As they are now.
        moments: What AdamW remembers, by its name and that of the weight.
        epoch: Epochs that are done.
        best: The weights to keep: those of the smallest validation error, or the latest.
        best_epoch: The epoch that they are from; 0 before the first.
        errors: Mean squared error on the rows validated on, by epoch; empty without such rows.
        losses: Mean squared error of the batches while they were trained on, by epoch.
    """

    seed: int
    weights: Weights
    moments: Weights
    epoch: int = 0
    best: Weights = field(default_factory=dict)
    best_epoch: int = 0
    errors: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)

    def is_done(self, settings: Settings) -> bool:
        """Whether all epochs are done, or validation ended the training."""
        out_of_patience = bool(self.errors) and self.epoch - self.best_epoch >= settings.patience
        return self.epoch >= settings.epochs or out_of_patience


def first_state(vocabulary: Vocabulary, settings: Settings, seed: int) -> State:
    """Return the state before the first epoch."""
    weights = first_weights(vocabulary, settings, seed)
    return State(seed, weights, moments={})


def train(
    state: State,
    settings: Settings,
    training: Values,
    validation: Values | None,
    after_batch: Callable[[int], None],
    after_epoch: Callable[[State], None],
) -> State:
    """Train a network to its end, from where it stands.

    Args:
        state: Where it stands; changed in place.
        settings: How to train.
        training: What is trained on, on the device to train on.
        validation: What decides when to stop and which weights to keep, if anything.
        after_batch: Told the number of rows; may raise `StoppedError`.
        after_epoch: Told the state.

    Returns:
        The state at the end.
    """
    device = training.value.device
    weights = {name: weight.to(device).requires_grad_() for name, weight in state.weights.items()}
    optimizer = torch.optim.AdamW(weights.values(), lr=settings.learning_rate, fused=True)
    _remind(optimizer, weights, state.moments)
    while not state.is_done(settings):
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * settings.decay**state.epoch
        loss = _pass(optimizer, weights, settings, training, (state.seed, state.epoch), after_batch)
        state.losses.append(loss)
        state.epoch += 1
        state.weights = {name: weight.detach() for name, weight in weights.items()}
        state.moments = {
            f"{moment}/{name}": optimizer.state[weight][moment]
            for name, weight in weights.items()
            for moment in MOMENTS
        }
        if validation is not None:
            found = predictions(state.weights, validation.rows)
            state.errors.append(float(np.mean((found - _numbers(validation.value)) ** 2)))
        if not state.errors or state.errors[-1] < min(state.errors[:-1], default=np.inf):
            state.best = {name: weight.clone() for name, weight in state.weights.items()}
            state.best_epoch = state.epoch
        after_epoch(state)
    return state


def _pass(
    optimizer: torch.optim.Optimizer,
    weights: Weights,
    settings: Settings,
    training: Values,
    seeds: tuple[int, int],
    after_batch: Callable[[int], None],
) -> float:
    """Train on all rows once, in batches of an order drawn by the seeds; return the mean loss."""
    # Each epoch has generators of its own, so that it is the same wherever training was taken up.
    device = training.value.device
    order, dropped = epoch_seeds(*seeds)
    shuffled = torch.randperm(
        len(training.value), generator=torch.Generator().manual_seed(order)
    ).to(device)
    generator = torch.Generator(device).manual_seed(dropped)
    total = torch.zeros((), dtype=torch.float64, device=device)
    for batch in shuffled.split(settings.batch):
        found = outputs(weights, training.rows.take(batch), settings.dropout, generator)
        loss = torch.nn.functional.mse_loss(found, training.value[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(batch)
        after_batch(len(batch))
    return float(total) / len(training.value)


def epoch_seeds(seed: int, epoch: int) -> tuple[int, int]:
    """Return the seeds of an epoch's order and of its dropout."""
    order, dropped = np.random.SeedSequence((seed, epoch)).generate_state(2)
    return int(order), int(dropped)


def _remind(optimizer: torch.optim.Optimizer, weights: Weights, moments: Weights) -> None:
    """Give AdamW what it remembered; nothing before the first epoch."""
    if not moments:
        return
    for name, weight in weights.items():
        for moment in MOMENTS:
            found = moments[f"{moment}/{name}"].to(weight.device)
            optimizer.state[weight][moment] = found.clone()


def _numbers(values: torch.Tensor) -> Floats:
    return np.asarray(values.cpu().double().numpy())
