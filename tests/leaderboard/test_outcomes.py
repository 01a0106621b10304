"""Outcomes of runs against loops over their samples."""

import random
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from inspect_ai.log import EvalLog, read_eval_log
from inspect_ai.scorer import SampleScore, Score

from perturb_evals.families import family_of
from perturb_evals.families.outcome import MeanOutcome, shared_weights
from perturb_evals.families.pairs.outcome import AnswersOutcome
from perturb_evals.logs.samples import read_samples
from perturb_evals.metrics.pairs.intervals import bootstrap_auroc_per_gene

Runs = dict[str, Path]
BOARD = {"task": "perturbqa_de", "abstention": "half"}
SCREEN = {"task": "langpert", "metric_version": 2}


def read(path: Path) -> tuple[EvalLog, list[SampleScore]]:
    log = read_eval_log(str(path), header_only=True)
    return log, read_samples(log).scores


def metric(log: EvalLog, name: str) -> float:
    assert log.results is not None
    return float(log.results.scores[0].metrics[name].value)


@pytest.mark.parametrize("name", ["scripted de", "knn direction", "constant de"])
def test_a_run_of_questions_has_the_headline_and_interval_of_its_log(name: str, runs: Runs) -> None:
    log, scores = read(runs[name])
    outcome = family_of("perturbqa_de").outcome(scores, BOARD)
    assert isinstance(outcome, AnswersOutcome)
    assert outcome.value == pytest.approx(metric(log, "auroc_per_gene"), abs=1e-12)
    drawn = outcome.resampled(shared_weights(outcome.n_perturbations))
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    assert low == pytest.approx(metric(log, "auroc_per_gene_lower"), abs=1e-12)
    assert high == pytest.approx(metric(log, "auroc_per_gene_upper"), abs=1e-12)


def test_rows_are_sorted_and_each_has_its_own_sample(runs: Runs) -> None:
    _, scores = read(runs["scripted de"])
    outcome = family_of("perturbqa_de").outcome(scores, BOARD)
    assert isinstance(outcome, AnswersOutcome)
    asked: dict[tuple[str, str], list[SampleScore]] = defaultdict(list)
    for score in scores:
        about = score.sample_metadata or {}
        asked[about["pert"], about["gene"]].append(score)
    assert outcome.units == tuple(f"{pert}>{gene}" for pert, gene in sorted(asked))
    assert outcome.perturbations == tuple(sorted({pert for pert, _ in asked}))
    assert outcome.n_perturbations == len(outcome.perturbations)
    for row, pair in enumerate(sorted(asked)):
        answered = [
            score.score.as_float()
            for score in asked[pair]
            if not (score.score.metadata or {}).get("abstained")
        ]
        assert outcome.sample_ids[row] == asked[pair][0].sample_id
        assert outcome.predictions.abstained[row] == (not answered)
        if answered:
            assert outcome.predictions.scores[row] == pytest.approx(fmean(answered), abs=1e-12)


def test_a_run_on_a_screen_has_the_scores_of_its_samples(runs: Runs) -> None:
    log, scores = read(runs["scripted langpert"])
    outcome = family_of("langpert").outcome(scores, SCREEN)
    assert isinstance(outcome, MeanOutcome)
    by_pert = {(s.sample_metadata or {})["pert"]: s for s in scores}
    assert outcome.units == outcome.perturbations == tuple(sorted(by_pert))
    for unit, value, sample in zip(outcome.units, outcome.scores, outcome.sample_ids, strict=True):
        stored: Any = by_pert[unit].score.value
        assert value == pytest.approx(stored["mae_top20"], abs=1e-12)
        assert sample == by_pert[unit].sample_id
    assert outcome.value == pytest.approx(metric(log, "mae_top20"), abs=1e-12)
    beside = outcome.companion
    assert beside is not None
    assert beside.units == outcome.units
    assert beside.value == pytest.approx(metric(log, "mae_top20_no_target"), abs=1e-12)
    assert metric(log, "mae_top20_no_target_lower") < beside.value
    assert metric(log, "mae_top20_no_target_upper") > beside.value
    weights = shared_weights(outcome.n_perturbations)
    assert outcome.resampled(weights)[7] == pytest.approx(
        float(np.average(outcome.scores, weights=weights[7]))
    )


