"""A third family, made of one object and one task, has boards, ranks, comparisons and pages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import inspect_ai
import pytest
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from perturb_evals.cli.main import main
from perturb_evals.datasets.benchmark import Benchmark
from perturb_evals.families import FAMILIES
from perturb_evals.families.asked_again import AskedAgain, Shown
from perturb_evals.families.board import Control, OpenedTrack, Parts
from perturb_evals.families.family import Family
from perturb_evals.families.outcome import MeanOutcome
from perturb_evals.leaderboard.boards import make_boards
from perturb_evals.leaderboard.comparison import compare
from perturb_evals.leaderboard.entries import read_entries

CELLS = {f"P{n:02d}": n % 7 + 1 for n in range(20)}
"""How many cells are left of each perturbation: the truth of the toy."""


@dataclass(frozen=True)
class ToyBenchmark(Benchmark):
    """Counts of cells."""

    @property
    def n_questions(self) -> int:
        """One a perturbation."""
        return len(CELLS)

    @property
    def board(self) -> dict[str, Any]:
        """One context."""
        return {"context": "toy_line", "data": "70770a"}

    @property
    def facts(self) -> dict[str, Any]:
        """The least that a header says."""
        return {
            "data_sha256": "70770a" * 10,
            "n_questions": self.n_questions,
            "evidence": "counts",
            "evidence_lines": [],
            "licence": "none",
            "citation": "none",
        }


@scorer(metrics=[])
def cells_missed() -> Scorer:
    """How many cells a guess is off."""

    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=abs(float(state.output.completion) - float(target.text)))

    return score


@metric(scores="unreduced")
def mean_missed(asked: int) -> Metric:
    """The mean, and how many questions have no score."""

    def compute(scores: list[SampleScore]) -> dict[str, float]:
        found = [score.score.as_float() for score in scores]
        return {"cells_missed": sum(found) / len(found), "n_missing": float(asked - len(found))}

    return compute


@solver
def guess_cells(cells: int = 4) -> Solver:
    """The same guess for all."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.output = ModelOutput.from_content("none", str(cells))
        return state

    return solve


def samples() -> list[Sample]:
    return [
        Sample(id=f"toy/{pert}", input=f"Cells of {pert}?", target=str(n), metadata={"pert": pert})
        for pert, n in CELLS.items()
    ]


@task
def cells_left() -> Task:
    """How many cells are left?"""
    asked = ToyBenchmark()
    return Task(
        dataset=MemoryDataset(samples()),
        solver=guess_cells(),
        scorer=cells_missed(),
        metrics=[mean_missed(asked.n_questions)],
        metadata=asked.metadata("cells_left"),
    )


class NothingToAudit:
    what = "rows"
    symbols: ClassVar[dict[str, str]] = {}
    informants = ()

    def shown(self, sample: Any, prompts: Any, output: Any, *, records: bool) -> Iterator[Shown]:
        return iter(())


class Toy(Family):
    tasks: ClassVar = {cells_left: "viability"}
    solvers = (guess_cells,)
    scorer_name = "cells_missed"
    headline = "cells_missed"
    headline_words = "mean error in cells"
    better = "lower"
    unit = "perturbations"
    parts = ("task", "context", "data", "metric_version")
    zero = Control("a guess", value=4.0)
    one = Control("perfect", value=0.0)
    tracks: ClassVar = {"counts": OpenedTrack("counts of cells", "Systems that read counts.")}
    summary = "toys"
    data_arguments = ()
    replay_solver = ""

    def scorer(self) -> Scorer:
        return cells_missed()

    def fault(self, about: Mapping[str, Any]) -> str:
        return ""

    def outcome(self, scores: list[SampleScore], board: Parts) -> MeanOutcome:
        import numpy as np

        by_pert = {(s.sample_metadata or {})["pert"]: s for s in scores}
        names = tuple(sorted(by_pert))
        values = np.array([by_pert[name].score.as_float() for name in names])
        return MeanOutcome(names, values, tuple(str(by_pert[name].sample_id) for name in names))

    def metric(self, task_args: Mapping[str, Any], n_questions: int) -> Metric:
        return mean_missed(n_questions)

    def asked_again(self, task: str, args: dict[str, Any], about: Mapping[str, Any]) -> AskedAgain:
        again = {str(sample.id): sample for sample in samples()}
        return AskedAgain(ToyBenchmark().metadata(task), again, NothingToAudit())


@pytest.fixture
def toy() -> Iterator[None]:
    FAMILIES.append(Toy())
    yield
    FAMILIES.pop()


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    for cells in (4, 9):
        inspect_ai.eval(
            cells_left(),
            solver=guess_cells(cells),
            model="none/none",
            log_dir=str(tmp_path / "logs"),
            display="none",
            log_realtime=False,
            metadata={"system": f"guess {cells}"},
        )
    return tmp_path / "logs"


@pytest.mark.usefixtures("toy")
def test_it_has_a_board_a_rank_and_a_comparison(logs: Path) -> None:
    entries = read_entries([str(logs)])
    assert entries.set_aside == entries.incomplete == ()
    (board,) = make_boards(entries)
    (track,) = board.tracks
    near, far = track.rows
    assert (near.entry.name, near.rank, far.entry.name, far.rank) == ("guess 4", 1, "guess 9", 2)
    assert track.floor is track.above is near.added is None  # it names no reference
    assert near.skill is not None
    assert near.skill.value == pytest.approx(1 - near.entry.outcome.value / 4)
    (pair,) = compare([near.entry, far.entry]).pairs
    assert pair.p_randomised < 0.05
    assert pair.only_a + pair.only_b + pair.both == len(CELLS)


@pytest.mark.usefixtures("toy")
def test_it_has_pages_and_its_runs_are_checked(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["leaderboard", str(logs), "--site", str(tmp_path / "site")]) == 0
    shown = capsys.readouterr().out
    assert "cells_left on toy_line" in shown
    assert "Added to" not in shown
    assert "guess 4" in shown
    pages = [page.read_text("utf-8") for page in (tmp_path / "site").rglob("*.html")]
    assert all(any(said in page for page in pages) for said in ("mean error in cells", "viability"))
    assert main(["compare", *map(str, sorted(logs.glob("*.eval")))]) == 0
    assert main(["check-submission", str(logs)]) == 0, capsys.readouterr().out


def test_without_it_its_runs_are_set_aside_and_say_so(logs: Path) -> None:
    entries = read_entries([str(logs)])
    assert entries.complete == ()
    assert all("expected a task among" in aside.reason for aside in entries.set_aside)
