"""What a metric promises: one row each, beside the functions of its family."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

Direction = Literal["higher", "lower"]


@dataclass(frozen=True, kw_only=True)
class MetricSpec:
    """One metric and its promises, which the tests hold it to.

    None says of a value that it depends on the data; nan that it is undefined. Without rows every
    metric is nan.

    Attributes:
        name: The name in logs and on the leaderboard.
        better: Whether higher or lower values are better; None for what describes and does not
            rank.
        formula: In the symbols of the methods page and of docs/python.md.
        summary: One sentence for readers of the results.
        perfect: The value of perfect predictions.
        constant: The value of any one answer given for everything: a score, or a vector.
        all_abstained: Pairs: the value when every row abstained.
        mean_effect: Expression: the value of the training mean, the negative control.
        no_change: Expression: the value of the control.
        limits: Where there is no value, or what is done there; empty where there always is one.
        interval: Whether runs report its 95% interval as `<name>_lower` and `<name>_upper`.
        paper_se: Whether runs report its standard error over folds as `<name>_paper_se`.
        across_genes: Pairs: whether rows of different genes are compared, so that the name bears
            `_scored_rows` where the questions were selected by their labels.
        takes_abstention: Pairs: whether `function` takes `abstention`, the policy for abstained
            rows; the others state their own price.
        module: Pairs: where the function of its name is. Empty where `FoldTruth` or the scorer
            computes it.
    """

    name: str
    better: Direction | None
    formula: str
    summary: str
    perfect: float | None = None
    constant: float | None = None
    all_abstained: float | None = None
    mean_effect: float | None = None
    no_change: float | None = None
    limits: str = ""
    interval: bool = False
    paper_se: bool = False
    across_genes: bool = False
    takes_abstention: bool = False
    module: str = ""

    @property
    def function(self) -> Callable[..., float] | None:
        """Pairs: from `Predictions` to the value; None where `FoldTruth` or the scorer does that.

        Its module is imported when it is asked for, so that the table itself is read in no time.
        """
        return getattr(import_module(self.module), self.name) if self.module else None
