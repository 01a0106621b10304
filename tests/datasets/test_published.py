import json

from perturb_evals.datasets.published import CURVES, GATE, MEAN, SIZES


def facts(real_data):
    rows = json.loads((real_data / "published" / "langpert.json").read_text(encoding="utf-8"))
    place = ("dataset", "system", "n_train", "metric", "source")
    return {tuple(row[key] for key in place): (row["value"], row["stderr"]) for row in rows}


def test_every_number_is_the_published_one(real_data):
    published = facts(real_data)
    rows = [*GATE.values(), *CURVES]
    assert len(rows) == 2 + 8 + 16
    for row in rows:
        for metric, score in row.scores.items():
            assert published[row.screen, row.system, row.n_train, metric, row.source] == score


def test_the_gate_is_the_mean_at_the_largest_size():
    assert {screen: row.n_train for screen, row in GATE.items()} == {
        "replogle_k562": 850,
        "replogle_rpe1": 1170,
    }
    for screen, row in GATE.items():
        assert row.system == MEAN
        assert row.n_train == max(SIZES[screen])
        assert list(row.scores) == ["mae_top20", "mse_top20", "pearson_delta_top20"]


def test_curves_have_sizes_of_the_protocol_in_ascending_order():
    for screen, sizes in SIZES.items():
        for system in {row.system for row in CURVES}:
            found = [r.n_train for r in CURVES if (r.screen, r.system) == (screen, system)]
            assert found == sorted(found)
            assert set(found) <= set(sizes)
