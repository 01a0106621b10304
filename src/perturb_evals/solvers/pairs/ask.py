"""The solver that asks a model: one prompt, one answer."""

from inspect_ai.solver import Generate, Solver, TaskState, solver

from perturb_evals.datasets.genes.symbol_codes import KEY
from perturb_evals.datasets.options import named_arguments, one_of
from perturb_evals.replies.pairs import ANSWER_FORMS, AnswerForm, PairsReply
from perturb_evals.replies.reply import attach
from perturb_evals.solvers.asking.granted import Granted
from perturb_evals.solvers.pairs.prompts import prompt_hash, render
from perturb_evals.solvers.pairs.view import Control, View, check_control

TOP_LOGPROBS = (20, 5)
"""Alternatives to ask for, most first: 20 is the most that any provider gives, some allow 5."""


@solver
@named_arguments
def ask(answer: AnswerForm = "label", control: Control | None = None) -> Solver:
    """Ask the model the question in one prompt.

    Generation settings (temperature, tokens, epochs ...) stay those of the command line.

    Args:
        answer: `label` (reason, then a verdict or "insufficient evidence"), `probability` (reason,
            then a number from 0 to 100), or `logprobs` (one word, judged by its log
            probabilities). Where a provider gives no log probabilities the word itself is read,
            and `route` in the score's metadata says so.
        control: What is taken away, which makes a control run that is never ranked: `anonymised`
            (neutral codes for names), `swapped` (perturbation and readout exchanged), or
            `wrong_line` (another line's description). None for nothing.

    Raises:
        ArgumentError: Another form of answer, or another control.
    """
    one_of("answer", answer, ANSWER_FORMS)
    check_control(control, reads_rows=False)
    wanted = TOP_LOGPROBS if answer == "logprobs" else ()
    option = Granted(
        "log probabilities", [{"logprobs": True, "top_logprobs": most} for most in wanted]
    )

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        about = state.metadata
        kind, cell_line = about["kind"], about["cell_line"]
        view = View(about, control)
        state.user_prompt.text = render(kind, answer, cell_line, view.pert, view.gene, view.line)
        if view.codes:
            state.metadata[KEY] = view.codes
        state = await option.generate(state, generate)
        attach(state.output, PairsReply(answer, prompt=prompt_hash(kind, answer, cell_line)))
        return state

    return solve
