"""A trained LPM as a folder: `model.json`, `weights.safetensors`, and embeddings as tables."""

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from perturb_evals import __version__
from perturb_evals.datasets.errors import DataError, why
from perturb_evals.datasets.files.checksums import sha256_of
from perturb_evals.methods.lpm.fit import check_installed
from perturb_evals.methods.lpm.model import LPM
from perturb_evals.methods.lpm.settings import Settings
from perturb_evals.methods.lpm.vocabulary import Vocabulary

DESCRIPTION, WEIGHTS, EMBEDDINGS = "model.json", "weights.safetensors", "embeddings"


class ModelError(DataError):
    """A folder that holds no LPM, or a damaged one."""


class Description(BaseModel):
    """What `model.json` says; `sha256` is that of the weights."""

    model_config = ConfigDict(extra="forbid")

    method: Literal["lpm"] = "lpm"
    form: Literal[1] = 1
    settings: Settings
    vocabulary: Vocabulary
    epochs: dict[int, int] = Field(min_length=1)
    rows: int
    validated_on: int
    finished: bool
    sha256: str
    versions: dict[str, str]
    seal: str | None = None

    def sealed(self) -> str:
        """Return the SHA-256 (hex) of all that it says but `seal`, which a model of now has."""
        said = self.model_dump(mode="json", exclude={"seal"})
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def save_lpm(model: LPM, folder: Path) -> None:
    """Write a model into a folder, whole or not at all; a model that is there is replaced.

    `embeddings/` has contexts, parts (of perturbations) and readouts as Parquet with a column
    `symbol`, a form that `embedding_neighbors` reads.

    Raises:
        ModelError: The folder holds something else.
        OSError: It cannot be written.
    """
    import torch
    from safetensors.torch import save

    if holds_something_else(folder):
        raise ModelError(f"{folder} holds something else than a model; name another folder.")
    with _whole_folder(folder) as part:
        tensors = {
            f"{seed}/{name}": weight.contiguous()
            for seed, weights in model.weights.items()
            for name, weight in weights.items()
        }
        (part / WEIGHTS).write_bytes(save(tensors))
        (part / EMBEDDINGS).mkdir()
        for kind, frame in model.embeddings.items():
            frame.reset_index().to_parquet(part / EMBEDDINGS / f"{kind}.parquet", index=False)
        description = Description(
            settings=model.settings,
            vocabulary=model.vocabulary,
            epochs=dict(model.epochs),
            rows=model.rows,
            validated_on=model.validated_on,
            finished=model.finished,
            sha256=sha256_of(part / WEIGHTS),
            versions={"perturb-evals": __version__, "torch": str(torch.__version__)},
        )
        description = description.model_copy(update={"seal": description.sealed()})
        text = json.dumps(description.model_dump(mode="json"), indent=1)
        (part / DESCRIPTION).write_text(text + "\n", "utf-8")


def load_lpm(folder: Path) -> LPM:
    """Read a model.

    Raises:
        ModelError: There is none, or it is damaged.
        DataError: PyTorch is not installed.
    """
    check_installed()
    import torch
    from safetensors.torch import load_file

    from perturb_evals.methods.lpm.network import first_weights

    said = read_description(folder)
    try:
        if sha256_of(folder / WEIGHTS) != said.sha256:
            raise ModelError(f"{WEIGHTS} is not the file that {DESCRIPTION} was written with")
        tensors = load_file(folder / WEIGHTS)
        expected = first_weights(said.vocabulary, said.settings, seed=0)
        weights = {
            seed: {name: tensors[f"{seed}/{name}"] for name in expected} for seed in said.epochs
        }
        for found in weights.values():
            if any(found[name].shape != weight.shape for name, weight in expected.items()):
                raise ModelError("a weight has another shape than settings and names say")
            if not all(bool(torch.isfinite(weight).all()) for weight in found.values()):
                raise ModelError("a weight is not a finite number")
    except Exception as error:  # safetensors raises many kinds
        raise ModelError(
            f"{folder}: the model is damaged ({why(error)}); train it anew."
        ) from error
    return LPM(
        settings=said.settings,
        vocabulary=said.vocabulary,
        weights=weights,
        epochs=said.epochs,
        rows=said.rows,
        validated_on=said.validated_on,
        finished=said.finished,
    )


def read_description(folder: Path) -> Description:
    """Return what a folder says of its model.

    Raises:
        ModelError: There is none, or it is damaged.
    """
    path = folder / DESCRIPTION
    if not path.is_file():
        raise ModelError(
            f"{folder} is no model: there is no {DESCRIPTION} in it. Make one with `perturb-evals "
            "train lpm TABLE -o FOLDER`."
        )
    try:
        said = Description.model_validate_json(path.read_text("utf-8"))
        if said.seal not in (None, said.sealed()):
            raise ValueError("it is not as it was written: its hash is another one")
    except (ValidationError, ValueError, OSError) as error:
        first = why(error).splitlines()[0]
        raise ModelError(
            f"{path} is damaged, or of another version ({first}). Train the model anew."
        ) from error
    return said


def holds_something_else(folder: Path) -> bool:
    """Whether a path is taken by something that is no model and no empty folder."""
    if not folder.exists():
        return False
    return not folder.is_dir() or (any(folder.iterdir()) and not (folder / DESCRIPTION).is_file())


@contextmanager
def _whole_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to write to, which takes the place of `folder` at the end."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    part, old = (folder.with_name(f".{uuid.uuid4().hex}.{end}") for end in ("part", "old"))
    part.mkdir()
    try:
        yield part
        if folder.exists():
            folder.rename(old)
        try:
            part.rename(folder)
        except BaseException:  # Ctrl-C too
            if old.exists():
                old.rename(folder)
            raise
    finally:
        for left in (part, old):
            shutil.rmtree(left, ignore_errors=True)
