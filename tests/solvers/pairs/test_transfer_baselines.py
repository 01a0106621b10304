"""Solvers that transfer labels between lines: what their methods give, rounded, or silence."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from inspect_ai.log import EvalLog

from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.methods.additive import Additive
from perturb_evals.methods.conserved import Conserved
from perturb_evals.methods.context_ridge import ContextRidge
from perturb_evals.methods.triples import Triples
from perturb_evals.solvers.baseline import READS
from perturb_evals.solvers.pairs.transfer_baselines import (
    additive,
    conserved,
    cross_context_ridge,
)
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

NAMES = {"pert": "perturbation", "gene": "readout", "line": "context", "label": "value"}


@pytest.mark.parametrize(
    ("solver", "fit"),
    [(additive, Additive), (conserved, Conserved), (cross_context_ridge, ContextRidge)],
)
@pytest.mark.parametrize("make", [perturbqa_de, perturbqa_direction])
def test_a_run_gives_what_the_method_gives(evaluate: Callable[..., EvalLog], make, solver, fit):
    task = make(dataset="demo", cell_line="demo_b", evidence="cross", genes=4)
    log = evaluate(task, solver=solver())
    assert log.status == "success", log.error
    evidence = PairsEvidence.from_metadata(log.samples[0].metadata)
    rows = pd.concat([evidence.own().assign(line="demo_b"), evidence.others()])
    model = fit(Triples.of(rows.rename(columns=NAMES)))
    spoke = 0
    for sample in log.samples:
        pert, gene = sample.metadata["pert"], sample.metadata["gene"]
        asked = pd.DataFrame({"context": ["demo_b"], "perturbation": [pert], "readout": [gene]})
        value, score = float(model.predict(asked)[0]), sample.scores["p_positive"]
        if np.isnan(value):
            assert score.metadata["abstained"] == "no_evidence"
        else:
            assert score.value == pytest.approx(value, abs=1e-11)
            spoke += 1
    assert spoke > 3
    assert READS[solver.__name__] == "track"


def test_their_arguments_are_those_of_the_methods(evaluate: Callable[..., EvalLog]):
    task = perturbqa_de(dataset="demo", evidence="cross", genes=4)

    def scores(solver) -> dict[str, float]:
        samples = evaluate(task, solver=solver).samples
        return {sample.id: sample.scores["p_positive"].value for sample in samples}

    assert scores(additive()) != scores(additive(penalty=50.0))
    assert scores(conserved()) != scores(conserved(prior_rows=50))


@pytest.mark.each("value", [-1.0, math.nan, math.inf, "2", None, True])
def test_arguments_are_checked(value):
    with pytest.raises(ValueError, match=rf"^penalty must be .* above 0; got {value!r}"):
        additive(penalty=value)
    with pytest.raises(ValueError, match=rf"^prior_rows must be .* from 0; got {value!r}"):
        conserved(prior_rows=value)
    with pytest.raises(ValueError, match="There is no argument power"):
        cross_context_ridge(power=value)
