"""No expression of a test perturbation reaches a prompt or a prediction.

Every solver answers for one fold twice: over a screen as it is, and over one in which the test rows
of the fold have been exchanged. Prompts, names and predicted vectors stay the same to the
byte. The oracle reads the truth by design, and two solvers cheat on purpose: the comparison must
find all three.
"""

import json
from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from inspect_ai.log import EvalLog
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.solver import Solver, TaskState, solver

from perturb_evals.datasets.demo.screen import demo_screen
from perturb_evals.datasets.screens import evidence as training
from perturb_evals.datasets.screens.evidence import HeldOut, fold_of
from perturb_evals.datasets.screens.exchanged_screen import exchanged_screen
from perturb_evals.datasets.screens.load import ScreenRequest, load_screen
from perturb_evals.datasets.screens.screen import Screen
from perturb_evals.scorers.expression import predicted
from perturb_evals.solvers.expression import baselines as references
from perturb_evals.solvers.expression import gene_baselines
from perturb_evals.solvers.expression.computed import by_vector_of
from perturb_evals.solvers.expression.nearest_perturbations import nearest_perturbations
from perturb_evals.solvers.expression.replay import replay_expression
from perturb_evals.tasks.langpert import langpert

FOLD = 2
LIMIT = 5


def write(path: Path, screen: Screen, moved: bool) -> str:
    """Write a screen as a pseudobulk file; its test rows exchanged if `moved`."""
    if moved:
        screen = exchanged_screen(screen, fold_of(HeldOut(ScreenRequest("demo"), fold=FOLD)).test)
    rows = screen.expression
    obs = pd.DataFrame(index=["control", *screen.perturbations])
    values = np.vstack([screen.control, rows])
    path.parent.mkdir()
    anndata.AnnData(values, obs=obs, var=pd.DataFrame(index=list(screen.genes))).write_h5ad(path)
    return str(path)


@solver
def peeks_at_the_screen() -> Solver:
    class Oracle:
        def __init__(self, held_out: HeldOut) -> None:
            screen = load_screen(held_out.request)
            self.rows = dict(zip(screen.perturbations, screen.expression, strict=True))

        def predict(self, perturbation: str) -> np.ndarray:
            return self.rows[perturbation]

    return by_vector_of("peeks", Oracle)


READS_THE_TRUTH = {
    "oracle": references.oracle_neighbors,
    "peeks_at_the_screen": peeks_at_the_screen,
}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """What methods read beside the screen: pairs of genes, gene vectors, predicted expression."""
    screen, rng = demo_screen(), np.random.default_rng(5)
    names = np.array(screen.perturbations)
    pairs = pd.DataFrame({"gene_a": rng.choice(names, 2000), "gene_b": rng.choice(names, 2000)})
    pairs.to_csv(tmp_path / "pairs.csv", index=False)
    vectors = rng.normal(size=(len(names), 8))
    pd.DataFrame(vectors, index=names).add_prefix("d").rename_axis("symbol").to_csv(
        tmp_path / "vectors.csv"
    )
    predictions = rng.uniform(0, 5, (len(names), len(screen.genes)))
    pd.DataFrame(predictions, index=names, columns=list(screen.genes)).to_parquet(
        tmp_path / "predictions.parquet"
    )
    return {name: str(tmp_path / name) for name in
            ("pairs.csv", "vectors.csv", "predictions.parquet")}  # fmt: skip


def solvers(files: dict[str, str]) -> dict[str, Solver]:
    graph, vectors = files["pairs.csv"], files["vectors.csv"]
    return {
        "mean_effect": references.mean_effect(),
        "no_change": references.no_change(),
        "random_neighbors": references.random_neighbors(),
        "graph_neighbors": gene_baselines.graph_neighbors(graph=graph, aliases="none"),
        "embedding_neighbors": gene_baselines.embedding_neighbors(vectors, aliases="none"),
        "gaussian_process": gene_baselines.gaussian_process(vectors, aliases="none"),
        "replay_expression": replay_expression(files["predictions.parquet"]),
        "full": nearest_perturbations(),
        "refine shuffled": nearest_perturbations("refine", order="shuffled", aggregation="ridge"),
        **{name: make() for name, make in READS_THE_TRUTH.items()},
    }


@pytest.fixture
def seen(evaluate: Callable[..., EvalLog], monkeypatch: pytest.MonkeyPatch) -> Callable:
    """Run a solver; return all it sent, said and predicted, and what it scored."""

    def seen(screen: str, solver: Solver) -> tuple[list[str], list[float]]:
        vectors: dict[str, list[float]] = {}
        make = predicted.predict

        def watched(state: TaskState, *arguments: object) -> predicted.Predicted:
            found = make(state, *arguments)
            vectors[str(state.sample_id)] = found.vector.tolist()
            return found

        monkeypatch.setattr("perturb_evals.scorers.expression.expression.predict", watched)
        task = langpert(screen, fold=FOLD, aliases="none")
        names = fold_of(HeldOut.from_metadata(task.dataset[0].metadata)).train[:4]
        output = ModelOutput.from_content("mockllm/model", json.dumps({"kNN": list(names)}))
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        model = get_model("mockllm/model", custom_outputs=lambda *_: output)
        log = evaluate(task, solver=solver, model=model, limit=LIMIT)
        assert log.status == "success", log.error
        records, scores = [], []
        for sample in sorted(log.samples, key=lambda sample: str(sample.id)):
            records.append(
                json.dumps(
                    [
                        [[message.role, message.text] for message in sample.messages],
                        sample.output.completion,
                        sample.output.metadata,
                        vectors[str(sample.id)],
                    ]
                )
            )
            scores.append(sample.scores["expression"].value["mae_all"])
        return records, scores

    return seen


def test_prompts_and_predictions_do_not_change_with_the_test_rows(
    tmp_path: Path, files: dict[str, str], seen: Callable, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    screen = demo_screen()
    one = write(tmp_path / "one/screen.h5ad", screen, moved=False)
    other = write(tmp_path / "other/screen.h5ad", screen, moved=True)
    changed = set()
    for name in solvers(files):
        before, scores = seen(one, solvers(files)[name])
        after, other_scores = seen(other, solvers(files)[name])
        assert len(before) == len(after) == LIMIT
        assert before != [before[0]] * LIMIT or name in ("mean_effect", "no_change")
        # The truth did change, in every sample ...
        assert all(a != b for a, b in zip(scores, other_scores, strict=True)) or name.startswith(
            ("oracle", "peeks")
        )
        # ... and nothing that a solver sent, said or predicted.
        if before != after:
            changed.add(name)
    assert changed == set(READS_THE_TRUTH)


def test_the_door_to_training_rows_is_closed_to_test_names():
    held_out = HeldOut(ScreenRequest("demo"), fold=FOLD)
    with pytest.raises(KeyError):
        training.expression_evidence(held_out).vectors(fold_of(held_out).test)
