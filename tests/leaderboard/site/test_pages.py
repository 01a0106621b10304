import csv
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inspect_ai.log import read_eval_log
from markupsafe import escape

from perturb_evals.families.outcome import MeanOutcome
from perturb_evals.leaderboard.boards import Board, BoardTrack, make_boards
from perturb_evals.leaderboard.comparison import MOST_COMPARED
from perturb_evals.leaderboard.conclusion import conclusion, overall
from perturb_evals.leaderboard.entries import Entries, Entry, read_entries
from perturb_evals.leaderboard.ranks import Row
from perturb_evals.leaderboard.results.from_log import metrics as metrics_of
from perturb_evals.leaderboard.results.result import Figure, Result
from perturb_evals.leaderboard.site.columns import compared, methods, runs, standings
from perturb_evals.leaderboard.site.own_track import standing
from perturb_evals.leaderboard.site.page import WRITTEN, Page
from perturb_evals.leaderboard.site.pages.board import board_page_of
from perturb_evals.leaderboard.site.pages.comparison import (
    LISTED,
    comparison_page_of,
)
from perturb_evals.leaderboard.site.pages.data import data_page_of
from perturb_evals.leaderboard.site.pages.index import index_page_of
from perturb_evals.leaderboard.site.pages.methods import methods_page_of
from perturb_evals.leaderboard.site.pages.system import system_pages_of
from perturb_evals.leaderboard.site.table import Column
from perturb_evals.leaderboard.site.writer import render_page
from perturb_evals.leaderboard.summary import summaries
from perturb_evals.leaderboard.text import MISSING
from perturb_evals.leaderboard.viewer import Transcripts
from perturb_evals.metrics.expression.regression import COUNTS as EXPRESSION_COUNTS
from perturb_evals.metrics.expression.spec import EXPRESSION_METRICS
from perturb_evals.metrics.pairs.spec import PAIR_METRICS
from perturb_evals.scorers.expression.results import DROPS
from perturb_evals.scorers.pairs.reading import REASONS

SHARED = {"n_runs": 1, "newest": "2026-01-01", "transcripts": False}
NO_LINKS = Transcripts(None)


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.replace("<wbr>", "")).split())


@pytest.fixture
def langpert(a_result: Callable[..., Result]) -> Board:
    """A board of a screen with a published counterpart; its rows are made by hand."""
    parts = {
        "task": "langpert",
        "context": "replogle_k562",
        "data": "abcdef",
        "split": "123456",
        "fold": "all",
        "train": "all",
        "rank": "abs_delta",
        "metric_version": 1,
    }
    result = a_result(model="maker/model", task="langpert", board=parts, context="replogle_k562")
    units = tuple(f"P{n}" for n in range(6))
    beside = MeanOutcome(units, np.arange(6) / 20, units)
    outcome = MeanOutcome(units, np.arange(6) / 10, units, beside)
    figure = Figure(value=0.25, lower=0.1, upper=0.4)
    entry = Entry("s", "maker/model", "system", "ask", "training", (), figure, outcome, result)
    oracle = replace(entry, name="oracle_neighbors", kind="truth", result=None)
    failed = a_result(
        model="maker/broken", task="langpert", status="error", reason="It broke.", board=parts
    )
    return Board(
        key="langpert|replogle_k562|v:1",
        parts=parts,
        data_sha256="abcdef" * 8,
        headline="mae_top20",
        better="lower",
        n_units=6,
        n_perturbations=6,
        tracks=(
            BoardTrack(
                "training",
                (),
                (
                    Row(oracle, None, False, None, None, "reads the truth"),
                    Row(entry, 1, True, None, None, ""),
                ),
            ),
        ),
        scale=None,
        incomplete=(failed,),
        apart=("Not ranked with another board here: split is 123456, not 654321.",),
        notes=("The reference rows could not be computed: no data.",),
    )


def test_a_board_says_what_is_set_apart_and_what_is_missing(langpert: Board) -> None:
    page = board_page_of(langpert, {}, NO_LINKS)
    said = words(render_page(page, SHARED))
    for sentence in (*langpert.apart, *langpert.notes):
        assert sentence in said
    assert "There is no skill score here" in said
    assert "No ranked system of this track used a model" in said
    assert "maker/broken" in said
    assert "It broke." in said
    assert "reads the truth" in said
    assert "questions=scored" not in said


