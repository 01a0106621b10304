"""The metric of yes/no questions, through Inspect's own way from samples to results."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from inspect_ai import Epochs, Task
from inspect_ai.analysis import evals_df
from inspect_ai.log import EvalLog
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import SampleScore, Score, includes, match
from inspect_ai.solver import Generate, Solver, TaskState, solver

from perturb_evals.datasets.pairs.evidence import pairs_evidence
from perturb_evals.datasets.pairs.questions import VERDICTS
from perturb_evals.datasets.pairs.samples import question_samples
from perturb_evals.metrics.pairs.auroc import auroc_of_groups, auroc_per_gene
from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.scorers.pairs.p_positive import p_positive
from perturb_evals.scorers.pairs.reading import REASONS
from perturb_evals.scorers.pairs.results import classification, scored_answers
from perturb_evals.solvers.pairs.baselines import constant, random_scores
from perturb_evals.tasks.perturbqa import HEADLINE, perturbqa_de, perturbqa_direction

# As the package's users know them; a change of any is a change of every report.
ALWAYS = (
    "auroc_per_gene",
    "auroc_per_gene_lower",
    "auroc_per_gene_upper",
    "coverage",
    "abstained_insufficient",
    "abstained_refusal",
    "abstained_unparseable",
    "abstained_truncated",
    "abstained_content_filter",
    "read_from_text",
    "read_from_logprobs",
    "read_from_numeric",
    "n_questions",
    "n_genes_scored",
    "n_perturbations",
)
BOUNDS = ("auroc_per_gene_lower", "auroc_per_gene_upper")  # of ten perturbations or more
WHERE_DEFINED = (*("auroc_per_gene_answered", "auroc_per_perturbation", "genes_per_resample"),)
OVER_GENES = (
    *("auroc_pooled", "average_precision", "balanced_accuracy"),
    *("mcc", "brier", "ece", "gene_only_share"),
)

ROWS = [
    # pert, gene, label: two genes with both classes, one with a single class
    *(("A", "g1", 1), ("B", "g1", 0), ("C", "g1", 0)),
    *(("A", "g2", 0), ("B", "g2", 1), ("C", "g2", 1)),
    *(("A", "g3", 0), ("B", "g3", 0)),
]


def results(log: EvalLog) -> dict[str, float]:
    assert log.status == "success", log.error
    assert log.results is not None
    (scores,) = log.results.scores
    return {name: metric.value for name, metric in scores.metrics.items()}


def a_score(
    pert: str, gene: str, label: int, value: Any, abstained: str | None = None, epoch: int = 1
) -> SampleScore:
    metadata = {"label": label, "route": "text"}
    if abstained:
        metadata["abstained"] = abstained
    return SampleScore(
        score=Score(value=value, metadata=metadata),
        sample_id=f"k562/de/{pert}>{gene}",
        sample_metadata={"pert": pert, "gene": gene, "epoch": epoch},
    )


def compute(scores: list[SampleScore], **options: Any) -> dict[str, float]:
    found = classification(**{"resamples": 50, **options})(scores)
    assert isinstance(found, dict)
    return found


# Epochs


def test_epochs_are_the_mean_of_the_answers_and_abstain_when_there_is_none():
    scores = [
        a_score("A", "g", 1, 1.0, epoch=1),
        a_score("B", "g", 0, 0.5, "refusal", epoch=1),
        a_score("A", "g", 1, 0.5, "insufficient", epoch=2),
        a_score("B", "g", 0, 0.5, "insufficient", epoch=2),
        a_score("A", "g", 1, 0.25, epoch=3),
        a_score("B", "g", 0, 0.5, "insufficient", epoch=3),
    ]
    answers = scored_answers(scores)
    table = answers.predictions
    assert table.perts.tolist() == ["A", "B"]
    assert table.labels.tolist() == [1, 0]
    assert table.scores[0] == 0.625
    assert table.abstained.tolist() == [False, True]
    assert answers.rate(None) == pytest.approx(2 / 6)
    assert answers.rate("insufficient") == pytest.approx(3 / 6)
    assert answers.rate("refusal") == pytest.approx(1 / 6)
    assert answers.rate("truncated") == 0


def test_the_order_of_the_scores_does_not_matter():
    rng = np.random.default_rng(0)
    scores = [
        a_score(pert, gene, label, float(rng.random()), rng.choice(["", "refusal"]) or None, epoch)
        for epoch in (1, 2, 3)
        for pert, gene, label in ROWS
    ]
    expected = compute(scores)
    for _ in range(3):
        shuffled = [scores[at] for at in rng.permutation(len(scores))]
        assert compute(shuffled) == pytest.approx(expected, nan_ok=True)


@solver
def by_epoch(answers: dict[str, list[float | str]]) -> Solver:
    """Give each epoch of a question its own text: a probability in percent, or a reason."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        about = state.metadata
        answer = answers[f"{about['pert']}>{about['gene']}"][state.epoch - 1]
        words = VERDICTS[about["kind"]]
        text, stop = {
            "insufficient": ("ANSWER: Insufficient evidence", "stop"),
            "truncated": ("So the first step of the pathway", "max_tokens"),
            "unparseable": ("Both are genes.", "stop"),
            "content_filter": ("", "content_filter"),
            "yes": (f"ANSWER: {words.positive}", "stop"),
            "no": (f"ANSWER: {words.negative}", "stop"),
        }[str(answer)]
        state.output = ModelOutput.from_content("test", text, stop_reason=stop)
        return state

    return solve


