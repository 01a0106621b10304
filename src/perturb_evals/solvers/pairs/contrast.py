"""`contrast`: the nearest positive and the nearest negative evidence side by side; a verdict."""

from inspect_ai.solver import Solver, solver

from perturb_evals.datasets.options import named_arguments, one_of
from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.datasets.pairs.questions import VERDICTS, Kind
from perturb_evals.solvers.pairs.case import CASE, case
from perturb_evals.solvers.pairs.knowledge import GRAPH, Knowledge
from perturb_evals.solvers.pairs.outcomes import OUTCOMES, line_of
from perturb_evals.solvers.pairs.prompts import QUESTION, SCREEN, describe
from perturb_evals.solvers.pairs.retrieval.nearest import EACH, NearestOfEach, check_each
from perturb_evals.solvers.pairs.summaries import SUMMARIES_BY, Summaries, SummariesBy
from perturb_evals.solvers.pairs.view import Control, View, check_control
from perturb_evals.solvers.pairs.written import MakeWriter, Written, asking

PROMPT = (
    SCREEN
    + """{case}
{question}

The pairs with a known outcome {where} that are nearest to this one, on either side. Genes are \
near that share partners of interaction, or words in their descriptions; nearness goes from 0, \
nothing in common, to 1. The nearest come first.

Nearest pairs that came out as {positive}:
{for_it}

Nearest pairs that came out as {negative}:
{against_it}

Of either outcome at most {each} are shown, so how many there are says little; a shorter list \
means that no other such pair is near. Compare them:
1. What do the knocked-down genes of the first list have in common with {pert} that those of the \
second do not, and the other way round?
2. On which side is the mechanism by which {pert} could reach {gene} in this cell line?
3. Which side is nearer, and is it by enough to tell?

{question}
End with one last line of this form, with the words of one option:
ANSWER: <{words} | Insufficient evidence>"""
)

WHERE: dict[bool, str] = {
    False: "in this cell line",
    True: "in this cell line or, where another one is named, in that",
}
"""Where rows come from: the own line alone, or others too."""

NOTHING = "- none that is near"


class Contrast:
    """Writes the prompts of one table.

    Args:
        evidence: Training rows.
        nearest: Finds those that are shown.
        each: How many of either outcome it finds at most.
        source: Where the texts of genes come from.
    """

    def __init__(
        self,
        evidence: PairsEvidence,
        nearest: NearestOfEach,
        each: int = EACH,
        source: SummariesBy = "ncbi",
    ) -> None:
        self._kind: Kind = evidence.kind
        self._line = evidence.cell_line
        self._where = WHERE[evidence.track == "cross"]
        self._nearest, self._each = nearest, each
        self._summaries = Summaries(evidence, source)

    async def write(self, view: View) -> tuple[Written, ...]:
        """Return the prompt of a question."""
        # By nearness and name, so that no order tells an outcome that a control has dealt out anew.
        found = sorted(self._nearest.nearest(*view.pair), key=lambda one: (-one[1], one[0][:3]))
        shown = [row for row, _ in found]
        sides: tuple[list[str], list[str]] = ([], [])
        rows = zip(view.rows(shown), (nearness for _, nearness in found), strict=True)
        for row, nearness in rows:
            said = line_of(row, self._kind, self._line)
            sides[row.label].append(f"{said}, nearness {nearness:.3f}")
        negative, positive = ("\n".join(lines) or NOTHING for lines in sides)
        names = {"pert": view.pert, "gene": view.gene}
        verdicts, words = VERDICTS[self._kind], OUTCOMES[self._kind]
        text = PROMPT.format(
            description=view.line,
            case=await case(view, self._summaries, *view.symbols, self._line),
            question=QUESTION[self._kind].format(**names),
            where=self._where,
            each=self._each,
            positive=words[1],
            negative=words[0],
            for_it=positive,
            against_it=negative,
            words=f"{verdicts.positive} | {verdicts.negative}",
            **names,
        )
        parts = [PROMPT, CASE, QUESTION[self._kind], repr(words), self._where, describe(self._line)]
        return (Written(text, "\n".join(parts), shown),)


def contrast_writer(
    summaries: SummariesBy = "ncbi", graph: str = GRAPH, each: int = EACH
) -> MakeWriter:
    """Return what writes the prompts of `contrast`, for its arguments.

    Raises:
        ValueError: An argument that is not allowed.
    """
    one_of("summaries", summaries, SUMMARIES_BY)
    check_each(each)
    known = Knowledge(graph)

    def make(evidence: PairsEvidence) -> Contrast:
        return Contrast(evidence, NearestOfEach(evidence, known, each), each, summaries)

    return make


@solver
@named_arguments
def contrast(
    summaries: SummariesBy = "ncbi",
    graph: str = GRAPH,
    each: int = EACH,
    control: Control | None = None,
) -> Solver:
    """Show the nearest positive and the nearest negative training rows, and ask which side it is.

    Needs evidence=within or cross. `contrast_vote` judges the same rows without a model.

    Args:
        summaries: What is said of the genes: `ncbi` (full name and RefSeq summary), or `model`
            (what the model of the role `summarizer` writes).
        graph: As for graph_knn; says which genes are close.
        each: How many rows of each side are shown; 1 or more.
        control: anonymised, swapped, wrong_line or shuffled_evidence; none by default.

    Raises:
        ValueError: An argument that is not allowed.
    """
    check_control(control)
    return asking(contrast_writer(summaries, graph, each), control)
