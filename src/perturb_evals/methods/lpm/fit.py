"""Fitting an LPM in one call, with a clear word where PyTorch is not installed."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from perturb_evals.datasets.errors import DataError
from perturb_evals.methods.lpm.settings import Settings
from perturb_evals.methods.triples import Triples

if TYPE_CHECKING:
    from perturb_evals.methods.lpm.ensemble import Progress
    from perturb_evals.methods.lpm.model import LPM

NEEDED = ("torch", "safetensors")


def check_installed() -> None:
    """Make sure that what an LPM needs can be imported.

    Raises:
        DataError: It cannot; the message says what to install.
    """
    if any(find_spec(name) is None for name in NEEDED):
        raise DataError(
            "An LPM needs PyTorch and safetensors, which are not installed: "
            'pip install "perturb-evals[lpm]".'
        )


def fit_lpm(
    rows: Triples,
    settings: Settings,
    validation: Triples | None = None,
    checkpoints: Path | None = None,
    progress: Callable[["Progress"], None] = lambda _: None,
) -> "LPM":
    """Train an LPM; equal arguments give equal results on one machine.

    Args:
        rows: What to train on.
        settings: How, see `PRESETS`.
        validation: What to validate on, for an early stop, see `held_out`; without it all epochs
            are trained.
        checkpoints: A folder to go on from and to keep checkpoints in.
        progress: Told several times a second how far the training is.

    Raises:
        DataError: PyTorch is not installed, or see `Training`.
    """
    check_installed()
    from perturb_evals.methods.lpm.ensemble import Training

    return Training(rows, settings, validation, checkpoints).run(progress)
