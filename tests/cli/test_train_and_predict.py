"""`perturb-evals train` and `predict`: from a table to a model to predictions, and all refusals."""

import io
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from perturb_evals.cli.main import main
from perturb_evals.datasets.genes.vectors import load_vectors
from perturb_evals.methods.lpm import fit

NEEDS_TORCH = pytest.mark.skipif(
    not all(map(find_spec, fit.NEEDED)),
    reason="PyTorch or safetensors is not installed: make test-lpm runs this",
)
QUICK = ["--preset", "lincs", "--epochs", "2", "--seeds", "5,3"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Three contexts, six perturbations, four readouts; the last perturbation of c0 is test."""
    rng = np.random.default_rng(0)
    rows = [
        (f"c{c}", f"P{p}", f"r{r}", rng.normal(), "test" if (c, p) == (0, 5) else "train")
        for c in range(3)
        for p in range(6)
        for r in range(4)
    ]
    frame = pd.DataFrame(rows, columns=["context", "perturbation", "readout", "value", "split"])
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command; give its exit code and what it printed."""

    def run(*words: object) -> tuple[int, str, str]:
        code = main(list(map(str, words)))
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return run


def changed(table: Path, **columns: object) -> Path:
    path = table.with_name(f"{'_'.join(columns)}.csv")
    pd.read_csv(table).assign(**columns).to_csv(path, index=False)
    return path


def test_without_pytorch_one_sentence_says_what_to_install(table, said, tmp_path, monkeypatch):
    monkeypatch.setattr(fit, "find_spec", lambda name: None)
    for words in (("train", "lpm", table, "-o", tmp_path / "m"), ("predict", tmp_path, table)):
        code, out, err = said(*words)
        assert (code, out) == (1, "")
        assert err == (
            f"perturb-evals {words[0]}: An LPM needs PyTorch and safetensors, which are not "
            'installed: pip install "perturb-evals[lpm]".\n'
        )


def test_an_option_that_is_not_allowed_is_told(table, said, tmp_path):
    for options, expected in (
        (["--epochs", 0], "epochs must be 1 or more; got 0."),
        (["--seeds", "x"], "--seeds must be a number of networks, or seeds with commas; got 'x'."),
        (["--seeds", "3,3"], "seeds must be different; got 3, 3."),
        (["--preset", "k562"], "preset must be one of replogle_k562, replogle_rpe1, lincs"),
    ):
        code, _, err = said("train", "lpm", table, "-o", tmp_path / "m", *options)
        assert code == 2
        assert err.startswith(f"perturb-evals train: {expected}")
    code, _, err = said("predict", tmp_path, table, "-o", tmp_path / "p.xlsx")
    assert (code, "-o must end in .csv or .parquet; got" in err) == (2, True)
    with pytest.raises(SystemExit):
        main(["train", "forest", str(table), "-o", "m"])


@NEEDS_TORCH
def test_from_a_table_to_predictions_and_embeddings(table, said, tmp_path):
    model = tmp_path / "model"
    code, out, err = said("train", "lpm", table, "-o", model, "--validate", "c0", *QUICK)
    assert (code, out) == (0, "")
    first, *_, last = err.splitlines()
    assert first == (
        f"{table}: 64 rows to train on, 4 to validate on, 4 of the split test left aside; 3 "
        "contexts, 6 perturbations (parts), 4 readouts."
    )
    assert f"{model}: networks by seed (epochs): 5 (" in last
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "table.csv"]

    asked = changed(table, value=np.nan, readout=[f"r{n % 5}" for n in range(72)])
    code, out, err = said("predict", model, asked)
    assert code == 0
    found = pd.read_csv(io.StringIO(out))
    assert list(found) == ["context", "perturbation", "readout", "prediction"]
    assert (found["prediction"].isna() == (found["readout"] == "r4")).all()
    assert err == (
        "58 of 72 rows are predicted; 14 are empty, as the model was not trained on 1 readouts "
        "(r4).\n"
    )
    for name in ("p.csv", "p.parquet"):
        assert said("predict", model, asked, "-o", tmp_path / name)[:2] == (0, "")
    for written in (pd.read_csv(tmp_path / "p.csv"), pd.read_parquet(tmp_path / "p.parquet")):
        pd.testing.assert_frame_equal(written, found, check_dtype=False, rtol=1e-5)
    assert load_vectors(model / "embeddings" / "parts.parquet").matrix.shape == (6, 2 * 128)


