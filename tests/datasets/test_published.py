"""Published numbers: each is the one of its source; what is derived from them."""

import json
from collections import Counter
from datetime import date

import pytest

from perturb_evals.datasets.pairs.load import CELL_LINES
from perturb_evals.datasets.published import (
    CURVE_SYSTEMS,
    CURVES,
    GATE,
    MEAN,
    SIZES,
    publication_date,
    publications,
    published_numbers,
)
from perturb_evals.datasets.screens.gears import GEARS_SCREENS

FIELDS = ("system", "dataset", "task", "metric", "n_train", "value", "stderr", "source")


def sources(real_data):
    return [
        row
        for name in ("perturbqa", "langpert")
        for row in json.loads((real_data / "published" / f"{name}.json").read_text("utf-8"))
    ]


def test_every_number_is_the_published_one_and_none_is_left_out(real_data):
    expected = Counter(tuple(row.get(name) for name in FIELDS) for row in sources(real_data))
    found = Counter(tuple(getattr(row, name) for name in FIELDS) for row in published_numbers())
    assert found == expected


def test_rows_for_gate_and_curves_are_the_published_ones(real_data):
    place = ("dataset", "system", "n_train", "metric", "source")
    published = {
        tuple(row.get(key) for key in place): (row["value"], row["stderr"])
        for row in sources(real_data)
    }
    for row in [*GATE.values(), *CURVES]:
        for metric, score in row.scores.items():
            assert published[row.screen, row.system, row.n_train, metric, row.source] == score


def test_the_gate_is_the_mean_at_the_largest_size():
    # As the manuscript's protocol is documented for the gate.
    assert {screen: (row.n_train, *row.scores.values()) for screen, row in GATE.items()} == {
        "replogle_k562": (850, (0.332, 0.006), (0.176, 0.007), (0.671, 0.007)),
        "replogle_rpe1": (1170, (0.434, 0.005), (0.308, 0.011), (0.743, 0.005)),
    }
    for screen, row in GATE.items():
        assert row.screen == screen
        assert row.system == MEAN
        assert row.n_train == max(SIZES[screen])
        assert list(row.scores) == ["mae_top20", "mse_top20", "pearson_delta_top20"]


def test_curves_have_sizes_of_the_protocol_in_ascending_order():
    assert len(CURVES) == 4 * 2 + 4 * 4
    for screen, sizes in SIZES.items():
        rows = [row for row in CURVES if row.screen == screen]
        assert tuple(dict.fromkeys(row.system for row in rows)) == CURVE_SYSTEMS
        assert all(list(row.scores) == ["mae_top20"] for row in rows)
        for system in CURVE_SYSTEMS:
            found = [row.n_train for row in rows if row.system == system]
            assert found == sorted(found)
            assert set(found) <= set(sizes)


def test_numbers_are_possible_and_stand_once():
    numbers = published_numbers()
    assert len(numbers) == 94 + 112
    keys = Counter((n.system, n.dataset, n.task, n.metric, n.n_train) for n in numbers)
    assert set(keys.values()) == {1}
    assert {n.dataset for n in numbers} == {*CELL_LINES["perturbqa"], *GEARS_SCREENS}
    for number in numbers:
        assert isinstance(number.value, float)
        assert 0 < number.value < 1
        assert number.stderr is None or 0 < number.stderr < 0.1
        assert (number.task == "langpert") == (number.n_train is not None)
        assert number.system.strip()
        assert number.source.strip()
        assert number.n_train in (None, "full", *SIZES.get(number.dataset, ()))


def test_every_dataset_with_a_published_number_has_a_date():
    assert set(publications()) == {"perturbqa", *(n.dataset for n in published_numbers())}
    for publication in publications().values():
        assert publication.event
        assert str(publication.published.year) in publication.source


@pytest.mark.parametrize(
    ("dataset", "day"),
    [
        ("perturbqa", date(2025, 2, 28)),
        ("jurkat", date(2025, 2, 28)),
        ("replogle_rpe1", date(2022, 6, 9)),
        ("demo", None),
        ("", None),
    ],
)
def test_dates(dataset, day):
    assert publication_date(dataset) == day
