"""Every baseline on boards of pairs, through Inspect, and the tables that are made of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from inspect_ai import Task, eval_set
from inspect_ai.solver import Solver

from perturb_evals.datasets.pairs.evidence import Track
from perturb_evals.leaderboard import compare, make_boards, read_entries, summaries
from perturb_evals.leaderboard.boards import Board
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.summary import Summary
from perturb_evals.metrics import Predictions, auroc_per_gene_answered
from perturb_evals.solvers.pairs.baselines import (
    constant,
    gene_frequency,
    perturbation_rate,
    random_scores,
    same_pair,
)
from perturb_evals.solvers.pairs.combined import combined
from perturb_evals.solvers.pairs.factor_model import factor_model
from perturb_evals.solvers.pairs.graph_factor import graph_factor
from perturb_evals.solvers.pairs.knn import cross_line_knn, graph_knn
from perturb_evals.solvers.pairs.lpm import lpm
from perturb_evals.solvers.pairs.retrieval.baselines import contrast_vote, retrieval_only
from perturb_evals.solvers.pairs.transfer_baselines import additive, conserved, cross_context_ridge
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

Kind = Literal["de", "direction"]
KINDS: tuple[Kind, ...] = ("de", "direction")
BASELINES: dict[str, tuple[Track, Callable[[], Solver]]] = {
    "constant": ("none", constant),
    "random_scores": ("none", random_scores),
    "gene_frequency": ("within", gene_frequency),
    "graph_knn": ("within", graph_knn),
    "graph_factor": ("within", graph_factor),
    "perturbation_rate": ("cross", perturbation_rate),
    "same_pair": ("cross", same_pair),
    "additive": ("cross", additive),
    "conserved": ("cross", conserved),
    "cross_context_ridge": ("cross", cross_context_ridge),
    "lpm": ("cross", lpm),
    "cross_line_knn": ("cross", cross_line_knn),
    "factor_model": ("cross", factor_model),
    "factor_model+graph_knn": ("cross", lambda: factor_model(fallback="graph_knn")),
    "combined": ("cross", combined),
    "retrieval_only": ("within", retrieval_only),
    "contrast_vote": ("within", contrast_vote),
}
"""Track and solver by the name of the folder of its logs."""

RETRIEVED = ("graph_knn", "retrieval_only", "contrast_vote")
"""What can be had of the rows that are shown to a model, and what it stands beside."""

DIFFERENCES = [
    ("graph_factor", "graph_knn"),
    ("graph_factor", "cross_line_knn"),
    ("combined", "cross_line_knn"),
    ("combined", "graph_factor"),
    ("combined", "factor_model+graph_knn"),
    ("factor_model+graph_knn", "cross_line_knn"),
]
RETRIEVED_DIFFERENCES = [
    ("retrieval_only", "graph_knn"),
    ("contrast_vote", "graph_knn"),
    ("contrast_vote", "retrieval_only"),
]
TRANSFER = ("lpm", "additive", "conserved", "cross_context_ridge", "factor_model", "cross_line_knn")
"""Methods that learn from other lines, one against the other."""


def spelled(name: str) -> str:
    return name.replace("+", ", fallback=")


def digits(value: float, places: int) -> str:
    return f"{value:.{places}f}".replace("0.", ".", 1)


def shown(figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return ""
    if figure.lower is None or figure.upper is None:
        return digits(figure.value, 3)
    return f"{digits(figure.value, 3)} [{digits(figure.lower, 2)}, {digits(figure.upper, 2)}]"


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


@dataclass(frozen=True)
class Boards:
    """Boards of the two tasks on some cell lines, with the runs of some baselines.

    Attributes:
        folder: One folder of logs a baseline.
        lines: Cell lines that are evaluated.
        names: Keys of `BASELINES`.
        read: Cell lines that the track cross may read.
        more: Other arguments of the tasks.
        kinds: Which of the two tasks.
        published: Systems whose published values stand below.
    """

    folder: Path
    lines: Sequence[str]
    names: Sequence[str]
    read: str
    more: dict[str, str] = field(default_factory=dict)
    kinds: Sequence[Kind] = KINDS
    published: Sequence[str] = ("SUMMER", "GEARS")

    @property
    def places(self) -> list[tuple[Kind, str]]:
        """Kind and cell line of each board, in the order of the tables."""
        return [(kind, line) for kind in self.kinds for line in self.lines]

    @property
    def heads(self) -> list[str]:
        """Headings of the boards' columns."""
        return [f"{line} {kind}" for kind, line in self.places]

    def finished(self) -> "Boards":
        """Run what is not finished yet, and return these."""
        for name in self.names:
            track, solver = BASELINES[name]
            if name == "lpm" and not find_spec("torch"):
                raise SystemExit("lpm needs PyTorch: pip install 'perturb-evals[lpm]', or --only")
            done, _ = eval_set(
                [self._task(kind, line, track) for kind, line in self.places],
                log_dir=str(self.folder / name),
                model="none/none",
                solver=solver(),
                display="none",
                log_realtime=False,
                max_tasks=2,
            )
            if not done:
                raise SystemExit(f"{name} did not end; its logs are in {self.folder / name}.")
        return self

    def _task(self, kind: Kind, line: str, track: Track) -> Task:
        build = perturbqa_de if kind == "de" else perturbqa_direction
        lines = self.read if track == "cross" else None
        return build(cell_line=line, evidence=track, evidence_lines=lines, **self.more)

    def made(self) -> dict[tuple[Kind, str], Board]:
        """Return the boards of the runs, by kind and cell line."""
        boards = make_boards(read_entries([str(self.folder / name) for name in self.names]))
        of = {(str(board.parts["task"]), str(board.parts["context"])): board for board in boards}
        return {(kind, line): of[f"perturbqa_{kind}", line] for kind, line in self.places}

    def headlines(self) -> str:
        """Return the table of headlines, with means over the lines and what was published."""
        of = self.made()
        summed = summaries(list(of.values()))
        averaged = self.kinds if len(self.lines) > 1 else ()
        rows = []
        for name in self.names:
            cells = [shown(_entry(of[place], name).figure) for place in self.places]
            listed = _entry(of[self.places[0]], name).name
            cells += [_over_lines(summed, listed, kind) for kind in averaged]
            rows.append([f"`{spelled(name)}`", BASELINES[name][0], *cells])
        for system in self.published:
            cells = [_published(of[place], system) for place in self.places]
            cells += [_published_mean(summed, system, kind) for kind in averaged]
            if any(cells):
                rows.append([f"*{system}, published*", "", *cells])
        means = [f"mean {kind}" for kind in averaged]
        return markdown(["baseline", "track", *self.heads, *means], rows)

    def differences(self, pairs: Sequence[tuple[str, str]]) -> str:
        """Return the table of differences, paired by perturbation."""
        of = self.made()
        rows = []
        for a, b in pairs:
            entries = [(_entry(of[place], a), _entry(of[place], b)) for place in self.places]
            found = [compare(list(pair)).pairs[0].difference for pair in entries]
            rows.append([f"{spelled(a)} - {spelled(b)}", *map(shown, found)])
        return markdown(["paired difference", *self.heads], rows)

    def metric(self, name: str) -> str:
        """Return the table of another metric, without intervals."""
        of = self.made()
        rows = [
            [
                f"`{spelled(baseline)}`",
                *(_metric(_entry(of[at], baseline), name) for at in self.places),
            ]
            for baseline in self.names
        ]
        return markdown(["baseline", *self.heads], rows)

    def where_answered(self, by: str) -> str:
        """Return the table of headlines over what one baseline answers, and the share of that."""
        of = self.made()
        told = {place: _answers(_entry(of[place], by)) for place in self.places}
        shares = [f"{1 - float(told[place].abstained.mean()):.0%}" for place in self.places]
        rows = [["share of the questions", *shares]]
        for name in self.names:
            cells = []
            for place in self.places:
                answers = _answers(_entry(of[place], name)).take(~told[place].abstained)
                cells.append(digits(auroc_per_gene_answered(answers), 3))
            rows.append([f"`{spelled(name)}`", *cells])
        return markdown([f"where `{by}` answers", *self.heads], rows)