@NEEDS_TORCH
def test_rows_of_the_split_val_are_validated_on(table, said, tmp_path):
    split = pd.read_csv(table)["split"].mask(lambda s: s == "test", "val")
    of_val = changed(table, split=split)
    code, _, err = said("train", "lpm", of_val, "-o", tmp_path / "m", *QUICK)
    assert (code, ": 68 rows to train on, 4 to validate on; 3 contexts" in err) == (0, True)
    code, _, err = said("train", "lpm", of_val, "-o", tmp_path / "n", "--validate", "c1")
    assert (code, "has its own in the split val; leave --validate out" in err) == (2, True)


@NEEDS_TORCH
def test_ctrl_c_keeps_the_best_and_resume_goes_on(table, said, tmp_path, monkeypatch):
    from perturb_evals.methods.lpm import ensemble

    model, words = tmp_path / "model", ("train", "lpm", table, *QUICK, "--epochs", 60, "-o")
    whole = tmp_path / "whole"
    assert said(*words, whole)[0] == 0
    run = ensemble.Training.run

    def press(progress):
        if progress.said:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ensemble, "SECONDS_BETWEEN_REPORTS", 0.001)
        patch.setattr(ensemble.Training, "run", lambda training, _: run(training, press))
        code, _, err = said(*words, model)
    assert code == 130
    assert f"Stopped. The best so far is in {model}: networks by seed (epochs): 5 (" in err
    assert "The same command with --resume goes on." in err
    assert "its training was cut off" in said("predict", model, table)[2]
    code, _, err = said(*words, model)
    assert (code, "is of a training that was cut off; go on with --resume" in err) == (1, True)
    code, _, err = said(*words, model, "--resume", "--seeds", "7")
    assert (code, "of other seeds (5)" in err) == (1, True)
    checkpoints = model.with_name("model.training")
    checkpoints.rename(tmp_path / "lost")
    kept = (model / "model.json").read_bytes()
    code, _, err = said(*words, model, "--resume")
    assert (code, "are gone, so nothing can go on" in err) == (1, True)
    assert (model / "model.json").read_bytes() == kept
    (tmp_path / "lost").rename(checkpoints)
    assert said(*words, model, "--resume")[0] == 0
    assert said("predict", model, table)[1] == said("predict", whole, table)[1]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model", "table.csv", "whole"]
    code, _, err = said(*words, model, "--resume")
    assert (code, "holds a trained model already" in err) == (1, True)


@NEEDS_TORCH
def test_ctrl_c_before_the_first_epoch_keeps_nothing(table, said, tmp_path, monkeypatch):
    from perturb_evals.methods.lpm.ensemble import Training

    def stopped(training, progress):
        raise KeyboardInterrupt

    monkeypatch.setattr(Training, "run", stopped)
    code, _, err = said("train", "lpm", table, "-o", tmp_path / "m")
    assert (code, err.splitlines()[-1]) == (130, "Stopped before the first epoch; nothing is kept.")
    assert [*tmp_path.iterdir()] == [table]


@NEEDS_TORCH
def test_what_cannot_be_used_is_refused_before_anything_is_written(table, said, tmp_path):
    frame = pd.read_csv(table)
    alone = frame["perturbation"].where(frame["context"] != "c1", "P1")
    triples = frame.assign(perturbation=alone).drop_duplicates(
        ["context", "perturbation", "readout"]
    )
    single = tmp_path / "single.csv"
    triples.to_csv(single, index=False)
    taken = tmp_path / "mine"
    taken.mkdir()
    (taken / "thesis.txt").write_text("all", "utf-8")
    for given, output, options, expected in (
        (table, taken, [], "holds something else than a model; name another folder"),
        (tmp_path / "no.csv", "m", [], "there is no such file"),
        (changed(table, value=np.nan), "m", [], "value"),
        (changed(table, perturbation="P"), "m", [], "triple"),
        (
            changed(table, readout=frame["context"] + frame["readout"]),
            "m",
            [],
            "two contexts share",
        ),
        (single, "m", ["--validate", "c1"], "'c1' has one"),
        (table, "m", ["--validate", "c9"], "no context 'c9' to validate in"),
        (changed(table, split="test"), "m", [], "no row is of the split train"),
    ):
        code, _, err = said("train", "lpm", given, "-o", tmp_path / output, *options)
        assert code in (1, 2)
        assert expected in err
        assert err.count("\n") == 1
    assert not (tmp_path / "m").exists()
    assert [*taken.iterdir()] == [taken / "thesis.txt"]
    code, _, err = said("predict", taken, table)
    assert (code, "is no model: there is no model.json in it" in err) == (1, True)
