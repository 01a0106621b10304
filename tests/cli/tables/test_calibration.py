import io

import numpy as np
import pytest
from rich.console import Console

from perturb_evals.cli.tables.calibration import (
    blind_verdict,
    controls_verdict,
    gate_verdict,
    oracle_verdict,
    ranking,
    show_calibration,
)
from perturb_evals.datasets.screens.make_screen import make_screen
from perturb_evals.datasets.screens.splits import Fold, Split
from perturb_evals.metrics.expression.spec import SCORES
from perturb_evals.scorers.expression.gate import Convention, GateRow
from perturb_evals.scorers.expression.screen_check import check_metrics

RNG = np.random.default_rng(0)
NOISE = RNG.normal(0, 0.01, 50)


def scores(shift, **values):
    """Errors of a system, each so much larger than those of the mean, some as given."""
    same = dict.fromkeys(SCORES, 0.5 + shift + NOISE * (shift != 0))
    return {**same, **{name: np.full(50, value) for name, value in values.items()}}


def calibrated(oracle, random=0.0, no_change=0.1, controls=None, **values):
    references = {
        "mean": scores(0),
        "no_change": scores(no_change),
        "random": scores(random),
        "oracle": scores(oracle, **values),
    }
    return check_metrics(references, controls)


@pytest.mark.parametrize(
    ("oracle", "random", "no_change", "line"),
    [
        (-0.2, 0.0, 0.1, "oracle > mean = random > no change"),
        (-0.2, -0.1, -0.1, "oracle, random, no change > mean"),
        (0.0, 0.0, 0.0, "mean = oracle = random = no change"),
        (0.1, 0.1, 0.0, "mean = no change > oracle, random"),
    ],
)
def test_the_line_of_a_metric(oracle, random, no_change, line):
    assert ranking(calibrated(oracle, random, no_change)["mae_top20"]) == line
    # Where higher is better, the same numbers read the other way round.
    reverse = calibrated(-oracle, -random, -no_change)["pds"]
    assert ranking(reverse) == line


def test_the_oracle_is_ahead_but_not_in_all():
    said = oracle_verdict("s", calibrated(-0.2, pds=0.9))
    assert said.startswith("The oracle beats the mean (mae_top20: oracle 0.3")
    assert "there is room for methods that average neighbors on s" in said
    assert "rank no method by these here" in said
    assert "mae_all" not in said
    assert "pds" not in said


def test_the_oracle_is_not_ahead():
    said = oracle_verdict("s", calibrated(0.1, mae_all=0.1))
    assert said.startswith("Even the oracle of 5 neighbors does not beat the mean (mae_top20: ")
    assert "on s no method that averages neighbors can be ranked by mae_top20." in said
    ahead = said[said.index("It is ahead in ") :]
    assert "mae_all" in ahead
    assert "pds" in ahead  # where higher is better
    assert "mse_all" not in ahead


def controls(positive, blind):
    return {
        "negative": scores(0),
        "positive": positive,
        "blind_oracle": scores(blind),
        "perfect": dict.fromkeys(SCORES, np.zeros(50)),
    }


def test_metrics_that_are_not_to_be_trusted_are_named():
    better = {name: 0.5 - (np.arange(50) < 40) * 0.1 for name in SCORES}
    found = calibrated(-0.2, controls=controls(better, 0.1))
    said = controls_verdict(found)
    assert said.startswith("NOT to be trusted on this screen: pearson_delta_t")
    assert "mae_top20" not in said
    assert "do not beat the mean (mae_top20: blind oracle 0.6" in blind_verdict(found)
    assert "may be noise alone" in blind_verdict(found)
    again = calibrated(-0.2, controls=controls(better, -0.1))
    assert "beat the mean too (mae_top20: blind oracle 0.4" in blind_verdict(again)


@pytest.mark.parametrize("halves", [True, False])
def test_all_fits_100_columns(halves):
    both = controls(scores(-0.1), -0.1) if halves else None
    found = calibrated(-0.2, -0.1, 0.1, both, r2_weighted=-123.456)
    screen = make_screen(
        name="s",
        cell_line="",
        perturbations=["A", "B"],
        expression=[[1.0, 0.5], [0.2, 0.1]],
        control=[0, 0],
        genes=["x", "y"],
        fingerprint="0" * 64,
    )
    split = Split((Fold(("A",), ("B",)), Fold(("B",), ("A",))))
    out = io.StringIO()
    show_calibration(Console(file=out, width=100, markup=False), screen, split, found)
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 100
    rows = [line for line in lines if line[:2] in ("↑ ", "↓ ")]
    assert len(rows) == (2 if halves else 1) * (len(SCORES) - 1)
    assert not any("…" in row for row in rows)
    assert any("With 2 genes" in line for line in lines)
    assert any("A fold has 1 training perturbations" in line for line in lines)
    assert any("The own gene of 2 of 2 perturbations is not" in line for line in lines)
    assert any("There is no positive control" in line for line in lines) == (not halves)


@pytest.mark.parametrize(
    ("layers", "why"),
    [
        ((), "this screen has no two halves"),
        (("half_1", "half_2"), "this screen has two halves, but no layer padj_half_2"),
        (("half_1", "half_2", "padj_half_2"), "no perturbation of this screen has two halves that"),
    ],
)
def test_why_there_is_no_positive_control(layers, why):
    screen = make_screen(
        name="s",
        cell_line="",
        perturbations=["A", "B"],
        expression=[[1.0, 0.5], [0.2, 0.1]],
        control=[0, 0],
        genes=["x", "y"],
        layers={name: np.zeros((2, 2)) for name in layers},
        fingerprint="0" * 64,
    )
    out = io.StringIO()
    split = Split((Fold(("A",), ("B",)),))
    console = Console(file=out, width=100, markup=False)
    show_calibration(console, screen, split, calibrated(-0.2))
    assert f"There is no positive control: {why}" in " ".join(out.getvalue().split())


DOCUMENTED = Convention("uns", "kept", "subset", "perturbations")
OTHER = Convention("welch_t", "removed", "all", "cells")
IN_WORDS = (
    "genes by Welch |t|, the perturbed gene removed, all training perturbations, the mean over "
    "cells"
)


def gate_row(convention, error, rounds=False):
    return GateRow(
        convention, {"mae_top20": 0.3}, {"mae_top20": 0.01}, {"mae_top20": error}, rounds
    )


@pytest.mark.parametrize(
    ("first", "second", "starts", "names_the_other"),
    [
        ((0.01, True), (0.0, True), "REPRODUCED:", False),
        ((1.5, False), (0.1, True), "MET within 2 published standard errors (at most 1.5)", True),
        ((-1.5, False), (0.3, False), "MET within 2 published", False),
        (
            (-7.0, False),
            (1.2, False),
            "MISSED: under the documented convention a value is 7.0",
            True,
        ),
        ((7.0, False), (3.0, False), "MISSED: under the documented convention", False),
    ],
)
def test_the_verdict_names_a_convention_that_does_better(first, second, starts, names_the_other):
    said = gate_verdict([gate_row(DOCUMENTED, *first), gate_row(OTHER, *second)])
    assert said.startswith(starts)
    assert (IN_WORDS in said) == names_the_other
    assert ("Under every other convention of the grid one is, too." in said) == (second[0] == 3.0)
