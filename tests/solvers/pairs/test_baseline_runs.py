"""Baselines as Inspect solvers: real runs without a model."""

from collections.abc import Callable
from typing import Any

import pytest
from inspect_ai.log import EvalLog
from inspect_ai.solver import Solver, solver

from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.datasets.pairs.evidence import PairsEvidence, pairs_evidence
from perturb_evals.solvers.pairs import baselines
from perturb_evals.solvers.pairs.baselines import GeneFrequency, PerturbationRate, SamePair
from perturb_evals.solvers.pairs.knn import by_other_lines, cross_line_knn
from perturb_evals.solvers.pairs.transfer_baselines import (
    additive,
    conserved,
    cross_context_ridge,
)
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

DEMO_B_FIRST = ("demo_b", "demo_a", "demo_c")


def values(log: EvalLog) -> dict[str, Any]:
    """Score of each question, by its id."""
    assert log.status == "success", log.error
    assert log.samples
    return {str(sample.id): sample.scores["p_positive"].value for sample in log.samples}


@pytest.mark.parametrize("task", [perturbqa_de, perturbqa_direction])
def test_constant_is_the_floor(evaluate: Callable[..., EvalLog], task):
    log = evaluate(task(dataset="demo", genes=5), solver=baselines.constant())
    assert set(values(log).values()) == {0.5}
    results = {name: metric.value for name, metric in log.results.scores[0].metrics.items()}
    assert results["auroc_per_gene"] == 0.5
    assert results["auroc_per_gene_lower"] == results["auroc_per_gene_upper"] == 0.5
    assert results["coverage"] == 1


def test_random_scores_depend_on_the_seed_and_the_pair_only(evaluate: Callable[..., EvalLog]):
    few, many = perturbqa_de(dataset="demo", genes=1), perturbqa_de(dataset="demo", genes=3)
    one = values(evaluate(few, solver=baselines.random_scores()))
    more = values(evaluate(many, solver=baselines.random_scores()))
    other = values(evaluate(few, solver=baselines.random_scores(seed=1)))
    assert one.items() <= more.items()
    assert one.keys() == other.keys()
    assert not set(one.values()) & set(other.values())
    assert len(set(more.values())) == len(more)
    assert all(0 <= value < 1 for value in more.values())


@pytest.mark.parametrize(
    ("baseline", "predictor"),
    [
        (baselines.gene_frequency, GeneFrequency),
        (baselines.perturbation_rate, PerturbationRate),
        (baselines.same_pair, SamePair),
        (cross_line_knn, by_other_lines),
    ],
)
def test_a_run_gives_the_predictor_s_scores(evaluate: Callable[..., EvalLog], baseline, predictor):
    task = perturbqa_direction(dataset="demo", cell_line="demo_b", evidence="cross", genes=6)
    log = evaluate(task, solver=baseline())
    fitted = predictor(pairs_evidence("demo", "demo_b", "direction", "cross", DEMO_B_FIRST))
    found = values(log)
    assert len(found) > 10
    for name, value in found.items():
        pert, gene = name.removeprefix("demo_b/direction/").split(">")
        assert value == fitted.score(pert, gene)
    (sample, *_) = log.samples
    assert sample.output.model == f"perturb_evals/{baseline.__name__}"
    assert sample.output.completion.startswith(f"{baseline.__name__}: score ")
    assert sample.output.completion.endswith(" for Increase")
    assert sample.scores["p_positive"].metadata["route"] == "numeric"


@pytest.mark.parametrize(
    ("baseline", "track", "way"),
    [
        (baselines.gene_frequency, "none", "-T evidence=within or cross"),
        (baselines.perturbation_rate, "none", "-T evidence=cross"),
        (baselines.perturbation_rate, "within", "-T evidence=cross"),
        (baselines.same_pair, "within", "-T evidence=cross"),
        (cross_line_knn, "within", "-T evidence=cross"),
        (additive, "within", "-T evidence=cross"),
        (conserved, "none", "-T evidence=cross"),
        (cross_context_ridge, "within", "-T evidence=cross"),
    ],
)
def test_a_run_fails_where_the_track_does_not_allow_what_is_read(
    evaluate: Callable[..., EvalLog], baseline, track: str, way: str
):
    task = perturbqa_de(dataset="demo", evidence=track, genes=1)
    log = evaluate(task, solver=baseline(), max_samples=1)
    assert log.status == "error"
    assert f"evidence={track} does not allow" in log.error.message
    assert way in log.error.message
    assert log.results is None or not log.results.scores