def test_what_stands_beside_the_headline_is_in_its_cell(langpert: Board) -> None:
    page = board_page_of(langpert, {}, NO_LINKS)
    said = words(render_page(page, SHARED))
    assert "[0.100, 0.400] 0.125 without the perturbed gene" in said
    rows = list(csv.DictReader(page.tables[0].csv().splitlines()))
    ours = [row for row in rows if row["kind"] != "published"]
    assert len(ours) < len(rows)
    assert {(row["headline"], row["companion"]) for row in ours} == {("0.25", "0.125")}
    assert {row["companion"] for row in rows if row not in ours} == {""}


def test_commands_in_notes_are_code_and_all_else_is_escaped(langpert: Board) -> None:
    note = "The row of <b>x</b> is not here: `perturb-evals data fetch <i>` gets it, ` alone."
    html = render_page(
        board_page_of(replace(langpert, notes=(note,)), {}, Transcripts(None)), SHARED
    )
    assert "<code>perturb-evals data fetch &lt;i&gt;</code> gets it, ` alone." in html
    assert "of &lt;b&gt;x&lt;/b&gt; is" in html


def test_a_difference_that_rounds_to_nothing_has_the_digits_of_the_headline(harmful: Any) -> None:
    board = short(harmful.boards[0])
    (row, *others) = board.tracks[0].rows
    tiny = Figure(value=-0.00043, lower=-0.02, upper=0.0002)
    row = replace(row, added=tiny, behind=tiny, skill=tiny)
    track = replace(board.tracks[0], rows=(row, *others))
    place = standings.Place(board, track, row)
    for column in (standings.ADDED, standings.BEHIND, standings.SKILL):
        cell = column.cell(place)
        assert cell
        assert (cell.text, cell.note) == ("0.000", "[\N{MINUS SIGN}0.020, 0.000]")
        assert cell.values == (-0.00043, -0.02, 0.0002)


def test_published_numbers_stand_apart_with_their_differences(langpert: Board) -> None:
    page = board_page_of(langpert, {}, NO_LINKS)
    (published,) = [table for table in page.tables if table.name.endswith("-published")]
    assert all(row.muted for row in published.rows)
    assert all(len(row.cells[3].text) > 40 for row in published.rows)
    assert "have no rank" in words(render_page(page, SHARED))


def test_published_numbers_stand_in_their_track_unranked_in_order_of_value(
    langpert: Board,
) -> None:
    page = board_page_of(langpert, {}, NO_LINKS)
    (ranked,) = [table for table in page.tables if table.columns[0] is standings.RANK]
    published = [row for row in ranked.rows if row.cells[1].href == "#published"]
    lines = langpert.family.published(langpert.parts)
    assert [row.cells[1].text for row in published] == [line.system for line in lines]
    assert all(row.muted and row.cells[0].values[0] is None for row in published)
    assert all(row.cells[1].values[1] == "published" for row in published)
    values = [row.cells[2].values[0] for row in ranked.rows]
    assert values == sorted(values, key=float)  # an error: the lowest is the best
    assert len(ranked.rows) > len(published)


def short(board: Board) -> Board:
    """The board with two runs a track, so that plots are small."""

    def runs(track: BoardTrack) -> list[Row]:
        return [row for row in track.rows if row.entry.result is not None]

    return replace(board, tracks=tuple(replace(t, rows=runs(t)[:2]) for t in board.tracks))


def test_a_board_of_scored_questions_says_that_the_base_rate_is_selected(harmful: Any) -> None:
    board = short(harmful.boards[0])
    assert "the base rate is selected" in words(
        render_page(board_page_of(board, {}, NO_LINKS), SHARED)
    )
    whole = replace(board, parts={**board.parts, "questions": "all"})
    assert "is selected" not in words(render_page(board_page_of(whole, {}, NO_LINKS), SHARED))


