"""The page of memory."""

import csv
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from perturb_evals.leaderboard.boards import make_boards
from perturb_evals.leaderboard.entries import Entries
from perturb_evals.leaderboard.known import KnownBoard, known_board
from perturb_evals.leaderboard.results.result import Figure
from perturb_evals.leaderboard.site.page import board_page, board_stem
from perturb_evals.leaderboard.site.pages.board import board_page_of
from perturb_evals.leaderboard.site.pages.memory import memory_page_of
from perturb_evals.leaderboard.site.writer import render_page
from perturb_evals.leaderboard.text import MISSING
from perturb_evals.leaderboard.viewer import Transcripts

SHARED = {"n_runs": 1, "newest": "", "transcripts": False}


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.replace("<wbr>", "")).split())


def test_each_board_has_its_tables_and_a_link_there_and_back(harmful: Any) -> None:
    known = [known_board(board) for board in harmful.boards]
    page = memory_page_of(known)
    html = render_page(page, SHARED)
    for one in known:
        stem = board_stem(one.board.key, one.board.data_sha256)
        assert f'id="{stem}"' in html
        assert f'href="{board_page(one.board)}"' in html
        own = board_page_of(one.board, {}, Transcripts(None))
        assert f'href="memory.html#{stem}"' in render_page(own, SHARED)
        (part,) = [part for part in one.parts if part.thirds]
        (table,) = [table for table in page.tables if table.name == f"{stem}-known-1"]
        rows = list(csv.DictReader(table.csv().splitlines()))
        assert [float(row["best_known"]) for row in rows] == [
            row.within[-1].value for row in part.rows
        ]
        assert [row["in_words"] for row in rows] == [row.verdict for row in part.rows]
    assert "baselines, which ask no model, stand beside" in words(html)


def test_a_difference_stands_with_its_interval_and_its_words_on_a_phone_too(harmful: Any) -> None:
    known = known_board(harmful.boards[0])
    (part,) = [part for part in known.parts if part.thirds]
    bare = Figure(value=-0.125)
    told = Figure(value=0.25, lower=0.125, upper=0.375)
    rows = [replace(part.rows[0], ahead=ahead) for ahead in (bare, told, None)]
    page = memory_page_of([replace(known, parts=(replace(part, rows=tuple(rows)),))])
    (table,) = [table for table in page.tables if table.name.endswith("-known-1")]
    shown = {column.label: n for n, column in enumerate(table.columns) if not column.extra}
    assert list(shown) == ["System", "Best minus least known", "In words"]
    cells = [row.cells[shown["Best minus least known"]] for row in table.rows]
    assert [(cell.text, cell.note) for cell in cells] == [
        (MISSING, ""),
        ("0.250", "[0.125, 0.375]"),
        (MISSING, ""),
    ]
    assert [cell.values[0] for cell in cells] == [-0.125, 0.25, None]
    assert [cell.sort for cell in cells] == [None, 0.25, None]
    html = render_page(page, SHARED)
    assert "0.125" not in html.replace("[0.125, 0.375]", "")
    assert "Too few perturbations to tell." in html


def test_the_release_of_a_model_stands_beside_the_day_of_the_data(
    run_of: Callable[..., Any], harmful: Any
) -> None:
    page = memory_page_of([known_board(board) for board in harmful.boards])
    (released,) = [table for table in page.tables if table.name == "released"]
    assert len(released) == 6
    assert "know the day of release" in words(render_page(page, SHARED))
    (board,) = make_boards(
        Entries((run_of("openai/gpt-4o", 1), run_of("maker/new", 2)), (), (), ())
    )
    page = memory_page_of([known_board(board)])
    rows = list(csv.DictReader(page.tables[0].csv().splitlines()))
    assert {row["system"]: bool(row["released"]) for row in rows} == {
        "openai/gpt-4o": True,
        "maker/new": False,
    }
    assert "Was the model there before the data?" in words(render_page(page, SHARED))


def test_what_is_lacking_is_told_with_how_to_get_it(harmful: Any) -> None:
    said = "x is not on this machine; `perturb-evals data fetch x` gets it. <b>"
    html = render_page(memory_page_of([KnownBoard(harmful.boards[0], "", (), said)]), SHARED)
    assert "<code>perturb-evals data fetch x</code>" in html
    assert "&lt;b&gt;" in html


def test_without_a_board_the_page_says_so() -> None:
    said = words(render_page(memory_page_of([]), SHARED))
    assert "There is no board." in said
    assert "No model was asked." in said
