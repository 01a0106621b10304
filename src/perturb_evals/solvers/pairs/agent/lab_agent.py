"""The solver that lets a model look up evidence with tools: Inspect's ReAct agent, with bounds."""

from inspect_ai.agent import Agent, AgentState, AgentSubmit, agent, as_solver, react
from inspect_ai.log import transcript
from inspect_ai.model import ChatMessageTool, ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import Tool

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.genes.symbol_codes import KEY
from perturb_evals.datasets.options import named_arguments, whole_number
from perturb_evals.datasets.pairs.evidence import SETS, PairsEvidence
from perturb_evals.replies.pairs import PairsReply
from perturb_evals.replies.reply import attach
from perturb_evals.solvers.asking.turn import Turns
from perturb_evals.solvers.baseline import fit_once
from perturb_evals.solvers.pairs.agent.library import Library
from perturb_evals.solvers.pairs.agent.look_ups import LookUps
from perturb_evals.solvers.pairs.agent.prompts import (
    GO_ON,
    LAST_TURN,
    SUBMIT,
    prompt_hash,
    render,
)
from perturb_evals.solvers.pairs.knowledge import GRAPH, Knowledge
from perturb_evals.solvers.pairs.view import Control, View, check_control

MAX_CALLS, MAX_TOKENS = 10, 100_000
"""Enough for some ten look-ups, and an end for a model that never submits."""

MAX_SILENT = 3
"""After so many turns in a row without a call of a tool, a model is taken to call none."""

SUBMITS = "submit"
"""Name of the tool that ends a question, as Inspect's agents have it."""


@solver
@named_arguments
def lab_agent(
    graph: str = GRAPH,
    max_calls: int = MAX_CALLS,
    max_tokens: int = MAX_TOKENS,
    control: Control | None = None,
) -> Solver:
    """Let the model look up what it needs with tools, and submit an answer.

    Its tools give outcomes of a perturbation and of a gene (training rows that the track allows;
    with evidence=none they are not offered), a gene's neighbors in a graph, and what NCBI writes
    of a gene. Where nothing was submitted, an answer line in the last message counts; without one
    it is an abstention. After three turns in a row without a call of a tool it is not asked again.

    Args:
        graph: What is known of genes: string, reactome, string_links (STRING's own files, a
            download of 80 MB), or a file: pairs (.csv, .tsv, .parquet) or gene sets (.gmt).
        max_calls: How often the model is asked a question at most, 1 or more.
        max_tokens: After so many tokens of a question, read and written, it is not asked again.
        control: anonymised, swapped, wrong_line or shuffled_evidence: takes something away from
            what the model is shown, to tell what its answers rest on.

    Raises:
        ValueError: An argument that is not allowed.
    """
    for name, value in (("max_calls", max_calls), ("max_tokens", max_tokens)):
        if whole_number(name, value) < 1:
            raise ArgumentError(f"{name} must be at least 1; got {value}.")
    check_control(control)
    known = Knowledge(graph)
    turns = Turns()

    @fit_once
    def library_of(evidence: PairsEvidence) -> Library:
        return Library(evidence, known)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        about = state.metadata
        evidence = PairsEvidence.from_metadata(about)
        if control == "shuffled_evidence" and evidence.track == "none":
            raise ArgumentError(
                "control=shuffled_evidence needs rows to shuffle: run the task with -T "
                "evidence=within or cross."
            )
        library, view = library_of(evidence), View(about, control)
        look_ups = LookUps(evidence, library, view)
        bounds = _Bounds(turns, look_ups, max_calls, max_tokens)
        kind, is_set = evidence.kind, evidence.cell_line.endswith(SETS)
        state.user_prompt.text = render(
            kind, view.line, view.pert, view.gene, is_set=is_set, max_calls=max_calls
        )
        with_rows = evidence.track != "none"
        hashed = prompt_hash(kind, evidence.cell_line, max_calls=max_calls, with_rows=with_rows)
        agent = react(
            prompt=None,
            tools=look_ups.tools(),
            model=_one_turn(bounds),
            submit=AgentSubmit(
                name=SUBMITS, description=SUBMIT[kind], answer_only=True, keep_in_messages=True
            ),
            on_continue=bounds.go_on,
        )
        try:
            await as_solver(agent)(state, generate)
        finally:  # also where a limit of the sample ends it
            state.output = _as_answer(state)
            attach(state.output, PairsReply("label", prompt=hashed, shown=tuple(look_ups.shown)))
            if view.codes:
                state.metadata[KEY] = view.codes
        return state

    return solve


class _Bounds:
    """How long the model may go on with a question.

    Inspect's own limits of a scope raise within a call that was paid for, whose answer is lost, to
    the reader and to the budget; these let the last answer stand.
    """

    def __init__(self, turns: Turns, look_ups: LookUps, max_calls: int, max_tokens: int) -> None:
        self._turns, self._look_ups = turns, look_ups
        self._max_calls, self._max_tokens = max_calls, max_tokens
        self._calls = self._tokens = self._silent = 0

    async def turn(self, state: AgentState, tools: list[Tool]) -> AgentState:
        """Ask the model once."""
        self._look_ups.next_turn()
        output = await self._turns.ask(state.messages, tools)
        self._calls += 1
        # From a cache they count as well, so that a run that is repeated takes the same way.
        self._tokens += output.usage.total_tokens if output.usage else 0
        self._silent = 0 if output.message.tool_calls else self._silent + 1
        state.output = output
        state.messages.append(output.message)
        return state

    async def go_on(self, state: AgentState) -> bool | str:
        """Return whether it is asked again, and what it is told then."""
        if self._calls >= self._max_calls or self._tokens >= self._max_tokens:
            transcript().info(
                f"Ended with nothing submitted: {self._calls} of {self._max_calls} calls, "
                f"{self._tokens} of {self._max_tokens} tokens."
            )
            return False
        if self._silent >= MAX_SILENT:
            transcript().info(
                f"Ended with nothing submitted: {self._silent} turns in a row without a call "
                "of a tool."
            )
            return False
        said = [] if state.output.message.tool_calls else [GO_ON]
        said += [LAST_TURN] if self._calls == self._max_calls - 1 else []
        return " ".join(said) or True


@agent
def _one_turn(bounds: _Bounds) -> Agent:
    async def execute(state: AgentState, tools: list[Tool]) -> AgentState:
        return await bounds.turn(state, tools)

    return execute


def _as_answer(state: TaskState) -> ModelOutput:
    """Return the output that is read: what was submitted, else what the model said last, as cut."""
    output = state.output
    if output.empty:
        return output
    submitted = _submitted(state)
    if submitted is None and output.stop_reason in ("model_length", "content_filter"):
        return output
    choice = output.choices[0]
    if submitted is None:
        choice = choice.model_copy(update={"stop_reason": "max_tokens"})
        return output.model_copy(update={"choices": [choice]})
    message = choice.message.model_copy(update={"content": submitted, "tool_calls": None})
    choice = choice.model_copy(update={"message": message, "stop_reason": "stop"})
    return output.model_copy(update={"choices": [choice], "completion": submitted})


def _submitted(state: TaskState) -> str | None:
    """Return the first answer that was submitted; None for none."""
    return next(
        (
            message.text
            for message in state.messages
            if isinstance(message, ChatMessageTool)
            and message.function == SUBMITS
            and message.error is None
        ),
        None,
    )
