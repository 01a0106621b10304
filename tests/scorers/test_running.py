"""Results are shown while a run goes on; intervals are for its end."""

import anyio
import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai.solver import Solver, chain, solver

from perturb_evals.scorers import running
from perturb_evals.scorers.expression import results as expression_results
from perturb_evals.scorers.pairs import results as pairs_results
from perturb_evals.solvers.expression.baselines import random_neighbors
from perturb_evals.solvers.pairs.baselines import random_scores
from perturb_evals.tasks.langpert import langpert
from perturb_evals.tasks.perturbqa import perturbqa_de


@pytest.mark.parametrize(
    ("make", "last", "metric", "headline", "options"),
    [
        (perturbqa_de, random_scores, pairs_results, "auroc_per_gene", {"dataset": "demo"}),
        (langpert, random_neighbors, expression_results, "mae_top20", {"screen": "demo"}),
    ],
)
def test_only_the_end_of_a_run_has_intervals(
    tmp_path, monkeypatch, make, last, metric, headline, options
):
    asked = []

    def watched():
        asked.append(running.still_running())
        return asked[-1]

    @solver
    def slow_at_first() -> Solver:
        """Take time until Inspect has shown results once, about a second after the begin."""

        async def solve(state, generate):
            await anyio.sleep(0 if True in asked else 0.1)
            return state

        return solve

    monkeypatch.setattr(metric, "still_running", watched)
    (log,) = inspect_eval(
        make(**options),
        solver=chain(slow_at_first(), last()),
        model="none/none",
        limit=50,
        max_samples=1,
        score_display=True,
        display="none",
        log_dir=str(tmp_path),
    )
    assert log.status == "success"
    assert True in asked
    assert asked[-1] is False
    found = log.results.scores[0].metrics
    assert found["n_missing"].value > 0  # a limited run has its intervals, too
    assert {f"{headline}_lower", f"{headline}_upper"} <= found.keys()


@pytest.mark.parametrize(
    ("module", "metric"), [(pairs_results, "classification"), (expression_results, "regression")]
)
def test_while_a_run_goes_on_there_are_no_bounds(monkeypatch, module, metric):
    compute = getattr(module, metric)()
    assert [key for key in compute([]) if key.endswith(("_lower", "_upper"))]
    monkeypatch.setattr(module, "still_running", lambda: True)
    assert not [key for key in compute([]) if key.endswith(("_lower", "_upper"))]