def test_costs_make_a_plot_and_tokens_stand_in_where_a_price_lacks(harmful: Any) -> None:
    board = short(harmful.boards[0])

    def captions(board: Board) -> str:
        page = board_page_of(board, {}, NO_LINKS)
        return " ".join(plot.caption for plot in page.plots if plot.name.endswith("-cost"))

    assert "frontier" in captions(board)
    assert "Tokens stand in" not in captions(board)
    tracks = [replace(t, rows=tuple(map(without_price, t.rows))) for t in board.tracks]
    assert "Tokens stand in" in captions(replace(board, tracks=tuple(tracks)))


def without_price(row: Row) -> Row:
    result = row.entry.result
    if result is None:
        return row
    usage = result.usage.model_copy(update={"cost": None})
    return replace(row, entry=replace(row.entry, result=result.model_copy(update={"usage": usage})))


def test_a_comparison_lists_pairs_of_systems_first(harmful: Any) -> None:
    comparison = harmful.comparisons[0]
    kinds = {kind for pair in comparison.pairs for kind in (pair.a.kind, pair.b.kind)}
    assert kinds == {"system"}
    page = comparison_page_of(comparison, NO_LINKS)
    assert len(page.values["details"]) == min(LISTED, len(comparison.pairs))
    pairs = comparison.pairs
    baseline = replace(pairs[0].a, kind="baseline", name="constant")
    mixed = replace(
        comparison, pairs=(replace(pairs[0], a=baseline), *pairs[1:], *pairs, *pairs, *pairs)
    )
    page = comparison_page_of(mixed, NO_LINKS)
    assert len(page.values["details"]) == LISTED
    assert all("constant" not in (pair["a"], pair["b"]) for pair in page.values["details"])
    assert f"Listed for {LISTED} of {len(mixed.pairs)} pairs" in words(render_page(page, SHARED))


def text_of(page: Page) -> str:
    return unescape(words(render_page(page, SHARED)))


def test_a_comparison_is_titled_as_one_and_names_its_track(harmful: Any, seen: Any) -> None:
    comparison = replace(harmful.comparisons[0], track="cross (demo_a, demo_b)")
    html = render_page(comparison_page_of(comparison, NO_LINKS), SHARED)
    title = "Comparison: perturbqa_de on demo_a, track cross (demo_a, demo_b)"
    assert f"<title>{title} · perturb-evals</title>" in html
    assert f"<h1><bdi>{title}</bdi></h1>" in html
    by_hand = replace(comparison, track="")
    assert comparison_page_of(by_hand, NO_LINKS).title == "Comparison: perturbqa_de on demo_a"
    other = replace(comparison, track="cross (demo_a, demo_c)")
    files = [comparison_page_of(one, NO_LINKS).file for one in (comparison, other, by_hand)]
    assert len(set(files)) == 3


def test_a_comparison_says_whom_it_leaves_out_and_what_holm_covers(harmful: Any) -> None:
    comparison = replace(harmful.comparisons[0], track="none")
    n_pairs = len(comparison.pairs)
    whole = text_of(comparison_page_of(comparison, NO_LINKS))
    assert "Compared are all that are ranked in this track: 3 systems." in whole
    assert "left out" not in whole
    assert f"Holm's adjustment is over the {n_pairs} pairs in the table" in whole
    one = comparison.pairs[0].a
    baselines = [replace(one, kind="baseline", name=f"b{n}") for n in range(3)]
    pairs = tuple(replace(pair, b=baselines[0]) for pair in comparison.pairs[:2])
    left_out = (*(replace(one, name=f"m{n}") for n in range(4)), *baselines[1:])
    page = comparison_page_of(
        replace(comparison, pairs=(*comparison.pairs, *pairs), left_out=left_out), NO_LINKS
    )
    said = text_of(page)
    assert "Of the 10 ranked in this track 4 are compared" in said
    assert "the best 3 of 7 systems and the best 1 of 3 baselines, by the headline" in said
    assert "Holm's adjustment is over the 5 pairs in the table" in said
    assert "left out" in said
    assert "All pairs of the 4 compared" in said
    by_hand = text_of(comparison_page_of(replace(comparison, track=""), NO_LINKS))
    assert "ranked in this track" not in by_hand


