"""`perturb-evals calibrate`, the gate with cells in GEARS's layout through the real loader."""

import json
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy.stats import pearsonr
from sklearn.model_selection import KFold

from perturb_evals.cli.main import main
from perturb_evals.datasets import published
from perturb_evals.datasets.published import Published
from perturb_evals.datasets.screens.gears import GEARS_SCREENS
from perturb_evals.datasets.screens.load import load_screen
from perturb_evals.metrics.expression.spec import SCORES
from perturb_evals.solvers.expression.baselines import (
    mean_effect,
    no_change,
    oracle_neighbors,
    random_neighbors,
)
from perturb_evals.tasks.langpert import langpert

N, GENES, CELLS, N_TRAIN = 30, 50, 12, 20
NAMES = [f"G{i:02d}" for i in range(N)]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    load_screen.cache_clear()
    yield
    load_screen.cache_clear()


def simulated():
    """Cells of a small screen, with orders in `uns` that no test would give."""
    rng = np.random.default_rng(7)
    base = rng.uniform(0.5, 2, GENES)
    effect = rng.normal(0, 0.2, GENES) + rng.normal(0, 0.3, (N, GENES))
    conditions = np.array(["ctrl"] * 40 + [f"{name}+ctrl" for name in NAMES for _ in range(CELLS)])
    means = np.vstack([np.tile(base, (40, 1)), np.repeat(base + effect, CELLS, axis=0)])
    values = np.clip(means + rng.normal(0, 0.3, means.shape), 0, None).astype(np.float32)
    called = [f"K562_{condition}" for condition in conditions]
    genes = [f"ENSG{i:03d}" for i in range(GENES)]
    orders = {name: np.array(genes)[rng.permutation(GENES)] for name in dict.fromkeys(called)}
    return AnnData(
        X=values,
        obs=pd.DataFrame(
            {"condition": conditions, "condition_name": called, "cell_type": "K562"},
            index=[f"cell{i}" for i in range(len(conditions))],
        ),
        var=pd.DataFrame({"gene_name": [f"G{i:02d}" for i in range(GENES)]}, index=genes),
        uns={"rank_genes_groups_cov_all": orders},
    )


def published_values(adata):
    """The row under the documented convention, from the cells, step by step."""
    frame = adata.to_df().groupby(adata.obs["condition"].to_numpy()).mean()
    control = frame.loc["ctrl"].to_numpy()
    names = np.array(NAMES)
    scores = []
    for number, (train, test) in enumerate(KFold(5, shuffle=True, random_state=42).split(names)):
        drawn = np.random.RandomState([0, number, 0]).permutation(len(train))[:N_TRAIN]
        mean = frame.loc[[f"{name}+ctrl" for name in names[train[drawn]]]].to_numpy().mean(axis=0)
        for name in names[test]:
            top = adata.uns["rank_genes_groups_cov_all"][f"K562_{name}+ctrl"][:20]
            places = [adata.var_names.get_loc(gene) for gene in top]
            truth = frame.loc[f"{name}+ctrl"].to_numpy()
            error = (truth - mean)[places]
            r = pearsonr((truth - control)[places], (mean - control)[places])[0]
            scores.append((np.abs(error).mean(), (error**2).mean(), r))
    return np.mean(scores, axis=0)


@pytest.fixture
def gears_screen(tmp_path, monkeypatch):
    """Put the simulated zip in a mirror folder as `replogle_k562`; give its published row."""
    adata = simulated()
    known = GEARS_SCREENS["replogle_k562"]
    path = tmp_path / "mirror" / known.source
    path.parent.mkdir(parents=True)
    adata.write_h5ad(tmp_path / "inner.h5ad")
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(tmp_path / "inner.h5ad", "replogle_k562_essential/perturb_processed.h5ad")
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(tmp_path / "mirror"))
    expected = replace(known, cells=len(adata), genes=GENES, perturbations=N, control_cells=40)
    monkeypatch.setitem(GEARS_SCREENS, "replogle_k562", expected)

    def publish(shift):
        values = np.round(published_values(adata) + shift, 3)
        metrics = ("mae_top20", "mse_top20", "pearson_delta_top20")
        scores = {name: (float(v), 0.01) for name, v in zip(metrics, values, strict=True)}
        row = Published("replogle_k562", "Non-ctrl mean", N_TRAIN, scores, "a simulation")
        monkeypatch.setitem(published.GATE, "replogle_k562", row)

    return publish


def test_a_published_row_that_is_reproduced(gears_screen, capsys, tmp_path):
    gears_screen(np.zeros(3))
    file = tmp_path / "out" / "figures.json"
    assert main(["calibrate", "replogle_k562", "--json", str(file)]) == 0
    said = capsys.readouterr().out
    assert "REPRODUCED: under the documented convention all published values come out" in said
    figures = json.loads(file.read_text())
    assert len(figures["gate"]) == 3 * 2 * 2 * 2  # order, target, training, mean
    assert figures["gate"][0]["verdict"] == "reproduced"
    assert {row["convention"]["order"] for row in figures["gate"]} == {
        "uns",
        "welch_t",
        "abs_delta",
    }
    assert figures["metrics"]["mae_top20"]["controls"]["bds"] > 0.5
    assert max(map(len, said.splitlines())) <= 100


