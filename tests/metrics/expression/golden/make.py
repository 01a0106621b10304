"""Writes peers.json: what three other packages say of one small simulated screen.

    python3.11 -m venv A && A/bin/pip install cell-eval==0.8.2
    python3.11 -m venv B && B/bin/pip install cell-eval2==0.20.0
    python3.11 -m venv C && C/bin/pip install scperteval==0.2.0
    A/bin/python make.py cell-eval
    B/bin/python make.py cell-eval2
    C/bin/python make.py scperteval

Each run keeps what the others wrote. The packages are no dependency of this one, and each has an
environment of its own: the tests read peers.json alone. Every function that is called here is the
package's own; only its inputs are made here.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import numpy as np

FILE = Path(__file__).parent / "peers.json"
CONTROL, COLUMN = "non-targeting", "target"
N, GENES, CELLS = 12, 60, 24
NAMES = [f"G{n:02d}" for n in range(N)]
SYMBOLS = [f"G{n:02d}" for n in range(GENES)]
"""Every perturbation lowers the gene of its name."""


def simulate():
    """Cells of every perturbation and of the control, and a prediction for each perturbation."""
    rng = np.random.default_rng(15)
    base = rng.gamma(2, 0.7, GENES) + 0.5
    effect = rng.normal(0, 0.15, GENES) + rng.normal(0, 0.3, (N, GENES))
    effect[np.arange(N), np.arange(N)] = -0.5 * base[:N]
    means = np.vstack([base, base + effect])
    cells = np.clip(means[:, None] + rng.normal(0, 0.4, (N + 1, CELLS, GENES)), 0, None)
    cells = cells.astype(np.float32).astype(float)
    # So far off that it is told from some of the others only.
    predicted = base + effect * rng.uniform(-0.3, 0.5, (N, 1)) + rng.normal(0, 0.35, (N, GENES))
    return cells, predicted.astype(np.float32).astype(float)


def inputs():
    """What the tests need of the screen, rounded nowhere."""
    cells, predicted = simulate()
    half = CELLS // 2
    statistic = []
    for row in range(N):
        own, others = cells[row + 1], np.delete(cells[1:], row, axis=0).reshape(-1, GENES)
        error = own.var(axis=0, ddof=1) / len(own) + others.var(axis=0, ddof=1) / len(others)
        statistic.append((own.mean(axis=0) - others.mean(axis=0)) / np.sqrt(error))
    return {
        "control": cells[0].mean(axis=0),
        "truth": cells[1:].mean(axis=1),
        "half_1": cells[1:, :half].mean(axis=1),
        "half_2": cells[1:, half:].mean(axis=1),
        "predicted": predicted,
        "statistic": np.array(statistic),
    }


def as_anndata():
    """The cells and the prediction as both of cell-eval's packages take them."""
    import anndata as ad
    import pandas as pd

    cells, predicted = simulate()
    labels = [CONTROL, *NAMES]

    def made(groups):
        obs = pd.DataFrame({COLUMN: np.repeat(labels, [len(group) for group in groups])})
        obs.index = [f"c{n}" for n in range(len(obs))]
        return ad.AnnData(
            np.concatenate(groups).astype(np.float32), obs, pd.DataFrame(index=SYMBOLS)
        )

    # Two equal cells of each predicted mean: no sampling error of the prediction.
    return made(list(cells)), made([cells[0], *np.repeat(predicted[:, None], 2, axis=1)])


def cell_eval():
    from cell_eval._types import PerturbationAnndataPair
    from cell_eval.metrics import _anndata as metrics

    real, predicted = as_anndata()
    pair = PerturbationAnndataPair(real=real, pred=predicted, pert_col=COLUMN, control_pert=CONTROL)
    return {
        "mae": metrics.mae(pair),
        "mse": metrics.mse(pair),
        "pearson_delta": metrics.pearson_delta(pair),
        "pds_cosine_own_target": metrics.discrimination_score(pair, metric="cosine"),
    }


def cell_eval2():
    from cell_eval2.metrics import delta
    from cell_eval2.metrics.discrimination import discrimination_score
    from cell_eval2.prep import pseudobulk, pseudobulk_with_moments

    real, predicted = as_anndata()
    bulks = {"pred_bulk": pseudobulk(predicted, COLUMN), "real_bulk": pseudobulk(real, COLUMN)}
    common = {**bulks, "control": CONTROL}
    genes = np.array(SYMBOLS)
    pred_moments = pseudobulk_with_moments(predicted, COLUMN)[-1]
    real_moments = pseudobulk_with_moments(real, COLUMN)[-1]
    cosine = {"distance": "cosine", "rank_denominator": "n-1", "genes": genes}
    return {
        "mae": delta.mae(**common),
        "mse": delta.mse(**common),
        "pearson_delta": delta.pearson_delta(**common),
        "pds_cosine": discrimination_score(**common, **cosine),
        "mse_unbiased": delta.mse_unbiased(
            **common,
            comparator="lognorm",
            pred_moments=pred_moments,
            real_moments=real_moments,
            genes=genes,
        ),
    }


def scperteval():
    from scperteval.protocols import metrics

    found = inputs()
    truth, predicted, mean = found["truth"], found["predicted"], found["truth"].mean(axis=0)
    # The panel's targets stand first, and the prediction is told by the other genes.
    apart = {
        "nir": metrics.nir(list(truth), list(predicted), None),
        "nir_without_targets": metrics.nir(list(truth[:, N:]), list(predicted[:, N:]), None),
    }
    rows = {"pearson": [], "weighted_mse": [], "weighted_r2": []}
    for row in range(N):
        effect = SimpleNamespace(statistic=found["statistic"][row])
        context = SimpleNamespace(
            current_pert=NAMES[row], cfg=SimpleNamespace(truth=None), de=lambda *_, e=effect: e
        )
        of_row = truth[row] - mean, predicted[row] - mean, context
        for name, values in rows.items():
            values.append(getattr(metrics, name)(*of_row))
    named = {"pearson_about_mean": rows.pop("pearson"), **rows, **apart}
    return {name: dict(zip(NAMES, map(float, of), strict=True)) for name, of in named.items()}


PEERS = {"cell-eval": cell_eval, "cell-eval2": cell_eval2, "scperteval": scperteval}


def plain(values):
    """Arrays as lists of numbers with the digits that float32 has."""
    return [[float(f"{x:.9g}") for x in row] for row in np.atleast_2d(values)]


def main():
    peer = sys.argv[1]
    kept = json.loads(FILE.read_text()) if FILE.exists() else {"peers": {}}
    kept["screen"] = {name: plain(values) for name, values in inputs().items()}
    found = {
        metric: {str(pert): float(f"{value:.12g}") for pert, value in sorted(values.items())}
        for metric, values in PEERS[peer]().items()
    }
    kept["peers"][peer] = {"version": version(peer), "metrics": found}
    # A row a line, so that a change shows.
    text = json.dumps(kept, sort_keys=True)
    for end in ("], ", "}, "):
        text = text.replace(end, end.strip() + "\n")
    FILE.write_text(text + "\n")


if __name__ == "__main__":
    main()