def test_systems_that_answer_alike_are_said_to(harmful: Any) -> None:
    comparison = harmful.comparisons[0]
    pair = replace(
        comparison.pairs[0],
        difference=Figure(value=0.0, lower=0.0, upper=0.0),
        detectable=float("nan"),
        discordant=(),
    )
    assert pair.alike
    page = comparison_page_of(replace(comparison, pairs=(pair,)), NO_LINKS)
    said = text_of(page)
    assert "their answers rank alike" in said
    assert "They agree everywhere." in said
    (table,) = filter(len, page.tables)
    assert "nan" not in table.csv()
    assert 'data-sort="nan"' not in render_page(page, SHARED)
    undefined = replace(pair, difference=Figure(value=None))
    pairs = (undefined, comparison.pairs[1])
    said = text_of(comparison_page_of(replace(comparison, pairs=pairs), NO_LINKS))
    assert "alike" not in said
    assert "They agree" not in said
    assert "cannot be told apart on these data" in said


def test_questions_that_differ_as_much_as_the_last_one_listed_are_counted(harmful: Any) -> None:
    comparison = harmful.comparisons[0]
    pair = replace(comparison.pairs[0], n_more=1244)
    said = text_of(comparison_page_of(replace(comparison, pairs=(pair,)), NO_LINKS))
    assert "1,244 more questions differ as much as the last one listed." in said
    assert "in more pairs of their gene come first" in said
    (one, *_) = pair.discordant
    screen = replace(pair, discordant=(replace(one, truth=""),), n_more=1)
    of_screen = replace(comparison, pairs=(screen,), unit="perturbations")
    said = text_of(comparison_page_of(of_screen, NO_LINKS))
    assert "1 more perturbation differs as much as the last one listed." in said
    assert "pairs of their gene come first" not in said
    said = text_of(comparison_page_of(comparison, NO_LINKS))
    assert "differ as much" not in said


def metric_rows() -> list[str]:
    """Return what heads the rows of the metrics' tables: a name, or several with `*`."""
    tables = [table for table in methods_page_of().tables if table.name.startswith("metrics-")]
    heads = [row.cells[0] for table in tables for row in table.rows]
    return [name for cell in heads for name in (cell.text, *re.findall(r"\S+_\S+", cell.note))]


def test_every_metric_of_the_specification_is_explained_with_its_formula() -> None:
    assert set(metric_rows()) >= {*PAIR_METRICS, *EXPRESSION_METRICS}
    assert set(metric_rows()) >= {
        f"{name}_paper_se" for name, spec in EXPRESSION_METRICS.items() if spec.paper_se
    }
    rare = [f"n_{name}" for name in EXPRESSION_COUNTS if name.startswith(("undefined_", "only_"))]
    rare += [*(f"abstained_{reason}" for reason in REASONS), *(f"n_dropped_{why}" for why in DROPS)]
    for name in (*rare, "n_fallback_no_list", "n_read_from_cut_off"):
        assert any(fnmatchcase(name, row) for row in metric_rows()), name
    said = text_of(methods_page_of())
    for spec in (*PAIR_METRICS.values(), *EXPRESSION_METRICS.values()):
        assert spec.formula
        assert spec.formula in said


def test_every_metric_of_a_real_run_of_each_task_has_a_row(runs: dict[str, Path]) -> None:
    known = metric_rows()
    assert "*" not in known
    tasks = set()
    for path in runs.values():
        log = read_eval_log(str(path), header_only=True)
        found = metrics_of(log)
        assert found
        tasks.add(log.eval.task)
        # The bounds of an interval stand in the row of their metric.
        ends = {f"{name}{end}" for name in found for end in ("_lower", "_upper")}
        for name in set(found) - ends:
            assert any(fnmatchcase(name, row) for row in known), name
    assert len(tasks) == 3


def test_data_have_the_words_of_the_newest_run_about_their_licence(a_result: Any) -> None:
    days = [datetime(2026, 1, day, tzinfo=UTC) for day in (2, 1)]
    words = ("put right", "as it was written then")
    told = [a_result(created=day, licence=said) for day, said in zip(days, words, strict=True)]
    entries = Entries(complete=(), incomplete=tuple(told), older=(), set_aside=())
    (row,) = data_page_of(entries).tables[0].rows
    assert "put right" in [cell.text for cell in row.cells]


