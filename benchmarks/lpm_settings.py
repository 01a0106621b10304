"""Validation of LPM's published settings on PerturbQA, within training rows; needs the extra lpm.

    python benchmarks/lpm_settings.py --kinds direction --lines k562,rpe1,hepg2 --seeds 2

A fifth of the own line's perturbations, of those that another line has, is held out of its
training rows. On the rest each preset is trained as the solver `lpm` does, with its early stop on
perturbations kept from this rest, and the per-gene AUROC on the fifth is printed: of the networks'
mean, and the mean of theirs. Test rows are not touched.
"""

import argparse
import time
from dataclasses import replace

import numpy as np
import pandas as pd

from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.methods.lpm.fit import fit_lpm
from perturb_evals.methods.lpm.settings import PRESETS, chosen_seeds, published
from perturb_evals.methods.lpm.validation import held_out
from perturb_evals.methods.triples import Floats, Triples
from perturb_evals.metrics.pairs.auroc import auroc_per_gene
from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.solvers.pairs.transfer import training_triples

SHARE, SEED = 0.2, 100


def per_gene(rows: Triples, found: Floats) -> float:
    known = rows.take(np.isfinite(found))
    labels = known.value.astype(int)
    perts, genes = known.perturbations[known.perturbation], known.readouts[known.readout]
    return auroc_per_gene(Predictions(perts, genes, labels, found[np.isfinite(found)]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", default="direction")
    parser.add_argument("--lines", default="k562,rpe1,hepg2")
    parser.add_argument("--presets", default=",".join(PRESETS))
    parser.add_argument("--seeds", type=int, default=2)
    args = parser.parse_args()
    for kind in args.kinds.split(","):
        for line in args.lines.split(","):
            asked = pairs_benchmark(
                kind, cell_line=line, evidence="cross", evidence_lines=args.lines
            )
            rest, outer = held_out(training_triples(asked.evidence), (line,), SHARE, SEED)
            question = pd.DataFrame(
                {
                    "context": line,
                    "perturbation": outer.perturbations[outer.perturbation],
                    "readout": outer.readouts[outer.readout],
                }
            )
            training, kept = held_out(rest, (line,))
            for name in args.presets.split(","):
                settings = replace(published(name), seeds=chosen_seeds(args.seeds))
                start = time.perf_counter()
                model = fit_lpm(training, settings, kept)
                took = time.perf_counter() - start
                each = model.predict_each(question)
                alone = np.mean([per_gene(outer, found) for found in each])
                print(
                    f"{kind} {line} {name}: {per_gene(outer, each.mean(axis=0)):.3f} (one network "
                    f"{alone:.3f}), epochs {', '.join(map(str, model.epochs.values()))}, "
                    f"{took:.0f} s",
                    flush=True,
                )


if __name__ == "__main__":
    main()
