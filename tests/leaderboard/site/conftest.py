"""Boards of the demo world with answers made by lot, and names and answers that mean harm."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from perturb_evals.datasets.pairs.benchmark import PairsBenchmark, pairs_benchmark
from perturb_evals.leaderboard.boards import Board, make_boards
from perturb_evals.leaderboard.comparison import ComparedPair, Comparison, Discordant
from perturb_evals.leaderboard.entries import Entries, Entry
from perturb_evals.leaderboard.first_prompt import FirstPrompt
from perturb_evals.leaderboard.known import known_board
from perturb_evals.leaderboard.results.result import Figure, Result, Usage
from perturb_evals.leaderboard.site.writer import write_site
from perturb_evals.leaderboard.summary import Summary, summaries
from perturb_evals.logs.headers import SetAside
from perturb_evals.metrics.pairs.predictions import Predictions

HARM = "<script>alert(1)</script>\"><img src=x onerror='alert(2)'>{{7*7}}"
GENES = 8
LINES = ["demo_a", "demo_b", "demo_c"]


@dataclass(frozen=True)
class Input:
    """What a site is written from."""

    boards: tuple[Board, ...]
    summaries: tuple[Summary, ...]
    comparisons: tuple[Comparison, ...]
    entries: Entries

    def write(self, folder: Path, transcripts: str | None = "transcripts/") -> Path:
        """Write it."""
        write_site(
            folder,
            self.boards,
            self.summaries,
            self.comparisons,
            self.entries,
            known=[known_board(board) for board in self.boards],
            prompts=self.prompts(),
            transcripts=transcripts,
        )
        return folder

    def prompts(self) -> dict[str, FirstPrompt]:
        """A prompt of a usual length for every run, with what its answers hold."""
        said = f"{HARM} Is RPL3 changed? " * 30
        return {
            entry.result.eval_id: FirstPrompt(f"demo_a/de/{HARM}", (("user", said),))
            for entry in self.entries.complete
            if entry.result is not None
        }


class Seen(HTMLParser):
    """The elements of a page with their attributes, and all its text."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements of a kind."""
        return [attributes for found, attributes in self.elements if found == tag]


@pytest.fixture(scope="session")
def harm() -> str:
    """A name that means harm."""
    return HARM


@pytest.fixture(scope="session")
def seen() -> Callable[[str], Seen]:
    """Parse a page."""

    def parse(html: str) -> Seen:
        parser = Seen()
        parser.feed(html)
        parser.close()
        return parser

    return parse


@cache
def asked(task: str, line: str) -> PairsBenchmark:
    kind: Any = "de" if task == "perturbqa_de" else "direction"
    return pairs_benchmark(kind, dataset="demo", cell_line=line, genes=GENES)


@pytest.fixture(scope="session")
def run_of(a_result: Callable[..., Result], entry_of: Callable[..., Entry]) -> Callable[..., Entry]:
    """Make a run of a model on questions of the demo world, without a log."""

    def run_of(
        model: str, number: int, task: str = "perturbqa_de", line: str = "demo_a", **changes: Any
    ) -> Entry:
        questions = asked(task, line)
        rows, rng = questions.rows, np.random.default_rng(number)
        labels = rows["label"].to_numpy(int)
        scores = np.clip(0.2 * labels * (number % 4) + rng.random(len(rows)), 0, 1)
        silent = rng.random(len(rows)) < 0.05
        tokens = {"input_tokens": 90_000, "output_tokens": 1000 * number, "total_tokens": 0}
        tokens["total_tokens"] = sum(tokens.values())
        figures = {
            f"metric_{n}": Figure(value=rng.random(), lower=0.0, upper=1.0) for n in range(18)
        }
        result = a_result(
            model=model,
            task=task,
            context=line,
            board={"questions": "scored/genes8/seed0", "metric_version": 1},
            data_sha256=questions.table.sha256,
            answer="probability",
            prompts=["296b81" * 2],
            settings={"temperature": 0.6, "note": model},
            metrics=figures,
            coverage=float(1 - silent.mean()),
            reasons={"refusal": float(silent.mean())},
            task_args={
                "dataset": "demo",
                "cell_line": line,
                "questions": "scored",
                "genes": GENES,
                "seed": 0,
            },
            command=f"inspect eval perturb_evals/{task} -T cell_line={line} --model {model}",
            usage=Usage(
                tokens=tokens,
                calls=len(rows),
                retries=0,
                cost=0.01 * number,
                wall_seconds=60.0,
                model_seconds=600.0,
            ),
            packages={"inspect_ai": "0.3.285", "perturb-evals": "0.1.0"},
            licence="MIT",
            citation=f"Cite {model}.",
            created=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number),
            log=f"file:///somewhere/2026-01-01_{task}_{number:022}.eval",
            eval_id=f"{number}-{task}-{line}",
            **changes,
        )
        answers = Predictions(rows["pert"], rows["gene"], labels, scores, silent)
        return entry_of(result, answers, model)

    return run_of


