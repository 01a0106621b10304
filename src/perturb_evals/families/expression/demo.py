"""The demo of predicted expression: one fold of the demo screen."""

from collections.abc import Sequence
from functools import partial

from perturb_evals.families.demo import Demo, DemoSystem, Found
from perturb_evals.solvers.expression.baselines import (
    mean_effect,
    no_change,
    oracle_neighbors,
    random_neighbors,
)
from perturb_evals.solvers.expression.gene_baselines import graph_neighbors

FOLD = 1
"""One of the five, so that the demo stays short."""

ASKED = {"screen": "demo", "fold": FOLD}
COUNTED = {
    "not in the list": "n_dropped_invented",
    "repeated": "n_dropped_duplicate",
    "the target itself": "n_dropped_target",
    "in other letters": "n_found_by_case",
}


class ExpressionDemo(Demo):
    """The scripted model that names neighbors, between the training mean and the oracle."""

    where = f"demo screen, fold {FOLD}"
    scripted = DemoSystem("scripted biologist", None, ASKED)

    def others(self, found: Found) -> Sequence[DemoSystem]:
        """Return the references; random neighbors are as many as the scripted model names."""
        (own,) = found.values()
        # More neighbors would be a better mean by themselves.
        k = max(1, round(own["mean_k"]))
        return (
            DemoSystem("no change", no_change, ASKED),
            DemoSystem("mean effect", mean_effect, ASKED),
            DemoSystem(f"{k} random neighbors", partial(random_neighbors, k=k), ASKED),
            DemoSystem("graph neighbors", graph_neighbors, ASKED),
            DemoSystem("oracle", oracle_neighbors, ASKED),
        )

    def remarks(self, found: Found) -> Sequence[str]:
        """Say what was counted of the names that the scripted model gave."""
        (own,) = found.values()
        counts = ", ".join(f"{what} {own[name]:.0f}" for what, name in COUNTED.items())
        fallbacks = sum(n for name, n in own.items() if name.startswith("n_fallback_"))
        return (
            "Its notes know every complex of the demo world; of a real screen they know less.",
            f"It names {own['mean_k']:.1f} neighbors on average. What was counted of the names: "
            f"{counts}. Asked again: {own['n_reasks']:.0f}. Replies of which nothing could be "
            f"used, so that the mean effect stands in: {fallbacks:.0f}.",
        )
