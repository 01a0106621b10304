"""Arrays, checked, as a Screen."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from perturb_evals.datasets.screens.naming import naming_as_written
from perturb_evals.datasets.screens.scale import screen_fault
from perturb_evals.datasets.screens.screen import (
    P_VALUES,
    Floats,
    OrderKind,
    Screen,
    ScreenError,
)


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
    naming: pd.DataFrame | None = None,
    reading: Mapping[str, str] | None = None,
    remarks: Sequence[str] = (),
    source: str = "",
    licence: str = "",
    citation: str = "",
) -> Screen:
    """Build a screen from arrays, checked.

    Kept out and counted in `excluded`: perturbations that equal the control in every gene
    (`no_effect`), for which no gene can be ranked.

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
        naming: What the names mean, by name, see `perturb_evals.datasets.screens.naming`; by
            default each is a symbol as it is written.
        reading: How the data were read, by heading, in words.
        remarks: What is odd about the data, in sentences.
        source: Where the data came from.
        licence: Licence of the data.
        citation: How to cite the data.

    Raises:
        ScreenError: Shapes that do not agree, names that are empty or given twice, numbers that are
            not finite, counts instead of logarithms, rows that are changes beside a control of
            expression or the other way round, a wrong layer or order, or nothing left.
    """
    from anndata import AnnData

    perturbations, genes = _names(name, "perturbation", perturbations), _names(name, "gene", genes)
    _check_case(name, perturbations)
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
    unchanged = ~delta.any(axis=1)
    counts = Counter(excluded or {})
    counts.update(no_effect=int(unchanged.sum()))
    labels = np.array(perturbations, dtype=object)
    rows = np.flatnonzero(~unchanged)
    rows = rows[np.argsort(labels[rows].astype(str), kind="stable")]
    if not len(rows):
        left = ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in (+counts).items())
        raise ScreenError(f"{name}: no perturbation is left; kept out were {left or 'none'}.")
    read_out = [symbol.strip() for symbol in symbols or genes]
    if naming is None:
        naming = naming_as_written(perturbations, read_out)
    cells = np.full(shape[0], np.nan) if n_cells is None else np.asarray(n_cells, dtype=float)
    adata = AnnData(
        X=values[rows],
        obs=pd.DataFrame(
            {
                "n_cells": cells[rows],
                "n_ranked": np.count_nonzero(delta[rows], axis=1),
                **naming.loc[labels[rows]].to_dict("list"),
            },
            index=pd.Index(labels[rows], dtype=object, name="perturbation"),
        ),
        var=pd.DataFrame(
            {"symbol": read_out, "control": base},
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
            "reading": dict(reading or {}),
            "remarks": list(remarks),
            "source": source,
            "licence": licence,
            "citation": citation,
        },
    )
    return Screen(adata)


def ranked_by_size(screen: Screen) -> Screen:
    """Return the screen with genes ranked by |delta|, ties in the order of the genes."""
    return reranked(screen, None, "abs_delta")


def reranked(screen: Screen, order: ArrayLike | None, kind: OrderKind) -> Screen:
    """Return the screen, without layers, with its genes in another order; see `make_screen`."""
    return make_screen(
        name=screen.name,
        cell_line=screen.cell_line,
        perturbations=screen.perturbations,
        expression=screen.expression,
        control=screen.control,
        genes=screen.genes,
        symbols=screen.symbols,
        de_order=order,
        order_kind=kind,
        n_cells=screen.n_cells,
        naming=screen.naming,
        fingerprint=screen.fingerprint,
    )


def _names(screen: str, what: str, names: Sequence[str]) -> list[str]:
    bad = [name for name in names if not isinstance(name, str) or not name.strip()]
    if bad:
        raise ScreenError(f"{screen}: expected the name of a {what}, got {bad[0]!r}.")
    stripped = [name.strip() for name in names]
    twice = [name for name, count in Counter(stripped).items() if count > 1]
    if twice:
        raise ScreenError(
            f"{screen}: {len(twice)} {what}s are given more than once, the first is {twice[0]!r}; "
            "blanks around a name do not tell two apart. Merge or rename them."
        )
    return stripped


def _check_case(screen: str, perturbations: Sequence[str]) -> None:
    """Refuse two spellings of one gene: one would be trained on where the other is tested."""
    first_of: dict[str, str] = {}
    for name in perturbations:
        first = first_of.setdefault(name.casefold(), name)
        if first != name:
            raise ScreenError(
                f"{screen}: the perturbations {first!r} and {name!r} differ in case only. Merge or "
                "rename them."
            )


def _check_values(
    screen: str, values: Floats, control: Floats, perturbations: Sequence[str], genes: Sequence[str]
) -> None:
    for rows, names in ((values, perturbations), (control[None], ["the control"])):
        _check_finite(screen, rows, names, genes)
    if said := screen_fault(values, control, perturbations):
        raise ScreenError(f"{screen}: {said}")


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