def a_task(questions: str = "all", abstention: str = "half", scorer=None) -> Task:
    """A task on ROWS as the package's own tasks are made."""
    frame = pd.DataFrame(ROWS, columns=["pert", "gene", "label"])
    evidence = pairs_evidence("demo", "demo_a", "de", "none", ("demo_a",))
    return Task(
        dataset=question_samples(frame, evidence),
        scorer=scorer or p_positive(),
        metrics=[classification(questions, abstention, resamples=50)],
        headline_metric=HEADLINE,
    )


MIXED = {
    "A>g1": ["yes", "insufficient", "no"],
    "B>g1": ["no", "no", "truncated"],
    "C>g1": ["insufficient", "unparseable", "content_filter"],
    "A>g2": ["insufficient", "yes", "insufficient"],
    "B>g2": ["yes", "yes", "no"],
    "C>g2": ["no", "no", "no"],
    "A>g3": ["no", "no", "no"],
    "B>g3": ["insufficient", "insufficient", "insufficient"],
}
MIXED_MEANS = {"A>g1": 1 / 2, "B>g1": 0, "A>g2": 1, "B>g2": 2 / 3, "C>g2": 0, "A>g3": 0}


@pytest.mark.parametrize("reducer", [None, "mean", "mode", "max"])
def test_mixed_abstentions_over_three_epochs(evaluate: Callable[..., EvalLog], reducer):
    """Through Inspect's reducers, which know nothing of abstentions and must not matter."""
    options: dict[str, Any] = {"epochs": 3}
    if reducer:
        options = {"epochs": Epochs(3, reducer)}
    log = evaluate(a_task(), solver=by_epoch(MIXED), **options)
    found = results(log)
    # g1: A .5 beats B 0, and C abstained: (1 + .5) / 2. g2: B .67 and C 0 both lose to A 1.
    assert found["auroc_per_gene"] == pytest.approx((0.75 + 0.0) / 2)
    assert found["auroc_per_gene_answered"] == pytest.approx((1.0 + 0.0) / 2)
    table = Predictions(
        [pert for pert, _, _ in ROWS],
        [gene for _, gene, _ in ROWS],
        [label for _, _, label in ROWS],
        [MIXED_MEANS.get(f"{pert}>{gene}", math.nan) for pert, gene, _ in ROWS],
        [f"{pert}>{gene}" not in MIXED_MEANS for pert, gene, _ in ROWS],
    )
    assert found["auroc_per_gene"] == auroc_per_gene(table)
    given = list(itertools.chain.from_iterable(MIXED.values()))
    assert found["coverage"] == pytest.approx(
        sum(answer in ("yes", "no") for answer in given) / len(given)
    )
    for reason in REASONS:
        assert found[f"abstained_{reason}"] == pytest.approx(given.count(reason) / len(given))
    rates = [found["coverage"], *(found[f"abstained_{reason}"] for reason in REASONS)]
    assert sum(rates) == pytest.approx(1)
    assert found["n_questions"] == 8
    assert found["n_genes_scored"] == 2
    assert found["n_perturbations"] == 3
    assert log.results.scores[0].unscored_samples in (0, None)


def test_lowest_ranks_abstentions_below_all_answers(evaluate: Callable[..., EvalLog]):
    found = results(evaluate(a_task(abstention="lowest"), solver=by_epoch(MIXED), epochs=3))
    # g1: A beats B and the abstention C.
    assert found["auroc_per_gene"] == pytest.approx((1.0 + 0.0) / 2)


# The headline


