"""The scripted biologist answers the langpert task in all its forms, and does so by its notes."""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.scorer import SampleScore

from perturb_evals.metrics.means import paired_difference
from perturb_evals.models.neighbor_choice import choose
from perturb_evals.models.neighbor_reading import read_neighbors
from perturb_evals.models.scripted import FULL_NAME
from perturb_evals.models.slips import hastily
from perturb_evals.scorers.expression.regression import extract
from perturb_evals.solvers.expression.baselines import random_neighbors
from perturb_evals.solvers.expression.nearest_perturbations import nearest_perturbations
from perturb_evals.solvers.expression.prompts import VARIANTS, Variant
from perturb_evals.tasks.langpert import langpert

Evaluate = Callable[..., EvalLog]


def metrics(log: EvalLog) -> dict[str, float]:
    assert log.status == "success", log.error
    assert log.results is not None
    return {name: metric.value for name, metric in log.results.scores[0].metrics.items()}


def errors(log: EvalLog) -> np.ndarray:
    scores = [
        SampleScore(score=score, sample_id=sample.id, sample_metadata=sample.metadata)
        for sample in log.samples or []
        for score in (sample.scores or {}).values()
    ]
    return extract(scores).by_perturbation()["mae_top20"].to_numpy()


def asked(sample: EvalSample) -> list[str]:
    return [message.text for message in sample.messages if message.role == "user"]


def meant(sample: EvalSample) -> Counter[str]:
    """What the model meant to send as its first answer: names without a slip, and slips."""
    question = read_neighbors(asked(sample)[:1])
    assert question is not None
    # The seed setting is not set, and the prompt is the one user message.
    digest = hashlib.sha256(f"None\n{asked(sample)[0]}".encode()).digest()
    rng = random.Random(digest)
    choice = choose(question, rng)
    written = hastily(question, choice.neighbors, rng)
    return Counter(item.slip or "right" for item in written) + Counter([choice.manner])


def test_it_beats_random_neighbors_and_the_counts_are_what_it_meant(evaluate: Evaluate) -> None:
    log = evaluate(langpert("demo", fold=3), model=FULL_NAME)
    found, total = metrics(log), Counter()
    for sample in log.samples or []:
        slips = meant(sample)
        if len(asked(sample)) == 1:
            total += slips
        else:
            # Asked again, which happens for nothing at all only, it makes no slip.
            assert slips["undecided"] or slips["refused"]
            total["reasks"] += len(asked(sample)) - 1
            total["fallback"] += slips["refused"]
    assert min(total[slip] for slip in ("other_symbol", "misremembered", "reasks")) > 0
    assert found["n_dropped_invented"] == total["other_symbol"] + total["misremembered"]
    assert found["n_dropped_duplicate"] == total["repeated"]
    assert found["n_dropped_target"] == total["itself"]
    assert found["n_found_by_case"] == total["case"]
    assert found["n_reasks"] == total["reasks"]
    assert found.get("n_fallback_empty_list", 0) == total["fallback"]
    assert found["n_dropped_over_limit"] == found["n_dropped_ambiguous"] == 0

    rival = random_neighbors(k=round(found["mean_k"]))
    other = evaluate(langpert("demo", fold=3), solver=rival)
    difference = paired_difference(errors(log), errors(other))
    assert difference.n == found["n_perturbations"] == 48
    assert difference.upper < 0


@pytest.mark.parametrize("structured", [True, False])
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_is_answered(evaluate: Evaluate, variant: Variant, structured: bool) -> None:
    aggregation = "similarity" if variant == "minimal" else "mean"
    solver = nearest_perturbations(variant, structured=structured, aggregation=aggregation)
    log = evaluate(langpert("demo", fold=1), model=FULL_NAME, solver=solver, limit=16)
    found = metrics(log)
    refused = {sample.id for sample in log.samples or [] if meant(sample)["refused"]}
    assert found["fallback_rate"] == len(refused) / 16 < 0.2
    assert 4 < found["mean_k"] <= 10
    for sample in log.samples or []:
        if structured:
            keys = list(json.loads(sample.output.completion))
            assert keys == (["kNN"] if variant == "no_reasoning" else ["reasoning", "kNN"])
        if variant == "refine" and sample.id not in refused:
            assert len(asked(sample)) >= 2
            assert sample.scores is not None
            assert "dropped_invented" not in (sample.scores["expression"].metadata or {})


def test_an_answer_that_is_cut_off_is_asked_for_again(evaluate: Evaluate) -> None:
    log = evaluate(langpert("demo", fold=1), model=FULL_NAME, limit=4, max_tokens=12)
    found = metrics(log)
    assert found["fallback_rate"] == 1
    assert found["n_reasks"] == 8
