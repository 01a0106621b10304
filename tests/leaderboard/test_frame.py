"""The boards as a table of pandas."""

from pathlib import Path
from typing import Any

import pandas as pd

from perturb_evals.leaderboard import (
    make_boards,
    read_entries,
    summaries,
    summaries_to_frame,
    to_frame,
)
from perturb_evals.leaderboard.entries import Entries


def test_every_system_of_every_track_has_a_row_with_its_numbers(runs: dict[str, Path]) -> None:
    boards = make_boards(read_entries([str(log) for log in runs.values()]))
    frame = to_frame(boards)
    rows = [(board, track, row) for board in boards for track in board.tracks for row in track.rows]
    assert len(boards) == 3
    assert len(frame) == len(rows)
    for found, (board, track, row) in zip(frame.itertuples(), rows, strict=True):
        assert (found.board_key, found.task) == (board.key, board.parts["task"])
        assert (found.track, found.lines) == (track.name, ",".join(track.lines))
        assert (found.system, found.kind) == (row.entry.name, row.entry.kind)
        assert (found.metric, found.better) == (board.headline, board.better)
        assert (None if pd.isna(found.rank) else found.rank) == row.rank
        assert bool(found.why_unranked) == (row.rank is None)
        figures = {"value": row.entry.figure, "skill": row.skill, "behind_best": row.behind}
        figures["added"] = row.added
        figures["companion"] = row.entry.companion
        beside = "mae_top20_no_target" if board.headline == "mae_top20" else ""
        assert found.companion_metric == beside
        assert bool(beside) == (row.entry.companion is not None)
        assert found.added_to == (track.floor.name if track.floor else "")
        for name, figure in figures.items():
            number = getattr(found, name)
            assert (None if pd.isna(number) else number) == (figure and figure.value)
        run = row.entry.result
        assert found.log == (run.log if run else "")
        assert pd.isna(found.coverage) == (run is None)
    best = frame[frame["rank"] == 1]
    assert best.groupby(["board_key", "track", "lines"]).size().min() >= 1
    ends = frame.dropna(subset="lower")
    assert (ends["lower"] <= ends["upper"]).all()


def test_every_mean_of_a_summary_has_a_row(world: Any, a_result: Any, entry_of: Any) -> None:
    entries = [
        entry_of(a_result(model=name, context=line), world.predictions(knows, "a"), name)
        for line in ("k562", "rpe1")
        for name, knows in (("good", 2.0), ("lone", 1.0))
        if (name, line) != ("lone", "rpe1")
    ]
    summed = summaries(make_boards(Entries(tuple(entries), (), (), ())))
    frame = summaries_to_frame(summed)
    (summary,) = summed
    assert list(zip(frame["system"], frame["mean_of"], frame["task"], strict=True)) == [
        ("good", "skill", ""),
        ("good", "auroc_per_gene", "perturbqa_de"),
        ("lone", "skill", ""),
        ("lone", "auroc_per_gene", "perturbqa_de"),
    ]
    assert set(frame["contexts"]) == {"k562,rpe1"}
    (over,) = summary.rows[0].over_lines
    assert frame["value"][1] == over.value
    assert frame["lower"][1] < frame["value"][1] < frame["upper"][1]
    assert frame["value"][2:].isna().all()
    assert len(summaries_to_frame(())) == 0


def test_no_boards_are_a_table_without_rows() -> None:
    frame = to_frame(())
    assert len(frame) == 0
    assert {"rank", "system", "value", "skill_lower", "log"} <= set(frame.columns)
