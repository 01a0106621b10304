"""docs/python.md is so: its tables are the specification, its names are there."""

import math
import subprocess
import sys
from pathlib import Path

import pytest

from perturb_evals import datasets, leaderboard, metrics
from perturb_evals.metrics import EXPRESSION_METRICS, PAIR_METRICS

DOCS = Path(__file__).parents[2] / "docs"
PYTHON = (DOCS / "python.md").read_text("utf-8")


def value(number: float | None) -> str:
    if number is None:
        return "data"
    return "none" if math.isnan(number) else f"{number:g}"


def table(specs, **values: str) -> str:
    """Return a table of Markdown; `values` are headings by attribute."""
    rows = [["metric", "better", "formula", *values.values(), "limits"]]
    rows.append(["---"] * len(rows[0]))
    rows += [
        [
            f"`{spec.name}`{' *' if spec.interval else ''}",
            spec.better or "",
            spec.formula.replace("|", r"\|"),
            *(value(getattr(spec, name)) for name in values),
            spec.limits,
        ]
        for spec in specs.values()
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def test_the_tables_of_metrics_are_their_specification() -> None:
    both = {"perfect": "perfect", "constant": "constant"}
    tables = (
        table(PAIR_METRICS, **both, all_abstained="all abstained"),
        table(EXPRESSION_METRICS, **both, mean_effect="training mean", no_change="no change"),
    )
    for expected in tables:
        assert expected in PYTHON, f"docs/python.md needs this table:\n\n{expected}"


def test_what_the_documentation_names_is_there() -> None:
    for package in (metrics, datasets, leaderboard):
        assert dir(package) == sorted(package.__all__)
        for name in package.__all__:
            assert getattr(package, name).__doc__
            assert f"`{name}" in PYTHON, f"docs/python.md does not name {name}"
        with pytest.raises(
            AttributeError, match=f"'{package.__name__}' has no attribute 'nothing'"
        ):
            package.nothing  # noqa: B018


def test_packages_are_light_and_metrics_come_without_inspect() -> None:
    code = (
        "import sys, perturb_evals.metrics as m, perturb_evals.datasets, perturb_evals.leaderboard;"
        "early = {'numpy', 'pandas', 'inspect_ai'} & set(sys.modules);"
        "[getattr(m, name) for name in m.__all__];"
        "print(sorted(early), 'inspect_ai' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] False"
