"""Training to its end, cut off and gone on with, and what is wrong with rows and checkpoints."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from perturb_evals.datasets.errors import DataError
from perturb_evals.methods.lpm import fit
from perturb_evals.methods.lpm.fit import fit_lpm
from perturb_evals.methods.lpm.validation import held_out
from perturb_evals.methods.triples import Triples

torch = pytest.importorskip("torch", reason="PyTorch is not installed: make test-lpm runs this")
pytest.importorskip("safetensors", reason="safetensors is not installed: make test-lpm runs this")

from safetensors.torch import load_file, save_file  # noqa: E402

from perturb_evals.methods.lpm import ensemble  # noqa: E402
from perturb_evals.methods.lpm.checkpoints import CheckpointError, checkpoint_path  # noqa: E402
from perturb_evals.methods.lpm.ensemble import Training  # noqa: E402


def test_predictions_are_the_mean_and_empty_where_nothing_is_known(table, rows, small):
    model = fit_lpm(rows, small())
    asked = pd.concat(
        [
            table.head(3),
            table.head(4).assign(
                context=["c1", "c1", "cX", "c1"],
                perturbation=["P05+P08", "P05+X", "P05", "control"],
            ),
            table.head(1).assign(readout="rX"),
        ]
    )
    found = model.predict(asked)
    np.testing.assert_allclose(found, model.predict_each(asked).mean(axis=0))
    assert np.isfinite(found).tolist() == [True] * 4 + [False] * 4
    assert len(model.predict(asked.head(0))) == 0


def test_equal_seeds_give_equal_results_however_many_are_trained_side_by_side(
    table, rows, small, monkeypatch
):
    """And leave PyTorch's threads, precision and random numbers as they were."""
    found = []
    before = torch.get_num_threads(), torch.get_float32_matmul_precision(), torch.get_rng_state()
    for threads in (1, 3):
        monkeypatch.setattr(torch, "get_num_threads", lambda n=threads: n)
        found.append(fit_lpm(rows, small(seeds=(1, 2, 3), dropout=0.1)).predict_each(table))
    monkeypatch.undo()
    alone = fit_lpm(rows, small(seeds=(3,), dropout=0.1)).predict_each(table)
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0][2:], alone)
    assert not np.array_equal(found[0][0], found[0][1])
    torch.set_num_threads(before[0])
    assert torch.get_float32_matmul_precision() == before[1]
    assert torch.equal(torch.get_rng_state(), before[2])


def test_it_learns_and_the_best_epoch_on_the_rows_kept_is_what_is_kept(rows, small):
    training, kept = held_out(rows, ("c1",))
    settings = small(embedding=8, hidden=(32,), epochs=200, patience=5, learning_rate=0.03)
    trained = Training(training, settings, kept)
    model = trained.run()
    asked = pd.DataFrame(
        {
            "context": kept.contexts[kept.context],
            "perturbation": kept.perturbations[kept.perturbation],
            "readout": kept.readouts[kept.readout],
        }
    )
    for row, state in enumerate(trained.states.values()):
        error = np.mean((model.predict_each(asked)[row] - kept.value) ** 2)
        assert error == pytest.approx(min(state.errors), rel=0.02)
        assert np.argmin(state.errors) + 1 == model.epochs[state.seed]
        assert state.epoch in (200, state.best_epoch + 5)
    assert np.mean((model.predict(asked) - kept.value) ** 2) < 0.5 * np.var(kept.value)
    assert model.finished
    assert (model.rows, model.validated_on) == (len(training), len(kept))


@pytest.mark.parametrize("validated", [False, True])
def test_training_cut_off_goes_on_to_the_same_result(
    table, rows, small, tmp_path, monkeypatch, validated: bool
):
    rows, kept = held_out(rows, ("c1",)) if validated else (rows, None)
    settings = small(dropout=0.2, epochs=6, patience=2)
    unbroken = fit_lpm(rows, settings, kept)
    write, written = ensemble.write_checkpoint, []

    def fails_at_the_fifth(*args):
        if len(written) == 4:
            raise OSError(28, "No space left on device")
        written.append(args)
        write(*args)

    monkeypatch.setattr(ensemble, "write_checkpoint", fails_at_the_fifth)
    with pytest.raises(OSError, match="No space left"):
        fit_lpm(rows, settings, kept, tmp_path)
    monkeypatch.undo()
    again = Training(rows, settings, kept, tmp_path)
    assert 0 < sum(state.epoch for state in again.states.values()) < 12
    model = again.run()
    assert np.array_equal(model.predict_each(table), unbroken.predict_each(table))
    assert model.epochs == unbroken.epochs
    # What is finished is not trained again.
    assert np.array_equal(
        fit_lpm(rows, settings, kept, tmp_path).predict_each(table), model.predict_each(table)
    )


