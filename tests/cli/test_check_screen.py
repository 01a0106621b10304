"""`perturb-evals check-screen`: the whole look before anything runs."""

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from perturb_evals.cli.main import main

GENES = [*("CDK1", "GATA1", "HSPA5", "KLF1", "MYC", "PCNA", "TP53", "H2AX")]


@pytest.fixture
def put(tmp_path, monkeypatch):
    """Write a pseudobulk file of labels, and return its path as text."""
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))

    def write(labels, column="perturbation", genes=GENES) -> str:
        values = np.random.default_rng(0).random((len(labels), len(genes))).astype(np.float32)
        obs = pd.DataFrame({column: labels}, index=[f"r{at}" for at in range(len(labels))])
        path = tmp_path / "mine.h5ad"
        AnnData(values, obs, pd.DataFrame(index=genes)).write_h5ad(path)
        return str(path)

    return write


def shown(capsys) -> dict[str, list[str]]:
    """The lines by heading."""
    found: dict[str, list[str]] = {}
    for line in capsys.readouterr().out.splitlines():
        found.setdefault(line[:18].strip(), []).append(line[18:])
    return found


def test_the_whole_look(put, capsys):
    labels = ["NT", *GENES[:7], "GATA1_sg1", "GATA1_sg2", "nan", "1-Mar", "CDK1_MYC", "ctrl"]
    path = put([*labels, "ABC1"], column="target_gene")
    arguments = ["-T", "perturbation_column=target_gene", "-T", "control=NT"]
    assert main(["check-screen", path, *arguments, "-T", "cell_line=k562"]) == 0
    said = shown(capsys)
    assert said["screen"] == ["mine"]
    assert said["read as"] == ["pseudobulk: one row a perturbation"]
    assert said["names"] == ["obs['target_gene']"]
    assert said["control"] == ["'NT', one row"]
    assert said["cell line"] == ["k562"]
    assert said["genes"] == ["8, ids 'CDK1', 'GATA1', 'HSPA5' and 5 more"]
    assert said["perturbations"] == ["10: 'ABC1', 'CDK1', 'GATA1' and 7 more"]
    assert said["own gene"] == [
        "9 of 10 perturbed genes are among the symbols; not measured: 'ABC1'"
    ]
    assert said["left out"] == [
        "4 perturbations are kept out and not asked about: 1 of several genes (A+B), 1 named as a "
        "date, 1 without a perturbation's name (nan, unassigned), 1 named as another control."
    ]
    assert len(said["odd"]) == 5
    assert "'GATA1 = GATA1_sg1 = GATA1_sg2'" in said["odd"][-1]
    assert said["folds"][0].startswith("train/test ")


def test_targets_under_another_name_are_shown(put, capsys, real_data):
    assert main(["check-screen", put(["control", "H2AFX", *GENES[:5]])]) == 0
    said = shown(capsys)
    assert said["own gene"][1] == "1 under another name: 'H2AFX as H2AX'"
    assert said["odd"] == ["nothing was noticed"]
    assert "aliases" not in said


def test_without_the_table_of_genes_it_is_said(put, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(tmp_path))
    assert main(["check-screen", put(["control", *GENES[:5]])]) == 0
    (said,) = shown(capsys)["aliases"]
    assert "`perturb-evals data fetch genes/Homo_sapiens.gene_info.gz`" in said


def test_the_demo(capsys):
    assert main(["check-screen", "demo"]) == 0
    assert shown(capsys)["perturbations"][0].startswith("240: ")


def test_a_file_that_is_refused(put, capsys):
    assert main(["check-screen", put(["control", *map(str, range(9))])]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("perturb-evals check-screen: ")
    assert "got numbers in 9 of 9 labels" in said.err
    assert said.out == ""
    assert main(["check-screen", "demo", "-T", "columns=x"]) == 2
