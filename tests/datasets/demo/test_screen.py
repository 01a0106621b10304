import numpy as np
import pytest
from scipy.stats import false_discovery_control, norm

from perturb_evals.datasets.demo.screen import demo_screen
from perturb_evals.datasets.demo.world import DEMO_LINES, demo_world
from perturb_evals.datasets.screens.screen import ScreenError


def test_the_screen_is_the_world_seen_twice():
    world, screen = demo_world(), demo_screen("demo_b")
    rows = [world.perts.index(name) for name in screen.perturbations]
    halves = world.halves[1][:, rows]
    np.testing.assert_allclose(screen.delta, halves.mean(axis=0), atol=1e-5)
    for index in (0, 1):
        layer = screen.layer(f"half_{index + 1}")
        np.testing.assert_allclose(layer - screen.control, halves[index], atol=1e-5)
    z = halves[1] / (np.sqrt(2) * world.se[1])
    padj = [false_discovery_control(2 * norm.sf(abs(row))) for row in z]
    np.testing.assert_allclose(screen.layer("padj_half_2"), padj, atol=1e-6)
    assert len(screen.perturbations) == 240
    assert screen.genes == world.genes


def test_lines_are_other_screens():
    screens = [demo_screen(line) for line in DEMO_LINES]
    assert len({screen.fingerprint for screen in screens}) == 3
    assert [screen.cell_line for screen in screens] == list(DEMO_LINES)
    assert demo_screen().fingerprint == screens[0].fingerprint


def test_the_content_never_changes():
    assert demo_screen().fingerprint.startswith("663c66cbdfe87dae")


def test_an_unknown_line():
    with pytest.raises(ScreenError, match="demo_a, demo_b, demo_c; got 'k562'"):
        demo_screen("k562")
