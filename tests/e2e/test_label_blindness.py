"""No label of a test row reaches a prompt or a baseline: they stay the same when labels change.

Every solver answers every question twice, over a mirror folder with the tables as they are and
over one in which the test labels of every table are exchanged. Two solvers that cheat on purpose
show that the comparison would find a leak.

Under `holdout="both"` no training row of an asked gene reaches them either: they stay the same when
those rows are changed, left out or added. A third one cheats there.
"""

import json
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, fork, solver

from perturb_evals.datasets.demo.knowledge import demo_pairs, demo_texts
from perturb_evals.datasets.demo.world import demo_tables
from perturb_evals.datasets.evidence import EvidenceError
from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.datasets.pairs.evidence import PairsEvidence, lines_read, pairs_evidence
from perturb_evals.datasets.pairs.exchange import exchanged_tables
from perturb_evals.datasets.pairs.load import FILE_SUFFIX, load_table
from perturb_evals.families.pairs.family import Pairs
from perturb_evals.families.pairs.outcome import AnswersOutcome
from perturb_evals.families.references import BoardAtHand, Reference
from perturb_evals.models.recorder import RECORDER
from perturb_evals.solvers.pairs import baselines
from perturb_evals.solvers.pairs.agent.lab_agent import lab_agent
from perturb_evals.solvers.pairs.ask import ask
from perturb_evals.solvers.pairs.combined import PARTS, Combined, combined
from perturb_evals.solvers.pairs.contrast import contrast
from perturb_evals.solvers.pairs.factor_model import factor_model
from perturb_evals.solvers.pairs.graph_factor import GraphFactor, graph_factor
from perturb_evals.solvers.pairs.knn import (
    LabelKNN,
    by_knowledge,
    by_other_lines,
    cross_line_knn,
    graph_knn,
)
from perturb_evals.solvers.pairs.knowledge import Knowledge
from perturb_evals.solvers.pairs.lpm import lpm
from perturb_evals.solvers.pairs.no_cot import llm_no_cot
from perturb_evals.solvers.pairs.no_retrieval import llm_no_retrieval
from perturb_evals.solvers.pairs.replay import replay
from perturb_evals.solvers.pairs.retrieval.baselines import contrast_vote, retrieval_only
from perturb_evals.solvers.pairs.summer import summer
from perturb_evals.solvers.pairs.transfer_baselines import (
    additive,
    conserved,
    cross_context_ridge,
)
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

KINDS = ("de", "direction")
# Both kinds go through the same door, which the test of test labels tries with both.
ONE_KIND = ("de", pytest.param("direction", marks=pytest.mark.slow))
LINES = ("k562", "rpe1", "hepg2")
READ = ("k562", "hepg2")  # by the runs; the predictions without a run read all
LIMIT = 6  # questions of one run, spread over those whose labels change

Tables = dict[tuple[str, str], pd.DataFrame]


# The worlds


@pytest.fixture(scope="module")
def demo() -> Tables:
    """The demo world under PerturbQA's names, so that it goes through files too."""
    lines = dict(zip(("demo_a", "demo_b", "demo_c"), LINES, strict=True))
    return {(lines[line], kind): frame for (line, kind), frame in demo_tables().items()}


@pytest.fixture(scope="module")
def real(real_data: Path) -> Tables:
    return {
        (line, kind): pd.read_csv(
            real_data / f"perturbqa/{line}-{FILE_SUFFIX[kind]}.csv", keep_default_na=False
        )
        for line in (*LINES, "k562_set")
        for kind in KINDS
    }


@pytest.fixture(params=["demo", pytest.param("real", marks=pytest.mark.slow)])
def world(request: pytest.FixtureRequest) -> Tables:
    tables: Tables = request.getfixturevalue(request.param)
    return tables


@pytest.fixture
def put_world(
    put_tables: Callable[[Tables], Path], put_knowledge: Callable[..., str]
) -> Callable[[Tables], None]:
    """Put tables in their place, with what the demo world knows of genes."""

    def put(tables: Tables) -> None:
        pairs = demo_pairs().itertuples(index=False, name=None)
        put_knowledge(put_tables(tables), pairs, demo_texts())

    return put


def graph() -> str:
    """The file of pairs that was put in its place."""
    return os.environ["PERTURB_EVALS_DATA"] + "/graph.csv"


# The solvers, and two that cheat


@solver
def peeks_at_the_target() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.user_prompt.text += f" (Hint: {state.target.text})"
        return await generate(state)

    return solve


@solver
def peeks_at_test_rows() -> Solver:
    class Oracle:
        def __init__(self, evidence) -> None:
            test = load_table(evidence.dataset, evidence.cell_line, evidence.kind).split("test")
            self.rates = test.groupby("pert")["label"].mean()

        def score(self, pert: str, gene: str) -> float:
            return float(self.rates[pert])

    return baselines.numeric("peeks", Oracle)