def test_the_gate_scores_as_a_run_does(gears_screen, evaluate, tmp_path, capsys):
    gears_screen(np.zeros(3))
    file = tmp_path / "figures.json"
    assert main(["calibrate", "replogle_k562", "--json", str(file)]) == 0
    row = json.loads(file.read_text())["gate"][0]
    task = langpert(screen="replogle_k562", n_train=N_TRAIN, aliases="none")
    run = values(evaluate(task, solver=mean_effect()))
    for name, score in row["scores"].items():
        assert run[name] == pytest.approx(score, rel=1e-6)
        assert run[f"{name}_paper_se"] == pytest.approx(row["paper_se"][name], rel=1e-5)


@pytest.fixture(scope="module")
def calibrated(small_screen, tmp_path_factory):
    """The metrics that the command writes for the small screen."""
    folder = tmp_path_factory.mktemp("calibrated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERTURB_EVALS_CACHE", str(folder / "cache"))
        load_screen.cache_clear()
        assert main(["calibrate", str(small_screen), "--json", str(folder / "figures.json")]) == 0
    load_screen.cache_clear()
    return json.loads((folder / "figures.json").read_text())["metrics"]


@pytest.mark.parametrize(
    ("reference", "solver"),
    [
        ("mean", mean_effect),
        ("no_change", no_change),
        ("random", lambda: random_neighbors(k=5)),
        ("oracle", lambda: oracle_neighbors(k=5)),
    ],
)
def test_references_score_as_the_solvers_do(calibrated, small_screen, evaluate, reference, solver):
    task = langpert(screen=str(small_screen), aliases="none")
    run = values(evaluate(task, solver=solver()))
    assert calibrated
    for name, found in calibrated.items():
        assert run[name] == pytest.approx(found["means"][reference], rel=1e-5, abs=1e-7)


def values(log):
    assert log.status == "success", log.error
    return {name: metric.value for name, metric in log.results.scores[0].metrics.items()}


def test_a_published_row_that_is_nearly_met(gears_screen, capsys):
    gears_screen(np.array([0.012, 0, 0]))
    assert main(["calibrate", "replogle_k562"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "MET within 2 published standard errors (at most 1.2)" in said


def test_a_published_row_that_is_missed(gears_screen, capsys):
    gears_screen(np.array([0, 0, -0.2]))
    assert main(["calibrate", "replogle_k562"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "MISSED: under the documented convention a value is 20" in said
    assert "Believe no other number of this screen until it is known why." in said
    assert "Under every other convention of the grid one is, too." in said


def test_the_demo_has_a_positive_control(capsys, tmp_path):
    file = tmp_path / "figures.json"
    assert main(["calibrate", "demo", "--json", str(file)]) == 0
    said = capsys.readouterr().out
    assert "Calibration gate" not in said  # there is no published row
    figures = json.loads(file.read_text())
    assert figures["gate"] == []
    assert figures["n_perturbations"] == 240
    for name in SCORES[:-1]:
        found = figures["metrics"][name]
        (line,) = (
            line
            for line in said.splitlines()
            if line[2:].startswith(f"{name} ") and "tells them apart" in line
        )
        assert line[0] == {"lower": "↓", "higher": "↑"}[found["better"]]
        assert f" {found['controls']['drf']:.3f}  {found['controls']['bds']:.3f}" in line
    assert "The oracle beats the mean (mae_top20: oracle 0.286, mean 0.558" in said
    assert "Neighbors chosen by other cells beat the mean too" in said
    assert max(map(len, said.splitlines())) <= 100


def test_where_no_method_can_be_ranked_the_verdict_says_so(real_data, capsys):
    path = real_data / "screens" / "macrophage_crispri.h5ad"
    assert main(["calibrate", str(path)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Even the oracle of 5 neighbors does not beat the mean (mae_top20: oracle 1.560" in said
    assert "no method that averages neighbors can be ranked by mae_top20." in said
    assert "There is no positive control: this screen has no two halves" in said


def test_a_screen_of_nine_features(real_data, capsys):
    path = real_data / "screens" / "replogle_k562_pc9_surrogate.h5ad"
    assert main(["calibrate", str(path)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "The oracle beats the mean" in said
    assert "It is not ahead in overlap_top20: rank no method by it here." in said
    assert "With 9 genes the top 20, 50 and 100 are all genes" in said


def test_errors_say_what_to_do(capsys, tmp_path):
    assert main(["calibrate", "nowhere.h5ad"]) == 1
    assert "there is none at 'nowhere.h5ad'" in capsys.readouterr().err
    assert main(["calibrate", "demo", "-T", "fold=1"]) == 2
    assert "There is no argument fold" in capsys.readouterr().err
