"""The boards as a table of pandas."""

from pathlib import Path

import pandas as pd

from perturb_evals.leaderboard import make_boards, read_entries, to_frame


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


def test_no_boards_are_a_table_without_rows() -> None:
    frame = to_frame(())
    assert len(frame) == 0
    assert {"rank", "system", "value", "skill_lower", "log"} <= set(frame.columns)