def _entry(board: Board, name: str) -> Entry:
    rows = (row.entry for track in board.tracks for row in track.rows)
    ran = (row for row in rows if row.result is not None)
    return next(row for row in ran if Path(row.result.log).parent.name == name)


def _answers(entry: Entry) -> Predictions:
    stated = entry.outcome.stated if entry.outcome else None
    assert stated is not None, entry.name
    return stated


def _metric(entry: Entry, name: str) -> str:
    assert entry.result is not None, entry.name
    figure = entry.result.metrics[name]
    return shown(Figure(value=figure.value))


def _over_lines(summed: Sequence[Summary], name: str, kind: Kind) -> str:
    for summary in summed:
        for place, mean in enumerate(summary.over_lines):
            for row in summary.rows:
                if row.name == name and mean.task == f"perturbqa_{kind}" and row.over_lines:
                    return shown(row.over_lines[place])
    return ""


def _published(board: Board, system: str) -> str:
    lines = (line for line in board.family.published(board.parts) if line.system == system)
    return next((f"*{digits(line.value, 2)}*" for line in lines), "")


def _published_mean(summed: Sequence[Summary], system: str, kind: Kind) -> str:
    means = {
        mean.task: dict(mean.published).get(system)
        for summary in summed
        for mean in summary.over_lines
    }
    value = means.get(f"perturbqa_{kind}")
    return "" if value is None else f"*{digits(value, 2)}*"
