"""The leaderboard in words and tables."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from perturb_evals.cli.tables.fitted import Column, show_fitted
from perturb_evals.cli.tables.terminal import figure, number, short
from perturb_evals.cli.tables.track import TIED, published_value, show_track

if TYPE_CHECKING:
    from rich.console import Console

    from perturb_evals.families.published import PublishedLine
    from perturb_evals.leaderboard.boards import Board
    from perturb_evals.leaderboard.entries import Entries
    from perturb_evals.leaderboard.summary import Summary

PERTURBATIONS = "perturbations"
HOW_TO_READ = (
    "rank: 1 plus the number of systems that are better by the paired 95% interval over "
    "perturbations, so one with a wide interval may rank before a higher value. =: not "
    "distinguishable from the best. behind: how far behind the best.",
    "skill: 0 is guessing (screens: the training mean), 1 perfect (screens: the oracle, no bound). "
    "Only systems that ran every part have a mean skill; what they lack is a gap.",
)


def show_board(console: "Console", board: "Board") -> None:
    """Print a board, track by track, with its published lines and what is not ranked."""
    console.print(short(board.title, 100), style="bold")
    console.print(short(board.key, 200), style="dim", soft_wrap=True)
    unit, n = board.family.unit, f"{board.n_perturbations:,} {PERTURBATIONS}."
    asked = n if unit == PERTURBATIONS else f"{board.n_units:,} {unit} on {n}"
    console.print(f"{board.headline}, {board.better} is better; {asked}")
    for sentence in (*board.apart, *board.notes):
        console.print(short(sentence, 400), style="dim")
    lines = board.family.published(board.parts)
    for track in board.tracks:
        show_track(console, board, track, lines)
    if lines:
        _show_published(console, lines)
    for result in board.incomplete:
        console.print(
            f"Not ranked: {short(result.protocol.model)} {short(result.protocol.solver)}: "
            f"{short(result.reason, 200)}"
        )
    console.print()


def _show_published(console: "Console", lines: "tuple[PublishedLine, ...]") -> None:
    """Print published numbers; those whose protocols differ in the same way together."""
    from rich.padding import Padding

    common = [
        said for said in lines[0].difference if all(said in line.difference for line in lines)
    ]
    console.print(
        "Published numbers, of other protocols and so never ranked here; how they differ:"
    )
    for sentence in (
        *common,
        *(f"From {source}." for source in dict.fromkeys(line.source for line in lines)),
    ):
        console.print(f"  {sentence}", style="dim")
    alike: dict[str, list[str]] = {}
    for line in lines:
        own = " ".join(said for said in line.difference if said not in common)
        error = f", SE {number(line.stderr)}" if line.stderr is not None else ""
        size = f", {line.n_train} trained on" if line.n_train else ""
        alike.setdefault(own, []).append(f"{line.system} {published_value(line)}{error}{size}")
    for own, systems in alike.items():
        console.print(f"  {'; '.join(systems)}")
        console.print(Padding(own, (0, 0, 0, 4)), style="dim")


def show_summary(console: "Console", summary: "Summary") -> None:
    """Print the mean skill over boards, gaps as gaps."""
    parts = [_part(board) for board in summary.parts]
    rows = []
    for row in summary.rows:
        skills = ["gap" if s is None else number(s.value) for s in row.skills]
        mark = TIED if row.with_best else " "
        rows.append(
            {
                "system": short(row.name, 80),
                "mean skill": f"{figure(row.mean)} {mark}" if row.mean else "lacks a part",
                **dict(zip(parts, skills, strict=True)),
            }
        )
    console.print(f"Mean skill over {summary.title}, track {summary.track_title}", style="bold")
    show_fitted(
        console,
        [
            Column("system", left=True, folds=True),
            Column("mean skill", left=True),
            *(Column(part, spare=True) for part in parts),
        ],
        rows,
        bright=[row.kind == "system" for row in summary.rows],
    )
    for note in summary.notes:
        console.print(short(note, 400), style="dim")


def _part(board: "Board") -> str:
    task = str(board.parts["task"]).removeprefix("perturbqa_")
    return f"{short(str(board.parts['context']))}\n{short(task)}"


def show_how_to_read(console: "Console") -> None:
    """Print what the columns mean."""
    for sentence in HOW_TO_READ:
        console.print(sentence, style="dim")
    console.print()


def show_set_aside(console: "Console", entries: "Entries", boards: "Sequence[Board]" = ()) -> None:
    """Print the logs that take no part and stand on none of the boards, with the reason."""
    on_boards = {result.eval_id for board in boards for result in board.incomplete}
    for result in entries.incomplete:
        if result.eval_id not in on_boards:
            console.print(f"Not shown: {short(result.log, 200)}: {short(result.reason, 300)}")
    for result in entries.older:
        console.print(f"Not shown: {short(result.log, 200)}: an older run of the same system.")
    for aside in entries.set_aside:
        console.print(f"Not shown: {short(aside.log, 200)}: {short(aside.reason, 300)}")
