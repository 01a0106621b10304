"""A model as a folder: the same predictions after it, whole or not at all, and no pickle."""

import json

import numpy as np
import pandas as pd
import pytest

from perturb_evals.datasets.genes.vectors import load_vectors
from perturb_evals.methods.lpm.fit import fit_lpm

pytest.importorskip("torch", reason="PyTorch is not installed: make test-lpm runs this")
pytest.importorskip("safetensors", reason="safetensors is not installed: make test-lpm runs this")

from safetensors.torch import load_file, save_file

from perturb_evals.datasets.files.fetch import file_sha256
from perturb_evals.methods.lpm.saved import ModelError, load_lpm, save_lpm


@pytest.fixture
def saved(rows, small, tmp_path):
    model = fit_lpm(rows, small(epochs=1))
    save_lpm(model, tmp_path / "model")
    return model, tmp_path / "model"


def test_a_model_is_the_same_after_it_was_kept(saved, table, tmp_path):
    model, folder = saved
    again = load_lpm(folder)
    assert np.array_equal(again.predict_each(table), model.predict_each(table))
    assert (again.settings, again.vocabulary, again.rows) == (
        model.settings,
        model.vocabulary,
        model.rows,
    )
    assert (again.epochs, again.finished, again.validated_on) == ({1: 1, 2: 1}, True, 0)
    found = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    kinds = [f"embeddings/{kind}.parquet" for kind in ("contexts", "parts", "readouts")]
    assert found == [*kinds, "model.json", "weights.safetensors"]
    save_lpm(again, folder)
    assert [*tmp_path.iterdir()] == [folder]


def test_embeddings_are_read_as_gene_embeddings(saved):
    model, folder = saved
    vectors = load_vectors(folder / "embeddings" / "parts.parquet")
    assert vectors.symbols == model.vocabulary.parts
    frame = model.embeddings["parts"]
    assert frame.shape == (10, 2 * 4)
    assert np.array_equal(vectors.matrix, frame.to_numpy())
    for seed in (1, 2):
        columns = [f"seed{seed}_{number}" for number in range(4)]
        assert np.array_equal(frame[columns].to_numpy(), model.weights[seed]["parts"].numpy())


def test_nothing_is_left_of_a_model_that_cannot_be_written(saved, table, tmp_path, monkeypatch):
    model, folder = saved
    before = file_sha256(folder / "weights.safetensors")

    def full(self, *args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    for target in (folder, tmp_path / "new"):
        with pytest.raises(OSError, match="No space left"):
            save_lpm(model, target)
    assert [*tmp_path.iterdir()] == [folder]
    assert file_sha256(folder / "weights.safetensors") == before


def test_a_folder_of_something_else_is_left_alone(saved, tmp_path):
    model, _ = saved
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("all of it", "utf-8")
    for taken in (mine, mine / "thesis.txt"):
        with pytest.raises(ModelError, match="holds something else than a model; name another"):
            save_lpm(model, taken)
        with pytest.raises(ModelError, match=r"is no model: there is no model\.json in it"):
            load_lpm(taken)
    assert (mine / "thesis.txt").read_text("utf-8") == "all of it"


def described(folder, **changed):
    path = folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changed), "utf-8")


def with_weights(folder, change):
    path = folder / "weights.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    described(folder, sha256=file_sha256(path))


DAMAGES = {
    "json": lambda folder: (folder / "model.json").write_text("{", "utf-8"),
    "list": lambda folder: (folder / "model.json").write_text("[]", "utf-8"),
    "form": lambda folder: described(folder, form=2),
    "method": lambda folder: described(folder, method="other"),
    "settings": lambda folder: described(folder, settings={"embedding": 0}),
    "seeds": lambda folder: described(folder, epochs={"7": 1}),
    "no seeds": lambda folder: described(folder, epochs={}),
    "names": lambda folder: described(
        folder, vocabulary={"contexts": ["c"], "parts": ["p"], "readouts": ["r"]}
    ),
    "cut": lambda folder: (folder / "weights.safetensors").write_bytes(b"123"),
    "gone": lambda folder: (folder / "weights.safetensors").unlink(),
    "nan": lambda folder: with_weights(folder, lambda all_: all_["1/bias0"].fill_(np.nan)),
    "missing": lambda folder: with_weights(folder, lambda all_: all_.pop("2/bias0")),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_model_is_told_in_one_line(saved, damage):
    _, folder = saved
    damage(folder)
    with pytest.raises(ModelError, match="damaged") as caught:
        load_lpm(folder)
    assert "\n" not in str(caught.value)
