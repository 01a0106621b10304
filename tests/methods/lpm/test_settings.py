import pytest

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.methods.lpm.settings import PRESETS, Settings, chosen_seeds, published

REFUSED = [
    ({"embedding": 0}, "embedding must be 1 or more; got 0."),
    ({"embedding": 3.5}, "embedding must be a whole number; got 3.5."),
    ({"hidden": ()}, r"hidden must be one or more widths; got \(\)."),
    ({"hidden": [3]}, r"hidden must be one or more widths; got \[3\]."),
    ({"hidden": (3, 0)}, "hidden must be 1 or more; got 0."),
    ({"learning_rate": 0}, "learning_rate must be a finite number above 0; got 0."),
    ({"learning_rate": float("nan")}, "learning_rate must be a finite number above 0; got nan."),
    ({"decay": 1.1}, "decay must be at most 1; got 1.1."),
    ({"batch": True}, "batch must be a whole number; got True."),
    ({"dropout": 1}, "dropout must be below 1; got 1."),
    ({"dropout": -0.1}, "dropout must be a finite number from 0; got -0.1."),
    ({"epochs": -1}, "epochs must be 1 or more; got -1."),
    ({"patience": 0}, "patience must be 1 or more; got 0."),
    ({"seeds": ()}, r"seeds must be one or more whole numbers; got \(\)."),
    ({"seeds": (1, 1)}, "seeds must be different; got 1, 1."),
    ({"seeds": (-1,)}, "seeds must be from 0 to 4294967295; got -1."),
]


@pytest.mark.each(("changed", "said"), REFUSED)
def test_what_is_not_allowed_is_refused_in_words(changed, said: str):
    with pytest.raises(ArgumentError, match=f"^{said}$"):
        Settings(**changed)


def test_presets_are_the_published_settings():
    k562, rpe1, lincs = (published(name) for name in PRESETS)
    assert list(PRESETS) == ["replogle_k562", "replogle_rpe1", "lincs"]
    for settings in (k562, rpe1):
        assert (settings.embedding, settings.hidden) == (32, (512, 512))
        assert (settings.decay, settings.batch, settings.dropout) == (0.99, 5_000, 0)
    assert (k562.learning_rate, rpe1.learning_rate) == (0.002, 0.005)
    assert (lincs.embedding, lincs.hidden, lincs.learning_rate) == (128, (256, 256), 0.002)
    assert (lincs.decay, lincs.batch, lincs.dropout) == (0.97, 1_000, 0.1)
    assert {(one.epochs, one.seeds) for one in (k562, rpe1, lincs)} == {(50, (13, 14, 15, 16, 17))}
    with pytest.raises(ArgumentError, match="preset must be one of replogle_k562, replogle_rpe1"):
        published("k562")


def test_seeds_are_counted_or_named():
    assert chosen_seeds(2) == (13, 14)
    assert chosen_seeds(7) == (13, 14, 15, 16, 17, 18, 19)
    assert chosen_seeds([3, 1]) == (3, 1)
    for wrong in (0, 101, "2", 2.0, True, None, [], [1, 1], ["1"], [None]):
        with pytest.raises(ArgumentError, match=r"^seeds must be "):
            chosen_seeds(wrong)
