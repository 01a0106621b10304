"""The demo world as a screen: 240 perturbations x 600 genes, with two replicate halves."""

import hashlib

import numpy as np

from perturb_evals.datasets.demo.world import DEMO_LINES, demo_world, simulated_world
from perturb_evals.datasets.screens.make_screen import make_screen
from perturb_evals.datasets.screens.screen import Screen, ScreenError


def demo_screen(cell_line: str | None = None) -> Screen:
    """Return the screen of one line of the demo world.

    Expression is the control plus the mean of the two observed halves of the effect.

    Args:
        cell_line: `demo_a` (default), `demo_b` or `demo_c`.

    Raises:
        ScreenError: Another line.
    """
    line = DEMO_LINES[0] if cell_line is None else cell_line
    if line not in DEMO_LINES:
        raise ScreenError(f"The demo world has the lines {', '.join(DEMO_LINES)}; got {line!r}.")
    world = demo_world()
    index = DEMO_LINES.index(line)
    # Rounded, so that machines whose exp() differs in the last bit agree.
    control = np.round(world.control[index], 6)
    halves = control + world.halves[index]
    # By the true values, so that a screen with the truth exchanged has the same questions.
    true_halves = control + simulated_world().halves[index]
    content = hashlib.sha256(f"{line}\n".encode())
    content.update(np.ascontiguousarray(np.round(true_halves, 5), dtype="<f8").tobytes())
    return make_screen(
        name="demo",
        cell_line=line,
        perturbations=world.perts,
        expression=halves.mean(axis=0),
        control=control,
        genes=world.genes,
        layers={"half_1": halves[0], "half_2": halves[1], "padj_half_2": _adjusted(index)},
        fingerprint=content.hexdigest(),
        source="The demo world of perturb-evals, simulated.",
        licence="MIT",
        citation="Simulated by perturb-evals; not a measurement.",
    )


def _adjusted(index: int) -> "np.typing.NDArray[np.float64]":
    """Return the (p, g) Benjamini-Hochberg p-values of the second half alone, over genes."""
    from scipy.stats import false_discovery_control, norm

    world = demo_world()
    # The world's standard error is that of the mean of two halves.
    z = world.halves[index, 1] / (np.sqrt(2) * world.se[index])
    return np.asarray(false_discovery_control(2 * norm.sf(np.abs(z)), axis=1))
