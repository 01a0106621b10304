"""Published results of the LangPert manuscript on its two screens: facts, restated as data.

Only what is used here: the row that the calibration gate has to reproduce, and the headline of the
systems that the learning curve is drawn beside. Everything was measured under the manuscript's own
protocol, so a number of this package is comparable once the gate has passed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

K562, RPE1 = "replogle_k562", "replogle_rpe1"
TABLE_1, TABLE_2 = "LangPert manuscript, Table 1", "LangPert manuscript, Table 2"

MEAN = "Non-ctrl mean"


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


def _gate(screen: str, n_train: int, source: str, *scores: tuple[float, float]) -> Published:
    names = ("mae_top20", "mse_top20", "pearson_delta_top20")
    return Published(screen, MEAN, n_train, dict(zip(names, scores, strict=True)), source)


GATE: dict[str, Published] = {
    row.screen: row
    for row in (
        _gate(K562, 850, TABLE_1, (0.332, 0.006), (0.176, 0.007), (0.671, 0.007)),
        _gate(RPE1, 1170, TABLE_2, (0.434, 0.005), (0.308, 0.011), (0.743, 0.005)),
    )
}
"""By screen, the row of the non-control mean at the largest training size: it has no tunables."""

_MAE_TOP20 = {
    (K562, TABLE_1): {
        "LangPert": {100: (0.259, 0.006), 850: (0.224, 0.005)},
        "GP+LLM (text)": {100: (0.312, 0.006), 850: (0.268, 0.004)},
        "GEARS": {100: (0.316, 0.004), 850: (0.292, 0.002)},
        MEAN: {100: (0.329, 0.006), 850: (0.332, 0.006)},
    },
    (RPE1, TABLE_2): {
        "LangPert": {
            50: (0.368, 0.008),
            100: (0.361, 0.008),
            250: (0.344, 0.005),
            1170: (0.318, 0.004),
        },
        "GP+LLM (text)": {
            50: (0.414, 0.011),
            100: (0.408, 0.005),
            250: (0.400, 0.004),
            1170: (0.371, 0.004),
        },
        "GEARS": {
            50: (0.471, 0.013),
            100: (0.435, 0.022),
            250: (0.430, 0.011),
            1170: (0.405, 0.015),
        },
        MEAN: {
            50: (0.427, 0.010),
            100: (0.430, 0.006),
            250: (0.432, 0.005),
            1170: (0.434, 0.005),
        },
    },
}

CURVES: tuple[Published, ...] = tuple(
    Published(screen, system, n_train, {"mae_top20": score}, source)
    for (screen, source), systems in _MAE_TOP20.items()
    for system, points in systems.items()
    for n_train, score in points.items()
)
"""The headline of published systems by training size; of each system the sizes ascend."""

SIZES = {K562: (50, 100, 250, 500, 850), RPE1: (50, 100, 250, 1170)}
"""By screen, the training sizes of the manuscript's learning curves."""
