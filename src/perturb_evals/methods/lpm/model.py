"""A trained LPM: what it foretells, and its embeddings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perturb_evals.methods.lpm.settings import Settings
from perturb_evals.methods.lpm.vocabulary import Vocabulary
from perturb_evals.methods.triples import Floats

if TYPE_CHECKING:
    from perturb_evals.methods.lpm.network import Weights

KINDS = ("contexts", "parts", "readouts")


@dataclass(frozen=True, eq=False)
class LPM:
    """An ensemble of networks.

    Attributes:
        settings: How it was trained.
        vocabulary: The names that it was trained on.
        weights: Of each network, by its seed; on the CPU.
        epochs: Of each network, how many epochs its weights were trained for.
        rows: Number of rows trained on.
        validated_on: Number of rows kept to validate on; 0 without validation.
        finished: Whether training came to its own end.
    """

    settings: Settings
    vocabulary: Vocabulary
    weights: Mapping[int, "Weights"]
    epochs: Mapping[int, int]
    rows: int
    validated_on: int
    finished: bool = True

    def predict(self, rows: pd.DataFrame) -> Floats:
        """Return (m,) means of the networks' predictions.

        Args:
            rows: Columns context, perturbation and readout; a perturbation of several parts is
                their names joined by `+`.

        Returns:
            Finite numbers; NaN where the context, the readout or a part of the perturbation was not
            trained on.
        """
        return np.asarray(self.predict_each(rows).mean(axis=0))

    def predict_each(self, rows: pd.DataFrame) -> Floats:
        """Return (seeds, m) predictions of each network, in the order of the seeds."""
        from perturb_evals.methods.lpm.network import chosen_device, on_device, predictions

        places = self.vocabulary.places(rows)
        device = chosen_device()
        known = on_device(places.of_known(), device)
        found = np.full((len(self.weights), len(rows)), np.nan)
        for row, weights in enumerate(self.weights.values()):
            moved = {name: weight.to(device) for name, weight in weights.items()}
            found[row, places.known] = predictions(moved, known)
        return found

    @property
    def embeddings(self) -> dict[str, pd.DataFrame]:
        """The learned embeddings: frames by kind (contexts, parts, readouts), a row a name.

        Those of the networks stand side by side, as axes of one mean nothing in another; the
        cosine of two rows weighs all networks. Columns are named by seed and number.
        """
        return {
            kind: pd.concat(
                [
                    pd.DataFrame(weights[kind].numpy(), index=pd.Index(names, name="symbol"))
                    .rename(columns=str)
                    .add_prefix(f"seed{seed}_")
                    for seed, weights in self.weights.items()
                ],
                axis=1,
            )
            for kind, names in zip(KINDS, self._names, strict=True)
        }

    @property
    def _names(self) -> tuple[tuple[str, ...], ...]:
        return self.vocabulary.contexts, self.vocabulary.parts, self.vocabulary.readouts
