"""A bit that is flipped in a checkpoint or a model is an error, or changes nothing."""

import random
import shutil
from dataclasses import asdict

import numpy as np
import pytest

from perturb_evals.methods.lpm.fit import fit_lpm

pytest.importorskip("torch", reason="PyTorch is not installed: make test-lpm runs this")
pytest.importorskip("safetensors", reason="safetensors is not installed: make test-lpm runs this")

from perturb_evals.methods.lpm.checkpoints import CheckpointError, checkpoint_path
from perturb_evals.methods.lpm.saved import ModelError, load_lpm, save_lpm

ROUNDS = 60


def flip(path, draw):
    content = bytearray(path.read_bytes())
    content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    path.write_bytes(content if draw.random() < 0.8 else content[: draw.randrange(len(content))])


def test_checkpoints(rows, table, small, tmp_path):
    settings, draw = small(epochs=2, seeds=(1,)), random.Random(0)
    fresh = fit_lpm(rows, settings, checkpoints=tmp_path / "one").predict_each(table)
    path = checkpoint_path(tmp_path / "one", 1)
    whole, refused = path.read_bytes(), 0
    for _ in range(ROUNDS):
        flip(path, draw)
        try:
            again = fit_lpm(rows, settings, checkpoints=tmp_path / "one").predict_each(table)
        except CheckpointError as error:
            refused += "Delete it to train this network anew" in str(error)
        else:
            assert np.array_equal(again, fresh)
        path.write_bytes(whole)
    assert refused > ROUNDS * 0.9


def test_models(rows, table, small, tmp_path):
    model, draw = fit_lpm(rows, small(epochs=1)), random.Random(0)
    save_lpm(model, tmp_path / "model")
    files = [tmp_path / "model" / name for name in ("model.json", "weights.safetensors")]
    refused = 0
    for _ in range(ROUNDS):
        shutil.copytree(tmp_path / "model", tmp_path / "whole")
        flip(draw.choice(files), draw)
        try:
            again = load_lpm(tmp_path / "model")
        except ModelError as error:
            refused += "anew" in str(error)
        else:
            assert asdict(again.vocabulary) == asdict(model.vocabulary)
            assert np.array_equal(again.predict_each(table), model.predict_each(table))
        shutil.rmtree(tmp_path / "model")
        (tmp_path / "whole").rename(tmp_path / "model")
    assert refused > ROUNDS * 0.7
