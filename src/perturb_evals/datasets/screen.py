"""A screen: mean expression of every perturbation, the control, and an order of genes, in AnnData.

The layout of the AnnData (perturbations x genes), which is also the layout of the cached file:

- `X` (float32): mean log expression of each perturbation's cells, or log fold changes.
- `obs` (index: symbol of the perturbed gene, sorted): `n_cells`, `n_ranked`.
- `var` (index: gene id): `symbol`, `control`.
- `obsm["de_order"]`: positions of the genes, most differentially expressed first.
- `layers` where cells or replicates allow, see `LAYERS`.
- `uns`: name, cell line, fingerprint, kind of order, counted exclusions, source and its hash.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from anndata import AnnData

Floats = NDArray[np.float32]
OrderKind = Literal["uns", "welch_t", "abs_delta"]

P_VALUES = "padj_half_2"
LAYERS = ("t_others", "half_1", "half_2", "t_half_1", "t_others_half_1", P_VALUES)
"""Two halves of the cells, or replicates: half 1 is the truth that controls are scored against and
half 2 makes the positive one, so t and adjusted p against the control know one half only."""

LARGEST_LOG = 20.0
"""Above any logarithm of expression: counts per million have a natural log below 14."""


class ScreenError(Exception):
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

    @cached_property
    def perturbations(self) -> tuple[str, ...]:
        """The P symbols of the perturbed genes, sorted."""
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


def make_screen(
    *,
    name: str,
    cell_line: str,
    perturbations: Sequence[str],
    expression: ArrayLike,
    control: ArrayLike,
    genes: Sequence[str],
    fingerprint: str,
    symbols: Sequence[str] | None = None,
    de_order: ArrayLike | None = None,
    order_kind: OrderKind = "abs_delta",
    n_cells: ArrayLike | None = None,
    layers: Mapping[str, NDArray[Any]] | None = None,
    excluded: Mapping[str, int] | None = None,
    source: str = "",
    licence: str = "",
    citation: str = "",
) -> Screen:
    """Build a screen from arrays, checked.

    Kept out and counted in `excluded`: combinations of perturbations (`A+B`), and perturbations
    that equal the control in every gene (`no_effect`), for which no gene can be ranked.

    Args:
        name: Name of the screen.
        cell_line: Its cell line; empty where it is not known.
        perturbations: P names, without the control. Blanks at both ends are taken off these and
            the names of genes.
        expression: (P, G) finite numbers: logarithms, or log fold changes with a control of 0.
        control: (G,) finite numbers on the same scale.
        genes: G unique gene ids.
        fingerprint: SHA-256 (hex) of the source and its options.
        symbols: G gene symbols; the ids by default.
        de_order: (P, G) permutations of the gene positions; by default genes rank by |delta|, ties
            in the order of the genes. Genes without any change are moved to the end.
        order_kind: What `de_order` is.
        n_cells: (P,) numbers of cells.
        layers: (P, G) layers among `LAYERS`, finite. In `padj_half_2` nan is a gene that could not
            be tested, and becomes 1.
        excluded: Exclusions counted before.
        source: Where the data came from.
        licence: Licence of the data.
        citation: How to cite the data.

    Raises:
        ScreenError: Shapes that do not agree, names that are empty or given twice, numbers that are
            not finite, counts instead of logarithms, a wrong layer or order, or nothing left.
    """
    from anndata import AnnData

    perturbations, genes = _names(name, "perturbation", perturbations), _names(name, "gene", genes)
    values, base = np.array(expression, dtype=np.float32), np.array(control, dtype=np.float32)
    shape = (len(perturbations), len(genes))
    if values.shape != shape or base.shape != shape[1:]:
        raise ScreenError(
            f"{name}: expected expression of shape {shape} (perturbations x genes) and a control "
            f"of shape {shape[1:]}, got {values.shape} and {base.shape}."
        )
    _check_values(name, values, base, perturbations, genes)
    kept = {
        key: _checked_layer(f"{name}, layer {key}", layer, perturbations, genes, key == P_VALUES)
        for key, layer in (layers or {}).items()
    }

    delta = values - base
    order = np.argsort(-np.abs(delta), axis=1, kind="stable") if de_order is None else de_order
    ranked = _changed_first(name, np.asarray(order), delta)
    combined = np.array(["+" in name for name in perturbations], dtype=bool)
    unchanged = ~combined & ~delta.any(axis=1)
    counts = Counter(excluded or {})
    counts.update(combination=int(combined.sum()), no_effect=int(unchanged.sum()))
    labels = np.array(perturbations, dtype=object)
    rows = np.flatnonzero(~combined & ~unchanged)
    rows = rows[np.argsort(labels[rows].astype(str), kind="stable")]
    if not len(rows):
        raise ScreenError(f"{name}: no perturbation is left; kept out were {dict(+counts)}.")
    cells = np.full(shape[0], np.nan) if n_cells is None else np.asarray(n_cells, dtype=float)
    adata = AnnData(
        X=values[rows],
        obs=pd.DataFrame(
            {"n_cells": cells[rows], "n_ranked": np.count_nonzero(delta[rows], axis=1)},
            index=pd.Index(labels[rows], dtype=object, name="perturbation"),
        ),
        var=pd.DataFrame(
            {"symbol": [symbol.strip() for symbol in symbols or genes], "control": base},
            index=pd.Index(list(genes), dtype=object, name="gene"),
        ),
        obsm={"de_order": ranked[rows]},
        layers={key: layer[rows] for key, layer in kept.items()},
        uns={
            "name": name,
            "cell_line": cell_line,
            "fingerprint": fingerprint,
            "order_kind": order_kind,
            "excluded": dict(+counts),
            "source": source,
            "licence": licence,
            "citation": citation,
        },
    )
    return Screen(adata)


def _names(screen: str, what: str, names: Sequence[str]) -> list[str]:
    bad = [name for name in names if not isinstance(name, str) or not name.strip()]
    if bad:
        raise ScreenError(f"{screen}: expected the name of a {what}, got {bad[0]!r}.")
    stripped = [name.strip() for name in names]
    twice = [name for name, count in Counter(stripped).items() if count > 1]
    if twice:
        raise ScreenError(
            f"{screen}: {len(twice)} {what}s are given more than once, the first is {twice[0]!r}. "
            "Merge or rename them."
        )
    return stripped


def _check_values(
    screen: str, values: Floats, control: Floats, perturbations: Sequence[str], genes: Sequence[str]
) -> None:
    for rows, names in ((values, perturbations), (control[None], ["the control"])):
        _check_finite(screen, rows, names, genes)
    both = np.vstack([values, control])
    whole = bool((both == np.round(both)).all())
    if both.size and both.min() >= 0 and (both.max() > LARGEST_LOG or (whole and both.max() > 1)):
        raise ScreenError(
            f"{screen}: the values look like counts, not logarithms (from {both.min():.4g} to "
            f"{both.max():.4g}{', all whole' if whole else ''}). Normalise and take log1p first."
        )


def _check_finite(where: str, rows: Floats, names: Sequence[str], genes: Sequence[str]) -> None:
    bad = ~np.isfinite(rows)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise ScreenError(
            f"{where}: {int(bad.sum())} values are not finite numbers, the first is "
            f"{rows[row, column]} at {names[row]} x {genes[column]}. Leave such genes out."
        )


def _checked_layer(
    where: str, layer: ArrayLike, perturbations: Sequence[str], genes: Sequence[str], is_p: bool
) -> Floats:
    values, shape = np.array(layer, dtype=np.float32), (len(perturbations), len(genes))
    if values.shape != shape:
        raise ScreenError(f"{where}: expected shape {shape}, got {values.shape}.")
    if is_p:
        values[np.isnan(values)] = 1.0
        if ((values < 0) | (values > 1)).any():
            got = f"{values.min():.4g} to {values.max():.4g}"
            raise ScreenError(f"{where}: adjusted p-values must lie in 0 to 1, got {got}.")
    _check_finite(where, values, perturbations, genes)
    return values


def _changed_first(name: str, order: NDArray[Any], delta: Floats) -> NDArray[Any]:
    """Move genes without change to the end of each row's order, in the smallest type that holds it.

    Raises:
        ScreenError: A row is no permutation of the gene positions, as integers.
    """
    n_genes = delta.shape[1]
    right = np.issubdtype(order.dtype, np.integer) and order.shape == delta.shape
    if not right or (np.sort(order, axis=1) != np.arange(n_genes)).any():
        raise ScreenError(
            f"{name}: de_order must hold each gene position once a row, 0 to {n_genes - 1}, as "
            f"integers of shape {delta.shape}; got {order.dtype} of shape {order.shape}."
        )
    changed = np.take_along_axis(delta, order, axis=1) != 0
    first = np.argsort(~changed, axis=1, kind="stable")
    return np.take_along_axis(order, first, axis=1).astype(np.min_scalar_type(max(n_genes - 1, 0)))
