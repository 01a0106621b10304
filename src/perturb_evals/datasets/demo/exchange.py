"""The demo world with the truth of test rows exchanged, in its tables and in its effects."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perturb_evals.datasets.exchange import SHARE

if TYPE_CHECKING:
    from perturb_evals.datasets.demo.world import DemoWorld

DEMO_WORLD = "demo world"
"""What it is called where something may stand in its place."""

Tables = Mapping[tuple[str, str], pd.DataFrame]


def described(tables: Tables, tested: Mapping[str, Collection[str]]) -> str:
    """Return in JSON what is other in an exchanged world.

    Args:
        tables: Its tables by cell line and kind, as `demo_tables` gives them.
        tested: By cell line the perturbations, two or more, that get each other's effects.
    """
    return json.dumps(
        {
            "tables": [[*key, frame.to_dict("list")] for key, frame in tables.items()],
            "tested": {line: sorted(names) for line, names in tested.items()},
        }
    )


def renamed_tables(tables: Tables, line: str, names: Collection[str]) -> Tables:
    """Return tables in which some perturbations of a line have each other's rows."""
    ordered = sorted(names)
    other = dict(zip(ordered, np.roll(ordered, -1).tolist(), strict=True))
    return {
        key: frame.assign(pert=[other.get(pert, pert) for pert in frame["pert"]])
        if key[0] == line
        else frame
        for key, frame in tables.items()
    }


def exchanged_world(world: "DemoWorld", description: str) -> "DemoWorld":
    """Return a world with other tables, and with effects and halves that are exchanged.

    Those of the tested perturbations of a line are each other's, and drawn to 0, see `SHARE`.

    Args:
        world: The world as it is simulated.
        description: See `described`.
    """
    new = json.loads(description)
    tables = {
        (line, kind): pd.DataFrame(columns).astype(dict(world.tables[line, kind].dtypes))
        for line, kind, columns in new["tables"]
    }
    effects, halves = world.effects.copy(), world.halves.copy()
    for line, names in new["tested"].items():
        index = world.lines.index(line)
        rows = np.array([world.perts.index(name) for name in names])
        others = np.roll(rows, 1)
        effects[index, rows] = SHARE * world.effects[index, others]
        halves[index][:, rows] = SHARE * world.halves[index][:, others]
    for array in (effects, halves):
        array.setflags(write=False)
    return replace(world, tables=tables, effects=effects, halves=halves)
