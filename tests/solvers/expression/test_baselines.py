"""Arguments of reference systems that are refused."""

import pytest

from perturb_evals.solvers.expression.baselines import oracle_neighbors


def test_the_oracle_has_no_similarities_to_weigh_by():
    with pytest.raises(ValueError, match="expected mean, median, rank or ridge"):
        oracle_neighbors(aggregation="similarity")