class Trained:
    """The gene's rate in all training rows, past the door."""

    def __init__(self, evidence: PairsEvidence) -> None:
        rows = load_table(evidence.dataset, evidence.cell_line, evidence.kind).split("train")
        self.rates = rows.groupby("gene")["label"].mean()

    def score(self, pert: str, gene: str) -> float:
        return float(self.rates.get(gene, -1.0))


@solver
def peeks_at_hidden_rows() -> Solver:
    return baselines.numeric("peeks", Trained)


CHEATS = {"peeks_at_the_target": peeks_at_the_target, "peeks_at_test_rows": peeks_at_test_rows}
SOLVERS: dict[str, Callable[[], Solver]] = {
    "ask label": lambda: ask("label"),
    "ask probability": lambda: ask("probability"),
    "ask logprobs": lambda: ask("logprobs"),
    "llm_no_cot": llm_no_cot,
    "llm_no_retrieval": llm_no_retrieval,
    "summer": lambda: summer(graph=graph()),
    "contrast": lambda: contrast(graph=graph()),
    "lab_agent": lambda: lab_agent(graph()),
    "constant": baselines.constant,
    "random_scores": baselines.random_scores,
    "gene_frequency": baselines.gene_frequency,
    "perturbation_rate": baselines.perturbation_rate,
    "same_pair": baselines.same_pair,
    "cross_line_knn": cross_line_knn,
    "graph_knn": lambda: graph_knn(graph()),
    "graph_factor": lambda: graph_factor(graph()),
    "factor_model": factor_model,
    "combined": lambda: combined(graph=graph()),
    "additive": additive,
    "conserved": conserved,
    "cross_context_ridge": cross_context_ridge,
    "retrieval_only": lambda: retrieval_only(graph()),
    "contrast_vote": lambda: contrast_vote(graph()),
    **({"lpm": lambda: lpm(seeds=1, epochs=2)} if find_spec("torch") else {}),
    "peeks_at_hidden_rows": peeks_at_hidden_rows,
    **CHEATS,
}


def test_every_solver_of_the_family_is_tried():
    """One that was left out could peek and nobody would notice."""
    tried = {name.partition(" ")[0] for name in SOLVERS} | {"replay", "lpm"}
    assert {own.__name__ for own in Pairs.solvers} <= tried


@solver
def everybody(predictions: str) -> Solver:
    """Let every solver answer from the same start, and keep what each sent and said."""
    solvers = {
        **{name: make() for name, make in SOLVERS.items()},
        "replay": replay(predictions),
    }

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        done = await fork(state, list(solvers.values()))
        state.output = ModelOutput.from_content("everybody", "See the store.")
        state.store.set("seen", {n: seen(s) for n, s in zip(solvers, done, strict=True)})
        return state

    return solve


def seen(state: TaskState) -> str:
    """All that a solver sent and said, without ids and times."""
    output: ModelOutput = state.output
    choices = [choice.model_dump(include={"logprobs", "stop_reason"}) for choice in output.choices]
    return json.dumps(
        {
            "messages": [[message.role, message.text] for message in state.messages],
            "completion": output.completion,
            "choices": choices,
            "note": output.metadata,
        },
        sort_keys=True,
    )


