"""The whole leaderboard: boards track by track, summaries, how to read them, what is left out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from perturb_evals.cli.tables.fitted import FittedColumn, show_fitted
from perturb_evals.cli.tables.glance import (
    figure_beside,
    headline_of,
    sentence_of,
    show_sentences,
    system_name,
)
from perturb_evals.cli.tables.terminal import figure, number, short
from perturb_evals.families.published import PublishedLine
from perturb_evals.leaderboard.interleaved import interleaved
from perturb_evals.leaderboard.released import release
from perturb_evals.leaderboard.text import as_published, count, dollars, duration, percent
from perturb_evals.leaderboard.untrusted_text import plain
from perturb_evals.leaderboard.value_added import models_add

if TYPE_CHECKING:
    from rich.console import Console

    from perturb_evals.leaderboard.boards import Board, BoardTrack
    from perturb_evals.leaderboard.entries import Entries
    from perturb_evals.leaderboard.ranks import Row
    from perturb_evals.leaderboard.summary import Summary

PERTURBATIONS = "perturbations"
TIED = "="
SPARE = ("added", "skill", "answered", "cost", "released", "tokens", "calls", "time")
"""Columns that a narrow terminal shows below the table, the last ones first."""

HOW_TO_READ = (
    "rank: 1 plus the number of systems that are better beyond chance, so one with a wide interval "
    "may rank before a higher value. =: not distinguishable from the best. behind: how far behind "
    "the best. added: how much better than the track's reference, which was named beforehand and "
    "never is the best on test rows. Intervals of differences hold for all of the board at once; "
    "ranks and = go by them.",
    "skill: 0 is guessing (screens: the training mean), 1 perfect (screens: the oracle, no bound). "
    "Only systems that ran every part have a mean skill; what they lack is a gap.",
)


def show_leaderboard(
    console: "Console",
    boards: "Sequence[Board]",
    summed: "Sequence[Summary]",
    entries: "Entries",
) -> None:
    """Print the sentences, all boards, the summaries, how to read them, and what takes no part."""
    show_sentences(console, boards, summed)
    for board in boards:
        _show_board(console, board)
    for summary in summed:
        _show_summary(console, summary)
    if boards:
        for sentence in HOW_TO_READ:
            console.print(sentence, style="dim")
        console.print()
    show_set_aside(console, entries, boards)


def _show_board(console: "Console", board: "Board") -> None:
    """Print a board, track by track, with its published lines and what is not ranked."""
    console.print(short(board.title, 100), style="bold")
    console.print(short(board.key, 200), style="dim", soft_wrap=True)
    unit, n = board.family.unit, f"{board.n_perturbations:,} {PERTURBATIONS}."
    asked = n if unit == PERTURBATIONS else f"{board.n_units:,} {unit} on {n}"
    console.print(f"{headline_of(board)}, {board.better} is better; {asked}")
    for sentence in (*board.apart, *board.notes):
        console.print(plain(sentence), style="dim")
    lines = board.family.published(board.parts)
    for track in board.tracks:
        _show_track(console, board, track, lines)
    if lines:
        _show_published(console, lines)
    for result in board.incomplete:
        console.print(
            f"Not ranked: {short(result.protocol.model)} {short(result.protocol.solver)}: "
            f"{short(result.reason, 200)}"
        )
    console.print()


def _show_track(
    console: "Console", board: "Board", track: "BoardTrack", lines: Sequence[PublishedLine]
) -> None:
    """Print a track: the best first, published numbers in their place, unranked."""
    words = board.family.tracks[track.name].opens
    opened = short(words.format(lines=", ".join(track.lines)), 200)
    found = interleaved(track, lines, board.better)
    console.print(sentence_of(board, track))
    show_fitted(
        console,
        [
            FittedColumn("rank"),
            FittedColumn("system", left=True, folds=True),
            # Values stand below each other whether or not they have an interval.
            FittedColumn(board.headline, left=True),
            FittedColumn("behind"),
            *(FittedColumn(name, spare=True) for name in SPARE),
        ],
        [
            _published_cells(row) if isinstance(row, PublishedLine) else _cells(board, track, row)
            for row in found
        ],
        bright=[not isinstance(row, PublishedLine) and row.entry.kind == "system" for row in found],
        title=f"May read: {opened} (track {track.name})",
    )
    if said := models_add(board, track, system_name, number, figure):
        console.print(said)


def _published_value(line: PublishedLine) -> str:
    """Return a published value with as many digits as were published."""
    return number(line.value, len(as_published(line.value).partition(".")[2]))


def _published_cells(line: PublishedLine) -> dict[str, str]:
    error = f" ± {number(line.stderr)} SE" if line.stderr is not None else ""
    return {"system": f"{line.system} (published)", line.metric: _published_value(line) + error}


def _cells(board: "Board", track: "BoardTrack", row: "Row") -> dict[str, str]:
    """Return the cells of a row by column; a column that is empty in all rows is not shown."""
    entry, result = row.entry, row.entry.result
    said = {"baseline": ["baseline"], "truth": ["positive control"], "system": []}[entry.kind]
    if result is None:
        said.append("computed")
    if row.why_unranked:
        said.append(row.why_unranked)
    said += () if result is None else board.family.oddities(result.counts)
    cells = {
        "rank": "" if row.rank is None else f"{row.rank}{TIED if track.is_tied(row) else ' '}",
        "system": system_name(entry) + (f" ({'; '.join(said)})" if said else ""),
        board.headline: figure_beside(entry),
        "behind": figure(row.behind),
        "added": "reference" if track.is_floor(row) else figure(row.added),
        "skill": number(row.skill.value, 2) if row.skill else "",
    }
    if result is None:
        return cells
    cells["answered"] = "" if result.coverage is None else percent(result.coverage)
    if entry.kind == "system" and result.usage.tokens:
        usage = result.usage
        cells["calls"] = count(usage.calls)
        cells["tokens"] = count(usage.tokens.get("total_tokens"))
        cells["cost"] = dollars(usage.cost) if usage.cost is not None else ""
        if usage.summaries and cells["cost"] and usage.summaries.cost:
            cells["cost"] += f" (summaries {dollars(usage.summaries.cost)})"
        cells["time"] = duration(usage.wall_seconds)
        cells["released"] = _released(result.protocol.model, board)
    return cells


def _released(model: str, board: "Board") -> str:
    """Return the model's release date, with a mark where the data were public before it."""
    found = release(model, board.family.public_since(board.parts))
    if found is None:
        return ""
    return f"{found.date:%Y-%m}{' (after the data)' if found.after_data else ''}"