def test_methods_say_what_the_site_does_about_many_comparisons() -> None:
    said = text_of(methods_page_of())
    assert "These intervals hold for all differences within the tracks of a board at once" in said
    assert "over the pairs that the comparison shows" in said
    assert f"At most {MOST_COMPARED}" in said
    assert "`" not in said


def test_every_column_of_numbers_is_explained_in_words() -> None:
    here = {
        methods.METRIC_VALUE,
        compared.CREDIT_B,
        methods.PERFECT,
        methods.CONSTANT,
        methods.ABSTAINED,
        methods.MEAN_EFFECT,
        methods.NO_CHANGE,
    }
    defined = [
        value for module in (methods, compared, standings, runs) for value in vars(module).values()
    ]
    known = {value for value in defined if isinstance(value, Column)}
    assert {column for column in known if column.numeric} - here <= set(methods.EXPLAINED)
    said = words(render_page(methods_page_of(), SHARED)).replace("&#39;", "'").replace("&lt;", "<")
    for column in methods.EXPLAINED:
        assert column.about in said


def test_headings_of_a_board_and_of_the_overview(harmful: Any) -> None:
    page = board_page_of(short(harmful.boards[0]), {}, NO_LINKS)
    (first, *_), (ranked,) = page.tables, ranked_tables(page)
    assert [column.label for column in first.columns] == [
        *("Track", "Rank", "System", "Headline", "Added", "Skill", "Coverage", "Cost", "Released")
    ]
    assert [column.label for column in ranked.columns] == [
        *("Rank", "System", "Headline", "Added", "Skill", "Behind best", "Coverage", "Tokens"),
        *("Cost", "Calls", "Time", "Released"),
    ]
    index = index_page_of(harmful.boards, harmful.summaries, harmful.entries, {})
    shown = [column.label for table in index.tables for column in table.columns]
    assert {"Board", "Task", "Context", "Track", "Mean skill", "System"} <= set(shown)


def ranked_tables(page: Page) -> list[Any]:
    """The tables of a board's tracks."""
    return [table for table in page.tables if table.columns[0] is standings.RANK]


def folded(html: str) -> tuple[str, str]:
    """What a page shows at first, and what lies in closed details."""
    inside = " ".join(re.findall(r"<details>.*?</details>", html, re.DOTALL))
    return re.sub(r"<details>.*?</details>", "", html, flags=re.DOTALL), inside


def test_a_page_begins_with_its_answer_one_plot_and_one_table(harmful: Any) -> None:
    board = short(harmful.boards[0])
    pages = [
        board_page_of(board, {"compare-1.html": "Two"}, NO_LINKS),
        index_page_of(harmful.boards, harmful.summaries, harmful.entries, {"c.html": "Two"}),
    ]
    sentences = [
        conclusion(board, board.tracks[0], *WRITTEN),
        overall(harmful.boards, harmful.summaries, *WRITTEN),
    ]
    for page, sentence in zip(pages, sentences, strict=True):
        shown, inside = folded(render_page(page, SHARED))
        assert str(escape(sentence)) in shown
        assert (shown.count("<img"), shown.count("<table")) == (1, 1)
        assert shown.index(str(escape(sentence))) < shown.index("<img") < shown.index("<table")
        assert inside.count("<table") >= 1
        assert "How to read this" in inside


@pytest.fixture(scope="module")
def in_tracks(run_of: Callable[..., Entry]) -> Entries:
    """A run in each of three tracks of a board, the last one by lot."""
    lines = ["demo_a", "demo_b"]
    tracks = ({"track": "none"}, {"track": "within"}, {"track": "cross", "evidence_lines": lines})
    runs = [run_of(f"m/{n}", n, **track) for n, track in zip((1, 2, 4), tracks, strict=True)]
    return Entries(tuple(runs), (), (), ())


@pytest.fixture(scope="module")
def three_tracks(in_tracks: Entries) -> Board:
    """The board of these."""
    (board,) = make_boards(in_tracks)
    return board


