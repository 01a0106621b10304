"""What an LPM can be told: its size and how it is trained, with the published settings by name."""

from collections.abc import Mapping
from dataclasses import dataclass

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.options import number, one_of, whole_number

SEEDS = (13, 14, 15, 16, 17)
LARGEST_SEED, MOST_NETWORKS = 2**32 - 1, 100


@dataclass(frozen=True)
class Settings:
    """Size and training of an LPM; checked on construction.

    Attributes:
        embedding: Numbers in each of the three embeddings, 1 or more.
        hidden: Widths of the hidden layers, each 1 or more; at least one layer.
        learning_rate: Of AdamW, above 0.
        decay: What the learning rate is multiplied with after each epoch, above 0, at most 1.
        batch: Rows in a batch, 1 or more.
        dropout: Share of the hidden units that is left out while training, in [0, 1).
        epochs: How often all rows are passed at most, 1 or more.
        patience: With rows to validate on, training ends after this many epochs without a smaller
            error there, 1 or more; the weights of the smallest are kept.
        seeds: One network is trained a seed, and their predictions are averaged; different.

    Raises:
        ArgumentError: A value that is not allowed.
    """

    embedding: int = 32
    hidden: tuple[int, ...] = (512, 512)
    learning_rate: float = 0.002
    decay: float = 0.99
    batch: int = 5_000
    dropout: float = 0.0
    epochs: int = 50
    patience: int = 5
    seeds: tuple[int, ...] = SEEDS

    def __post_init__(self) -> None:
        for name in ("embedding", "batch", "epochs", "patience"):
            _at_least_one(name, getattr(self, name))
        if not isinstance(self.hidden, tuple) or not self.hidden:
            raise ArgumentError(f"hidden must be one or more widths; got {self.hidden!r}.")
        for width in self.hidden:
            _at_least_one("hidden", width)
        number("learning_rate", self.learning_rate)
        if number("decay", self.decay) > 1:
            raise ArgumentError(f"decay must be at most 1; got {self.decay!r}.")
        if number("dropout", self.dropout, zero=True) >= 1:
            raise ArgumentError(f"dropout must be below 1; got {self.dropout!r}.")
        _check_seeds(self.seeds)


def _at_least_one(name: str, value: object) -> None:
    if whole_number(name, value) < 1:
        raise ArgumentError(f"{name} must be 1 or more; got {value}.")


def _check_seeds(seeds: object) -> None:
    if not isinstance(seeds, tuple) or not seeds:
        raise ArgumentError(f"seeds must be one or more whole numbers; got {seeds!r}.")
    for seed in seeds:
        if not 0 <= whole_number("seeds", seed) <= LARGEST_SEED:
            raise ArgumentError(f"seeds must be from 0 to {LARGEST_SEED}; got {seed}.")
    if len(set(seeds)) != len(seeds):
        raise ArgumentError(f"seeds must be different; got {', '.join(map(str, seeds))}.")


PRESETS: Mapping[str, Settings] = {
    "replogle_k562": Settings(),
    "replogle_rpe1": Settings(learning_rate=0.005),
    "lincs": Settings(embedding=128, hidden=(256, 256), decay=0.97, batch=1_000, dropout=0.1),
}
"""The published settings, by the data that they were chosen for."""


def published(name: object) -> Settings:
    """Return the published settings of a name.

    Raises:
        ArgumentError: There are none of that name.
    """
    return PRESETS[one_of("preset", name, PRESETS)]


def chosen_seeds(given: object) -> tuple[int, ...]:
    """Return seeds from how many there shall be, or which.

    Args:
        given: A whole number from 1 to 100: that many, counted on from the first published one; or
            a list of seeds.

    Raises:
        ArgumentError: It is neither, or a seed is none.
    """
    if isinstance(given, list):
        _check_seeds(tuple(given))
        return tuple(given)
    count = whole_number("seeds", given)
    if not 1 <= count <= MOST_NETWORKS:
        raise ArgumentError(f"seeds must be from 1 to {MOST_NETWORKS} networks; got {count}.")
    return tuple(range(SEEDS[0], SEEDS[0] + count))