@pytest.mark.parametrize("epochs", [1, 3])
@pytest.mark.parametrize("task", [perturbqa_de, perturbqa_direction])
def test_the_headline_is_auroc_per_gene(evaluate: Callable[..., EvalLog], task, epochs: int):
    log = evaluate(task(dataset="demo", genes=4), solver=random_scores(), epochs=epochs)
    found = results(log)
    headline = log.results.headline
    assert (headline.score, headline.metric) == (HEADLINE.score, HEADLINE.metric)
    assert headline.metric == "auroc_per_gene"
    # As Inspect's own reports read it.
    (row,) = evals_df(log.location, quiet=True).to_dict("records")
    assert row["score_headline_metric"] == "auroc_per_gene"
    assert row["score_headline_value"] == found["auroc_per_gene"]


# Names


@pytest.mark.parametrize(
    ("task", "questions", "genes"),
    [
        (perturbqa_de, "scored", 8),
        (perturbqa_direction, "scored", 8),
        (perturbqa_direction, "all", None),
    ],
)
def test_the_names_of_the_results(
    evaluate: Callable[..., EvalLog], task, questions: str, genes: int | None
):
    asked = task(dataset="demo", questions=questions, genes=genes)
    log = evaluate(asked, solver=random_scores(), limit=120)
    suffix = "_scored_rows" if questions == "scored" else ""
    expected = {*ALWAYS, *WHERE_DEFINED, *(name + suffix for name in OVER_GENES), "n_missing"}
    found = results(log)
    assert set(found) == expected
    assert next(iter(found)) == "auroc_per_gene"
    assert all(math.isfinite(value) for value in found.values())
    assert found["n_questions"] == len(log.samples)
    assert found["auroc_per_gene_lower"] < found["auroc_per_gene"] < found["auroc_per_gene_upper"]


