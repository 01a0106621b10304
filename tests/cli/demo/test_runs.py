import pytest

from perturb_evals.cli.arguments import NO_MODEL
from perturb_evals.cli.demo.runs import SCRIPTED, DemoError, evaluate, metrics, short, with_interval
from perturb_evals.solvers.expression.baselines import no_change
from perturb_evals.tasks.langpert import langpert


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5961, ".596"),
        (-0.2349, "-.235"),
        (1.0, "1.000"),
        (-1.5, "-1.500"),
        (10.25, "10.250"),
        (0.9999, "1.000"),
        (0.0, ".000"),
        (float("nan"), "nan"),
    ],
)
def test_numbers_are_written_without_their_leading_zero(value, text):
    assert short(value, 3) == text


def test_an_interval_has_fewer_digits():
    assert with_interval(-0.2304, -0.2512, -0.2099) == "-.230 [-.25, -.21]"


def test_a_run_gives_its_results(tmp_path):
    (log,) = evaluate([langpert("demo", fold=0)], no_change(), NO_MODEL, tmp_path)
    assert metrics(log)["pds"] == 0.5
    assert metrics(log)["n_perturbations"] == 48


def test_a_failed_run_says_which_and_why(tmp_path):
    task = langpert("demo", fold=0)
    task.solver = None
    with pytest.raises(DemoError, match="langpert ended as error: "):
        evaluate([task], None, NO_MODEL, tmp_path)
    assert SCRIPTED.startswith("perturb_scripted/")
