"""How Inspect's viewer lists samples: what the tasks say to it."""

from typing import Any

import pytest
from inspect_ai import Task
from inspect_ai.viewer import ScoreColorScale, TaskSamplesView

from perturb_evals.metrics.expression.spec import EXPRESSION_METRICS, NO_TARGET, SCORES
from perturb_evals.tasks.langpert import langpert
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

DEMO: dict[str, Any] = {"dataset": "demo", "genes": 1}


def view_of(task: Task) -> TaskSamplesView:
    assert task.viewer is not None
    assert task.viewer.trust_content is False, "text of models is shown as it is"
    assert isinstance(task.viewer.task_samples_view, TaskSamplesView)
    return task.viewer.task_samples_view


def shown(view: TaskSamplesView) -> list[str]:
    assert view.columns is not None
    return [column.id for column in view.columns if column.visible]


@pytest.mark.parametrize("task", [perturbqa_de, perturbqa_direction])
def test_answers_about_pairs_have_a_neutral_color_from_0_to_1(task: Any) -> None:
    view = view_of(task(**DEMO))
    score = "score__p_positive__p_positive"
    assert shown(view) == ["sampleId", "input", "answer", "target", score, "error"]
    scale = ScoreColorScale(palette="neutral", min=0.0, max=1.0)
    assert view.score_color_scales == {"p_positive": scale}


def test_low_errors_of_expression_are_the_good_ones_and_the_headline_is_first() -> None:
    view = view_of(langpert("demo", fold=0))
    assert shown(view)[:4] == ["sampleId", "input", "answer", "score__expression__mae_top20"]
    assert shown(view)[-1] == "error"
    scales = view.score_color_scales
    assert scales is not None
    assert set(scales) == set(SCORES)
    good = {"lower": "good-low", "higher": "good-high", None: "neutral"}
    assert dict(scales) == {name: good[EXPRESSION_METRICS[name].better] for name in SCORES}


def test_a_score_that_counts_the_perturbed_gene_has_the_one_without_it_behind_it() -> None:
    columns = [name for name in shown(view_of(langpert("demo", fold=0))) if "score__" in name]
    names = [name.rpartition("__")[2] for name in columns]
    counting = [name for name in names if name + NO_TARGET in SCORES]
    assert counting
    for name in counting:
        assert names[names.index(name) + 1] == name + NO_TARGET
