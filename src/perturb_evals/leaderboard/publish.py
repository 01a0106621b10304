"""From boards to a site with its comparisons and, if wanted, the transcripts beside it."""

import io
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path

from inspect_ai.log import bundle_log_dir

from perturb_evals.datasets.errors import why
from perturb_evals.leaderboard.boards import Board
from perturb_evals.leaderboard.comparison import MOST_COMPARED, Comparison, compare
from perturb_evals.leaderboard.entries import Entries, Entry
from perturb_evals.leaderboard.first_prompt import first_prompt
from perturb_evals.leaderboard.known import known_board
from perturb_evals.leaderboard.site.writer import SiteError, write_site
from perturb_evals.leaderboard.summary import Summary
from perturb_evals.leaderboard.text import track_text
from perturb_evals.logs.headers import log_name

TRANSCRIPTS = "transcripts"

__all__ = ["SiteError", "publish"]


def publish(
    folder: Path,
    boards: Sequence[Board],
    summaries: Sequence[Summary],
    entries: Entries,
    *,
    transcripts: bool,
    counts: Mapping[str, float] | None = None,
) -> None:
    """Write the site.

    Args:
        folder: Where; replaced if a site of ours is there.
        boards: The boards.
        summaries: Their summaries.
        entries: What they were made of.
        transcripts: Whether to bundle Inspect's log viewer with the complete runs beside the pages.
        counts: How well known genes are, by symbol, in the place of what is written of them.

    Raises:
        SiteError: The folder holds something else.
        LogsError: A sample cannot be read.
    """
    comparisons = [found for board in boards for found in comparisons_of(board)]
    known = [known_board(board, counts) for board in boards]
    prompts = {
        entry.result.eval_id: prompt
        for entry in (*entries.complete, *entries.controls)
        if entry.result is not None and (prompt := first_prompt(entry)) is not None
    }
    beside = f"{TRANSCRIPTS}/" if transcripts else None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".bundle-"):
            pass
    except OSError as error:  # it would name a folder that nobody asked for
        raise SiteError(f"{folder}: no site can be written there: {why(error)}.") from error
    # Beside the site, so that the finished bundle is moved into it, not copied.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".bundle-") as scratch:
        bundle = Path(scratch) / TRANSCRIPTS
        if transcripts:
            _bundle(entries, bundle)
        write_site(
            folder,
            boards,
            summaries,
            comparisons,
            entries,
            known=known,
            prompts=prompts,
            transcripts=beside,
        )
        if transcripts:
            bundle.rename(folder / TRANSCRIPTS)


def comparisons_of(board: Board) -> list[Comparison]:
    """Return a comparison for every track in which two systems or more are ranked.

    At most `MOST_COMPARED` are compared, those with the best headline. The best baseline has a
    place; all others are for systems, and further baselines take what these leave.
    """
    found = []
    for track in board.tracks:
        ranked = [row.entry for row in track.rows if row.rank is not None]
        chosen = _chosen(ranked)
        if len(chosen) > 1 and any(entry.result for entry in chosen):
            title = track_text(track.name, track.lines)
            left_out = [entry for entry in ranked if entry not in chosen]
            found.append(compare(chosen, title, left_out=left_out))
    return found


def _chosen(ranked: Sequence[Entry]) -> list[Entry]:
    """Return systems, then baselines, each in their order."""
    systems = [entry for entry in ranked if entry.kind == "system"]
    baselines = [entry for entry in ranked if entry.kind != "system"]
    n_systems = MOST_COMPARED - 1 if baselines else MOST_COMPARED
    return [*systems[:n_systems], *baselines][:MOST_COMPARED]


def _bundle(entries: Entries, folder: Path) -> None:
    """Bundle the viewer with the logs of complete runs; names of log files stay.

    Raises:
        SiteError: Two logs have one name.
    """
    with tempfile.TemporaryDirectory() as scratch:
        for entry in (*entries.complete, *entries.controls):
            if entry.result is not None:
                _copy(entry.result.log, Path(scratch) / log_name(entry.result.log))
        with redirect_stdout(io.StringIO()):  # it says where it writes, which is not the answer
            bundle_log_dir(log_dir=scratch, output_dir=str(folder), overwrite=True)


def _copy(log: str, target: Path) -> None:
    import fsspec

    if target.exists():
        raise SiteError(
            f"Two logs are called {target.name}, but in the viewer each needs a name of its own. "
            "Rename one, or write the site without transcripts."
        )
    with fsspec.open(log, "rb") as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy)