@pytest.fixture
def ask_everybody(
    evaluate: Callable[..., EvalLog], tmp_path: Path
) -> Callable[..., list[EvalSample]]:
    def ask_everybody(
        kind: str,
        line: str,
        questions: str,
        pairs: set[tuple[str, str]] | None,
        holdout: str = "perturbation",
    ) -> list[EvalSample]:
        make = {"de": perturbqa_de, "direction": perturbqa_direction}[kind]
        task = make(
            cell_line=line,
            evidence="cross",
            evidence_lines=",".join(READ),
            questions=questions,
            genes=8 if questions == "scored" else None,
            seed=1,
            holdout=holdout,
        )
        turned = [
            sample.id
            for sample in task.dataset
            if pairs is None or (sample.metadata["pert"], sample.metadata["gene"]) in pairs
        ]
        chosen = set(turned[:: -(-len(turned) // LIMIT)])
        task.dataset = task.dataset.filter(lambda sample: sample.id in chosen)
        # Predictions of nobody, for all test pairs: names only.
        path = tmp_path / f"{line}-{kind}.csv"
        test = load_table("perturbqa", line, kind).split("test")[["pert", "gene"]]
        test.assign(score=range(len(test))).to_csv(path, index=False)
        log = evaluate(task, solver=everybody(str(path)), model=RECORDER)  # it calls all tools
        assert log.status == "success", log.error
        assert log.samples
        return sorted(log.samples, key=lambda sample: str(sample.id))

    return ask_everybody


@pytest.mark.parametrize(
    ("questions", "holdout"),
    [
        pytest.param("all", "perturbation", marks=pytest.mark.slow),
        ("scored", "perturbation"),
        # Rows of unseen genes have a test of their own.
        pytest.param("scored", "both", marks=pytest.mark.slow),
    ],
)
def test_prompts_and_predictions_do_not_change_with_the_test_labels(
    world: Tables,
    questions: str,
    holdout: str,
    put_world: Callable[[Tables], None],
    ask_everybody: Callable[..., list[EvalSample]],
):
    world = {(line, kind): table for (line, kind), table in world.items() if line in READ}
    others = {kind: exchanged_tables(world, kind) for kind in KINDS}

    def asked(kind: str) -> list[EvalSample]:
        one, other = world["k562", kind], others[kind]["k562", kind]
        turned = one[one["label"] != other["label"]]
        pairs = set(zip(turned["pert"], turned["gene"], strict=True))
        return ask_everybody(kind, "k562", questions, pairs, holdout)

    put_world(world)
    before = {kind: asked(kind) for kind in KINDS}
    for kind in KINDS:
        put_world(others[kind])
        after = asked(kind)
        assert len(after) > LIMIT / 2
        assert [sample.id for sample in after] == [sample.id for sample in before[kind]]
        pairs = list(zip(before[kind], after, strict=True))
        # Every label did change ...
        assert all(one.target != other.target for one, other in pairs)
        # ... and nothing else that a solver or a model could see.
        for one, other in pairs:
            assert (one.input, one.metadata) == (other.input, other.metadata)
        answers = [(one.store["seen"], other.store["seen"]) for one, other in pairs]
        assert set(answers[0][0]) == {*SOLVERS, "replay"}
        changed = {name for one, other in answers for name in one if one[name] != other[name]}
        assert changed == set(CHEATS)
        # Solvers did something: prompts and scores differ between questions.
        for name in set(SOLVERS) - {"constant"}:
            assert len({one[name] for one, _ in answers}) > 1


def test_reference_rows_do_not_change_with_the_test_labels(
    demo: Tables, put_world: Callable[[Tables], None]
):
    """What boards compute reads through the same door as solvers."""

    def rows(tables: Tables) -> dict[str, AnswersOutcome]:
        put_world(tables)
        args = {"cell_line": "k562", "questions": "scored", "genes": 8, "seed": 1}
        asked = pairs_benchmark("de", **args)
        parts = {"task": "perturbqa_de", "abstention": "half", **asked.board}
        args["dataset"] = "perturbqa"
        board = BoardAtHand(parts, args, asked.table.sha256, lambda *_: True, (READ,))
        found = Pairs().references(board)
        return {row.method: row.outcome for row in found if isinstance(row, Reference)}

    demo = {(line, kind): table for (line, kind), table in demo.items() if line in READ}
    before, after = rows(demo), rows(exchanged_tables(demo, "de"))
    assert before.keys() == after.keys() >= {"gene_frequency", "perturbation_rate"}
    for method, row in before.items():
        one, other = row.predictions, after[method].predictions
        assert row.units == after[method].units
        assert (one.labels != other.labels).any()
        np.testing.assert_array_equal(one.scores, other.scores)


def by_pairs_and_texts(evidence: PairsEvidence) -> LabelKNN:
    return by_knowledge(evidence, Knowledge(graph()))


def by_graph_factor(evidence: PairsEvidence) -> GraphFactor:
    return GraphFactor(evidence, Knowledge(graph()))


def mixed(evidence: PairsEvidence) -> Combined:
    return Combined(evidence, PARTS, graph())


BASELINES = (
    baselines.GeneFrequency,
    baselines.PerturbationRate,
    baselines.SamePair,
    by_other_lines,
    by_pairs_and_texts,
    by_graph_factor,
    mixed,
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("k562", "de"),
        ("k562", "direction"),
        ("k562_set", "de"),
    ],
)
def test_predictions_for_whole_real_tables(
    real: Tables, put_world: Callable[[Tables], None], line: str, kind: str
):
    """Without a run, for more rows; k562_set with the rows of its twin among the evidence."""

    def predictions() -> list[list[float]]:
        test = load_table("perturbqa", line, kind).split("test")
        lines = lines_read("perturbqa", line, "cross", list(LINES))
        evidence = pairs_evidence("perturbqa", line, kind, "cross", lines)
        some = test[test["pert"].isin(test["pert"].unique()[::10])]
        assert len(some)
        pairs = list(zip(some["pert"], some["gene"], strict=True))
        fitted = [fit(evidence) for fit in BASELINES]
        return [[predictor.score(*pair) for pair in pairs] for predictor in fitted]

    tables = {key: table for key, table in real.items() if key[0] in {line, *LINES}}
    put_world(tables)
    before = predictions()
    put_world(exchanged_tables(tables, kind))
    assert predictions() == before


# Under holdout=both: training rows of the asked genes


def hidden_genes(kind: str) -> frozenset[str]:
    """The genes that a run hides; the tables have to be in their place."""
    return pairs_evidence("perturbqa", "k562", kind, "none", ()).hiding(1).hidden_genes


def changed(tables: Tables, genes: frozenset[str], how: str) -> Tables:
    """The tables with all training rows of some genes turned, left out, or joined by others."""
    out: Tables = {}
    for key, frame in tables.items():
        train = frame["split"] == "train"
        rows = train & frame["gene"].isin(genes)
        assert rows.any(), "nothing to change"
        if how == "turned":
            out[key] = frame.copy()
            out[key].loc[rows, "label"] = 1 - frame.loc[rows, "label"]
        elif how == "left out":
            out[key] = frame[~rows].reset_index(drop=True)
        else:  # planted: a row of every hidden gene under every tenth training perturbation
            perts = frame.loc[train, "pert"].unique()[::10]
            there = set(zip(frame["pert"], frame["gene"], strict=True))
            new = [
                (pert, gene, 1, "train")
                for pert in perts
                for gene in sorted(genes)
                if (pert, gene) not in there and pert != gene
            ]
            assert new
            planted = pd.DataFrame(new, columns=["pert", "gene", "label", "split"])
            columns = ["pert", "gene", "label", "split"]
            out[key] = pd.concat([frame[columns], planted], ignore_index=True)
    return out


WAYS = ("turned", "left out", "planted")


@pytest.mark.parametrize("kind", ONE_KIND)
def test_prompts_and_predictions_do_not_change_with_the_rows_of_unseen_genes(
    world: Tables,
    kind: str,
    put_world: Callable[[Tables], None],
    ask_everybody: Callable[..., list[EvalSample]],
):
    world = {(line, kind): table for (line, kind), table in world.items() if line in READ}
    put_world(world)
    hidden = hidden_genes(kind)
    before = ask_everybody(kind, "k562", "scored", None, "both")
    for how in WAYS:
        put_world(changed(world, hidden, how))
        after = ask_everybody(kind, "k562", "scored", None, "both")
        assert len(after) > LIMIT / 2
        found = set()
        for one, other in zip(before, after, strict=True):
            assert (one.id, one.input, one.target) == (other.id, other.input, other.target), how
            assert one.metadata == other.metadata, how
            answers = one.store["seen"], other.store["seen"]
            found |= {name for name in answers[0] if answers[0][name] != answers[1][name]}
            assert one.metadata["unseen_seed"] == 1
        assert found == {"peeks_at_hidden_rows"}, how


@pytest.mark.parametrize("kind", ONE_KIND)
@pytest.mark.parametrize("track", ["none", "within", "cross"])
def test_no_track_opens_the_rows_of_unseen_genes(
    world: Tables, put_world: Callable[[Tables], None], track: str, kind: str
):
    """Every solver that goes through the door; one that goes past it is found."""

    def opened() -> dict[str, object]:
        lines = lines_read("perturbqa", "k562", track, list(LINES) if track == "cross" else None)
        evidence = pairs_evidence("perturbqa", "k562", kind, track, lines).hiding(1)
        test = load_table("perturbqa", "k562", kind).split("test")
        asked = test[test["gene"].isin(evidence.hidden_genes)]
        found: dict[str, object] = {"pairs": evidence.open_pairs()}
        for other in KINDS:
            for door in (evidence.own, evidence.others):
                try:
                    rows = door(other).to_numpy().tolist()
                except EvidenceError as error:
                    rows = str(error)
                found[f"{door.__name__} {other}"] = rows
        for fit in (*BASELINES, Trained):
            try:
                method = fit(evidence)
            except EvidenceError as error:
                found[fit.__name__] = str(error)
                continue
            found[fit.__name__] = [
                method.score(pert, gene)
                for pert, gene in zip(asked["pert"], asked["gene"], strict=True)
            ]
        return found

    world = {(line, kind): table for (line, kind), table in world.items() if line in LINES}
    put_world(world)
    hidden = hidden_genes(kind)
    before = opened()
    for how in WAYS:
        put_world(changed(world, hidden, how))
        after = opened()
        assert {name for name in before if before[name] != after[name]} == {"Trained"}, how
    if track != "none":
        assert set(before["GeneFrequency"]) == set(before["by_pairs_and_texts"]) == {None}
        # Close perturbations have a tendency, which is not that of the gene.
        assert len(set(before["by_graph_factor"])) > 5
    if track == "cross":
        assert set(before["by_other_lines"]) == {None}
        assert None not in before["SamePair"]
        assert len(set(before["mixed"])) > 5
        assert len(set(before["PerturbationRate"])) > 1
