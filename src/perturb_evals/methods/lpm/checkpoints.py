"""Checkpoints: one file a network, written anew after each epoch, from which training goes on."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save

from perturb_evals.datasets.errors import DataError, why
from perturb_evals.datasets.files.whole_file import whole_file
from perturb_evals.methods.lpm.network import Weights, first_weights
from perturb_evals.methods.lpm.settings import Settings
from perturb_evals.methods.lpm.training import MOMENTS, State
from perturb_evals.methods.lpm.vocabulary import Vocabulary
from perturb_evals.methods.triples import Triples

LOGGED, SEAL = "training", "blake2b"
SEED, END = "seed", ".safetensors"


class CheckpointError(DataError):
    """A checkpoint that cannot be read, or that is of another training."""


@dataclass(frozen=True)
class Fingerprint:
    """What must agree before a training goes on; hashes in hex.

    Attributes:
        settings: The settings, as JSON.
        vocabulary: Hash of the names.
        rows: Hash of what is trained on.
        validation: Hash of what is validated on; empty without.
    """

    settings: str
    vocabulary: str
    rows: str
    validation: str

    @classmethod
    def of(
        cls, settings: Settings, vocabulary: Vocabulary, rows: Triples, validation: Triples | None
    ) -> "Fingerprint":
        """Return that of a training."""
        return cls(
            settings=json.dumps(asdict(settings), sort_keys=True),
            vocabulary=_sha256(json.dumps(asdict(vocabulary)).encode()),
            rows=_hash_of_rows(rows),
            validation="" if validation is None else _hash_of_rows(validation),
        )


def checkpoint_path(folder: Path, seed: int) -> Path:
    """Return where the checkpoint of a network is."""
    return folder / f"{SEED}{seed}{END}"


def check_seeds(folder: Path, seeds: tuple[int, ...]) -> None:
    """Make sure that a folder has checkpoints of these networks only, or none.

    Raises:
        CheckpointError: There are others.
    """
    mine = {checkpoint_path(folder, seed).name for seed in seeds}
    others = sorted(path.stem for path in folder.glob(f"{SEED}*{END}") if path.name not in mine)
    if others:
        raise CheckpointError(
            f"{folder} has checkpoints of other seeds ({others[0].removeprefix(SEED)}). Go on with "
            "the same seeds, or delete the folder to begin anew."
        )


def remove_checkpoints(folder: Path) -> None:
    """Remove the checkpoints of a folder, half-written ones too, and the folder if it is empty."""
    for pattern in (f"{SEED}*{END}", f".*.part{END}"):
        for path in folder.glob(pattern):
            path.unlink()
    with suppress(OSError):  # not there, or not empty
        folder.rmdir()


def write_checkpoint(path: Path, state: State, fingerprint: Fingerprint) -> None:
    """Write a checkpoint, whole or not at all.

    Raises:
        OSError: It cannot be written.
    """
    tensors = {
        f"{group}/{name}": tensor.detach().cpu().contiguous()
        for group, found in (
            ("weights", state.weights),
            ("moments", state.moments),
            ("best", state.best),
        )
        for name, tensor in found.items()
    }
    log = {
        "seed": state.seed,
        "epoch": state.epoch,
        "best_epoch": state.best_epoch,
        "errors": state.errors,
        "losses": state.losses,
        **asdict(fingerprint),
    }
    with whole_file(path) as part:
        text = json.dumps(log)
        metadata = {LOGGED: text, SEAL: _seal(text, tensors)}
        part.write_bytes(save(tensors, metadata=metadata))


def read_checkpoint(
    path: Path, seed: int, settings: Settings, vocabulary: Vocabulary, fingerprint: Fingerprint
) -> State:
    """Return the state that a checkpoint holds.

    Raises:
        CheckpointError: It is damaged, or is of other settings, names or rows.
    """
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        log = json.loads(about[LOGGED])
        said = Fingerprint(**{name: log[name] for name in asdict(fingerprint)})
        state = _state(log, tensors)
        if about.get(SEAL) != _seal(about[LOGGED], tensors):
            raise ValueError("it is not as it was written: its hash is another one")
    except Exception as error:  # safetensors, JSON and a log of another form raise many kinds
        raise _damaged(path, why(error)) from error
    for name, expected in asdict(fingerprint).items():
        if getattr(said, name) != expected:
            raise CheckpointError(
                f"{path} is of a training with other {_differing(name, said, fingerprint)}. Go on "
                "with the same settings and table, or delete the checkpoints to begin anew."
            )
    _check_shapes(path, state, first_weights(vocabulary, settings, seed))
    if state.seed != seed or len(state.losses) != state.epoch:
        raise _damaged(path, "its counts do not agree")
    return state


def _state(log: Mapping[str, Any], tensors: Weights) -> State:
    groups: dict[str, Weights] = {"weights": {}, "moments": {}, "best": {}}
    for name, tensor in tensors.items():
        group, _, rest = name.partition("/")
        groups[group][rest] = tensor
    return State(
        seed=int(log["seed"]),
        epoch=int(log["epoch"]),
        best_epoch=int(log["best_epoch"]),
        errors=[float(error) for error in log["errors"]],
        losses=[float(loss) for loss in log["losses"]],
        **groups,
    )


def _check_shapes(path: Path, state: State, expected: Weights) -> None:
    wanted = {name: weight.shape for name, weight in expected.items()}
    moments = {
        f"{moment}/{name}": torch.Size() if moment == "step" else shape
        for name, shape in wanted.items()
        for moment in MOMENTS
    }
    for found, shapes in (
        (state.weights, wanted),
        (state.best, wanted),
        (state.moments, moments),
    ):
        if {name: tensor.shape for name, tensor in found.items()} != shapes:
            raise _damaged(path, "weights are missing or of another shape")
        if not all(bool(torch.isfinite(tensor).all()) for tensor in found.values()):
            raise _damaged(path, "a weight is not a finite number")


def _differing(name: str, said: Fingerprint, expected: Fingerprint) -> str:
    if name == "validation":
        return "rows to validate on"
    if name != "settings":
        return {"vocabulary": "names (vocabulary)", "rows": "rows"}[name]
    now, then = json.loads(expected.settings), json.loads(said.settings)
    parts = [f"{key} {then.get(key)}, now {now[key]}" for key in now if then.get(key) != now[key]]
    return f"settings ({'; '.join(parts)})"


def _damaged(path: Path, how: str) -> CheckpointError:
    return CheckpointError(
        f"{path} is no checkpoint, or a damaged one ({how}). Delete it to train this network anew."
    )


def _hash_of_rows(rows: Triples) -> str:
    names = [list(map(str, found)) for found in (rows.contexts, rows.perturbations, rows.readouts)]
    digest = hashlib.sha256(json.dumps(names).encode())
    for column in (rows.context, rows.perturbation, rows.readout):
        digest.update(np.ascontiguousarray(column, dtype=np.int64).tobytes())
    digest.update(np.ascontiguousarray(rows.value, dtype=np.float64).tobytes())
    return digest.hexdigest()


def _seal(log: str, tensors: Weights) -> str:
    """Return the hash of all that a checkpoint holds: a flipped bit is a weight like any other."""
    digest = hashlib.blake2b(log.encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(repr((name, str(tensor.dtype), tuple(tensor.shape))).encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
