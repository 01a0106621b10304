"""The tools of the agent: what it looks up for one question, as its view shows things."""

from collections.abc import Callable, Sized

from inspect_ai.tool import ToolDef

from perturb_evals.datasets.genes.symbols import LONGEST_NAME, MatchRoute, bare_symbol
from perturb_evals.datasets.pairs.evidence import PairsEvidence, TrainingRow
from perturb_evals.solvers.pairs.agent.library import OTHER, Library, Role
from perturb_evals.solvers.pairs.agent.prompts import (
    GENE_CARD,
    GRAPH_NEIGHBORS,
    NO_CARD,
    NO_NEIGHBORS,
    NO_ROWS,
    OUTCOMES_OF_GENE,
    OUTCOMES_OF_PERTURBATION,
    SEVERAL,
    TOO_MANY,
    TOOLS,
    offered,
    row_line,
)
from perturb_evals.solvers.pairs.view import View

ROWS_SHOWN, NEIGHBORS_SHOWN = 40, 60
"""So many rows, and neighbors, stand in one reply at most."""

LETTERS_SHOWN = 2000
"""So much of a text about a gene stands in a reply; of 100 summaries one is longer."""

LOOK_UPS_A_TURN = 16
"""So many calls of tools are answered in one turn."""


class LookUps:
    """What is looked up for one question.

    Every reply is a text, whatever was asked. It speaks of genes as the view calls them, and
    understands the names that the view has shown: under `anonymised` codes, and no others.

    Args:
        evidence: Of the question.
        library: What is looked up in.
        view: How things are shown. Under `shuffled_evidence` outcomes are dealt out over all rows
            that may be looked up, so that a row has one outcome in all replies.

    Attributes:
        shown: The training rows that were shown so far, each once, in the order of the replies.
    """

    def __init__(self, evidence: PairsEvidence, library: Library, view: View) -> None:
        self.shown: dict[TrainingRow, None] = {}
        self._evidence, self._library, self._view = evidence, library, view
        self._asked: dict[Role, str] = dict(zip(OTHER, view.pair, strict=True))
        self._outcome: Callable[[TrainingRow], int] = lambda row: row.label
        if view.control == "shuffled_evidence":
            question = f"{evidence.cell_line}/{evidence.kind}/{'>'.join(view.pair)}"
            self._outcome = library.dealt(question)
        self._left = LOOK_UPS_A_TURN

    def next_turn(self) -> None:
        """Let as many tools be called again."""
        self._left = LOOK_UPS_A_TURN

    def tools(self) -> list[ToolDef]:
        """Return the tools that the track allows, each with one parameter, a text."""
        replies: dict[str, Callable[[str], str]] = {
            OUTCOMES_OF_PERTURBATION: lambda name: self._outcomes("pert", name),
            OUTCOMES_OF_GENE: lambda name: self._outcomes("gene", name),
            GRAPH_NEIGHBORS: self._neighbors,
            GENE_CARD: self._card,
        }
        names = offered(with_rows=self._evidence.track != "none")
        return [self._tool(name, replies[name]) for name in names]

    def _tool(self, name: str, reply: Callable[[str], str]) -> ToolDef:
        said = TOOLS[name]

        def look_up(typed: str) -> str:
            if self._left <= 0:
                return TOO_MANY
            self._left -= 1
            return reply(typed)

        async def of_perturbation(perturbation: str) -> str:
            return look_up(perturbation)

        async def of_gene(gene: str) -> str:
            return look_up(gene)

        execute = of_perturbation if said.parameter == "perturbation" else of_gene
        # One after the other: what is called first gets the first code.
        parameters = {said.parameter: said.asks}
        return ToolDef(execute, name, said.says, parameters, parallel=False)

    def _meant(self, typed: str) -> str | None:
        """Return the name that was typed, decoded; None where it can be none."""
        if len(typed) > LONGEST_NAME:
            return None
        if self._view.control != "anonymised":
            return typed
        code = bare_symbol(typed).upper()
        return self._view.symbol(code) if code in self._view.codes.values() else None

    def _outcomes(self, shown_role: Role, typed: str) -> str:
        role = OTHER[shown_role] if self._view.is_swapped else shown_role
        name = self._meant(typed)
        asked = self._asked[OTHER[role]]
        found = self._library.rows(role, name, asked) if name is not None else "unknown"
        if isinstance(found, str):
            return _not_found(found, NO_ROWS)
        rows = found[:ROWS_SHOWN]
        self.shown |= dict.fromkeys(rows)
        as_shown = [self._as_shown(row) for row in rows]
        own = getattr(as_shown[0], shown_role)
        what = f"a knock-down of {own}" if shown_role == "pert" else f"{own} as the readout"
        near = self._view.name(asked)
        head = f"Training rows with {what}, {_count(rows, found)}; closest to {near} first."
        of = self._evidence
        return "\n".join([head, *(row_line(row, of.kind, of.cell_line) for row in as_shown)])

    def _as_shown(self, row: TrainingRow) -> TrainingRow:
        pert, gene = map(self._view.name, self._view.roles(row.pert, row.gene))
        return TrainingRow(row.line, pert, gene, self._outcome(row))

    def _neighbors(self, typed: str) -> str:
        name = self._meant(typed)
        found = self._library.partners(name) if name is not None else "unknown"
        if isinstance(found, str):
            return _not_found(found, NO_NEIGHBORS)
        if not found:
            return NO_NEIGHBORS
        shown = found[:NEIGHBORS_SHOWN]
        names = ", ".join(map(self._view.name, shown))
        return f"Neighbors, {_count(shown, found)}, the strongest first: {names}"

    def _card(self, typed: str) -> str:
        name = self._meant(typed)
        found = self._library.card(name) if name is not None else "unknown"
        if isinstance(found, str):
            return _not_found(found, NO_CARD)
        summary = found.summary or "There is no summary."
        if self._view.control == "anonymised":
            assert name is not None
            return _bounded(f"{self._view.name(name)}\n{self._view.text(name, summary)}")
        names = f" (also {', '.join(found.names)})" if found.names else ""
        full_name = f": {found.full_name}" if found.full_name else ""
        return _bounded(f"{found.symbol}{full_name}{names}\n{summary}")


def _count(shown: Sized, found: Sized) -> str:
    return f"all {len(found)}" if len(shown) == len(found) else f"{len(shown)} of {len(found)}"


def _not_found(route: MatchRoute, said: str) -> str:
    return SEVERAL if route == "ambiguous" else said


def _bounded(text: str) -> str:
    return text if len(text) <= LETTERS_SHOWN else text[: LETTERS_SHOWN - 1] + "\u2026"
