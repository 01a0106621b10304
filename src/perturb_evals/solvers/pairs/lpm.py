"""The large perturbation model (LPM), as published, on questions about a pair."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from inspect_ai.solver import Solver, solver

from perturb_evals.datasets.options import named_arguments
from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.methods.lpm.fit import check_installed, fit_lpm
from perturb_evals.methods.lpm.settings import Settings, chosen_seeds, published
from perturb_evals.methods.lpm.validation import held_out
from perturb_evals.methods.triples import Triples, TriplesModel
from perturb_evals.solvers.baseline import baseline
from perturb_evals.solvers.pairs.baselines import numeric
from perturb_evals.solvers.pairs.transfer import Fallback, Transferred, stand_in

if TYPE_CHECKING:
    from perturb_evals.methods.lpm.ensemble import Progress

SECONDS_BETWEEN_LINES = 20.0

_log = logging.getLogger(__name__)


def by_lpm(evidence: PairsEvidence, settings: Settings, stop_early: bool) -> Transferred:
    """Return scores by an LPM of the labels 0 and 1 of all open lines.

    Args:
        evidence: Training rows; needs the track cross.
        settings: How to train.
        stop_early: Whether a share of the own line's perturbations is kept from training there to
            stop in time, see `held_out`.
    """

    def fit(rows: Triples, line: str) -> TriplesModel:
        training, validation = held_out(rows, (line,)) if stop_early else (rows, None)
        return fit_lpm(training, settings, validation, progress=_now_and_then(line))

    return Transferred(evidence, fit)


def _now_and_then(line: str) -> "Callable[[Progress], None]":
    told = time.monotonic()

    def tell(progress: "Progress") -> None:
        nonlocal told
        if progress.seconds_left > 0 and time.monotonic() - told >= SECONDS_BETWEEN_LINES:
            told = time.monotonic()
            _log.info(
                "lpm for %s: %.0f%% at most, %.0f s left at most; %s",
                line,
                100 * progress.done / progress.total,
                progress.seconds_left,
                progress.said,
            )

    return tell


@baseline(reads="track", needs="cross")
@solver
@named_arguments
def lpm(
    preset: str = "lincs",
    seeds: int | list[int] = 5,
    epochs: int | None = None,
    fallback: Fallback = "none",
) -> Solver:
    """Score by the published LPM. Needs evidence=cross, and the extra `lpm` (PyTorch).

    A perturbation or gene that no open line has trained on is an abstention.

    Args:
        preset: Published settings: lincs (best in validation within training rows), replogle_k562
            or replogle_rpe1.
        seeds: How many networks are trained and averaged, or a list of their seeds.
        epochs: Passes over the training rows. By default those of the preset at most, ended early
            by 15% of the own line's perturbations, which are kept from training there.
        fallback: As for factor_model.

    Raises:
        ValueError: An argument that is not allowed.
        DataError: PyTorch is not installed.
    """
    settings = replace(published(preset), seeds=chosen_seeds(seeds))
    if epochs is not None:
        settings = replace(settings, epochs=epochs)
    instead = stand_in(fallback)
    check_installed()
    return numeric("lpm", lambda evidence: by_lpm(evidence, settings, epochs is None), instead)
