"""The expression of test perturbations, exchanged: who reads none of it answers the same."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from perturb_evals.datasets.demo.exchange import DEMO_WORLD, described, renamed_tables
from perturb_evals.datasets.demo.world import demo_tables
from perturb_evals.datasets.exchange import standing_in
from perturb_evals.datasets.screens.evidence import HeldOut, expression_evidence, fold_of
from perturb_evals.datasets.screens.load import load_screen
from perturb_evals.datasets.screens.oracle import truly_nearest


@contextmanager
def vectors_exchanged(held_out: HeldOut) -> Iterator[None]:
    """Exchange the expression of a fold's test perturbations, wherever it is read, for a while."""
    names = sorted(fold_of(held_out).test)
    screen = load_screen(held_out.request)
    if held_out.request.screen == "demo":
        line = screen.cell_line
        tables = renamed_tables(demo_tables(), line, names)
        instead = {DEMO_WORLD: described(tables, {line: names})}
    else:
        instead = {screen.fingerprint: json.dumps(names)}
    try:
        with standing_in(instead):
            _forget()
            yield
    finally:
        _forget()


def _forget() -> None:
    load_screen.cache_clear()
    expression_evidence.cache_clear()
    truly_nearest.cache_clear()
