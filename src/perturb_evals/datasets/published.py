"""Published results and dates of publication: facts, restated as data in `published.json`.

The numbers are those of PerturbQA's Table 1 with its analysis of knowledge graphs (Wu et al., ICLR
2025), and of the LangPert manuscript. Each was measured under a protocol of its own, so that none
is ranked with a run; `published.py` of each family says how they differ.

From them follow the row that the calibration gate has to reproduce, and the headline of the systems
that the learning curve is drawn beside. A number of this package is comparable with the manuscript
once the gate has passed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

K562, RPE1 = "replogle_k562", "replogle_rpe1"

MEAN = "Non-ctrl mean"

CURVE_METRIC = "mae_top20"
CURVE_SYSTEMS = ("LangPert", "GP+LLM (text)", "GEARS", MEAN)


@dataclass(frozen=True)
class PublishedNumber:
    """One number of a publication.

    Attributes:
        system: Name of the system, as its authors write it.
        dataset: PerturbQA's cell line, or name of the screen as in `ScreenRequest`.
        task: `de` or `dir` (direction) of PerturbQA, or `langpert`.
        metric: Name of the metric, as in this package.
        n_train: Perturbations in each training set; `full` where the publication gives no number;
            None for PerturbQA, whose splits are fixed.
        value: The value, rounded to the decimals of the publication.
        stderr: Its standard error over the five folds; None where none is given.
        source: Where it stands.
    """

    system: str
    dataset: str
    task: Literal["de", "dir", "langpert"]
    metric: str
    n_train: int | Literal["full"] | None
    value: float
    stderr: float | None
    source: str


@dataclass(frozen=True)
class Publication:
    """When the labels or the expression of a dataset became public.

    Attributes:
        published: The day.
        event: What became public on it, and which older publication holds the measurements.
        source: Where the date stands.
    """

    published: date
    event: str
    source: str


@dataclass(frozen=True)
class Published:
    """A row of a published table.

    Attributes:
        screen: Name of the screen, as in `ScreenRequest`.
        system: Name of the system, as the manuscript writes it.
        n_train: Size of the training sets.
        scores: For each metric, its value and its standard error over the five folds, both rounded
            to three decimals.
        source: Where it stands.
    """

    screen: str
    system: str
    n_train: int
    scores: Mapping[str, tuple[float, float]]
    source: str


@cache
def published_numbers() -> tuple[PublishedNumber, ...]:
    """Return all published numbers, in the order of their sources."""
    return tuple(PublishedNumber(**row) for row in _data()["numbers"])


@cache
def publications() -> dict[str, Publication]:
    """Return by dataset when it became public.

    The names are `perturbqa`, each of its cell lines, and the screens known by name. PerturbQA's
    date is that of its tables: a model released before it may still have seen the older screens.
    """
    return {
        row["dataset"]: Publication(date.fromisoformat(row["date"]), row["event"], row["source"])
        for row in _data()["publications"]
    }


def publication_date(dataset: str) -> date | None:
    """Return the day a dataset became public; None for one that is not in `publications`."""
    known = publications().get(dataset)
    return known.published if known else None


@cache
def _data() -> dict[str, Any]:
    text = files("perturb_evals.datasets").joinpath("published.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def _rows(screen: str, system: str) -> list[Published]:
    """Return the rows of a system that have a training size and standard errors, by size."""
    rows: dict[int, Published] = {}
    for number in published_numbers():
        size, stderr = number.n_train, number.stderr
        if (number.dataset, number.system) != (screen, system):
            continue
        if isinstance(size, int) and stderr is not None:
            row = rows.get(size) or Published(screen, system, size, {}, number.source)
            scores = {**row.scores, number.metric: (number.value, stderr)}
            rows[size] = replace(row, scores=scores)
    return [rows[size] for size in sorted(rows)]


GATE: dict[str, Published] = {screen: _rows(screen, MEAN)[-1] for screen in (K562, RPE1)}
"""By screen, the row of the non-control mean at the largest training size: it has no tunables."""

CURVES: tuple[Published, ...] = tuple(
    replace(row, scores={CURVE_METRIC: row.scores[CURVE_METRIC]})
    for screen in (K562, RPE1)
    for system in CURVE_SYSTEMS
    for row in _rows(screen, system)
)
"""The headline of published systems by training size; of each system the sizes ascend."""

SIZES = {K562: (50, 100, 250, 500, 850), RPE1: (50, 100, 250, 1170)}
"""By screen, the training sizes of the manuscript's learning curves."""
