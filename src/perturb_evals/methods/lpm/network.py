"""The network of an LPM: how its weights start, and what it gives for rows.

Context and readout are looked up, a perturbation is the mean over its parts; the three embeddings
are joined and go through linear layers with ReLU between them, down to one number.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from perturb_evals.methods.lpm.settings import Settings
from perturb_evals.methods.lpm.vocabulary import Places, Vocabulary
from perturb_evals.methods.triples import Floats, Ints

Weights = dict[str, torch.Tensor]
"""contexts, parts and readouts: (names, d). linear0, bias0 and so on: (out, in) and (out,) of each
layer, the last of which has one output. All float32."""

ROWS_AT_ONCE = 16_384


@dataclass(frozen=True)
class Rows:
    """m rows as tensors on one device.

    Attributes:
        context: (m,) places of contexts.
        perturbation: (m,) places among the perturbations, which are parts if `parts` is None.
        readout: (m,) places of readouts.
        parts: Places of the parts of all perturbations, one after the other.
        starts: Where in `parts` those of each perturbation start.
    """

    context: torch.Tensor
    perturbation: torch.Tensor
    readout: torch.Tensor
    parts: torch.Tensor | None = None
    starts: torch.Tensor | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.context)

    def take(self, chosen: torch.Tensor | slice) -> "Rows":
        """Return some of the rows."""
        return Rows(
            self.context[chosen],
            self.perturbation[chosen],
            self.readout[chosen],
            self.parts,
            self.starts,
        )


def on_device(places: Places, device: torch.device) -> Rows:
    """Return rows, all of whose names are known, as tensors."""

    def tensor(found: Ints) -> torch.Tensor:
        return torch.from_numpy(found.astype(np.int32)).to(device)

    context, readout = tensor(places.context), tensor(places.readout)
    if all(len(parts) == 1 for parts in places.parts):
        single = np.concatenate([*places.parts, np.zeros(0, dtype=np.intp)])
        return Rows(context, tensor(single[places.perturbation]), readout)
    # Perturbations that no row is about may have parts that are not known.
    used = np.unique(places.perturbation)
    parts = [places.parts[place] for place in used]
    starts = np.cumsum([0, *map(len, parts[:-1])])
    perturbation = tensor(np.searchsorted(used, places.perturbation))
    return Rows(context, perturbation, readout, tensor(np.concatenate(parts)), tensor(starts))


def first_weights(vocabulary: Vocabulary, settings: Settings, seed: int) -> Weights:
    """Return the weights that training starts from.

    Embeddings are standard normal, linear layers Xavier-uniform with the gain of ReLU, and biases
    uniform within 1/sqrt(inputs), as PyTorch starts them.
    """
    generator = torch.Generator().manual_seed(seed)
    weights: Weights = {
        kind: torch.randn(len(names), settings.embedding, generator=generator)
        for kind, names in vars(vocabulary).items()
    }
    widths = (3 * settings.embedding, *settings.hidden, 1)
    for layer, (inputs, outputs) in enumerate(pairwise(widths)):
        for name, shape, most in (
            (f"linear{layer}", (outputs, inputs), math.sqrt(2) * math.sqrt(6 / (inputs + outputs))),
            (f"bias{layer}", (outputs,), 1 / math.sqrt(inputs)),
        ):
            weights[name] = (2 * torch.rand(shape, generator=generator) - 1) * most
    return weights


def outputs(
    weights: Weights,
    rows: Rows,
    dropout: float = 0.0,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Return (m,) predictions.

    Args:
        weights: Of the network.
        rows: m rows.
        dropout: Share of the hidden units that is left out, the others growing to match.
        generator: Draws which; needed where some are left out.
    """
    embed = torch.nn.functional.embedding
    perturbations = weights["parts"]
    if rows.parts is not None:
        perturbations = torch.nn.functional.embedding_bag(
            rows.parts, perturbations, rows.starts, mode="mean"
        )
    found = torch.cat(
        [
            embed(rows.context, weights["contexts"]),
            embed(rows.perturbation, perturbations),
            embed(rows.readout, weights["readouts"]),
        ],
        dim=1,
    )
    last = sum(name.startswith("linear") for name in weights) - 1
    for layer in range(last + 1):
        linear, bias = weights[f"linear{layer}"], weights[f"bias{layer}"]
        found = torch.nn.functional.linear(found, linear, bias)
        if layer < last:
            found = torch.relu_(found)
            if dropout:
                drawn = torch.rand(found.shape, generator=generator, device=found.device)
                found = found * (drawn >= dropout) / (1 - dropout)
    return found[:, 0]


def predictions(weights: Weights, rows: Rows) -> Floats:
    """Return (m,) predictions as NumPy's floats, some rows after the other."""
    with torch.no_grad():
        found = [
            outputs(weights, rows.take(slice(start, start + ROWS_AT_ONCE))).cpu()
            for start in range(0, len(rows), ROWS_AT_ONCE)
        ]
    joined = torch.cat([*found, torch.zeros(0)])
    return np.asarray(joined.double().numpy())


def chosen_device() -> torch.device:
    """Return the GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
