"""The site: static pages that open from disk and from any web server.

Pages, plots and CSV files are named by hashes and numbers, never by text from logs. All text is
escaped by the templates; a content security policy is a second wall. No page asks for anything
outside the site.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from perturb_evals.leaderboard.boards import Board
from perturb_evals.leaderboard.comparison import Comparison
from perturb_evals.leaderboard.entries import Entries
from perturb_evals.leaderboard.first_prompt import FirstPrompt
from perturb_evals.leaderboard.site.folder import SiteError, whole_folder
from perturb_evals.leaderboard.site.links import Transcripts, board_page
from perturb_evals.leaderboard.site.page import Page
from perturb_evals.leaderboard.site.pages.board import board_page_of
from perturb_evals.leaderboard.site.pages.comparison import (
    board_of,
    comparison_file,
    comparison_page_of,
    comparison_title,
)
from perturb_evals.leaderboard.site.pages.data import data_page_of
from perturb_evals.leaderboard.site.pages.index import index_page_of
from perturb_evals.leaderboard.site.pages.methods import methods_page_of
from perturb_evals.leaderboard.site.pages.system import system_pages_of
from perturb_evals.leaderboard.site.render import render
from perturb_evals.leaderboard.summary import Summary

STATIC = ("site.css", "site.js")

__all__ = ["SiteError", "write_site"]


def write_site(
    folder: Path,
    boards: Sequence[Board],
    summaries: Sequence[Summary],
    comparisons: Sequence[Comparison],
    entries: Entries,
    *,
    prompts: Mapping[str, FirstPrompt],
    transcripts: str | None,
) -> None:
    """Write the site, whole or not at all. Equal input gives equal files.

    Args:
        folder: Where; new, empty, or a site of this package, which is replaced.
        boards: All boards.
        summaries: Their summaries.
        comparisons: Those to show.
        entries: What the boards were made of, for what takes no part.
        prompts: What runs asked first, by the id of the run.
        transcripts: Relative URL of a bundled log viewer inside the site, e.g. `transcripts/`,
            which links lead into; None for no such links.

    Raises:
        SiteError: The folder holds something else.
        OSError: It cannot be written.
    """
    links = Transcripts(transcripts)
    with whole_folder(folder) as part:
        for name in ("plots", "tables"):
            (part / name).mkdir()
        for name in STATIC:
            source = files("perturb_evals.leaderboard.site").joinpath("static", name)
            (part / name).write_bytes(source.read_bytes())
        runs = [entry.result.created for entry in entries.complete if entry.result is not None]
        shared = {
            "n_runs": len(runs),
            "newest": f"{max(runs):%Y-%m-%d}" if runs else "",
            "transcripts": transcripts is not None,
        }
        for page in _pages(boards, summaries, comparisons, entries, prompts, links):
            _write(part / page.file, render(page, shared))
            for table in page.tables:
                _write(part / table.file, table.csv())
            for plot in page.plots:
                _write(part / plot.file, plot.svg)


def _pages(
    boards: Sequence[Board],
    summaries: Sequence[Summary],
    comparisons: Sequence[Comparison],
    entries: Entries,
    prompts: Mapping[str, FirstPrompt],
    transcripts: Transcripts,
) -> list[Page]:
    compared = {comparison_file(found): comparison_title(found) for found in comparisons}
    on_board = {comparison_file(found): board_of(found) for found in comparisons}
    return [
        index_page_of(boards, summaries, entries, compared),
        *(
            board_page_of(
                board,
                {
                    file: title
                    for file, title in compared.items()
                    if on_board[file] == board_page(board)
                },
                transcripts,
            )
            for board in boards
        ),
        *system_pages_of(boards, transcripts, prompts),
        *(comparison_page_of(found, transcripts) for found in comparisons),
        methods_page_of(),
        data_page_of(entries),
    ]


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
