"""Cells to a screen: time and peak memory of one streaming pass against scanpy, in one run.

    python benchmarks/bench_screens.py [--cells 160000]

Simulates a sparse single-cell file in GEARS's layout, 5,000 genes, about 10% filled, 1,092
perturbations. Then two processes read it: one makes a Screen (means, halves, Welch tests against
control and against all others, adjusted p, order of genes); one groups the cells and ranks the
genes with scanpy. Both must give the same numbers. Imports count for both. On a busy machine the
processor's seconds tell more than those of the clock.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GENES, PERTURBATIONS, CONTROLS = 5_000, 1_092, 0.066
FILLED = 0.1
BLOCK = 4_000  # cells simulated at a time


def simulate(path: Path, cells: int) -> None:
    import h5py
    import numpy as np
    import pandas as pd
    from anndata.io import sparse_dataset, write_elem
    from scipy.sparse import csr_matrix

    rng = np.random.default_rng(0)
    group = rng.integers(1, PERTURBATIONS + 1, cells)
    group[rng.random(cells) < CONTROLS] = 0
    conditions = np.array(["ctrl", *(f"P{i}+ctrl" for i in range(PERTURBATIONS))])
    seen = rng.beta(0.4, 0.4 * (1 / FILLED - 1), GENES).astype(np.float32)
    effects = (rng.standard_normal((PERTURBATIONS + 1, GENES)) * 0.15).astype(np.float32)
    effects[0] = 0
    with h5py.File(path, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        for start in range(0, cells, BLOCK):
            of = group[start : start + BLOCK]
            block = rng.random((len(of), GENES), dtype=np.float32)
            present = block < seen * np.exp(effects[of])
            block = csr_matrix(np.where(present, 0.4 + 1.6 * rng.random(len(of))[:, None], 0))
            block.data *= 0.5 + rng.random(block.nnz, dtype=np.float32)
            block = block.astype(np.float32)
            if start == 0:
                write_elem(file, "X", block)
            else:
                sparse_dataset(file["X"]).append(block)
        names = np.char.add(np.char.add("sim_", conditions), "_1")
        obs = pd.DataFrame(
            {
                "condition": pd.Categorical(conditions[group]),
                "condition_name": pd.Categorical(names[group]),
                "cell_type": pd.Categorical(["sim"] * cells),
            },
            index=[f"c{i}" for i in range(cells)],
        )
        var = pd.DataFrame(
            {"gene_name": [f"G{i}" for i in range(GENES)]}, index=[f"E{i}" for i in range(GENES)]
        )
        write_elem(file, "obs", obs)
        write_elem(file, "var", var)
        write_elem(file, "uns", {})


def ours(path: Path) -> dict[str, object]:
    from perturb_evals.datasets.screens.gears import read_gears

    screen = read_gears(path, name="sim", fingerprint="0" * 64)
    return {
        "names": screen.perturbations,
        "means": screen.expression[:, :50].tolist(),
        "top": [[screen.genes[at] for at in row] for row in screen.de_order[:, :20]],
    }


def scanpy(path: Path) -> dict[str, object]:
    import anndata
    import scanpy as sc

    cells = anndata.read_h5ad(path)
    bulk = sc.get.aggregate(cells, by="condition", func="mean")
    sc.tl.rank_genes_groups(
        cells, "condition", reference="ctrl", method="t-test", rankby_abs=True, use_raw=False
    )
    ranked = cells.uns["rank_genes_groups"]["names"]
    names = sorted(name for name in bulk.obs_names if name != "ctrl")
    return {
        "names": [name.removesuffix("+ctrl") for name in names],
        "means": bulk[names].layers["mean"][:, :50].tolist(),
        "top": [ranked[name][:20].tolist() for name in names],
    }


def measured(step: str, path: Path, cells: int, out: Path) -> tuple[float, float, float]:
    """Run one step in a process of its own; return clock and processor seconds, and peak MB."""
    command = [
        sys.executable,
        "-W",
        "ignore",
        __file__,
        "--cells",
        str(cells),
        "--step",
        step,
        str(path),
        str(out),
    ]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    clock, processor, kilobytes = json.loads(done.stdout.splitlines()[-1])
    return clock, processor, kilobytes / 1000


def run_step(step: str, path: Path, cells: int, out: Path) -> None:
    start = time.perf_counter()
    if step == "simulate":
        simulate(path, cells)
    else:
        result = ours(path) if step == "ours" else scanpy(path)
    clock = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)  # ru_maxrss is in kB on Linux
    if step != "simulate":
        out.write_text(json.dumps(result), encoding="utf-8")
    print(json.dumps([clock, used.ru_utime + used.ru_stime, used.ru_maxrss]))


def compare(first: Path, second: Path) -> None:
    import numpy as np

    one, two = (json.loads(path.read_text(encoding="utf-8")) for path in (first, second))
    if one["names"] != two["names"]:
        raise SystemExit("the two ways give different perturbations: fix that first.")
    difference = np.abs(np.array(one["means"]) - np.array(two["means"])).max()
    same = np.mean([a == b for a, b in zip(one["top"], two["top"], strict=True)])
    print(f"largest difference of means: {difference:.1e}; same top 20, in order: {same:.2%}")
    if difference > 1e-6 or same < 0.99:
        raise SystemExit("the two ways give different numbers: fix that first.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=160_000)
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        step, path, out = args.step
        run_step(step, Path(path), args.cells, Path(out))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cells.h5ad"
        out = {step: Path(folder) / f"{step}.json" for step in ("simulate", "ours", "scanpy")}
        took = {step: measured(step, path, args.cells, out[step]) for step in out}
        print(f"{args.cells:,} cells x {GENES:,} genes, {os.path.getsize(path) / 1e6:,.0f} MB")
        compare(out["ours"], out["scanpy"])
    for step, (clock, processor, megabytes) in took.items():
        print(
            f"{step:<9}{clock:8.1f} s by the clock {processor:8.1f} s of the processor "
            f"{megabytes:8,.0f} MB at most"
        )
    clock, processor, memory = (took["scanpy"][i] / took["ours"][i] for i in range(3))
    print(f"ratio:   {clock:8.1f} times faster by the clock, {processor:.1f} by the processor")
    print(f"         {memory:8.1f} times less memory (targets: 5 times faster, 3 times less)")


if __name__ == "__main__":
    main()
