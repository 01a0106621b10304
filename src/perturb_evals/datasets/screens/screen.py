"""A screen: mean expression of every perturbation, the control, and an order of genes, in AnnData.

The layout of the AnnData (perturbations x genes), which is also the layout of the cached file:

- `X` (float32): mean log expression of each perturbation's cells, or log fold changes.
- `obs` (index: name of the perturbation, sorted): `n_cells`, `n_ranked`, and the naming, see
  `perturb_evals.datasets.screens.naming`: `gene`, `target`, `same_gene`.
- `var` (index: gene id): `symbol`, `control`.
- `obsm["de_order"]`: positions of the genes, most differentially expressed first.
- `layers` where cells or replicates allow, see `LAYERS`.
- `uns`: name, cell line, fingerprint, kind of order, counted exclusions, how it was read,
  remarks, source and its hash.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perturb_evals.datasets.errors import DataError

if TYPE_CHECKING:
    from anndata import AnnData

Floats = NDArray[np.float32]
OrderKind = Literal["uns", "welch_t", "abs_delta"]

NAMING = ("gene", "target", "same_gene")
"""Columns of `obs`: the gene that a perturbation's name names, its symbol among the readout genes
or nothing, and the first of all names of the gene."""

P_VALUES = "padj_half_2"
LAYERS = ("t_others", "half_1", "half_2", "t_half_1", "t_others_half_1", P_VALUES)
"""Two halves of the cells, or replicates: half 1 is the truth that controls are scored against and
half 2 makes the positive one, so t and adjusted p against the control know one half only."""


KEPT_OUT = {
    "combination": "of several genes (A+B)",
    "nothing": "without a perturbation's name (nan, unassigned)",
    "other_control": "named as another control",
    "date": "named as a date",
    "number": "named as a number",
    "no_effect": "equal to the control in every gene",
    "one_cell": "of a single cell",
}
"""Why a perturbation is not asked about, by its name in `Screen.excluded`."""


class ScreenError(DataError):
    """Data that cannot be a screen. The message says what was got, where, and what to do."""


@dataclass(frozen=True, eq=False)
class Screen:
    """A view on one AnnData of the layout above; build it with `make_screen`. Do not change it."""

    adata: "AnnData"

    @property
    def name(self) -> str:
        """Name, e.g. `replogle_k562`."""
        return str(self.adata.uns["name"])

    @property
    def cell_line(self) -> str:
        """Cell line, e.g. `k562`; empty where it is not known."""
        return str(self.adata.uns["cell_line"])

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the source and of the options it was read with."""
        return str(self.adata.uns["fingerprint"])

    @property
    def source_sha256(self) -> str:
        """SHA-256 (hex) of the file it was read from; empty where there is none."""
        return str(self.adata.uns.get("source_sha256", ""))

    @property
    def order_kind(self) -> OrderKind:
        """How genes are ranked: `uns` (the file's own), `welch_t` or `abs_delta`."""
        return cast(OrderKind, str(self.adata.uns["order_kind"]))

    @property
    def excluded(self) -> dict[str, int]:
        """Number of perturbations that were kept out, by reason."""
        return {str(reason): int(count) for reason, count in self.adata.uns["excluded"].items()}

    @property
    def kept_out(self) -> str:
        """Which perturbations were kept out in a sentence; empty where none was."""
        if not self.excluded:
            return ""
        n, reasons = sum(self.excluded.values()), sorted(self.excluded.items())
        said = ", ".join(f"{count:,} {KEPT_OUT.get(reason, reason)}" for reason, count in reasons)
        verb = "perturbation is" if n == 1 else "perturbations are"
        return f"{n:,} {verb} kept out and not asked about: {said}."

    @property
    def reading(self) -> dict[str, str]:
        """How the file was read: what was chosen, by heading, in words."""
        return {str(name): str(said) for name, said in self.adata.uns.get("reading", {}).items()}

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is odd about the file, in sentences, for whoever runs it."""
        return tuple(map(str, self.adata.uns.get("remarks", ())))

    @cached_property
    def naming(self) -> pd.DataFrame:
        """What each perturbation's name means: `gene`, `target`, `same_gene`, by name."""
        found: pd.DataFrame = self.adata.obs[list(NAMING)]
        return found

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """The P symbols of the perturbed genes among `symbols`; empty where one is not measured."""
        return tuple(map(str, self.adata.obs["target"]))

    @property
    def same_gene(self) -> tuple[tuple[str, ...], ...]:
        """The groups of perturbations that are one gene under several names, each sorted."""
        names = self.adata.obs.groupby("same_gene", observed=True).groups.values()
        return tuple(sorted(tuple(sorted(group)) for group in names if len(group) > 1))

    @cached_property
    def perturbations(self) -> tuple[str, ...]:
        """The P names of the perturbations, mostly the symbols of the perturbed genes, sorted."""
        return tuple(map(str, self.adata.obs_names))

    @cached_property
    def genes(self) -> tuple[str, ...]:
        """The G gene ids."""
        return tuple(map(str, self.adata.var_names))

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """The G gene symbols."""
        return tuple(map(str, self.adata.var["symbol"]))

    @cached_property
    def expression(self) -> Floats:
        """(P, G) mean log expression."""
        return np.asarray(self.adata.X, dtype=np.float32)

    @cached_property
    def control(self) -> Floats:
        """(G,) mean log expression of the control."""
        return np.asarray(self.adata.var["control"], dtype=np.float32)

    @cached_property
    def delta(self) -> Floats:
        """(P, G) expression minus control."""
        return self.expression - self.control

    @cached_property
    def de_order(self) -> NDArray[np.integer[Any]]:
        """(P, G) positions of the genes, most differentially expressed first."""
        return np.asarray(self.adata.obsm["de_order"])

    @cached_property
    def n_ranked(self) -> NDArray[np.int64]:
        """(P,) number of leading entries of `de_order`: the genes whose delta is not zero."""
        return np.asarray(self.adata.obs["n_ranked"], dtype=np.int64)

    @cached_property
    def n_cells(self) -> NDArray[np.float64]:
        """(P,) number of cells, nan where it is not known."""
        return np.asarray(self.adata.obs["n_cells"], dtype=np.float64)

    def layer(self, name: str) -> Floats | None:
        """Return a (P, G) layer of `LAYERS`, or None where the screen has none."""
        return np.asarray(self.adata.layers[name]) if name in self.adata.layers else None
