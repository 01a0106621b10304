"""`llm_no_retrieval`: either outcome is taken as a hypothesis, and argued for and against.

After PerturbQA's "LLM (No retrieval)"; the prompt is our own.
"""

from inspect_ai.solver import Solver, solver

from perturb_evals.datasets.options import named_arguments, one_of
from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.datasets.pairs.questions import VERDICTS, Kind
from perturb_evals.solvers.pairs.case import CASE, case
from perturb_evals.solvers.pairs.prompts import QUESTION, SCREEN, describe
from perturb_evals.solvers.pairs.summaries import SUMMARIES_BY, Summaries, SummariesBy
from perturb_evals.solvers.pairs.view import Control, View, check_control
from perturb_evals.solvers.pairs.written import MakeWriter, Written, asking

HYPOTHESES: dict[Kind, tuple[str, str]] = {
    "de": (
        "the knock-down of {pert} changes the expression of {gene} significantly",
        "the knock-down of {pert} leaves the expression of {gene} as it is",
    ),
    "direction": (
        "the knock-down of {pert} increases the expression of {gene}",
        "the knock-down of {pert} decreases the expression of {gene}",
    ),
}
"""What is supposed, by kind of question: the positive outcome, then the negative one."""

PROMPT = (
    SCREEN
    + """{case}
{question}

Somebody proposes this hypothesis, which may be right or wrong: {hypothesis}.

Write, in this order and briefly:
1. Support: what you know of the two genes and of this cell line that speaks for the hypothesis.
2. Refutation: what speaks against it.
3. Explanation: which side is stronger, and by which mechanism; say so where neither is.
Then answer the question itself, not the hypothesis, in one last line of this form, with the words \
of one option:
ANSWER: <{words} | Insufficient evidence>"""
)


class NoRetrieval:
    """Writes the prompts of one table.

    Args:
        evidence: Names the table; no row of it is read.
        source: Where the texts of genes come from.
    """

    def __init__(self, evidence: PairsEvidence, source: SummariesBy = "ncbi") -> None:
        self._kind, self._line = evidence.kind, evidence.cell_line
        self._summaries = Summaries(evidence, source)

    async def write(self, view: View) -> tuple[Written, ...]:
        """Return the prompts of a question, one for each hypothesis."""
        lines = await case(view, self._summaries, *view.symbols, self._line)
        verdicts = VERDICTS[self._kind]
        template = "".join(
            [PROMPT, CASE, QUESTION[self._kind], repr(HYPOTHESES[self._kind]), describe(self._line)]
        )
        names = {"pert": view.pert, "gene": view.gene}
        texts = [
            PROMPT.format(
                description=view.line,
                case=lines,
                question=QUESTION[self._kind].format(**names),
                hypothesis=hypothesis.format(**names),
                words=f"{verdicts.positive} | {verdicts.negative}",
            )
            for hypothesis in HYPOTHESES[self._kind]
        ]
        return tuple(Written(text, template) for text in texts)


def no_retrieval_writer(summaries: SummariesBy = "ncbi") -> MakeWriter:
    """Return what writes the prompts of `llm_no_retrieval`, for its arguments.

    Raises:
        ValueError: An argument that is not allowed.
    """
    one_of("summaries", summaries, SUMMARIES_BY)
    return lambda evidence: NoRetrieval(evidence, summaries)


@solver
@named_arguments
def llm_no_retrieval(summaries: SummariesBy = "ncbi", control: Control | None = None) -> Solver:
    """Suppose either outcome, and ask for support, refutation, an explanation and a verdict.

    Two requests a question, each a conversation of its own; the mean of the verdicts counts, or the
    only one that there is.

    Args:
        summaries: What is said of the genes: `ncbi` (full name and RefSeq summary), or `model`
            (what the model of the role `summarizer` writes).
        control: anonymised, swapped or wrong_line; none by default.

    Raises:
        ValueError: An argument that is not allowed.
    """
    check_control(control, reads_rows=False)
    return asking(no_retrieval_writer(summaries), control)
