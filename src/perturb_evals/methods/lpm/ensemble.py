"""Training all networks of an LPM, several side by side."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from perturb_evals.datasets.errors import DataError
from perturb_evals.methods.lpm.checkpoints import (
    Fingerprint,
    check_seeds,
    checkpoint_path,
    read_checkpoint,
    write_checkpoint,
)
from perturb_evals.methods.lpm.model import LPM
from perturb_evals.methods.lpm.network import chosen_device, on_device
from perturb_evals.methods.lpm.settings import Settings
from perturb_evals.methods.lpm.training import State, StoppedError, Values, first_state, train
from perturb_evals.methods.lpm.vocabulary import Vocabulary
from perturb_evals.methods.triples import Triples

SECONDS_BETWEEN_REPORTS = 0.2


@dataclass(frozen=True)
class Progress:
    """How far a training is.

    Attributes:
        done: Rows that were passed, over all epochs and networks; of a network that stopped early
            those too that it would have passed.
        total: Rows to pass at most.
        seconds_left: At the speed so far, if no network stops early; NaN until it is known.
        said: Where the networks stand, in words.
    """

    done: int
    total: int
    seconds_left: float
    said: str


class Training:
    """The training of an LPM.

    Each network is trained by one thread of the CPU, as many side by side as PyTorch would use
    threads (`OMP_NUM_THREADS`), so results do not depend on their number; or one after the other on
    a GPU.

    Args:
        rows: What to train on.
        settings: How.
        validation: What to validate on, for an early stop; rows of names that are not trained on
            are left out.
        checkpoints: A folder; checkpoints in it are gone on from, and written after each epoch.

    Attributes:
        states: Where each network stands, by its seed.

    Raises:
        DataError: No rows, a value that is not finite, contexts that share no readout, or nothing
            that can be validated on.
        CheckpointError: A checkpoint that is damaged or of another training.
    """

    def __init__(
        self,
        rows: Triples,
        settings: Settings,
        validation: Triples | None = None,
        checkpoints: Path | None = None,
    ) -> None:
        _check(rows)
        self._settings, self._folder = settings, checkpoints
        self._vocabulary = vocabulary = Vocabulary.of(rows)
        device = chosen_device()
        self._workers = 1 if device.type == "cuda" else torch.get_num_threads()
        self._training = _values(rows, vocabulary, device)
        self._validation = None
        if validation is not None:
            _check_finite(validation)
            self._validation = _values(validation, vocabulary, device)
            if not len(self._validation.value):
                raise DataError(
                    f"None of the {len(validation):,} rows to validate on is of a context, "
                    "perturbation and readout that are trained on; expected some of them."
                )
        self._fingerprint = Fingerprint.of(settings, vocabulary, rows, validation)
        if checkpoints is not None:
            check_seeds(checkpoints, settings.seeds)
        self.states = {seed: self._first_state(seed) for seed in settings.seeds}
        self._passed = dict.fromkeys(settings.seeds, 0)
        self._stop = threading.Event()

    def run(self, progress: Callable[[Progress], None] = lambda _: None) -> LPM:
        """Train all networks to their end.

        Args:
            progress: Told several times a second, in the caller's thread.

        Raises:
            DataError: A loss that is no longer finite.
            OSError: A checkpoint cannot be written.
            KeyboardInterrupt: As it came, when all networks have stopped; see `so_far`.
        """
        clock = _Clock(self._done())
        with _one_thread_a_network(), ThreadPoolExecutor(self._workers) as pool:
            pending: set[Future[None]] = {pool.submit(self._train, seed) for seed in self.states}
            try:
                while pending:
                    done, pending = wait(
                        pending, timeout=SECONDS_BETWEEN_REPORTS, return_when=FIRST_EXCEPTION
                    )
                    for future in done:
                        future.result()
                    progress(self._progress(clock))
            finally:
                self._stop.set()
        found = self.so_far()
        if found is None:
            raise RuntimeError("An ended training has no weights.")
        return found

    def so_far(self) -> LPM | None:
        """Return the best of what is trained; None before the first epoch of any network."""
        states = [state for state in self.states.values() if state.best]
        if not states:
            return None
        return LPM(
            settings=self._settings,
            vocabulary=self._vocabulary,
            weights={
                state.seed: {name: weight.cpu() for name, weight in state.best.items()}
                for state in states
            },
            epochs={state.seed: state.best_epoch for state in states},
            rows=len(self._training.value),
            validated_on=0 if self._validation is None else len(self._validation.value),
            finished=all(state.is_done(self._settings) for state in self.states.values()),
        )

    def _first_state(self, seed: int) -> State:
        if self._folder is not None and (path := checkpoint_path(self._folder, seed)).exists():
            return read_checkpoint(path, seed, self._settings, self._vocabulary, self._fingerprint)
        return first_state(self._vocabulary, self._settings, seed)

    def _train(self, seed: int) -> None:
        def after_batch(rows: int) -> None:
            self._passed[seed] += rows
            if self._stop.is_set():
                raise StoppedError

        def after_epoch(state: State) -> None:
            self._passed[seed] = 0
            if not math.isfinite(state.losses[-1]):
                raise DataError(
                    f"The training of seed {seed} diverged: its loss is {state.losses[-1]} after "
                    f"epoch {state.epoch}. Use a smaller learning rate, or values of a smaller "
                    "scale."
                )
            if self._folder is not None:
                path = checkpoint_path(self._folder, seed)
                write_checkpoint(path, state, self._fingerprint)

        if self._stop.is_set():
            return
        try:
            train(
                self.states[seed],
                self._settings,
                self._training,
                self._validation,
                after_batch,
                after_epoch,
            )
        except StoppedError:
            return

    def _done(self) -> int:
        rows, most = len(self._training.value), self._settings.epochs
        return sum(
            rows * (most if state.is_done(self._settings) else state.epoch) + self._passed[seed]
            for seed, state in self.states.items()
        )

    def _progress(self, clock: "_Clock") -> Progress:
        total = len(self._training.value) * self._settings.epochs * len(self.states)
        done = min(self._done(), total)
        left = (total - done) / clock.speed(done)
        said = ", ".join(
            f"seed {state.seed}: epoch {state.epoch}, MSE {(state.errors or state.losses)[-1]:.4f}"
            for state in self.states.values()
            if state.epoch
        )
        return Progress(done, total, left, said)


class _Clock:
    """Measures rows a second, from the first batch on: PyTorch loads parts of itself before."""

    def __init__(self, done: int) -> None:
        self._before, self._since = done, math.nan

    def speed(self, done: int) -> float:
        """Return rows a second; NaN until it is known."""
        now = time.monotonic()
        if math.isnan(self._since):
            if done > self._before:
                self._before, self._since = done, now
            return math.nan
        return (done - self._before) / (now - self._since) or math.nan


def _check(rows: Triples) -> None:
    if not len(rows):
        raise DataError("There are no rows to train on.")
    _check_finite(rows)
    pairs = np.unique(np.stack([rows.context, rows.readout]), axis=1)
    if len(np.unique(pairs[0])) > 1 and len(np.unique(pairs[1])) == pairs.shape[1]:
        names = rows.contexts[np.unique(pairs[0])]
        raise DataError(
            f"The contexts {', '.join(map(str, names[:10]))} share no readout, so nothing can be "
            "learned from one about another; expected readouts of the same names in several."
        )


def _check_finite(rows: Triples) -> None:
    wrong = np.flatnonzero(~np.isfinite(rows.value))
    if len(wrong):
        at = wrong[0]
        raise DataError(
            f"{len(wrong)} values are not finite numbers; the first is {rows.value[at]} of "
            f"{rows.contexts[rows.context[at]]}, {rows.perturbations[rows.perturbation[at]]}, "
            f"{rows.readouts[rows.readout[at]]}. Leave such rows out."
        )


def _values(rows: Triples, vocabulary: Vocabulary, device: torch.device) -> Values:
    places = vocabulary.places_of(rows)
    value = torch.from_numpy(rows.value[places.known].astype(np.float32)).to(device)
    return Values(on_device(places.of_known(), device), value)


@contextmanager
def _one_thread_a_network() -> Iterator[None]:
    """Let PyTorch use one thread for each network, and short factors in products of matrices.

    Layers are so small that threads would mostly wait for each other. Factors are rounded to
    bfloat16 where the processor multiplies these faster, sums stay float32; that moves results by
    far less than another seed does.
    """
    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_float32_matmul_precision(precision)
