"""Training of the factor model and of the published LPM, in one run.

    python benchmarks/bench_lpm.py [--looped 200000]

A simulated table of low rank: 3 contexts x 300 perturbations x 1,000 readouts, noise of SD .5. The
factor model is trained without a tenth of the first context's perturbations, until their error is
lowest. Of the LPM, which needs the extra `lpm`, rows per second are held against scikit-learn's
MLPRegressor. It has the published decoder of LINCS (two hidden layers of 256) and batches of 5,000;
the regressor the same layers and batches on one-hot input, sparse, as three embeddings are. Both
may use all cores: the regressor for its products of matrices, the LPM for networks of an ensemble
side by side. Times are wall clock, preparation of rows included, the better of two.
"""

import argparse
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from perturb_evals.datasets.errors import DataError
from perturb_evals.methods.factor_model import FactorModel, FactorSettings
from perturb_evals.methods.lpm.fit import check_installed, fit_lpm
from perturb_evals.methods.lpm.settings import Settings
from perturb_evals.methods.triples import NAMES, Triples

CONTEXTS, PERTURBATIONS, READOUTS, RANK = 3, 300, 1_000, 6
SETTINGS = Settings(hidden=(256, 256), batch=5_000, epochs=1, seeds=(13,))
FACTORS = FactorSettings("squared", epochs=100, batch=16_384, rank=16, decay=0.3, dropout=0.0)


def simulated() -> Triples:
    rng = np.random.default_rng(0)
    context, perturbation, readout = (
        places.ravel()
        for places in np.meshgrid(
            *(np.arange(n) for n in (CONTEXTS, PERTURBATIONS, READOUTS)), indexing="ij"
        )
    )
    scale = rng.normal(1, 0.3, (CONTEXTS, RANK))
    effects, loadings = rng.normal(size=(PERTURBATIONS, RANK)), rng.normal(size=(READOUTS, RANK))
    low_rank = (scale[context] * effects[perturbation] * loadings[readout]).sum(axis=1)
    return Triples(
        contexts=pd.Index([f"c{n}" for n in range(CONTEXTS)]),
        perturbations=pd.Index([f"P{n:03d}" for n in range(PERTURBATIONS)]),
        readouts=pd.Index([f"R{n:03d}" for n in range(READOUTS)]),
        context=context,
        perturbation=perturbation,
        readout=readout,
        value=low_rank + rng.normal(0, 0.5, len(context)),
    )


def better_of_two(run: Callable[[], object]) -> float:
    times = []
    for _ in range(2):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def regressor_seconds(rows: Triples) -> float:
    from scipy.sparse import csr_array
    from sklearn.neural_network import MLPRegressor

    columns = np.stack(
        [rows.context, CONTEXTS + rows.perturbation, CONTEXTS + PERTURBATIONS + rows.readout],
        axis=1,
    )
    one_hot = csr_array(
        (np.ones(columns.size), columns.ravel(), np.arange(0, columns.size + 1, 3)),
        shape=(len(rows), CONTEXTS + PERTURBATIONS + READOUTS),
    )
    model = MLPRegressor(
        hidden_layer_sizes=SETTINGS.hidden,
        batch_size=SETTINGS.batch,
        learning_rate_init=SETTINGS.learning_rate,
        max_iter=SETTINGS.epochs,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an epoch is no convergence
        return better_of_two(lambda: model.fit(one_hot, rows.value))


def factor_model(rows: Triples) -> None:
    held_out = (rows.context == 0) & (rows.perturbation % 10 == 0)
    start = time.perf_counter()
    model = FactorModel(rows.take(~held_out), FACTORS, rows.take(held_out))
    seconds = time.perf_counter() - start
    kept = rows.take(held_out)
    names = (rows.contexts[kept.context], rows.perturbations[kept.perturbation])
    asked = pd.DataFrame(dict(zip(NAMES, (*names, rows.readouts[kept.readout]), strict=True)))
    error = float(np.sqrt(np.mean((model.predict(asked) - kept.value) ** 2)))
    print(f"factor model, {model.epochs} epochs and ten more: {seconds:.0f} s (aim: below 60)")
    print(f"its error on the rows that end it: {error:.3f} (noise: .5)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--looped", type=int, default=200_000, help="rows of the regressor")
    args = parser.parse_args()
    rows = simulated()
    factor_model(rows)
    try:
        check_installed()
    except DataError as error:
        print(f"The LPM is left out. {error}")
        return
    fit_lpm(rows.take(slice(0, 10_000)), SETTINGS)  # PyTorch loads parts of itself when first used
    single = len(rows) / better_of_two(lambda: fit_lpm(rows, SETTINGS))
    several = replace(SETTINGS, seeds=tuple(range(os.cpu_count() or 1)))
    beside = len(rows) * len(several.seeds) / better_of_two(lambda: fit_lpm(rows, several))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak *= 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes here
    some = np.random.default_rng(0).permutation(len(rows))[: args.looped]
    regressor = len(some) / regressor_seconds(rows.take(some))

    print(f"an epoch of {len(rows):,} rows, two hidden layers of 256, batches of 5,000")
    print(f"LPM, one network:             {single:,.0f} rows/s")
    print(f"LPM, {len(several.seeds)} side by side:          {beside:,.0f} rows/s")
    print(f"peak memory of the process:   {peak / 1e9:.2f} GB (aim: below 1.5)")
    print(f"MLPRegressor on one-hot rows: {regressor:,.0f} rows/s (from {len(some):,} rows)")
    print(f"ratio, one network:           {single / regressor:.1f}")
    print(f"ratio, side by side:          {beside / regressor:.1f} (aim: 5)")


if __name__ == "__main__":
    main()
