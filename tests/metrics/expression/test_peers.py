"""The scores of three other packages on one simulated screen: golden/make.py wrote them.

Where the conventions are one the numbers are. Where ours are others (docs/regression.md), the same
convention is made of the inputs: a fold that knows no targets counts every gene, as peers do.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from perturb_evals.metrics.expression.regression import FoldTruth
from perturb_evals.metrics.expression.weighted import gene_weights

GOLDEN = json.loads((Path(__file__).parent / "golden" / "peers.json").read_text("utf-8"))
SCREEN = {name: np.array(values) for name, values in GOLDEN["screen"].items()}
N = len(SCREEN["truth"])


def scores(*, targets):
    """Ours on the peers' screen; the mean of all truths is what scPertEval is about."""
    delta = SCREEN["truth"] - SCREEN["control"]
    fold = FoldTruth(
        truth=SCREEN["truth"],
        control=SCREEN["control"][0],
        train_mean=SCREEN["truth"].mean(axis=0),
        de_order=np.argsort(-np.abs(delta), axis=1, kind="stable"),
        n_ranked=np.full(N, delta.shape[1]),
        weights=gene_weights(SCREEN["statistic"]),
        target_genes=[[row] if targets else [] for row in range(N)],
        panel_targets=np.arange(N if targets else 0),
        halves=[SCREEN["half_1"], SCREEN["half_2"]],
    )
    return fold.score_all(SCREEN["predicted"])


def said(peer, metric):
    """A peer's scores in the order of the perturbations, which is that of their names."""
    values = GOLDEN["peers"][peer]["metrics"][metric]
    return np.array([values[name] for name in sorted(values)])


@pytest.mark.each(
    ("peer", "metric", "ours", "targets"),
    [
        ("cell-eval", "mae", "mae_all", True),
        ("cell-eval", "mse", "mse_all", True),
        ("cell-eval", "pearson_delta", "pearson_delta_all", True),
        ("cell-eval2", "mae", "mae_all", True),
        ("cell-eval2", "mse", "mse_all", True),
        ("cell-eval2", "pearson_delta", "pearson_delta_all", True),
        ("cell-eval2", "pds_cosine", "pds", True),
        ("scperteval", "nir_without_targets", "centroid_accuracy", True),
        ("scperteval", "nir", "centroid_accuracy", False),
        ("scperteval", "pearson_about_mean", "pearson_delta_pert", False),
        ("scperteval", "weighted_mse", "weighted_mse", False),
        ("scperteval", "weighted_r2", "r2_weighted", False),
    ],
)
def test_a_peer_says_the_same_of_every_perturbation(peer, metric, ours, targets):
    found = scores(targets=targets)[ours]
    assert found == pytest.approx(said(peer, metric), abs=3e-6)
    assert len(set(found)) > 1


def test_the_unbiased_error_is_a_peers_in_the_mean():
    """cell-eval2 takes the noise of the truth off by its variance, we by two halves."""
    found, theirs = scores(targets=True), said("cell-eval2", "mse_unbiased")
    noise = np.var(SCREEN["half_1"] - SCREEN["half_2"], axis=1).mean() / 4
    assert found["mse_all_no_target"].mean() - theirs.mean() == pytest.approx(noise, rel=0.1)
    assert found["mse_unbiased"].mean() == pytest.approx(theirs.mean(), rel=0.02)


def test_what_differs_is_the_own_gene():
    """Only by it do scores about the mean and with weights leave the peer's."""
    with_targets = scores(targets=True)
    for metric, ours in (
        ("weighted_mse", "weighted_mse"),
        ("pearson_about_mean", "pearson_delta_pert"),
    ):
        assert abs(with_targets[ours] - said("scperteval", metric)).max() > 0.01
    own_target_only = said("cell-eval", "pds_cosine_own_target")
    assert abs(with_targets["pds"] - own_target_only).max() > 0.01


def test_the_versions_are_those_that_the_page_names():
    versions = {name: peer["version"] for name, peer in GOLDEN["peers"].items()}
    assert versions == {"cell-eval": "0.8.2", "cell-eval2": "0.20.0", "scperteval": "0.2.0"}
    page = (Path(__file__).parents[3] / "docs" / "regression.md").read_text("utf-8")
    for version in versions.values():
        assert version in page
