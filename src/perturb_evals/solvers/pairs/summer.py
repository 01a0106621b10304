"""`summer`: what is known of both genes, outcomes of training pairs, sub-questions, a verdict.

After PerturbQA's SUMMER (summarise, retrieve, answer); the prompts are our own.
"""

from inspect_ai.solver import Solver, solver

from perturb_evals.datasets.options import named_arguments, one_of
from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.datasets.pairs.questions import VERDICTS, Kind
from perturb_evals.solvers.pairs.case import CASE, case
from perturb_evals.solvers.pairs.knowledge import GRAPH, Knowledge
from perturb_evals.solvers.pairs.outcomes import OUTCOMES, line_of
from perturb_evals.solvers.pairs.prompts import QUESTION, SCREEN, describe
from perturb_evals.solvers.pairs.retrieval.retriever import (
    BUDGET,
    NEIGHBORS,
    Retriever,
    RowKind,
    check_retrieval,
)
from perturb_evals.solvers.pairs.summaries import SUMMARIES_BY, Summaries, SummariesBy
from perturb_evals.solvers.pairs.view import Control, View, check_control
from perturb_evals.solvers.pairs.written import MakeWriter, Written, asking

HEADINGS: dict[RowKind, str] = {
    "same_pair": "The same pair in other cell lines:",
    "same_pert_close_gene": "{pert} knocked down, genes that are close to {gene}:",
    "close_pert_same_gene": "{gene}, with genes knocked down that are close to {pert}:",
    "close_pert_close_gene": "Genes close to {gene}, with genes knocked down close to {pert}:",
    "same_pert_random_gene": "{pert} knocked down, genes drawn at random:",
    "random_pert_same_gene": "{gene}, with genes knocked down that were drawn at random:",
    "close_pert_random_gene": "Genes drawn at random, with genes knocked down close to {pert}:",
    "random_pert_close_gene": "Genes close to {gene}, with genes knocked down drawn at random:",
}

MIRRORED: dict[str, RowKind] = {
    "same_pair": "same_pair",
    "same_pert_close_gene": "close_pert_same_gene",
    "close_pert_same_gene": "same_pert_close_gene",
    "close_pert_close_gene": "close_pert_close_gene",
    "same_pert_random_gene": "random_pert_same_gene",
    "random_pert_same_gene": "same_pert_random_gene",
    "close_pert_random_gene": "random_pert_close_gene",
    "random_pert_close_gene": "close_pert_random_gene",
}
"""What a kind is where perturbation and gene are shown in each other's place."""

PROMPT = (
    SCREEN
    + """{case}
{question}

{where} Genes are called close that share partners of interaction, or words in their \
descriptions; the closest come first. The rows were sampled: compare them with one another, for \
how many of them are {positive} is no rate in cells.

{evidence}

Work through these points, briefly, one after the other:
{steps}

{question}
End with one last line of this form, with the words of one option:
ANSWER: <{words} | Insufficient evidence>"""
)

WHERE: dict[bool, str] = {
    False: "Outcomes of other pairs in this cell line.",
    True: "Outcomes in this cell line and, where another one is named, in that.",
}
"""Where rows come from: the own line alone, or others too."""

NOTHING = "There are none for this pair."

STEPS: dict[Kind, str] = {
    "de": """\
1. What does {pert} do in a cell, and what would this cell line lack or suffer with little of it?
2. What controls the expression of {gene}, and which cell states is it a marker of?
3. Which of the outcomes above are of knock-downs that act most like that of {pert}, and what did \
they do to {gene} or to genes like it?
4. Do such knock-downs change more of the genes above than others do, and does {gene} change under \
more of them than other genes?
5. Is there a path from the partial loss of {pert} to {gene} that is active in this cell line, \
and do the outcomes agree with it?""",
    "direction": """\
1. What does {pert} do in a cell, and is this cell line one that needs it?
2. What happens first when {pert} runs low: which processes fail, which responses begin?
3. What raises the expression of {gene}, and what lowers it?
4. Does {gene} belong to what fails, or to what responds?
5. Which of the outcomes above are of knock-downs that act most like that of {pert}, and which way \
did {gene}, or genes like it, go?
6. Do such knock-downs move most genes up, or down?
7. Where mechanism and outcomes disagree, which is the firmer ground here?""",
}
"""The sub-questions: five for whether a gene changes, seven for which way."""


