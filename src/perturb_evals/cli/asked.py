"""What a run asks: its questions and calls, and the tokens of the real, rendered prompts."""

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perturb_evals.datasets.pairs.questions import Kind

OUTPUT_TOKENS = {"label": 350, "probability": 350, "logprobs": 2}
"""What a model without hidden reasoning writes; reasoning models write 5 to 20 times as much."""

LIST_TOKENS, REASONING_TOKENS, SIMILARITIES_TOKENS = 60, 160, 100
"""The same for the parts of an answer with ten neighbors."""


@dataclass(frozen=True)
class Asked:
    """What a run asks in one epoch.

    Attributes:
        questions: Number of samples.
        calls: Number of calls of the model, without what is asked again.
        input_tokens: Of all calls.
        reply_tokens: Of one reply, a guess from its form.
    """

    questions: int
    calls: int
    input_tokens: float
    reply_tokens: int


def questions_asked(kind: "Kind", task_args: dict[str, Any]) -> Asked:
    """Count the yes/no questions of a PerturbQA task.

    Raises:
        ValueError: An argument that is not allowed.
        DataError: A file cannot be had.
        TableError: A table that cannot be used.
    """
    from perturb_evals.datasets.options import one_of, refuse_unknown
    from perturb_evals.datasets.pairs.benchmark import questionnaire
    from perturb_evals.metrics.pairs.abstention import ABSTENTIONS
    from perturb_evals.replies.pairs import ANSWER_FORMS
    from perturb_evals.solvers.asking.tokens import prose_tokens
    from perturb_evals.solvers.pairs.prompts import render

    args = dict(task_args)
    form = one_of("answer", args.pop("answer", "label"), ANSWER_FORMS)
    one_of("abstention", args.pop("abstention", "half"), ABSTENTIONS)
    known = inspect.signature(questionnaire).parameters
    refuse_unknown({name: args[name] for name in args.keys() - known}, questionnaire)
    asked = questionnaire(kind, **args)
    line = asked.evidence.cell_line
    pairs = zip(asked.rows["pert"], asked.rows["gene"], strict=True)
    characters = sum(len(render(kind, form, line, pert, gene)) for pert, gene in pairs)
    n = len(asked.rows)
    return Asked(n, n, prose_tokens(characters), OUTPUT_TOKENS[form])


def neighbors_asked(
    task_args: dict[str, Any], solver_args: dict[str, Any], reply_tokens: int | None
) -> Asked:
    """Count the questions of LangPert; a model that refines is called twice for each.

    Args:
        task_args: Arguments of the task.
        solver_args: Arguments of `nearest_perturbations`.
        reply_tokens: Tokens of a reply, which a refining model reads again; None for a guess.

    Raises:
        ValueError: An argument that is not allowed.
        ScreenError: Data that cannot be a screen.
        SplitError: A split that does not fit the screen.
        DataError: A file cannot be had.
    """
    from perturb_evals.datasets.options import refuse_unknown
    from perturb_evals.datasets.screens.benchmark import langpert_run
    from perturb_evals.datasets.screens.evidence import fold_of, training_for
    from perturb_evals.solvers.asking.tokens import prompt_tokens, prose_tokens
    from perturb_evals.solvers.expression.nearest_perturbations import nearest_perturbations
    from perturb_evals.solvers.expression.prompts import REVIEW, NeighborPrompt

    args = dict(task_args)
    asking = {"variant": "full", "k": args.pop("k", 10), **solver_args}
    for given, function in ((args, langpert_run), (asking, nearest_perturbations)):
        known = inspect.signature(function).parameters
        refuse_unknown({name: given[name] for name in given.keys() - known}, function)
    nearest_perturbations(**asking)  # refuses what is not allowed
    similarities = asking.get("aggregation") == "similarity"
    if reply_tokens is None:
        reply_tokens = LIST_TOKENS + SIMILARITIES_TOKENS * similarities
        reply_tokens += REASONING_TOKENS * (asking["variant"] != "no_reasoning")
    run = langpert_run(**args)
    prompt = NeighborPrompt(asking["variant"], run.screen.cell_line, asking["k"], similarities)
    tokens = 0.0
    for held_out in run.folds:
        candidates = training_for(held_out).perturbations
        for target in fold_of(held_out).test:
            tokens += prompt_tokens(prompt.render(target, candidates), candidates)
    n = run.n_held_out
    if asking["variant"] != "refine":
        return Asked(n, n, tokens, reply_tokens)
    again = tokens + n * (reply_tokens + prose_tokens(len(REVIEW)))
    return Asked(n, 2 * n, tokens + again, reply_tokens)
