"""The site: static pages that open from disk and from any web server.

Pages, plots and CSV files are named by hashes and numbers, never by text from logs. All text is
escaped by the templates; a content security policy is a second wall. No page asks for anything
outside the site. The folder appears whole: it is written beside its place, then moved there.
"""

import re
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from perturb_evals import __version__
from perturb_evals.datasets.errors import DataError
from perturb_evals.leaderboard.boards import Board
from perturb_evals.leaderboard.comparison import Comparison
from perturb_evals.leaderboard.entries import Entries
from perturb_evals.leaderboard.first_prompt import FirstPrompt
from perturb_evals.leaderboard.known import KnownBoard
from perturb_evals.leaderboard.site.page import Page, board_page
from perturb_evals.leaderboard.site.pages.board import board_page_of
from perturb_evals.leaderboard.site.pages.comparison import (
    board_of,
    comparison_file,
    comparison_page_of,
    comparison_title,
)
from perturb_evals.leaderboard.site.pages.data import data_page_of
from perturb_evals.leaderboard.site.pages.index import index_page_of
from perturb_evals.leaderboard.site.pages.memory import FILE as MEMORY
from perturb_evals.leaderboard.site.pages.memory import memory_page_of
from perturb_evals.leaderboard.site.pages.methods import methods_page_of
from perturb_evals.leaderboard.site.pages.system import system_pages_of
from perturb_evals.leaderboard.summary import Summary
from perturb_evals.leaderboard.untrusted_text import cut, visible
from perturb_evals.leaderboard.viewer import Transcripts

STATIC = ("site.css", "site.js")
NAVIGATION = (
    ("index.html", "Overview"),
    (MEMORY, "Memory"),
    ("methods.html", "Methods"),
    ("data.html", "Data and runs"),
)
MARKER = ".perturb-evals-site"
"""A file that says that a folder is a site of this package, and may be replaced by one."""


class SiteError(DataError):
    """A site that cannot be written. The message says why, and what to do."""


def write_site(
    folder: Path,
    boards: Sequence[Board],
    summaries: Sequence[Summary],
    comparisons: Sequence[Comparison],
    entries: Entries,
    *,
    known: Sequence[KnownBoard],
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
        known: The boards by how well known their genes are.
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
        for page in _pages(boards, summaries, comparisons, entries, known, prompts, links):
            _write(part / page.file, render_page(page, shared))
            for table in filter(len, page.tables):
                _write(part / table.file, table.csv())
            for plot in page.plots:
                for file, svg in plot.files.items():
                    _write(part / file, svg)


def _pages(
    boards: Sequence[Board],
    summaries: Sequence[Summary],
    comparisons: Sequence[Comparison],
    entries: Entries,
    known: Sequence[KnownBoard],
    prompts: Mapping[str, FirstPrompt],
    transcripts: Transcripts,
) -> list[Page]:
    compared = [(board_of(c), comparison_file(c), comparison_title(c)) for c in comparisons]

    def on(url: str) -> dict[str, str]:
        return {file: title for board, file, title in compared if board == url}

    return [
        index_page_of(boards, summaries, entries, {file: title for _, file, title in compared}),
        *(board_page_of(board, on(board_page(board)), transcripts) for board in boards),
        *system_pages_of(boards, transcripts, prompts),
        *(comparison_page_of(found, transcripts) for found in comparisons),
        memory_page_of(known),
        methods_page_of(),
        data_page_of(entries),
    ]


def _write(path: Path, text: str) -> None:
    """Write a page, script or table; what could steer a browser or terminal is left out."""
    path.write_text(visible(text), encoding="utf-8", errors="replace", newline="\n")


def render_page(page: Page, shared: Mapping[str, Any]) -> str:
    """Return the HTML of a page; all that is put into its template is escaped.

    Args:
        page: The page.
        shared: What all pages use: `n_runs`, `newest` and `transcripts`.
    """
    template = _environment().get_template(page.template)
    values = {**shared, **page.values}
    return template.render(page=page, navigation=NAVIGATION, version=__version__, **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("perturb_evals.leaderboard.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_cut,
    )
    environment.filters["with_code"] = _with_code
    environment.filters["breakable"] = _breakable
    return environment


def _cut(value: Any) -> Any:
    """Return what is put into a page; of a text from a log that fills it the beginning."""
    return cut(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _with_code(sentence: str) -> Markup:
    """Return a sentence, escaped, with what stands in backticks as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(cut(sentence)))))


def _breakable(name: str) -> Markup:
    """Return a name, escaped, that a narrow column may break behind the signs it is made with."""
    return Markup("<wbr>").join(re.split(r"(?<=[/_,:-])(?=.)", cut(name)))


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder to write to; it takes the place of `folder` at the end.

    After an error nothing is left behind, and a site that was there before is untouched.

    Raises:
        SiteError: `folder` is a file, or a folder with anything but a site of this package.
        OSError: It cannot be written.
    """
    _check(folder)
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.with_name(f".{uuid.uuid4().hex}.part")
    part.mkdir()
    try:
        yield part
        (part / MARKER).write_text("Written by perturb-evals; may be replaced.\n", "utf-8")
        _check(folder)
        _replace(folder, part)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _check(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise SiteError(f"{folder} is no folder. Name a new or empty folder for the site.")
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise SiteError(
            f"{folder} holds other files than a site of perturb-evals (there is no {MARKER}), so "
            "it is not replaced. Name a new or empty folder."
        )


def _replace(folder: Path, part: Path) -> None:
    """Move `part` to `folder`; what was there is put back if that fails."""
    if not folder.exists():
        part.rename(folder)
        return
    old = folder.with_name(f".{uuid.uuid4().hex}.old")
    folder.rename(old)
    try:
        part.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old)