@pytest.mark.parametrize(
    ("name", "board", "headline"),
    [("scripted de", BOARD, "auroc_per_gene"), ("scripted langpert", SCREEN, "mae_top20")],
)
def test_the_order_of_answers_changes_nothing_to_the_last_bit(
    name: str, board: dict[str, str | int], headline: str, runs: Runs
) -> None:
    _, scores = read(runs[name])
    rng = random.Random(3)
    # Three answers a question, which add up otherwise in another order.
    answers = [
        SampleScore(
            score=Score(value=_moved(score.score.value, rng), metadata=score.score.metadata),
            sample_id=score.sample_id,
            sample_metadata=score.sample_metadata,
        )
        for score in scores
        for _ in range(3)
    ]
    first = family_of(board["task"]).outcome(answers, board)
    for _ in range(5):
        rng.shuffle(answers)
        again = family_of(board["task"]).outcome(answers, board)
        assert again.units == first.units
        assert again.sample_ids == first.sample_ids
        assert again.value == first.value
        weights = shared_weights(first.n_perturbations)[:50]
        assert np.array_equal(again.resampled(weights), first.resampled(weights), equal_nan=True)


def _moved(value: Any, rng: random.Random) -> Any:
    if isinstance(value, dict):
        return {name: number + rng.random() for name, number in value.items()}
    return min(1.0, max(0.0, value + rng.uniform(-0.3, 0.3)))


def test_the_policy_for_abstentions_is_that_of_the_board(runs: Runs) -> None:
    _, scores = read(runs["knn de"])
    gone = [score for score in scores if "A" < str(score.sample_id).rpartition("/")[2] < "F"]
    for score in gone:
        assert score.score.metadata is not None
        score.score.metadata["abstained"] = "refused"
    values = {}
    for policy in ("half", "lowest"):
        outcome = family_of("perturbqa_de").outcome(scores, {**BOARD, "abstention": policy})
        assert isinstance(outcome, AnswersOutcome)
        assert outcome.predictions.abstained.sum() == len({score.sample_id for score in gone})
        interval = bootstrap_auroc_per_gene(outcome.predictions, abstention=policy)  # type: ignore[arg-type]
        drawn = outcome.resampled(shared_weights(outcome.n_perturbations))
        assert np.nanquantile(drawn, 0.025) == pytest.approx(interval.lower)
        values[policy] = outcome.value
    assert values["half"] != values["lowest"]


def test_scores_of_another_scorer_are_refused(runs: Runs) -> None:
    _, of_screen = read(runs["mean langpert"])
    with pytest.raises(ValueError, match="expected the metadata that p_positive writes"):
        family_of("perturbqa_de").outcome(of_screen, BOARD)
    _, of_questions = read(runs["constant de"])
    with pytest.raises(ValueError, match="expected the values and the metadata that `expression`"):
        family_of("langpert").outcome(of_questions, SCREEN)


def test_a_resample_without_any_of_the_perturbations_has_no_mean(
    recwarn: pytest.WarningsRecorder,
) -> None:
    outcome = MeanOutcome(("A", "B"), np.array([1.0, 3.0]), ("a", "b"))
    found = outcome.resampled(np.array([[1, 1], [0, 0], [0, 2]]))
    assert found.tolist()[0::2] == [2.0, 3.0]
    assert np.isnan(found[1])
    assert not recwarn.list


def test_an_entry_made_by_hand_sorts_its_rows(
    world: Any, entry_of: Callable[..., Any], a_result: Callable[..., Any]
) -> None:
    answers = world.predictions(1.0, "a")
    outcome = entry_of(a_result(), answers).outcome
    assert outcome.sample_ids == tuple(f"id/{unit}" for unit in outcome.units)
