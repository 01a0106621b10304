"""What solvers show, asked of models that read it, or know names.

One model reads the outcomes that a prompt shows and knows nothing else; another knows the true
answer of every pair by its names and reads nothing. What a control takes away from either is known
beforehand.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from inspect_ai.log import EvalLog
from inspect_ai.model import ChatMessage, ModelOutput, ModelUsage, get_model
from inspect_ai.solver import Solver

from perturb_evals.datasets.pairs.load import load_table
from perturb_evals.datasets.pairs.questions import VERDICTS, Kind
from perturb_evals.solvers.pairs.agent.lab_agent import lab_agent
from perturb_evals.solvers.pairs.contrast import contrast
from perturb_evals.solvers.pairs.no_cot import llm_no_cot
from perturb_evals.solvers.pairs.no_retrieval import llm_no_retrieval
from perturb_evals.solvers.pairs.retrieval.baselines import retrieval_only
from perturb_evals.solvers.pairs.summer import summer
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

TASKS = {"de": perturbqa_de, "direction": perturbqa_direction}
CASE = re.compile(r"Knocked-down gene: (.+)\nAbout .+\nReadout gene(?: set)?: (.+)\nAbout ")
ROW = re.compile(
    r"^- knock-down of (?P<pert>.+?): (?P<gene>.+?) (?P<outcome>changed|unchanged|increased"
    r"|decreased)(?: \(in (?P<line>\S+)\))?(?:, nearness (?P<nearness>[\d.]+))?$",
    re.MULTILINE,
)
CHATTER = (
    "Let me think about {pert}. Not every paper says No, some say Yes, and Notch is another gene; "
    "None of them is certain whether {gene} would Increase or Decrease.\n\n**ANSWER:** {word}"
)
Pairs = dict[tuple[str, str], int]


def asked(prompt: str) -> tuple[str, str]:
    """The pair of the last case of a prompt: those before it are examples."""
    pert, gene = CASE.findall(prompt)[-1]
    return pert, gene


def read(prompt: str, kind: Kind) -> str:
    """The verdict of the rows that are shown: the nearest of the asked readout, or the vote."""
    _, gene = asked(prompt)
    rows = [found.groupdict() for found in ROW.finditer(prompt)]
    votes = [(row, row["outcome"] in ("changed", "increased")) for row in rows]
    if any(row["nearness"] for row in rows):
        sums = [
            sum(float(row["nearness"]) for row, positive in votes if positive is side)
            for side in (False, True)
        ]
        return VERDICTS[kind].word(int(sums[1] > sums[0]))
    own = [positive for row, positive in votes if row["gene"] == gene]
    return VERDICTS[kind].word(int(own[0])) if own else "Insufficient evidence"


@pytest.fixture
def known() -> Pairs:
    """What the knower of names knows; a test fills it."""
    return {}


@pytest.fixture
def asking(evaluate: Callable[..., EvalLog], known: Pairs) -> Callable[..., EvalLog]:
    """Run a solver with `reader` or `knower` as its model."""

    def reply(model: str, messages: list[ChatMessage]) -> ModelOutput:
        prompt = messages[-1].text
        kind: Kind = "direction" if "It is known that" in prompt else "de"
        pert, gene = asked(prompt)
        if model == "reader":
            word = read(prompt, kind)
        else:
            label = known.get((pert, gene))
            word = "Insufficient evidence" if label is None else VERDICTS[kind].word(label)
        said = ModelOutput.from_content(model, CHATTER.format(pert=pert, gene=gene, word=word))
        said.usage = ModelUsage(input_tokens=90, output_tokens=30, total_tokens=120)
        return said

    def run(solver: Solver, kind: Kind, model: str = "reader", **task: Any) -> EvalLog:
        def outputs(messages: list[ChatMessage], *_: Any) -> ModelOutput:
            return reply(model, messages)

        named = get_model("mockllm/model", custom_outputs=outputs) if model else "none/none"
        tasked = TASKS[kind](evidence="within", **task)
        log = evaluate(tasked, solver=solver, model=named)
        assert log.status == "success", log.error
        return log

    return run


def headline(log: EvalLog) -> float:
    assert log.results is not None
    return float(log.results.scores[0].metrics["auroc_per_gene"].value)


def answers(log: EvalLog) -> dict[str, Any]:
    return {
        str(sample.id): (sample.scores or {})["p_positive"].value for sample in log.samples or []
    }


def labels(line: str, kind: Kind) -> Pairs:
    test = load_table("perturbqa", line, kind).split("test")
    pairs = zip(test["pert"], test["gene"], test["label"], strict=True)
    return {(str(pert), str(gene)): int(label) for pert, gene, label in pairs}


N_TESTED, GENES = 24, ["g0", "g1"]


@pytest.fixture
def planted(
    put_tables: Callable[..., Path], put_knowledge: Callable[..., str]
) -> Callable[[Kind], str]:
    """A world in which the closest knock-down tells the answer, and the next one the opposite.

    Among the rows of a question both answers are therefore equally frequent, but for chance.
    """

    def put(kind: Kind) -> str:
        rows, pairs = [], []
        for test in range(N_TESTED):
            tested, close, next_to_it = f"T{test}", f"A{test}", f"B{test}"
            shared = [f"h{test}", f"i{test}", f"j{test}"]
            pairs += [(tested, name) for name in shared] + [(close, name) for name in shared]
            pairs += [(next_to_it, shared[0])]
            for place, gene in enumerate(GENES):
                label = (test * 7 + place * 3) // 2 % 2
                rows += [(tested, gene, label, "test"), (close, gene, label, "train")]
                rows += [(next_to_it, gene, 1 - label, "train")]
        table = pd.DataFrame(rows, columns=["pert", "gene", "label", "split"])
        folder = put_tables({("k562", kind): table})
        # What is said of a tested gene is said of the closest one too.
        texts = {name: f"word{name[1:]} of kind{name[0]}" for name, *_ in rows if name[0] != "B"}
        return put_knowledge(folder, pairs, texts)

    return put


@pytest.mark.parametrize("kind", ["de", "direction"])
def test_a_reader_finds_what_the_label_statistic_does_not_see(
    asking: Callable[..., EvalLog], planted: Callable[[Kind], str], kind: Kind
) -> None:
    graph = planted(kind)
    statistic = headline(asking(retrieval_only(graph=graph), kind, ""))
    reading = asking(summer(graph=graph), kind)
    coded = asking(summer(graph=graph, control="anonymised"), kind)
    dealt = headline(asking(summer(graph=graph, control="shuffled_evidence"), kind))
    assert headline(reading) == 1.0
    assert answers(coded) == answers(reading)
    assert abs(statistic - 0.5) < 0.15
    assert abs(dealt - 0.5) < 0.15


@pytest.mark.parametrize("solver", [contrast, summer])
def test_a_knower_of_names_is_lost_without_them(
    asking: Callable[..., EvalLog],
    planted: Callable[[Kind], str],
    known: Pairs,
    solver: Callable[..., Solver],
) -> None:
    graph = planted("de")
    known |= labels("k562", "de")
    assert headline(asking(solver(graph=graph), "de", "knower")) == 1.0
    assert headline(asking(solver(graph=graph, control="anonymised"), "de", "knower")) == 0.5
    # The pair is asked the other way round, of which it knows nothing.
    assert headline(asking(solver(graph=graph, control="swapped"), "de", "knower")) == 0.5


TOLD = re.compile(r"^knock-down of .+, .+: (Yes|No|Increase|Decrease)$", re.MULTILINE)


def looks_up(messages: list[ChatMessage], *_: Any) -> ModelOutput:
    """A reader with tools: it looks up the readout gene, and submits what stands first."""
    found = re.search(r"Readout gene: (.+)", messages[0].text)
    assert found
    told = [message.text for message in messages if message.role == "tool"]
    name, arguments = "outcomes_of_gene", {"gene": found[1]}
    if told:
        first = TOLD.search(told[0])
        word = first[1] if first else "Insufficient evidence"
        name, arguments = "submit", {"answer": f"As far as rows go, not No by itself.\n{word}"}
    said = ModelOutput.for_tool_call("mockllm/model", name, arguments)
    said.usage = ModelUsage(input_tokens=90, output_tokens=30, total_tokens=120)
    return said


@pytest.fixture
def acting(evaluate: Callable[..., EvalLog]) -> Callable[..., EvalLog]:
    """Run the agent with the reader that has tools."""

    def run(
        kind: Kind, *, control: str | None = None, graph: str = "string", **task: Any
    ) -> EvalLog:
        model = get_model("mockllm/model", custom_outputs=looks_up)
        tasked = TASKS[kind](evidence="within", **task)
        log = evaluate(tasked, solver=lab_agent(graph=graph, control=control), model=model)
        assert log.status == "success", log.error
        return log

    return run


@pytest.mark.parametrize("kind", ["de", "direction"])
def test_an_agent_that_reads_finds_it_too(
    acting: Callable[..., EvalLog], planted: Callable[[Kind], str], kind: Kind
) -> None:
    graph = planted(kind)
    reading = acting(kind, graph=graph)
    assert headline(reading) == 1.0
    assert answers(acting(kind, graph=graph, control="anonymised")) == answers(reading)
    assert abs(headline(acting(kind, graph=graph, control="shuffled_evidence")) - 0.5) < 0.25


@pytest.mark.slow
@pytest.mark.parametrize("line", ["k562", "rpe1", "hepg2"])
@pytest.mark.parametrize("kind", ["de", "direction"])
def test_an_agent_on_real_tables(
    real_data: Path, acting: Callable[..., EvalLog], line: str, kind: Kind
) -> None:
    logs = {
        control: acting(kind, control=control, cell_line=line, genes=60)
        for control in (None, "anonymised", "shuffled_evidence")
    }
    for control, log in logs.items():
        n = log.results.total_samples if log.results else 0
        print(f"{line} {kind} lab_agent {control} {headline(log):.3f} of {n}")
    assert answers(logs["anonymised"]) == answers(logs[None])
    assert headline(logs["shuffled_evidence"]) < headline(logs[None])


REAL = [(line, kind) for line in ("k562", "rpe1", "hepg2") for kind in ("de", "direction")]


RUNS: list[tuple[Callable[..., Solver], str, str | None]] = [
    *((solver, "reader", None) for solver in (summer, contrast, llm_no_cot, llm_no_retrieval)),
    *((solver, "knower", None) for solver in (summer, llm_no_retrieval)),
    *((solver, "knower", "anonymised") for solver in (summer, llm_no_retrieval)),
    *((solver, "reader", "anonymised") for solver in (summer, contrast)),
    *((solver, "reader", "shuffled_evidence") for solver in (summer, contrast)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("line", "kind"), REAL)
def test_on_real_tables(
    real_data: Path, asking: Callable[..., EvalLog], known: Pairs, line: str, kind: Kind
) -> None:
    known |= labels(line, kind)
    task = {"cell_line": line, "genes": 60}
    statistic = headline(asking(retrieval_only(), kind, "", **task))
    print(f"{line} {kind} retrieval_only {statistic:.3f}")
    found: dict[tuple[str, str, str | None], EvalLog] = {}
    for solver, model, control in RUNS:
        log = asking(solver(control=control), kind, model, **task)
        found[solver.__name__, model, control] = log
        n = log.results.total_samples if log.results else 0
        print(f"{line} {kind} {solver.__name__} {model} {control} {headline(log):.3f} of {n}")
    for name in ("summer", "contrast"):
        reading = found[name, "reader", None]
        assert answers(found[name, "reader", "anonymised"]) == answers(reading)
        assert headline(found[name, "reader", "shuffled_evidence"]) < headline(reading)
    for name in ("summer", "llm_no_retrieval"):
        assert headline(found[name, "knower", None]) == 1.0
        assert headline(found[name, "knower", "anonymised"]) == 0.5
