"""Methods of transfer on a long table that has a split, as Markdown.

    python benchmarks/long_table.py [TABLE] [--without lpm]

TABLE is what `read_long_table` reads, by default the synthetic table of the folder that
PERTURB_EVALS_DATA names (`lpm/table.parquet`). Every method learns from the rows of `train` and
foretells those of `test`; the factor model alone looks at `val`, to end in time. "By perturbation"
are means over the (context, perturbation) of the test rows: of the RMSE, and of Pearson's r after
the training mean of context and readout is taken off both ("centered"; of a prediction without
deviations it is 0). Rows that a method says nothing of are left out of its figures and counted.

Where `predictions.parquet` and `scores.json` lie beside the table, what another implementation
foretold is scored in the same way, and beside it stands what that one says of itself.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.long_tables import check_transferable, read_long_table
from perturb_evals.methods.additive import Additive
from perturb_evals.methods.conserved import Conserved
from perturb_evals.methods.context_ridge import ContextRidge
from perturb_evals.methods.factor_model import FactorModel, FactorSettings
from perturb_evals.methods.levels import Levels
from perturb_evals.methods.lpm.fit import fit_lpm
from perturb_evals.methods.lpm.settings import Settings
from perturb_evals.methods.triples import NAMES, Triples, TriplesModel
from perturb_evals.metrics.expression.correlation import pearson_rows

Floats = NDArray[np.float64]

STATED = Settings(hidden=(256, 256), batch=1_000, epochs=40)
"""What the public implementation was run with on the synthetic table, without an early stop."""


FACTORS = FactorSettings("squared", epochs=200, batch=4096, rank=16, decay=0.3)
"""The best of ten settings on the `val` rows of the synthetic table."""


@dataclass(frozen=True)
class Scores:
    """How near predictions come; NaN where it is not defined."""

    rmse: float
    pooled_r: float
    centered_r: float
    rmse_by_perturbation: float
    silent: float


def scores(test: pd.DataFrame, predicted: Floats, level: Floats) -> Scores:
    """Score predictions.

    Args:
        test: Columns context, perturbation and value, m rows.
        predicted: (m,) predictions, NaN where the method is silent.
        level: (m,) training mean of context and readout, finite.
    """
    told = ~np.isnan(predicted)
    if not told.any():
        return Scores(np.nan, np.nan, np.nan, np.nan, 1.0)
    value = test["value"].to_numpy()[told]
    predicted, level = predicted[told], level[told]
    pooled, constant = pearson_rows(value[None], predicted[None])
    group = test[told].groupby(["context", "perturbation"], observed=True).ngroup().to_numpy()
    # A row a perturbation, filled from the left, for the metrics of the package.
    order = np.argsort(group, kind="stable")
    count = np.bincount(group)
    used = np.arange(count.max()) < count[:, None]
    true, found = np.zeros(used.shape), np.zeros(used.shape)
    true[used], found[used] = (value - level)[order], (predicted - level)[order]
    size = np.abs(level).max() * 1e-12  # below that, deviations are rounding
    centered, _ = pearson_rows(true, found, used=used, left_noise=size, right_noise=size)
    error = (true - found) ** 2
    return Scores(
        rmse=float(np.sqrt(error.sum() / used.sum())),
        pooled_r=np.nan if constant[0] else float(pooled[0]),
        centered_r=float(centered.mean()),
        rmse_by_perturbation=float(np.sqrt(error.sum(axis=1) / count).mean()),
        silent=float(1 - told.mean()),
    )


class ReadoutMean:
    """The training mean of context and readout."""

    def __init__(self, rows: Triples) -> None:
        self._rows, self._levels = rows, Levels.means(rows)

    def predict(self, rows: pd.DataFrame) -> Floats:
        """Return (m,) means."""
        context, _, readout = self._rows.places(rows)
        return self._levels.at(context, readout)


def factors(validation: pd.DataFrame) -> Callable[[Triples], TriplesModel]:
    """Return the factor model, stopped by the rows of val where there are any."""

    def fit(rows: Triples) -> FactorModel:
        places = rows.places(validation)
        known = np.all([at >= 0 for at in places], axis=0)
        c, p, r = (at[known] for at in places)
        value = validation["value"].to_numpy()[known]
        kept = replace(rows, context=c, perturbation=p, readout=r, value=value)
        return FactorModel(rows, FACTORS, kept if len(kept) else None)

    return fit


def methods(validation: pd.DataFrame) -> dict[str, Callable[[Triples], TriplesModel]]:
    """Return all that can be run here."""
    found: dict[str, Callable[[Triples], TriplesModel]] = {
        "readout mean": ReadoutMean,
        "additive": Additive,
        "conserved": Conserved,
        "cross_context_ridge": ContextRidge,
        "factor_model": factors(validation),
    }
    if find_spec("torch"):
        found["lpm"] = lambda rows: fit_lpm(rows, STATED)
    return found


def row(name: str, found: Scores, seconds: float | None = None) -> str:
    figures = (found.rmse, found.pooled_r, found.centered_r, found.rmse_by_perturbation)
    cells = [f"{value:.3f}" if np.isfinite(value) else "" for value in figures]
    cells += [f"{found.silent:.1%}", "" if seconds is None else f"{seconds:.1f}"]
    return f"| {name} | {' | '.join(cells)} |"


def mean_of(found: list[Scores]) -> Scores:
    return Scores(*np.mean([[*vars(one).values()] for one in found], axis=0).tolist())


def stated(said: dict[str, float]) -> Scores:
    names = ("rmse", "pearson_pooled", "pearson_pert_centred")
    return Scores(*(said[name] for name in names), rmse_by_perturbation=np.nan, silent=0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    data = os.environ.get("PERTURB_EVALS_DATA")
    parser.add_argument("table", nargs="?", default=data and f"{data}/lpm/table.parquet")
    parser.add_argument("--without", default="", help="names of methods, separated by commas")
    given = parser.parse_args()
    if given.table is None:
        parser.error("name a table, or set PERTURB_EVALS_DATA")
    table = read_long_table(given.table)
    if "split" not in table:
        raise DataError(f"{given.table}: expected a column split of train and test.")
    train, validation, test = (
        table[table["split"] == name].reset_index(drop=True) for name in ("train", "val", "test")
    )
    check_transferable(train, given.table, validated=[])
    rows = Triples.of(train)
    level = ReadoutMean(rows).predict(test)
    if np.isnan(level).any():
        raise DataError(f"{given.table}: a readout of the test rows is in no row of train.")

    print(f"{date.today()}, {len(train):,} rows of train, {len(test):,} of test\n")
    print("| | RMSE | pooled r | centered r by perturbation | RMSE by perturbation | silent | s |")
    print("|---|---|---|---|---|---|---|")
    for name, fit in methods(validation).items():
        if name in given.without.split(","):
            continue
        start = time.perf_counter()
        model = fit(rows)
        predicted = model.predict(test)
        seconds = time.perf_counter() - start
        if name == "lpm":
            each = [scores(test, of_seed, level) for of_seed in model.predict_each(test)]  # type: ignore[attr-defined]
            print(row(f"lpm, mean of {len(each)} seeds", mean_of(each)))
            name = f"lpm, {len(each)} seeds together"
        print(row(name, scores(test, predicted, level), seconds))

    beside = Path(given.table).parent
    if (beside / "predictions.parquet").is_file():
        others = pd.read_parquet(beside / "predictions.parquet").drop(columns="value")
        others = test.merge(others, on=[*NAMES], how="left", validate="one_to_one")
        seeds = [name for name in others if str(name).startswith("lpm_seed_")]
        predictions = others[seeds].to_numpy(dtype=float).T
        each = [scores(test, of_seed, level) for of_seed in predictions]
        print(row(f"public LPM, mean of {len(each)} seeds", mean_of(each)))
        print(row("public LPM, the seeds together", scores(test, predictions.mean(axis=0), level)))
    if (beside / "scores.json").is_file():
        said = json.loads((beside / "scores.json").read_text())
        print(row("scores.json: seeds", mean_of([stated(seed) for seed in said["seeds"]])))
        for name in ("ensemble", "conserved", "readout_mean"):
            print(row(f"scores.json: {name}", stated(said[name])))


if __name__ == "__main__":
    main()
