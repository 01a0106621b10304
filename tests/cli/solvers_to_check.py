"""Solvers that use what they are judged by, each in another way, and some that do not."""

import random
import subprocess
import sys
from functools import cache

from inspect_ai.model import GenerateConfig, ModelOutput, get_model
from inspect_ai.solver import Generate, Solver, TaskState, chain, generate, solver, use_tools
from inspect_ai.tool import Tool, tool

from perturb_evals.datasets.demo.world import demo_tables, demo_world
from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.datasets.pairs.load import load_table
from perturb_evals.datasets.screens.evidence import HeldOut
from perturb_evals.datasets.screens.load import load_screen
from perturb_evals.solvers.expression.computed import by_vector_of
from perturb_evals.solvers.pairs.baselines import numeric


def hinting(hint) -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.user_prompt.text += f" (Hint: {hint(state)})"
        return await generate(state)

    return solve


def rows(kind: str):
    return load_table("demo", "demo_a", kind).split("test")


@solver
def honest() -> Solver:
    return hinting(lambda state: PairsEvidence.from_metadata(state.metadata).own().shape)


@solver
def reads_the_target() -> Solver:
    return hinting(lambda state: state.target.text)


@solver
def gets_the_target() -> Solver:
    return hinting(lambda state: getattr(state, "target", None).text)


def told(state: TaskState) -> str:
    return f"ANSWER: {state.target.text}"


@solver
def tells_the_target() -> Solver:
    """It leaks into the prediction alone, and only where the model said the other."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state = await generate(state)
        if told(state) not in state.output.completion:
            state.output = ModelOutput.from_content("mine", told(state))
        return state

    return solve


@solver
def knows_gene_rates() -> Solver:
    def rate(state: TaskState) -> float:
        test = rows("de")
        return test[test["gene"] == state.metadata["gene"]]["label"].mean()

    return hinting(rate)


@solver
def reads_the_world() -> Solver:
    """It asks neither for tables nor for a screen."""

    def seen(state: TaskState) -> list[float]:
        world, pert, gene = demo_world(), state.metadata["pert"], state.metadata["gene"]
        row, column = world.perts.index(pert), world.genes.index(gene)
        return [world.effects[0, row, column], *world.halves[0, :, row, column]]

    return hinting(seen)


@solver
def reads_effects_of_the_world() -> Solver:
    def seen(state: TaskState) -> float:
        world = demo_world()
        return world.effects[0, world.perts.index(state.metadata["pert"])].sum()

    return hinting(seen)


READS = """
import sys
from perturb_evals.datasets.pairs.load import load_table
rows = load_table("demo", "demo_a", "de").split("test")
print(*rows[rows["pert"] == sys.argv[1]]["label"])
"""


@solver
def reads_in_another_process() -> Solver:
    def seen(state: TaskState) -> str:
        line = [sys.executable, "-c", READS, state.metadata["pert"]]
        return subprocess.run(line, capture_output=True, text=True, check=True).stdout

    return hinting(seen)


@solver
def knows_which_directions_there_are() -> Solver:
    """No label of the kind that is asked is read, and yet each pair with a direction is a Yes."""

    class Knows:
        def __init__(self, evidence: PairsEvidence) -> None:
            test = demo_tables()[evidence.cell_line, "direction"]
            self.pairs = set(zip(test["pert"], test["gene"], strict=True))

        def score(self, pert: str, gene: str) -> float:
            return float((pert, gene) in self.pairs)

    return numeric("knows", Knows)


@tool
def look_up() -> Tool:
    async def execute(pert: str, gene: str) -> str:
        """Look up a row.

        Args:
            pert: The knocked-down gene.
            gene: The readout gene.
        """
        test = rows("de")
        return test[(test["pert"] == pert) & (test["gene"] == gene)].to_csv()

    return execute


@solver
def leaks_through_a_tool() -> Solver:
    return chain(use_tools(look_up()), generate())


@solver
def describes_a_tool_with_it() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state = await use_tools(look_up())(state, generate)
        config = GenerateConfig(stop_seqs=[state.target.text])
        await get_model().generate("Which?", config=config)
        return await generate(state)

    return solve


@solver
def fails_on_a_label() -> Solver:
    def check(state: TaskState) -> str:
        if state.target.text == "Yes":
            raise RuntimeError("no")
        return ""

    return hinting(check)


@solver
def by_chance() -> Solver:
    return hinting(lambda state: random.random())


@cache
def labels():
    """What was read stays with the module: a second run in this process sees nothing else."""
    return rows("de").set_index(["pert", "gene"])["label"]


@solver
def remembers() -> Solver:
    return hinting(lambda state: labels()[state.metadata["pert"], state.metadata["gene"]])


class TrueRows:
    def __init__(self, held_out: HeldOut) -> None:
        screen = load_screen(held_out.request)
        self.rows = dict(zip(screen.perturbations, screen.expression, strict=True))
        self.mean = screen.expression.mean(axis=0)


@solver
def predicts_the_truth() -> Solver:
    class Oracle(TrueRows):
        def predict(self, perturbation: str):
            return self.rows[perturbation]

    return by_vector_of("oracle", Oracle)


@solver
def predicts_the_mean_of_all() -> Solver:
    class Mean(TrueRows):
        def predict(self, perturbation: str):
            return self.mean

    return by_vector_of("mean", Mean)
