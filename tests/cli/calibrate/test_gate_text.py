import pytest

from perturb_evals.cli.calibrate.gate_text import verdict
from perturb_evals.scorers.expression.gate import Convention, GateRow

DOCUMENTED = Convention("uns", "kept", "subset", "perturbations")
OTHER = Convention("welch_t", "removed", "all", "cells")
IN_WORDS = (
    "genes by Welch |t|, the perturbed gene removed, all training perturbations, the mean over "
    "cells"
)


def row(convention, error, rounds=False):
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
    said = verdict([row(DOCUMENTED, *first), row(OTHER, *second)])
    assert said.startswith(starts)
    assert (IN_WORDS in said) == names_the_other
    assert ("Under every other convention of the grid one is, too." in said) == (second[0] == 3.0)