def _show_published(console: "Console", lines: tuple[PublishedLine, ...]) -> None:
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
        alike.setdefault(own, []).append(f"{line.system} {_published_value(line)}{error}{size}")
    for own, systems in alike.items():
        console.print(f"  {'; '.join(systems)}")
        console.print(Padding(own, (0, 0, 0, 4)), style="dim")


def _show_summary(console: "Console", summary: "Summary") -> None:
    """Print the mean skill over boards, gaps as gaps."""
    parts = [_part(board) for board in summary.parts]
    means = [short(over.title).replace(": ", "\n") for over in summary.over_lines]
    rows = []
    for row in summary.rows:
        skills = ["gap" if s is None else number(s.value) for s in row.skills]
        mark = TIED if row.with_best else " "
        rows.append(
            {
                "system": short(row.name, 80),
                "mean skill": f"{figure(row.mean)} {mark}" if row.mean else "lacks a part",
                **dict(zip(parts, skills, strict=True)),
                **dict(zip(means, map(figure, row.over_lines), strict=True)),
            }
        )
    console.print(f"Mean skill over {summary.title}, track {summary.track_title}", style="bold")
    show_fitted(
        console,
        [
            FittedColumn("system", left=True, folds=True),
            FittedColumn("mean skill", left=True),
            *(FittedColumn(mean, left=True, spare=True) for mean in means),
            *(FittedColumn(part, spare=True) for part in parts),
        ],
        rows,
        bright=[row.kind == "system" for row in summary.rows],
    )
    for over in summary.over_lines:
        console.print(plain(over.in_words(number)), style="dim")
    for note in summary.notes:
        console.print(plain(note), style="dim")


def _part(board: "Board") -> str:
    task, names = str(board.parts["task"]), board.family.task_names
    # What all tasks of a family begin with tells none of them apart.
    first, _, own = task.partition("_")
    if len(names) > 1 and all(name.startswith(f"{first}_") for name in names):
        task = own
    return f"{short(str(board.parts['context']))}\n{short(task)}"


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
