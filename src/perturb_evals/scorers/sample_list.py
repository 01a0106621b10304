"""How Inspect's viewer lists the samples of a task, and that it trusts no text of a model."""

from collections.abc import Mapping, Sequence
from typing import Literal

from inspect_ai.viewer import (
    SampleScoreView,
    ScoreColorScale,
    TaskSamplesColumn,
    TaskSamplesColumnId,
    TaskSamplesView,
    ViewerConfig,
)

Colors = Literal["good-high", "good-low", "neutral", "diverging"] | ScoreColorScale

HIDDEN: tuple[TaskSamplesColumnId, ...] = ("sampleStatus", "tokens", "duration")
"""Columns that a reader may turn on."""


def sample_list(
    scorer: str,
    shown: Sequence[TaskSamplesColumnId],
    scores: Mapping[str, Colors],
    *,
    multiline: bool,
) -> ViewerConfig:
    """Return how a task's samples are listed: what was asked, and answered, the scores, the error.

    Beside the id stands the question, as the viewer cuts ids that are longer than its column.

    Args:
        scorer: Name of the scorer.
        shown: Inspect's own columns between the question and the scores.
        scores: Names of all scores, in their order, with the scale of their colors.
        multiline: Whether long answers take several lines.
    """
    view = TaskSamplesView(
        name="answers and scores",
        columns=[
            *(TaskSamplesColumn(id=column) for column in ("sampleId", "input", *shown)),
            *(TaskSamplesColumn.score(scorer, score) for score in scores),
            TaskSamplesColumn(id="error"),
            *(TaskSamplesColumn(id=column, visible=False) for column in HIDDEN),
        ],
        multiline=multiline,
        score_color_scales=dict(scores),
        color_scales_enabled=True,
    )
    return ViewerConfig(
        trust_content=False,
        sample_score_view=SampleScoreView(default="grid"),
        task_samples_view=view,
    )
