"""The demo world while a solver is checked: all that holds truth of test rows is other."""

from pathlib import Path

import numpy as np
import pandas as pd

from perturb_evals.datasets.demo.screen import demo_screen
from perturb_evals.datasets.demo.world import (
    attainable_scores,
    demo_hash,
    demo_tables,
    demo_world,
)
from perturb_evals.datasets.pairs.exchange import labels_exchanged
from perturb_evals.datasets.screens.benchmark import expression_benchmark
from perturb_evals.datasets.screens.evidence import fold_of
from perturb_evals.datasets.screens.exchange import vectors_exchanged


def changed_rows(one, other, index: int) -> set[str]:
    """Return the perturbations of a line whose effects and halves are other."""
    effects = (one.effects[index] != other.effects[index]).any(axis=1)
    halves = (one.halves[index] != other.halves[index]).any(axis=(0, 2))
    np.testing.assert_array_equal(effects, halves)
    return set(np.array(one.perts)[effects])


def test_with_labels_exchanged_the_effects_of_test_rows_are_others(tmp_path: Path):
    world, screen, sha256 = demo_world(), demo_screen(), demo_hash()
    best = attainable_scores("demo_a", "de")
    with labels_exchanged("demo", "demo_a", "de", tmp_path):
        other, other_screen = demo_world(), demo_screen()
        assert other is demo_world()
        assert demo_tables() is other.tables
        assert demo_hash() == sha256
        other_best = attainable_scores("demo_a", "de")
    assert demo_world() is world
    for index, line in enumerate(world.lines):
        one, new = world.tables[line, "de"], other.tables[line, "de"]
        assert changed_rows(world, other, index) == set(one[one["split"] == "test"]["pert"])
        pd.testing.assert_frame_equal(one.drop(columns="label"), new.drop(columns="label"))
        assert list(one.dtypes) == list(new.dtypes)
        differ = one["label"] != new["label"]
        assert set(one[differ]["split"]) == {"test"}
    assert (best["score"] != other_best["score"]).all()
    assert screen.fingerprint == other_screen.fingerprint
    assert (screen.expression != other_screen.expression).any()


def test_with_vectors_exchanged_world_and_screen_and_tables_agree():
    (held_out,) = expression_benchmark("demo", fold=0).folds
    tested = set(fold_of(held_out).test)
    world, screen = demo_world(), demo_screen()
    with vectors_exchanged(held_out):
        other, other_screen = demo_world(), demo_screen()
        assert set(fold_of(held_out).test) == tested
    assert [changed_rows(world, other, index) for index in range(3)] == [tested, set(), set()]
    differ = (screen.expression != other_screen.expression).any(axis=1)
    assert set(np.array(screen.perturbations)[differ]) == tested
    assert screen.fingerprint == other_screen.fingerprint
    np.testing.assert_array_equal(screen.control, other_screen.control)
    # Whose effects a perturbation has, its rows it has too.
    at = {pert: row for row, pert in enumerate(world.perts)}
    for kind in ("de", "direction"):
        one, new = world.tables["demo_a", kind], other.tables["demo_a", kind]
        moved = {*zip(one["pert"], new["pert"], strict=True)}
        assert {pert for pert, named in moved if pert != named} <= tested
        for pert, named in moved:
            share = 0.5 if pert in tested else 1
            np.testing.assert_allclose(
                other.effects[0, at[named]], share * world.effects[0, at[pert]]
            )