@pytest.mark.each("name", ["power", "prior_weight"])
@pytest.mark.each("value", [0, -1.0, float("nan"), float("inf"), "2", None, True])
def test_the_parameters_of_the_knn_are_checked(name: str, value):
    with pytest.raises(ValueError, match=f"{name} must be .*above 0; got {value!r}"):
        cross_line_knn(**{name: value})


@pytest.mark.each("seed", ["abc", "1", None, 1.0, True, [1]])
def test_the_seed_of_random_scores_is_checked(seed):
    with pytest.raises(ValueError, match=r"^seed must be a whole number") as caught:
        baselines.random_scores(seed=seed)
    assert str(caught.value).endswith(f"; got {seed!r}.")


@pytest.mark.parametrize(
    ("track", "lines"), [("none", ()), ("within", ("demo_b",)), ("cross", DEMO_B_FIRST)]
)
def test_a_sample_gives_back_the_evidence_of_the_task(track: str, lines: tuple[str, ...]):
    options = {"dataset": "demo", "cell_line": "demo_b", "evidence": track}
    task = perturbqa_direction(**options)
    evidence = PairsEvidence.from_metadata(task.dataset[0].metadata)
    assert evidence is pairs_evidence("demo", "demo_b", "direction", track, lines)
    assert evidence is pairs_benchmark("direction", **options).evidence


def test_evidence_is_what_the_sample_declares():
    task = perturbqa_de(
        dataset="demo", cell_line="demo_c", evidence="cross", evidence_lines="demo_c,demo_a"
    )
    evidence = PairsEvidence.from_metadata(task.dataset[0].metadata)
    assert evidence is pairs_evidence("demo", "demo_c", "de", "cross", ("demo_c", "demo_a"))


@solver
def counted(fits: list[PairsEvidence]) -> Solver:
    class Seven:
        def score(self, pert: str, gene: str) -> float:
            return 7.0

    def fit(evidence: PairsEvidence) -> Seven:
        fits.append(evidence)
        return Seven()

    return baselines.numeric("counted", fit)


def test_a_predictor_is_fitted_once_a_table(evaluate: Callable[..., EvalLog]):
    fits: list[PairsEvidence] = []
    log = evaluate(perturbqa_de(dataset="demo", genes=3), solver=counted(fits), epochs=2)
    assert set(values(log).values()) == {7.0}
    assert fits == [pairs_evidence("demo", "demo_a", "de", "none", ())]


@solver
def failing(fits: list[PairsEvidence]) -> Solver:
    def fit(evidence: PairsEvidence) -> baselines.Predictor:
        fits.append(evidence)
        raise ConnectionError("the table is not there")

    return baselines.numeric("failing", fit)


def test_a_fit_that_failed_is_not_tried_again(evaluate: Callable[..., EvalLog]):
    fits: list[PairsEvidence] = []
    task = perturbqa_de(dataset="demo", evidence="within", genes=2)
    log = evaluate(task, solver=failing(fits), continue_on_fail=True)
    assert fits == [pairs_evidence("demo", "demo_a", "de", "within", ("demo_a",))]
    assert log.status == "error"
    # Every question says so, and none has a score.
    assert len(log.samples) == len(task.dataset) >= 10
    for sample in log.samples:
        assert "the table is not there" in sample.error.message
        assert not sample.scores
    assert log.results is None or not log.results.scores
    # Each says where the fit failed, without the tracebacks of the questions before it. (A
    # traceback has the solver twice, and Inspect may print it twice.)
    for sample in log.samples:
        assert "in fit\n" in sample.error.traceback
        assert 2 <= sample.error.traceback.count("in solve\n") <= 4