def test_the_answer_of_a_board_is_of_the_tracks_where_models_are_ranked(
    three_tracks: Board,
) -> None:
    board = three_tracks
    page = board_page_of(board, {}, NO_LINKS)
    said = [section["title"] for section in page.values["answers"]]
    assert len(said) == len(board.tracks) == 3
    tracks = [
        replace(track, rows=tuple(r for r in track.rows if number == 0 or r.entry.kind != "system"))
        for number, track in enumerate(board.tracks)
    ]
    page = board_page_of(replace(board, tracks=tuple(tracks)), {}, NO_LINKS)
    assert [section["title"] for section in page.values["answers"]] == ["none"]
    assert len(page.values["sections"]) == 3


def test_every_system_stands_once_in_the_first_table_and_in_all_systems(
    three_tracks: Board, in_tracks: Entries
) -> None:
    board = three_tracks
    twice = [row.entry.name for track in board.tracks for row in track.rows]
    assert len(twice) > len(set(twice)), "baselines stand in the wider tracks too"
    (first, *_) = board_page_of(board, {}, NO_LINKS).tables
    names = [row.cells[2].text for row in first.rows]
    assert sorted(names) == sorted(set(twice))
    of_track = {row.cells[2].text: row.cells[0].values[0] for row in first.rows}
    for track in board.tracks:
        for row in track.rows:
            assert of_track[row.entry.name].startswith(row.entry.track)
    index = index_page_of([board], (), in_tracks, {})
    (rows,) = [table for table in index.tables if table.name == "rows"]
    stands = [(row.cells[0].text, row.cells[1].text, row.cells[2].text) for row in rows.rows]
    assert sorted(name for name, _, _ in stands) == sorted(names)


def test_the_overview_names_the_first_of_each_track_and_its_first_model(
    three_tracks: Board, in_tracks: Entries
) -> None:
    page = index_page_of([three_tracks], (), in_tracks, {})
    (table,) = [table for table in page.tables if table.name == "boards"]
    assert table.grouped
    numbers = []
    for track in three_tracks.tracks:
        ranked = [row.entry for row in track.rows if row.rank is not None]
        wanted = {ranked[0].name, next(e.name for e in ranked if e.kind == "system")}
        here = [row.cells[3].text for row in table.rows if row.cells[1].text == track.name]
        assert (len(here), set(here)) == (len(wanted), wanted)
        numbers.append(len(here))
    assert set(numbers) == {1, 2}, "a model is first in one track, a baseline in another"


def test_one_mark_is_for_what_is_tested_and_others_for_baselines(harmful: Any, seen: Any) -> None:
    page = board_page_of(harmful.boards[0], {}, NO_LINKS)
    kinds = {row.entry.kind for track in harmful.boards[0].tracks for row in track.rows}
    html = seen(render_page(page, SHARED))
    marks = [a["class"] for a in html.all("span") if str(a.get("class")).startswith("who")]
    assert set(marks) == {f"who {kind}" for kind in kinds}
    assert page.plots[0].kinds == kinds
    css = (files("perturb_evals.leaderboard.site") / "static" / "site.css").read_text("utf-8")
    users = [line for line in css.splitlines() if "var(--model)" in line]
    assert all(line.startswith(".who.system") for line in users)
    assert len(users) == 1


def test_what_models_add_is_a_line_and_a_column(harmful: Any, harm: str) -> None:
    board = harmful.boards[0]
    page = board_page_of(short(board), {}, NO_LINKS)
    html = render_page(page, SHARED)
    assert "Added to guessing (0.500): " in words(html)
    assert "asks no model" in words(html)
    assert harm not in html
    (table,) = ranked_tables(page)
    (column,) = [n for n, column in enumerate(table.columns) if column.label == "Added"]
    assert table.columns[column].fields == ("added", "added_lower", "added_upper")
    for cells, row in zip(table.rows, short(board).tracks[0].rows, strict=True):
        assert row.added
        assert cells.cells[column].sort == cells.cells[column].values[0] == row.added.value


