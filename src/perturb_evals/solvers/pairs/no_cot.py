"""`llm_no_cot`: two worked examples, then an answer without reasoning and without abstention.

After PerturbQA's "LLM (No CoT)"; the prompt and the choice of examples are our own.
"""

import hashlib

from inspect_ai.solver import Solver, solver

from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.options import named_arguments, one_of
from perturb_evals.datasets.pairs.evidence import PairsEvidence, TrainingRow
from perturb_evals.datasets.pairs.questions import VERDICTS
from perturb_evals.solvers.pairs.case import CASE, case
from perturb_evals.solvers.pairs.prompts import QUESTION, SCREEN, describe
from perturb_evals.solvers.pairs.summaries import SUMMARIES_BY, UNKNOWN, Summaries, SummariesBy
from perturb_evals.solvers.pairs.view import Control, View, check_control
from perturb_evals.solvers.pairs.written import MakeWriter, Written, asking

PROMPT = (
    SCREEN
    + """
Two questions about this screen are answered. Answer the third in the same form: one line, no \
explanation.

EXAMPLE 1
{first}
EXAMPLE 2
{second}
QUESTION
{asked}
Reply with one line of this form, with one of the two words:
ANSWER: <{words}>"""
)


class NoCot:
    """Writes the prompts of one table.

    Args:
        evidence: Training rows of the own line, for the examples.
        source: Where the texts of genes come from.
    """

    def __init__(self, evidence: PairsEvidence, source: SummariesBy = "ncbi") -> None:
        self._kind, self._line = evidence.kind, evidence.cell_line
        self._summaries = Summaries(evidence, source)
        self._examples = self._chosen(evidence)

    async def write(self, view: View) -> tuple[Written, ...]:
        """Return the prompt of a question."""
        verdicts = VERDICTS[self._kind]
        cases = []
        for row, shown in zip(self._examples, view.rows(self._examples), strict=True):
            pert, gene = view.roles(row.pert, row.gene)
            lines = await self._question(view, pert, gene)
            cases.append(f"{lines}ANSWER: {verdicts.word(shown.label)}\n")
        text = PROMPT.format(
            description=view.line,
            first=cases[0],
            second=cases[1],
            asked=await self._question(view, *view.symbols),
            words=f"{verdicts.positive} | {verdicts.negative}",
        )
        template = "".join(
            [PROMPT, CASE, QUESTION[self._kind], describe(self._line), repr(self._examples)]
        )
        return (Written(text, template, self._examples),)

    async def _question(self, view: View, pert: str, gene: str) -> str:
        lines = await case(view, self._summaries, pert, gene, self._line)
        question = QUESTION[self._kind].format(pert=view.name(pert), gene=view.name(gene))
        return f"{lines}{question}\n"

    def _chosen(self, evidence: PairsEvidence) -> tuple[TrainingRow, ...]:
        """Return a row of each label, drawn from those whose two genes have a text.

        Raises:
            DataError: There is no row of one of the labels.
        """
        rows = [
            TrainingRow(*row)
            for row in evidence.own()
            .assign(line=self._line)[["line", "pert", "gene", "label"]]
            .itertuples(index=False)
        ]
        rows.sort(key=_lot)
        chosen: list[TrainingRow] = []
        for label in (1, 0):
            own = [row for row in rows if row.label == label]
            if not own:
                raise DataError(
                    f"llm_no_cot shows an example of each answer, and {evidence.dataset}, "
                    f"{self._line} has no training row with the label {label}."
                )
            used = {name for row in chosen for name in (row.pert, row.gene)}
            new = [row for row in own if not used & {row.pert, row.gene}] or own
            chosen.append(next(filter(self._described, new), new[0]))
        return tuple(chosen)

    def _described(self, row: TrainingRow) -> bool:
        at_hand = self._summaries.at_hand
        return UNKNOWN not in (at_hand(row.pert, "perturbed"), at_hand(row.gene, "readout"))


def _lot(row: TrainingRow) -> bytes:
    """Return a lot that is the same on every machine and whichever rows there are beside."""
    return hashlib.sha256("/".join(map(str, row)).encode()).digest()


def no_cot_writer(summaries: SummariesBy = "ncbi") -> MakeWriter:
    """Return what writes the prompts of `llm_no_cot`, for its arguments.

    Raises:
        ValueError: An argument that is not allowed.
    """
    one_of("summaries", summaries, SUMMARIES_BY)
    return lambda evidence: NoCot(evidence, summaries)


@solver
@named_arguments
def llm_no_cot(summaries: SummariesBy = "ncbi", control: Control | None = None) -> Solver:
    """Show two worked examples, and ask for one word. Needs evidence=within or cross.

    The examples are two training rows of the own line, one of each answer, the same in every
    question of a table.

    Args:
        summaries: What is said of the genes: `ncbi` (full name and RefSeq summary), or `model`
            (what the model of the role `summarizer` writes).
        control: anonymised, swapped, wrong_line or shuffled_evidence; none by default.

    Raises:
        ValueError: An argument that is not allowed.
    """
    check_control(control)
    return asking(no_cot_writer(summaries), control)
