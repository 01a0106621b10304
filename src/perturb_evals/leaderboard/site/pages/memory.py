"""The page of memory: skill by how well known genes are, and release dates beside publications."""

from collections.abc import Sequence
from typing import Any

from perturb_evals.leaderboard.known import THIRDS, KnownBoard, KnownPart
from perturb_evals.leaderboard.site.columns import known as columns
from perturb_evals.leaderboard.site.columns import standings
from perturb_evals.leaderboard.site.columns.standings import Place
from perturb_evals.leaderboard.site.page import Page, board_page, board_stem
from perturb_evals.leaderboard.site.table import table_about
from perturb_evals.leaderboard.systems import asks_model

FILE = "memory.html"
KNOWN = (columns.SYSTEM, *columns.WITHIN, columns.AHEAD, columns.VERDICT)
RELEASED = (standings.SYSTEM, standings.BOARD, standings.RELEASED, columns.PUBLIC)


def memory_page_of(boards: Sequence[KnownBoard]) -> Page:
    """Return the page.

    Args:
        boards: The boards of the site, by how well known their genes are.
    """
    sections = [_section(known) for known in boards]
    released = table_about(
        "released",
        "When models were released, and when the data they were asked about became public",
        RELEASED,
        _asked(boards),
    )
    return Page(
        file=FILE,
        template="memory.html",
        title="Memory",
        values={
            "sections": sections,
            "released": released,
            "dates": any(row.cells[2].values[0] for row in released.rows),
        },
        tables=(released, *(part["table"] for own in sections for part in own["parts"])),
    )


def memory_of(board_stem: str) -> str:
    """Return the URL of what the page says of a board."""
    return f"{FILE}#{board_stem}"


def _section(known: KnownBoard) -> dict[str, Any]:
    board = known.board
    stem = board_stem(board.key, board.data_sha256)
    return {
        "id": stem,
        "title": board.title,
        "href": board_page(board),
        "why_not": known.why_not,
        "parts": [
            {
                "about": _about(part, known.what),
                "table": table_about(
                    f"{stem}-known-{n}",
                    f"{board.title}, {board.headline} by how well known the {part.part} is",
                    KNOWN,
                    part.rows,
                    muted=lambda row: row.entry.kind != "system",
                ),
            }
            for n, part in enumerate(known.parts, 1)
        ],
    }


def _about(part: KnownPart, what: str) -> str:
    """Return in sentences how the genes of a part were cut."""
    said = f"By the {part.part}: {what}."
    if part.thirds:
        cut = ", ".join(
            f"{third.n_genes:,} {name} ({third.fewest:,.6g} to {third.most:,.6g})"
            for name, third in zip(THIRDS, part.thirds, strict=True)
        )
        said += f" Genes: {cut}."
    else:
        said += f" {part.why_not}"
    if part.n_unknown:
        have = "has no count and is" if part.n_unknown == 1 else "have no count and are"
        said += f" {part.n_unknown:,} {have} left out."
    return said


def _asked(boards: Sequence[KnownBoard]) -> list[Place]:
    """Return the places of systems that may have asked a model, each run once."""
    found = {
        id(row.entry): Place(known.board, track, row)
        for known in boards
        for track in known.board.tracks
        for row in track.rows
        if row.entry.result is not None and asks_model(row.entry.result.protocol)
    }
    return list(found.values())