def test_the_row_that_value_is_added_to_is_called_the_reference(runs: dict[str, Path]) -> None:
    (board,) = make_boards(read_entries([str(runs["mean langpert"])]))
    (track,) = board.tracks
    (row,) = [row for row in track.rows if track.is_floor(row)]
    cell = standings.ADDED.cell(standings.Place(board, track, row))
    assert cell
    assert (cell.text, cell.note) == ("\N{EN DASH}", "the reference")


def test_the_macro_mean_stands_beside_the_mean_skill(run_of: Any) -> None:
    ran = [run_of("a/model", 3, line=line) for line in ("demo_a", "demo_b")]
    entries = Entries((*ran, run_of("b/model", 2)), (), (), ())
    boards = make_boards(entries)
    page = index_page_of(boards, summaries(boards), entries, {})
    (table,) = [table for table in page.tables if table.name == "summary-1"]
    labels = [column.label for column in table.columns]
    at = labels.index("perturbqa_de: mean auroc_per_gene")
    cells = {row.cells[0].text: row.cells[at] for row in table.rows}
    values = [entry.outcome.value for entry in ran]
    assert cells["a/model"].values[0] == pytest.approx(np.mean(values))
    assert (cells["b/model"].text, cells["b/model"].note) == ("\N{EN DASH}", "a line is missing")
    assert "mean_auroc_per_gene_perturbqa_de_lower" in table.csv().splitlines()[0]
    assert "is the plain mean over demo_a, demo_b." in words(render_page(page, SHARED))


def test_gaps_of_the_summary_are_shown_and_not_filled(run_of: Any, harmful: Any) -> None:
    board = harmful.summaries[0]
    row = replace(board.rows[0], mean=None, skills=(board.rows[0].skills[0], None))
    page = index_page_of(harmful.boards, [replace(board, rows=(row,))], harmful.entries, {})
    said = words(render_page(page, SHARED))
    assert "a part is missing" in said
    assert "not run" in said


def test_a_summary_names_the_lines_of_its_track_and_says_what_it_leaves_out(harmful: Any) -> None:
    given = [
        replace(harmful.summaries[0], track="cross", lines=lines, notes=(note,))
        for lines, note in ((("demo_a", "demo_b"), "One is left out."), (("demo_a",), "None <is>."))
    ]
    page = index_page_of(harmful.boards, given, harmful.entries, {})
    captions = [table.caption for table in page.tables if table.name.startswith("summary")]
    assert len(set(captions)) == 2
    assert captions[0].endswith(", track cross (demo_a, demo_b)")
    said = text_of(page)
    assert "One is left out." in said
    assert "None <is>." in said


