"""What counts as passed."""

import pytest

from perturb_evals.leaderboard.submission.checks import Check, Checked


@pytest.mark.parametrize(
    ("outcomes", "passed"),
    [
        (["pass"], True),
        (["pass", "not applicable"], True),
        (["pass", "not checked"], False),
        (["pass", "fail"], False),
        (["fail", "not checked"], False),
    ],
)
def test_a_run_passes_when_every_check_passes_or_does_not_apply(outcomes, passed):
    checked = Checked("a run", "a.eval", [Check("c", outcome, "Said.") for outcome in outcomes])
    assert checked.passed is passed
    assert checked.outcomes == set(outcomes)
