import hashlib
import json

import numpy as np
import pandas as pd
from anndata import AnnData

from perturb_evals.cli.main import main
from perturb_evals.datasets.demo.screen import demo_screen
from perturb_evals.datasets.screens.splits import five_folds


def test_the_folds_can_be_read_back(capsys, tmp_path):
    assert main(["split", "demo"]) == 0
    said = capsys.readouterr()
    folds = json.loads(said.out)
    expected = five_folds(demo_screen().perturbations)
    assert [tuple(fold["test"]) for fold in folds] == [fold.test for fold in expected.folds]
    assert said.err == (
        f"sha256 {hashlib.sha256(said.out.strip().encode()).hexdigest()}; "
        "train/test of the folds: 192/48, 192/48, 192/48, 192/48, 192/48\n"
    )

    file = tmp_path / "split.json"
    file.write_text(said.out)
    assert main(["split", "demo", "-T", f"split={file}"]) == 0
    assert capsys.readouterr() == said


def test_the_real_folds_are_those_of_the_protocol(real_data, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path))
    path = real_data / "screens" / "replogle_k562_pc9_surrogate.h5ad"
    assert main(["split", str(path)]) == 0
    said = capsys.readouterr()
    assert [len(fold["test"]) for fold in json.loads(said.out)] == [219, 219, 218, 218, 218]
    assert "873/219, 873/219, 874/218" in said.err


def test_what_is_kept_out_is_counted(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    names = ["control", *(f"G{n}" for n in range(12)), "G1+G2", "none1", "none2"]
    vectors = np.random.default_rng(0).normal(size=(len(names), 30)).astype(np.float32)
    vectors[-2:] = vectors[0]
    path = tmp_path / "screen.h5ad"
    AnnData(X=vectors, obs=pd.DataFrame({"perturbation": names}, index=names)).write_h5ad(path)
    assert main(["split", str(path)]) == 0
    assert (
        "3 perturbations are kept out and not asked about: 1 of several genes (A+B), 2 equal to "
        "the control in every gene."
    ) in capsys.readouterr().err


def test_errors_say_what_to_do(capsys, tmp_path):
    assert main(["split", "nowhere.h5ad"]) == 1
    assert "there is none at 'nowhere.h5ad'" in capsys.readouterr().err
    assert main(["split", "demo", "-T", "fold=1"]) == 2
    assert "There is no argument fold" in capsys.readouterr().err
    file = tmp_path / "split.json"
    file.write_text('[{"train": ["AARS1"], "test": ["AARS1"]}]')
    assert main(["split", "demo", "-T", f"split={file}"]) == 1
    assert "names in both train and test" in capsys.readouterr().err