def test_csv_files_hold_the_numbers_of_the_pages(harmful_site: Path, harmful: Any) -> None:
    with (harmful_site / "tables" / "rows.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    shown = [(track, row) for b in harmful.boards for track, own in standing(b) for row in own]
    assert len(rows) == len(shown)
    for written, (track, row) in zip(rows, shown, strict=True):
        assert float(written["headline"]) == row.entry.figure.value
        assert written["rank"] == ("" if row.rank is None else str(row.rank))
        assert written["system"].removeprefix("'") == row.entry.name
        assert written["track"].startswith(track.name)
    assert "'=1+1" in {row["system"] for row in rows}


def test_a_system_page_says_how_to_run_it_again(harmful_site: Path) -> None:
    (page,) = [
        text
        for file in harmful_site.glob("system-*.html")
        if "<h1><bdi>openai/plain</bdi></h1>" in (text := file.read_text("utf-8"))
    ]
    said = words(page)
    command = "inspect eval perturb_evals/perturbqa_direction -T cell_line=demo_a"
    assert f"{command} --model openai/plain" in said
    for fact in ("296b81296b81", "temperature=0.6", "inspect_ai 0.3.285", "Cite openai/plain."):
        assert fact in said
    assert "2 complete runs" in said


def test_a_system_page_says_what_its_command_does_not(harmful: Any, harm: str) -> None:
    def lacking(row: Row, names: list[str]) -> Row:
        if row.entry.result is None:
            return row
        result = row.entry.result.model_copy(update={"left_out": names})
        return replace(row, entry=replace(row.entry, result=result))

    def pages(names: list[str]) -> str:
        tracks = [
            replace(track, rows=tuple(lacking(row, names) for row in track.rows))
            for track in harmful.boards[0].tracks
        ]
        made = system_pages_of([replace(harmful.boards[0], tracks=tuple(tracks))], NO_LINKS, {})
        return "".join(render_page(page, SHARED) for page in made)

    said = words(pages(["extra_headers", "stop_seqs", harm]))
    assert "The run was also given what the command does not say" in said
    assert "extra_headers , stop_seqs ," in said
    assert "<script>alert" not in pages([harm])
    assert "does not say" not in words(pages([]))


@pytest.mark.each("page", ["board", "system"])
def test_controls_stand_on_the_pages_of_their_board_and_system(harmful: Any, page: str) -> None:
    board = next(board for board in harmful.boards if board.controls)
    with_original, without = board.controls
    assert with_original.original is not None
    found: dict[str, Page] = {"board": board_page_of(board, {}, NO_LINKS)}
    pages = system_pages_of(harmful.boards, NO_LINKS, {})
    name = with_original.original.name
    (found["system"],) = [page for page in pages if page.title == name]
    (table,) = [t for t in found[page].tables if t.name.endswith("-controls")]
    rows = list(csv.DictReader(table.csv().splitlines()))
    assert len(rows) == (2 if page == "board" else 1)
    lost = with_original.lost
    assert float(rows[0]["taken_away"]) == lost.value
    assert float(rows[0]["taken_away_lower"]) == lost.lower
    assert float(rows[0]["original"]) == with_original.original.figure.value
    assert float(rows[0]["under_control"]) == with_original.entry.figure.value
    assert rows[0]["in_words"] == with_original.verdict
    assert float(rows[0]["coverage_original"]) == with_original.coverage[0]
    assert float(rows[0]["coverage_under_control"]) == with_original.coverage[1]
    html = render_page(found[page], SHARED)
    said = words(html)
    assert "What controls take away" in said
    assert with_original.coverage_text in said
    assert (
        f"the drop in score is what {'a' if page == 'board' else 'the'} system owed to it" in said
    )
    assert ("There is no run of the same" in said) == (page == "board")
    assert without.original is None


@pytest.mark.each(
    ("kept", "expected"),
    [
        ([0], "Controls : 1 run shows what answers rest on."),
        ([0, 0], "Controls : 2 runs show what answers rest on."),
        ([0, 1], "Controls : 1 run shows what answers rest on."),
        ([1], "Controls : there is no run of the same without the control."),
    ],
)
def test_a_board_leads_to_its_controls_from_above_the_fold(
    harmful: Any, kept: list[int], expected: str
) -> None:
    board = next(board for board in harmful.boards if board.controls)
    page = board_page_of(
        replace(board, controls=tuple(board.controls[n] for n in kept)), {}, NO_LINKS
    )
    shown, inside = folded(render_page(page, SHARED))
    assert expected in words(shown)
    (table,) = [table.name for table in page.tables if table.name.endswith("-controls")]
    assert f'<a href="#{table}">' in shown
    assert f'id="{table}"' in inside


@pytest.mark.each("page", ["board", "system"])
def test_a_phone_shows_the_words_about_a_control_with_what_it_took(harmful: Any, page: str) -> None:
    board = next(board for board in harmful.boards if board.controls)
    row = replace(board.controls[0], lost=Figure(value=0.125))
    board = replace(board, controls=(row,))
    pages = [board_page_of(board, {}, NO_LINKS), *system_pages_of([board], NO_LINKS, {})]
    title = board.title if page == "board" else row.original.name
    tables = [table for found in pages if found.title == title for table in found.tables]
    (table,) = [table for table in tables if table.name.endswith("-controls")]
    extra = {column.label: column.extra for column in table.columns}
    assert not extra["Taken away"]
    assert not extra["In words"]
    shown = dict(zip(extra, (cell.text for cell in table.rows[0].cells), strict=True))
    assert (shown["Taken away"], shown["In words"]) == (MISSING, row.verdict)
    assert "0.125" in table.csv()


def test_a_board_without_controls_says_nothing_of_them(langpert: Board) -> None:
    assert "controls" not in words(render_page(board_page_of(langpert, {}, NO_LINKS), SHARED))
