"""The rows of a board that are computed from its data, beside those of runs."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np

from perturb_evals.families.references import LackingReference
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.text import decimal

SAME_HEADLINE = 1e-6
"""By how much a run's headline may differ from that of its row computed here, on other machines."""


def not_here(lacking: Iterable[LackingReference]) -> list[str]:
    """Return a sentence for each reason why rows cannot be computed."""
    methods: dict[str, dict[str, None]] = defaultdict(dict)
    for row in lacking:
        methods[row.why][row.method] = None
    sentences = []
    for why, (*others, last) in methods.items():
        which = f"rows of {', '.join(others)} and {last} are" if others else f"row of {last} is"
        sentences.append(f"The {which} not here: {why}")
    return sentences


def beside_runs(
    runs: Sequence[Entry], computed: Sequence[Entry], floors: Collection[str]
) -> tuple[list[Entry], set[str], list[str]]:
    """Return the computed rows to show beside the runs.

    A run of the same system stands for the computed row, but for a reference of value added that
    has another headline in its log: then both are there, as two systems.

    Returns:
        The rows; the identities of all that was computed, with those of the runs that stand for a
        row; and a sentence for each run that has another result.
    """
    ran = {entry.system: entry for entry in runs}
    rows, identities, notes = [], set(), []
    for row in computed:
        run = ran.get(row.system)
        if run is not None and row.method in floors and not _same_headline(run, row):
            notes.append(
                f"{run.name} was run with another result ({_told(run, row)}) than is computed here "
                f"({_told(row, run)}): value added is counted from the computed row."
            )
            run, row = None, replace(row, system=f"{row.system} computed")
        if run is None:
            rows.append(row)
        identities.add(row.system)
    return rows, identities, notes


def _same_headline(run: Entry, computed: Entry) -> bool:
    return bool(
        np.isclose(
            run.outcome.value, computed.outcome.value, rtol=0, atol=SAME_HEADLINE, equal_nan=True
        )
    )


def _told(entry: Entry, other: Entry) -> str:
    """Return a headline with as many digits as tell it from another one."""
    short = decimal(entry.outcome.value)
    return short if short != decimal(other.outcome.value) else f"{entry.outcome.value:.7f}"


def renamed(
    computed: Sequence[Entry], taken: set[str], tracks: Collection[tuple[str, ...]]
) -> list[Entry]:
    """Return computed rows; one that a run is named like says that it is computed.

    Where no single track cross says which lines a row reads, its name does: they may be those that
    happen to be on this machine.
    """
    return [
        replace(entry, name=f"{entry.name}, lines={','.join(entry.lines)}")
        if entry.lines and len(tracks) != 1
        else replace(entry, name=f"{entry.name}, computed")
        if entry.name in taken
        else entry
        for entry in computed
    ]
