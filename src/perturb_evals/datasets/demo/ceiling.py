"""The ceiling of the demo world: how well its own probabilities predict its tables."""

import numpy as np
import pandas as pd
from scipy.special import ndtr

from perturb_evals.datasets.demo.world import (
    MAX_POSITIVES,
    SHIFT_RATE,
    THRESHOLD,
    Floats,
    demo_world,
)


def attainable_scores(cell_line: str, task: str) -> pd.DataFrame:
    """Score the test rows from the true effects: the ceiling for any prediction, up to luck.

    z is normal around effect / se with variance 1 or, where a chance shift happened (probability
    SHIFT_RATE), 1 + (shift_sd / se)^2. With t the DE threshold, `direction` is scored
    P(z > t) / P(|z| > t).
    `de` is scored P(|z| > t), lowered where a perturbation is expected to have more positives than
    the table keeps: a row that stands in the table is then more often a negative.

    Args:
        cell_line: One of `DEMO_LINES`.
        task: `de` or `direction`.

    Returns:
        Columns pert, gene, score in [0, 1]; the rows of the test split in the table's order.

    Raises:
        KeyError: There is no such table.
    """
    world = demo_world()
    table = world.tables[cell_line, task]
    line = world.lines.index(cell_line)
    se = world.se[line]
    expected, sd = world.effects[line] / se, np.hypot(1, world.shift_sd / se)

    def beyond(distance: Floats) -> Floats:
        return np.asarray((1 - SHIFT_RATE) * ndtr(distance) + SHIFT_RATE * ndtr(distance / sd))

    up, down = beyond(expected - THRESHOLD), beyond(-expected - THRESHOLD)
    if task == "direction":
        score = up / (up + down)
    else:
        n_positive = (up + down).sum(axis=1, keepdims=True)
        kept = (up + down) * np.minimum(1, MAX_POSITIVES / n_positive)
        score = kept / (kept + 1 - up - down)
    test = table.loc[table["split"] == "test", ["pert", "gene"]].reset_index(drop=True)
    rows = pd.Index(world.perts).get_indexer(pd.Index(test["pert"]))
    columns = pd.Index(world.genes).get_indexer(pd.Index(test["gene"]))
    return test.assign(score=score[rows, columns])
