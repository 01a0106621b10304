import json

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.screens.benchmark import expression_benchmark
from perturb_evals.datasets.screens.evidence import fold_of, split_of
from perturb_evals.datasets.screens.load import load_screen
from perturb_evals.datasets.screens.screen import ScreenError
from perturb_evals.datasets.screens.splits import SplitError


def test_all_folds_test_every_perturbation_once():
    run = expression_benchmark("demo")
    tested = [name for held_out in run.folds for name in fold_of(held_out).test]
    assert sorted(tested) == list(run.screen.perturbations)
    assert (run.n_questions, run.subset, run.aliases) == (240, "all", "none")


def test_one_fold_and_repeated_subsets():
    run = expression_benchmark("demo", fold=2, n_train=50, repeats=3, seed=9)
    assert [(h.fold, h.repeat) for h in run.folds] == [(2, 0), (2, 1), (2, 2)]
    assert (run.n_questions, run.subset) == (3 * 48, "50x3/seed9")
    assert len({fold_of(held_out).train for held_out in run.folds}) == 3


@pytest.mark.each(
    ("arguments", "error", "message"),
    [
        ({"screen": "k562"}, ScreenError, "screen must be replogle_k562.*none at 'k562'"),
        ({"screen": "no/such.h5ad"}, ScreenError, "none at 'no/such.h5ad'"),
        ({"cell_line": "k562"}, ScreenError, "demo_a, demo_b, demo_c; got 'k562'"),
        ({"fold": 5}, ValueError, "fold must be all, or from 0 to 4; got 5"),
        ({"fold": "1"}, ValueError, "got '1'"),
        ({"fold": True}, ValueError, "got True"),
        ({"n_train": 500}, SplitError, "n_train must be from 1 to 192"),
        ({"n_train": "all"}, ValueError, "n_train must be a whole number"),
        ({"repeats": 2}, ValueError, "needs n_train"),
        ({"repeats": 0}, ValueError, "repeats must be 1 or more"),
        ({"seed": -1}, ValueError, "seed must be 0 or more"),
        ({"seed": 3}, ValueError, "seed=3 .* needs n_train"),
        ({"split": "none.json"}, SplitError, "there is no such file"),
        ({"aliases": "hgnc"}, ValueError, "aliases must be one of ncbi, none; got 'hgnc'"),
    ],
)
def test_impossible_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        expression_benchmark(**{"screen": "demo", **arguments})


def test_aliases_that_cannot_be_had_are_told_before_the_run(put_tables):
    put_tables({})  # an empty mirror, and no way to any source
    with pytest.raises(DataError, match="gene_info"):
        expression_benchmark("demo", aliases="ncbi")


def test_relative_paths_are_those_of_the_folder_of_the_run(tmp_path, monkeypatch):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(here)
    names = [f"P{at}" for at in range(10)]
    values = np.vstack([np.zeros(4), np.random.default_rng(0).normal(size=(10, 4))])
    obs = pd.DataFrame(index=["control", *names])
    AnnData(X=values.astype(np.float32), obs=obs).write_h5ad("screen.h5ad")
    folds = [{"train": names[:5], "test": names[5:]}, {"train": names[5:], "test": names[:5]}]
    (here / "split.json").write_text(json.dumps(folds), encoding="utf-8")
    run = expression_benchmark("screen.h5ad", split="split.json", aliases="none")
    assert run.folds[0].request.screen == str(here / "screen.h5ad")
    assert run.folds[0].split == str(here / "split.json")
    monkeypatch.chdir(there)
    for cached in (load_screen, split_of, fold_of):
        cached.cache_clear()
    assert fold_of(run.folds[1]).test == tuple(names[:5])


def own_screen(path, names):
    rng = np.random.default_rng(0)
    values = rng.uniform(0.5, 4, 12) + rng.uniform(0, 0.3, (len(names), 12))
    genes = [f"R{at}X" for at in range(12)]
    obs = pd.DataFrame(index=names)
    AnnData(values.astype(np.float32), obs, pd.DataFrame(index=genes)).write_h5ad(path)
    return str(path)


def test_what_is_odd_is_warned_of_once_and_kept_in_the_header(tmp_path, monkeypatch, logged):
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    names = ["control", "GATA1_sg1", "GATA1_sg2", *"BCDEFGH", "nan", "NT"]
    run = expression_benchmark(own_screen(tmp_path / "mine.h5ad", names), aliases="none")
    said = [
        "1 label names no perturbation: 'nan'.",
        "1 label names another control: 'NT'.",
        "1 gene stands under several names, which stay on one side of every split (intervals count "
        "each name as a perturbation): 'GATA1_sg1 = GATA1_sg2'.",
    ]
    assert [record.getMessage() for record in logged.records] == [f"mine: {one}" for one in said]
    assert run.facts["remarks"] == said
    assert run.facts["excluded"] == {"nothing": 1, "other_control": 1}
    for held_out in run.folds:
        tested = {"GATA1_sg1", "GATA1_sg2"} & set(fold_of(held_out).test)
        assert len(tested) in (0, 2)


def test_a_run_without_oddities_has_the_facts_it_had(tmp_path, monkeypatch, logged):
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    run = expression_benchmark(own_screen(tmp_path / "mine.h5ad", ["control", *"BCDEFGH"]))
    assert "remarks" not in run.facts
    assert "remarks" not in expression_benchmark("demo").facts
    assert not logged.records
