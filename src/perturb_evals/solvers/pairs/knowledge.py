"""What baselines of yes/no questions know of genes: a graph, and what is written of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from perturb_evals.datasets.demo.world import SIMULATED
from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.genes.closeness import SHARED, Closeness, Shared
from perturb_evals.datasets.genes.graphs import check_graph, load_graph
from perturb_evals.datasets.genes.ncbi import human_aliases
from perturb_evals.datasets.genes.symbols import no_gene_known
from perturb_evals.datasets.genes.texts import gene_words
from perturb_evals.datasets.options import number, one_of, whole_number
from perturb_evals.datasets.pairs.evidence import PairsEvidence

GRAPH, POWER, TEXT_WEIGHT = "string", 2.0, 0.5
"""Chosen by cross-validation within training rows, `python benchmarks/settings.py`."""


@dataclass(frozen=True)
class Knowledge:
    """What makes genes alike, checked when it is made; files are read when it is first asked.

    Attributes:
        graph: As `load_graph` takes it; for the demo world its own pairs and texts are read.
        max_degree: Genes of the graph with more partners are dropped; None drops none.
        text_weight: Weight of the texts beside 1 for the graph; 0 leaves them out.
        shared: What makes two genes close in the graph.
        power: Exponent of both.
    """

    graph: str = GRAPH
    max_degree: int | None = None
    text_weight: float = TEXT_WEIGHT
    shared: Shared = "partners"
    power: float = POWER

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        check_graph(self.graph)
        if self.max_degree is not None and whole_number("max_degree", self.max_degree) < 1:
            raise ArgumentError(f"max_degree must be at least 1; got {self.max_degree}.")
        one_of("shared", self.shared, SHARED)
        number("text_weight", self.text_weight, zero=True)
        number("power", self.power)

    def of_perturbations(self, evidence: PairsEvidence, names: Sequence[str]) -> Closeness:
        """Return the closeness to training perturbations, as `closeness`.

        Raises:
            UnknownGenesError: The graph has none of them.
            DataError: A file cannot be had or read.
        """
        found = self.closeness(evidence, names)
        if not found.n_in_graph:
            simulated = evidence.dataset in SIMULATED
            graph = load_graph(self.graph, simulated=simulated)
            synonyms = "count for nothing in the demo world" if simulated else "are understood"
            raise no_gene_known(graph.where, graph.symbols, names, evidence.cell_line, synonyms)
        return found

    def closeness(self, evidence: PairsEvidence, names: Sequence[str]) -> Closeness:
        """Return the closeness to some genes.

        Args:
            evidence: Says whose tables these are.
            names: The genes, as its tables write them.

        Raises:
            DataError: A file cannot be had or read.
        """
        simulated = evidence.dataset in SIMULATED
        graph = load_graph(self.graph, simulated=simulated)
        if self.max_degree is not None:
            graph = graph.without_hubs(self.max_degree)
        return Closeness(
            names,
            graph,
            gene_words(simulated=simulated) if self.text_weight else None,
            None if simulated else human_aliases(),
            shared=self.shared,
            power=self.power,
            text_weight=self.text_weight,
        )