def test_ctrl_c_passes_on_and_what_is_trained_is_at_hand(table, rows, small, tmp_path):
    settings = small(epochs=10_000, seeds=(1,))
    trained = Training(rows, settings, checkpoints=tmp_path)
    assert trained.so_far() is None
    told = []

    def press(progress):
        told.append(progress)
        if progress.done > 3 * len(rows) and progress.seconds_left > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained.run(press)
    model = trained.so_far()
    assert not model.finished
    assert model.epochs[1] >= 3
    assert np.isfinite(model.predict(table)).all()
    assert 0 < told[-1].done < told[-1].total == 10_000 * len(rows)
    assert told[-1].seconds_left > 0
    assert "seed 1: epoch " in told[-1].said
    # A checkpoint holds the same.
    assert Training(rows, settings, checkpoints=tmp_path).so_far().epochs == model.epochs


def checkpoint(rows, settings, folder):
    fit_lpm(rows, settings, checkpoints=folder)
    return checkpoint_path(folder, 1)


DAMAGES = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("x" * 1000, "utf-8"),
    "no log": lambda path: save_file(load_file(path), path),
    "another log": lambda path: save_file(load_file(path), path, metadata={"training": "[1]"}),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_checkpoint_is_told_and_stays(rows, small, tmp_path, damage):
    settings = small(epochs=1, seeds=(1,))
    path = checkpoint(rows, settings, tmp_path)
    damage(path)
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=r"seed1\.safetensors is no checkpoint, or a damaged"):
        fit_lpm(rows, settings, checkpoints=tmp_path)
    assert path.read_bytes() == before
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("change", ["missing", "shape", "nan", "moment"])
def test_weights_of_another_shape_or_not_finite_are_damage(rows, small, tmp_path, change: str):
    from safetensors import safe_open

    settings = small(epochs=1, seeds=(1,))
    path = checkpoint(rows, settings, tmp_path)
    with safe_open(path, framework="pt") as file:
        log = file.metadata()
    tensors = load_file(path)
    if change == "missing":
        del tensors["best/linear0"]
    elif change == "shape":
        tensors["weights/parts"] = tensors["weights/parts"][:-1].clone()
    elif change == "nan":
        tensors["best/bias0"][0] = torch.nan
    else:
        del tensors["moments/exp_avg/parts"]
    save_file(tensors, path, metadata=log)
    with pytest.raises(CheckpointError, match="a damaged one"):
        fit_lpm(rows, settings, checkpoints=tmp_path)


def test_a_checkpoint_of_another_training_is_told(rows, small, tmp_path):
    settings = small(epochs=1, seeds=(1,))
    checkpoint(rows, settings, tmp_path)
    fewer, kept = held_out(rows, ("c1",))
    moved = replace(rows, value=rows.value + 1e-9)
    renamed = replace(rows, readouts=rows.readouts.str.upper())
    for changed, with_settings, validation, said in (
        (rows, small(epochs=9, seeds=(1,)), None, r"other settings \(epochs 1, now 9\)"),
        (moved, settings, None, "other rows. Go on"),
        (renamed, settings, None, r"other names \(vocabulary\)"),
        (rows, settings, kept, "other rows to validate on"),
        (fewer, settings, None, "other rows. Go on"),
    ):
        with pytest.raises(CheckpointError, match=f"is of a training with {said}"):
            Training(changed, with_settings, validation, tmp_path)


def test_what_cannot_be_trained_on_is_refused(table, rows, small):
    def refused(said: str, found=rows, validation=None, **settings):
        with pytest.raises(DataError, match=said):
            fit_lpm(found, small(**settings), validation)

    refused("^There are no rows to train on", rows.take(np.zeros(len(rows), dtype=bool)))
    for wrong in (np.nan, np.inf):
        value = rows.value.copy()
        value[11] = wrong
        said = f"1 values are not finite numbers; the first is {wrong} of c0, P01, r1"
        refused(said, replace(rows, value=value))
        refused(said, validation=replace(rows, value=value))
    apart = Triples.of(table.assign(readout=table["context"] + table["readout"]))
    refused("contexts c0, c1, c2 share no readout, so nothing can be learned", apart)
    strangers = Triples.of(table.assign(perturbation="X"))
    refused("None of the 360 rows to validate on is of a context", validation=strangers)
    refused("diverged: its loss is (inf|nan)", replace(rows, value=rows.value * 1e30))


def test_one_context_alone_can_be_trained_on(table, small):
    some = table[table["context"] == "c1"]
    assert np.isfinite(fit_lpm(Triples.of(some), small()).predict(some)).all()


def test_without_pytorch_one_sentence_says_what_to_install(rows, small, monkeypatch):
    monkeypatch.setattr(fit, "find_spec", lambda name: None)
    with pytest.raises(DataError, match=r'not installed: pip install "perturb-evals\[lpm\]"\.$'):
        fit_lpm(rows, small())