def pair_of(a: Entry, b: Entry, answer: str = "0.25") -> ComparedPair:
    """Two systems with 20 discordant questions, as `compare` gives them, without the test."""
    units = [a.outcome.units[n % len(a.outcome.units)] for n in range(20)]
    rows = tuple(
        Discordant(unit, "Yes", 1.0, 0.0, answer, "no answer", f"demo_a/de/{unit}", f"b/{unit}")
        for unit in units
    )
    difference = Figure(value=0.1, lower=-0.05, upper=0.2)
    return ComparedPair(a, b, difference, 0.2, 0.3, 1.0, 30, 20, 40, 10, 0.15, rows, 0)


def comparison_of(entries: list[Entry], board: Board, **changes: Any) -> Comparison:
    """Every pair of some systems of a board."""
    pairs = [pair_of(a, b, **changes) for n, a in enumerate(entries) for b in entries[n + 1 :]]
    return Comparison(
        board_key=board.key,
        track="",
        left_out=(),
        title=board.title,
        headline=board.headline,
        better=board.better,
        unit=board.family.unit,
        n_units=board.n_units,
        n_perturbations=board.n_perturbations,
        pairs=tuple(pairs),
    )


def input_of(
    entries: list[Entry],
    incomplete: tuple[Result, ...] = (),
    controls: tuple[Entry, ...] = (),
    **changes: Any,
) -> Input:
    """Rank some runs; the others take no part."""
    read = Entries(
        complete=tuple(entries),
        incomplete=incomplete,
        older=(),
        set_aside=(SetAside("file:///home/somebody/private/other.eval", f"A {HARM} task."),),
        controls=controls,
    )
    boards = make_boards(read)
    compared = []
    for board in boards:
        for track in board.tracks:
            best = [row.entry for row in track.rows if row.rank is not None][:6]
            if len(best) > 1:
                compared.append(comparison_of(best, board, **changes))
    return Input(boards, summaries(boards), tuple(compared), read)


@pytest.fixture(scope="session")
def harmful(run_of: Callable[..., Entry], a_result: Callable[..., Result]) -> Input:
    """Two boards with systems whose names, settings and answers are markup, and formulas.

    On one of them are control runs, one of them without the run of its system.
    """
    runs = [
        run_of(name, number + 1, task)
        for task in ("perturbqa_de", "perturbqa_direction")
        for number, name in enumerate((HARM, "=1+1", "openai/plain"))
    ]
    failed = a_result(
        model=HARM,
        context="demo_a",
        board={"questions": "scored", "metric_version": 1},
        status="error",
        reason=f"The run ended with an error: {HARM}",
    )
    told = {"control": HARM}
    controls = (
        run_of(HARM, 1, solver_args=told, given=told),
        run_of(HARM, 2, solver_args=told, given={**told, "temperature": 1}),
    )
    return input_of(runs, (failed,), controls, answer=HARM)


@pytest.fixture(scope="session")
def harmful_site(harmful: Input, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its site; do not change it."""
    return harmful.write(tmp_path_factory.mktemp("site") / "harmful")


@pytest.fixture(scope="session")
def small(run_of: Callable[..., Entry]) -> Input:
    """A board with two systems, one of a name that cannot be written."""
    return input_of(
        [run_of("lone \ud800 half \x00 \x1b[31m $\\alpha$ 你好", 1), run_of("other", 2)]
    )


@pytest.fixture(scope="session")
def small_site(small: Input, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its site, without transcripts; do not change it."""
    return small.write(tmp_path_factory.mktemp("site") / "small", transcripts=None)


@pytest.fixture(scope="session")
def fifty(run_of: Callable[..., Entry]) -> Input:
    """50 runs on six boards, in three tracks each."""
    boards = [(task, line) for task in ("perturbqa_de", "perturbqa_direction") for line in LINES]
    tracks = ({"track": "none"}, {"track": "within"}, {"track": "cross", "evidence_lines": LINES})
    runs = [
        run_of(f"maker/model-{n // 6:02}", n + 1, *boards[n % 6], **tracks[n // 6 % 3])
        for n in range(50)
    ]
    return input_of(runs)