class Summer:
    """Writes the prompts of one table.

    Args:
        evidence: Training rows.
        retriever: Chooses those that are shown.
        source: Where the texts of genes come from.
    """

    def __init__(
        self, evidence: PairsEvidence, retriever: Retriever, source: SummariesBy = "ncbi"
    ) -> None:
        self._kind, self._line = evidence.kind, evidence.cell_line
        self._where = WHERE[evidence.track == "cross"]
        self._retriever = retriever
        self._summaries = Summaries(evidence, source)

    async def write(self, view: View) -> tuple[Written, ...]:
        """Return the prompt of a question."""
        found = self._retriever.rows(*view.pair)
        rows = view.rows(one.row for one in found)
        kinds = [MIRRORED[one.kind] if view.is_swapped else one.kind for one in found]
        sections = []
        for kind, heading in HEADINGS.items():
            own = [row for row, its in zip(rows, kinds, strict=True) if its == kind]
            if own:
                said = heading.format(pert=view.pert, gene=view.gene)
                lines = [line_of(row, self._kind, self._line) for row in own]
                sections.append("\n".join([said, *lines]))
        names = {"pert": view.pert, "gene": view.gene}
        verdicts = VERDICTS[self._kind]
        text = PROMPT.format(
            description=view.line,
            case=await case(view, self._summaries, *view.symbols, self._line),
            question=QUESTION[self._kind].format(**names),
            where=self._where,
            positive=OUTCOMES[self._kind][1],
            evidence="\n\n".join(sections) or NOTHING,
            steps=STEPS[self._kind].format(**names),
            words=f"{verdicts.positive} | {verdicts.negative}",
        )
        parts = [PROMPT, CASE, QUESTION[self._kind], STEPS[self._kind], repr(HEADINGS)]
        parts += [self._where, describe(self._line)]
        return (Written(text, "\n".join(parts), [one.row for one in found]),)


def summer_writer(
    summaries: SummariesBy = "ncbi",
    graph: str = GRAPH,
    neighbors: int = NEIGHBORS,
    budget: int = BUDGET,
    seed: int = 0,
) -> MakeWriter:
    """Return what writes the prompts of `summer`, for its arguments.

    Raises:
        ValueError: An argument that is not allowed.
    """
    one_of("summaries", summaries, SUMMARIES_BY)
    check_retrieval(neighbors, budget, seed)
    known = Knowledge(graph)

    def make(evidence: PairsEvidence) -> Summer:
        return Summer(evidence, Retriever(evidence, known, neighbors, budget, seed), summaries)

    return make


@solver
@named_arguments
def summer(
    summaries: SummariesBy = "ncbi",
    graph: str = GRAPH,
    neighbors: int = NEIGHBORS,
    budget: int = BUDGET,
    seed: int = 0,
    control: Control | None = None,
) -> Solver:
    """Show what is known of both genes and outcomes of like pairs, and ask step by step.

    Needs evidence=within or cross. The published system takes three samples: `--epochs 3`.

    Args:
        summaries: What is said of the genes: `ncbi` (full name and RefSeq summary), or `model`
            (what the model of the role `summarizer` writes).
        graph: As for graph_knn; says which genes are close.
        neighbors: How many close genes are looked at, on either side of the pair.
        budget: The most rows of each kind that are shown.
        seed: Seed of the rows that are drawn at random.
        control: anonymised, swapped, wrong_line or shuffled_evidence; none by default.

    Raises:
        ValueError: An argument that is not allowed.
    """
    check_control(control)
    return asking(summer_writer(summaries, graph, neighbors, budget, seed), control)
