"""The LPM on questions: what it learns from, when it abstains, and what it is told to do."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from inspect_ai.log import EvalLog

from perturb_evals.datasets.errors import ArgumentError, DataError
from perturb_evals.datasets.evidence import EvidenceError
from perturb_evals.datasets.pairs.evidence import PairsEvidence, pairs_evidence
from perturb_evals.methods.lpm import fit
from perturb_evals.methods.lpm.settings import Settings
from perturb_evals.solvers.pairs import lpm as of_lpm
from perturb_evals.solvers.pairs.lpm import by_lpm, lpm
from perturb_evals.tasks.perturbqa import perturbqa_direction

LINES = ("demo_b", "demo_a", "demo_c")
SMALL = Settings(embedding=4, hidden=(8,), batch=500, epochs=2, seeds=(1,))

REFUSED = [
    ({"preset": "k562"}, "preset must be one of replogle_k562, replogle_rpe1, lincs; got 'k562'."),
    ({"seeds": 0}, "seeds must be from 1 to 100 networks; got 0."),
    ({"seeds": [1, 1]}, "seeds must be different; got 1, 1."),
    ({"epochs": 0}, "epochs must be 1 or more; got 0."),
    ({"epochs": "many"}, "epochs must be a whole number; got 'many'."),
    ({"hidden": 3}, "There is no argument hidden."),
]


@pytest.mark.each(("given", "said"), REFUSED)
def test_what_is_not_allowed_is_refused_in_words(given, said: str):
    with pytest.raises(ArgumentError) as caught:
        lpm(**given)
    assert str(caught.value).startswith(said)


def test_without_pytorch_the_solver_is_not_made_and_says_what_to_install(monkeypatch):
    monkeypatch.setattr(fit, "find_spec", lambda name: None)
    with pytest.raises(DataError, match=r'pip install "perturb-evals\[lpm\]"\.$'):
        lpm()


def evidence(kind: str = "direction") -> PairsEvidence:
    return pairs_evidence("demo", "demo_b", kind, "cross", LINES)


@pytest.mark.parametrize("stop_early", [True, False])
def test_only_training_rows_are_learned_from(monkeypatch, stop_early: bool):
    """All of them without an early stop; with it some of the own line's perturbations validate."""
    given = []

    class Zero:
        def predict(self, rows: pd.DataFrame):
            assert set(rows["context"]) == {"demo_b"}
            return np.zeros(len(rows))

    def spy(rows, settings, validation, progress):
        given.append((rows, validation))
        return Zero()

    monkeypatch.setattr(of_lpm, "fit_lpm", spy)
    by_lpm(evidence(), SMALL, stop_early)
    ((rows, validation),) = given
    own, others = evidence().own(), evidence().others()
    assert len(rows) + len(validation or ()) == len(own) + len(others)
    if not stop_early:
        assert validation is None
        return
    assert set(validation.contexts[validation.context]) == {"demo_b"}
    kept = set(validation.perturbations[validation.perturbation])
    assert len(validation) == own["pert"].isin(kept).sum()
    assert kept <= set(others["pert"])


def test_a_name_that_no_line_was_trained_on_is_no_evidence():
    pytest.importorskip("torch", reason="PyTorch is not installed: make test-lpm runs this")
    asked = evidence()
    trained = pd.concat([asked.own(), asked.others()])
    model = by_lpm(asked, SMALL, stop_early=False)
    for pert, gene in sorted(asked.question_pairs()):
        known = pert in set(trained["pert"]) and gene in set(trained["gene"])
        assert model.informed(pert, gene) == known
        assert (model.score(pert, gene) is not None) == known


def test_it_runs_on_the_track_cross_only(evaluate: Callable[..., EvalLog], tmp_path: Path):
    pytest.importorskip("torch", reason="PyTorch is not installed: make test-lpm runs this")
    task = perturbqa_direction(dataset="demo", cell_line="demo_b", evidence="cross", genes=3)
    log = evaluate(task, solver=lpm(seeds=1, epochs=1))
    assert log.status == "success"
    said = {sample.output.completion for sample in log.samples}
    assert any(text.startswith("lpm: score ") for text in said)
    within = pairs_evidence("demo", "demo_b", "direction", "within", ("demo_b",))
    with pytest.raises(EvidenceError):
        by_lpm(within, SMALL, stop_early=False)