def test_results_by_hand():
    values = {"A>g1": 0.9, "B>g1": 0.4, "C>g1": 0.95, "A>g2": 0.3, "B>g2": 0.3, "C>g2": 0.8}
    scores = [
        a_score(pert, gene, label, values.get(f"{pert}>{gene}", 0.1)) for pert, gene, label in ROWS
    ]
    found = compute(scores, questions="all")
    assert found["auroc_per_gene"] == pytest.approx((1 / 2 + 3 / 4) / 2)
    assert found["auroc_per_gene_answered"] == found["auroc_per_gene"]
    # Positives .9, .3, .8 against negatives .4, .95, .3, .1, .1: 4 + 2.5 + 4 of 15 pairs.
    assert found["auroc_pooled"] == pytest.approx(10.5 / 15)
    # A: .9 beats .3 and .1; B: .3 loses to .4 and beats .1; C: .8 loses to .95.
    assert found["auroc_per_perturbation"] == pytest.approx((1 + 0.5 + 0) / 3)
    # Yes at A>g1 and C>g2 (right) and at C>g1 (wrong): recalls 2/3 and 4/5.
    assert found["balanced_accuracy"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    errors = [0.1, 0.4, 0.95, 0.3, 0.7, 0.2, 0.1, 0.1]
    assert found["brier"] == pytest.approx(sum(error**2 for error in errors) / 8)
    assert found["coverage"] == 1
    assert {name: found[name] for name in ("n_questions", "n_genes_scored", "n_perturbations")} == {
        "n_questions": 8,
        "n_genes_scored": 2,
        "n_perturbations": 3,
    }


# Undefined results


def test_no_scores_at_all():
    found = compute([])
    assert set(found) == set(ALWAYS)
    assert all(math.isnan(found[name]) for name in ALWAYS[:3])
    assert {found[name] for name in ALWAYS[3:]} == {0}


def test_one_class_leaves_out_what_it_does_not_define():
    found = compute([a_score(pert, "g", 1, 0.7) for pert in "ABC"], questions="all")
    assert set(found) == set(ALWAYS)
    assert math.isnan(found["auroc_per_gene"])
    assert found["n_genes_scored"] == 0
    assert found["coverage"] == 1


def test_scores_that_are_no_probabilities_have_no_brier_and_no_ece():
    found = compute([a_score(*row, 10.0 * at) for at, row in enumerate(ROWS)], questions="all")
    assert set(OVER_GENES) - set(found) == {"brier", "ece"}
    assert all(math.isfinite(value) for name, value in found.items() if name not in BOUNDS)


def test_everybody_abstains(evaluate: Callable[..., EvalLog]):
    silent = {name: ["insufficient"] for name in MIXED}
    found = results(evaluate(a_task(), solver=by_epoch(silent)))
    assert found["auroc_per_gene"] == found["auroc_pooled"] == 0.5
    assert found["coverage"] == 0
    assert found["abstained_insufficient"] == 1
    assert "ece" not in found
    assert "auroc_per_gene_answered" not in found
    assert all(math.isfinite(value) for name, value in found.items() if name not in BOUNDS)


def test_one_perturbation_has_no_interval_but_a_headline(evaluate: Callable[..., EvalLog]):
    found = compute([a_score("A", "g1", 1, 0.7), a_score("A", "g2", 0, 0.2)], questions="all")
    assert math.isnan(found["auroc_per_gene_lower"])
    assert found["auroc_per_perturbation"] == 1
    assert "genes_per_resample" not in found


# What is refused


@pytest.mark.parametrize("scorer", [match, includes])
def test_the_scores_of_another_scorer_are_refused(evaluate: Callable[..., EvalLog], scorer):
    log = evaluate(a_task(scorer=scorer()), solver=constant())
    assert log.status == "error"
    assert "goes with the scorer `p_positive`" in log.error.message


def test_the_refusal_says_what_was_got():
    foreign = SampleScore(score=Score(value=1.0, metadata={"x": 1}), sample_id="q7")
    with pytest.raises(
        ValueError, match=r"Sample q7: expected .* got \['x'\] in the score and \[\]"
    ):
        compute([foreign])
    half = a_score("A", "g", 1, 1.0)
    half.sample_metadata = {"gene": "g"}
    with pytest.raises(ValueError, match=r"\['gene'\] in the sample"):
        compute([half])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_an_answer_that_is_not_finite_is_no_abstention(value: float):
    with pytest.raises(ValueError, match="finite"):
        compute([a_score("A", "g", 1, value), a_score("B", "g", 0, 0.5)])


def test_an_unknown_policy_is_refused():
    with pytest.raises(ValueError, match="half"):
        compute([a_score(*row, 0.5) for row in ROWS], abstention="none")


# The policy


def test_no_pattern_of_abstaining_by_label_beats_right_answers():
    """All 64 patterns over six questions: each pair with an abstention counts one half."""
    labels, values = [1, 1, 1, 0, 0, 0], [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    answered = [a_score(f"P{i}", "g", labels[i], values[i]) for i in range(6)]
    silent = [a_score(f"P{i}", "g", labels[i], 0.5, "insufficient") for i in range(6)]
    for pattern in itertools.product([False, True], repeat=6):
        scores = [silent[i] if pattern[i] else answered[i] for i in range(6)]
        found = compute(scores, resamples=1)["auroc_per_gene"]
        gone = sum(pattern[:3]), sum(pattern[3:])
        assert found == pytest.approx(1 - (9 - (3 - gone[0]) * (3 - gone[1])) / 9 / 2)


def test_groups_and_headline_agree():
    scores = [a_score(*row, 0.1 * at) for at, row in enumerate(ROWS)]
    table = scored_answers(scores).predictions
    groups = auroc_of_groups(table.genes, table)
    found = compute(scores)
    assert found["n_genes_scored"] == len(groups.ids)
    assert found["auroc_per_gene"] == pytest.approx(groups.auroc.mean())


# Equal answers over epochs, and questions that are missing


def test_equal_means_of_epochs_tie():
    """(.65 + .70 + .75) / 3 and (.70 + .70 + .70) / 3 differ in the last bit of a float."""
    scores = [
        a_score(pert, "g", label, value, epoch=epoch)
        for pert, label, values in (("A", 1, (0.65, 0.7, 0.75)), ("B", 0, (0.7, 0.7, 0.7)))
        for epoch, value in enumerate(values, start=1)
    ]
    assert compute(scores)["auroc_per_gene"] == 0.5


def test_questions_without_a_score_are_counted(evaluate: Callable[..., EvalLog]):
    task = perturbqa_de(dataset="demo", genes=4)
    found = results(evaluate(task, solver=constant(), limit=3))
    assert found["n_questions"] == 3
    assert found["n_missing"] == len(task.dataset) - 3
    found = results(evaluate(task, solver=constant(), epochs=2))
    assert found["n_missing"] == 0


def test_coverage_is_split_by_route():
    scores = [
        a_score("A", "g", 1, 0.9),
        a_score("B", "g", 0, 0.5, "refusal"),
        a_score("C", "g", 0, 0.1),
    ]
    found = compute(scores)
    routes = [found[f"read_from_{route}"] for route in ("text", "logprobs", "numeric")]
    assert sum(routes) == pytest.approx(found["coverage"]) == pytest.approx(2 / 3)