def test_a_fit_that_failed_is_tried_again_in_another_run(evaluate: Callable[..., EvalLog]):
    fits: list[PairsEvidence] = []
    for _ in range(2):
        task = perturbqa_de(dataset="demo", genes=1)
        evaluate(task, solver=failing(fits), max_samples=1)
    assert len(fits) == 2


@solver
def fails_for(kind: str, fits: list[PairsEvidence]) -> Solver:
    class Seven:
        def score(self, pert: str, gene: str) -> float:
            return 7.0

    def fit(evidence: PairsEvidence) -> Seven:
        fits.append(evidence)
        if evidence.kind == kind:
            raise ConnectionError("the table is not there")
        return Seven()

    return baselines.numeric("fails_for", fit)


def test_a_failed_table_does_not_stop_another(evaluate: Callable[..., EvalLog]):
    fits: list[PairsEvidence] = []
    one = fails_for("de", fits)
    bad = evaluate(perturbqa_de(dataset="demo", genes=1), solver=one, max_samples=1)
    good = evaluate(perturbqa_direction(dataset="demo", genes=1), solver=one)
    assert bad.status == "error"
    assert set(values(good).values()) == {7.0}
    assert [evidence.kind for evidence in fits] == ["de", "direction"]


@solver
def broken(score: float) -> Solver:
    class Broken:
        def score(self, pert: str, gene: str) -> float:
            return score if pert < "M" else 0.1

    return baselines.numeric("broken", lambda evidence: Broken())


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_a_score_that_is_not_finite_ends_the_run(evaluate: Callable[..., EvalLog], score: float):
    """Inspect would drop such samples without a word, and the rest would look like a result."""
    task = perturbqa_de(dataset="demo", genes=4)
    log = evaluate(task, solver=broken(score), max_samples=1)
    assert log.status == "error"
    assert "broken gave" in log.error.message
    assert "finite" in log.error.message


@solver
def silent_for(first: str, last: str) -> Solver:
    """Has nothing to say of perturbations between two names."""

    class Partly:
        def score(self, pert: str, gene: str) -> float | None:
            return None if first <= pert < last else float(len(pert + gene))

    return baselines.numeric("partly", lambda evidence: Partly())


def test_a_predictor_with_nothing_to_say_abstains(evaluate: Callable[..., EvalLog]):
    task = perturbqa_de(dataset="demo", genes=4)
    log = evaluate(task, solver=silent_for("A", "M"))
    assert log.status == "success", log.error
    silent = [sample for sample in log.samples if sample.metadata["pert"] < "M"]
    assert 0 < len(silent) < len(log.samples)
    for sample in log.samples:
        score = sample.scores["p_positive"]
        if sample in silent:
            assert score.metadata["abstained"] == "no_evidence"
            assert score.value == 0.5
            assert score.answer == "no answer (no_evidence)"
            said = f"{sample.metadata['gene']} under a knock-down of {sample.metadata['pert']}"
            assert sample.output.completion.startswith("partly: abstains, ")
            assert said in sample.output.completion
        else:
            assert "abstained" not in score.metadata
    results = {name: metric.value for name, metric in log.results.scores[0].metrics.items()}
    share = len(silent) / len(log.samples)
    assert results["abstained_no_evidence"] == pytest.approx(share)
    assert results["coverage"] == results["read_from_numeric"] == pytest.approx(1 - share)


def test_no_evidence_is_counted_where_there_is_any_only(evaluate: Callable[..., EvalLog]):
    log = evaluate(perturbqa_de(dataset="demo", genes=2), solver=silent_for("A", "A"))
    assert "abstained_no_evidence" not in log.results.scores[0].metrics
    reply = log.samples[0].output.metadata["perturb_evals"]
    assert set(reply) == {"form", "score", "prompt"}


def test_no_model_is_asked(evaluate: Callable[..., EvalLog]):
    task = perturbqa_de(dataset="demo", evidence="cross", genes=2)
    log = evaluate(task, solver=baselines.same_pair())
    assert not log.stats.model_usage
    assert all(event.event != "model" for event in log.samples[0].events)


def test_the_sample_of_another_task_is_told():
    with pytest.raises(ValueError, match="answers yes/no questions"):
        PairsEvidence.from_metadata({"pert": "A", "fold": 0})
