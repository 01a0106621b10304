"""The page of data: licences and citations, and every run that takes no part with its reason."""

from collections.abc import Sequence

from perturb_evals.leaderboard.entries import Entries
from perturb_evals.leaderboard.logs.headers import log_name
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.site import columns
from perturb_evals.leaderboard.site.page import Page
from perturb_evals.leaderboard.site.table import Cell, Table, TableRow, table_of, text

DATA = (columns.CONTEXT, columns.LICENCE, columns.CITATION, columns.DATA)
RUNS = (
    columns.MODEL,
    columns.SOLVER,
    columns.TASK,
    columns.CONTEXT,
    columns.STATUS,
    columns.REASON,
    columns.DATE,
    columns.LOG,
)
SET_ASIDE = (columns.LOG, columns.REASON)


def data_page_of(entries: Entries) -> Page:
    """Return the page.

    Args:
        entries: All runs, and what is set aside.
    """
    tables = {
        "data": _data(entries),
        "incomplete": _runs("incomplete", "Runs that are not complete", entries.incomplete),
        "older": _runs("older", "Complete runs of which the system has a newer one", entries.older),
        "set_aside": _set_aside(entries),
    }
    return Page(
        file="data.html",
        template="data.html",
        title="Data and runs",
        values=dict(tables),
        tables=tuple(table for table in tables.values() if table is not None),
    )


def _data(entries: Entries) -> Table | None:
    results = [entry.result for entry in entries.complete if entry.result is not None]
    facts = sorted(
        {(r.context, r.licence, r.citation, r.data_sha256) for r in (*results, *entries.incomplete)}
    )
    rows = [
        TableRow(
            (
                text(context, log=True),
                text(licence, log=True),
                text(citation, log=True),
                Cell(sha256[:12], (sha256,), sha256),
            )
        )
        for context, licence, citation, sha256 in facts
    ]
    return table_of("data", "Licences and citations of the data", DATA, rows) if rows else None


def _runs(name: str, caption: str, results: Sequence[Result]) -> Table | None:
    rows = [
        TableRow(
            (
                text(result.system or result.protocol.model, log=True),
                text(result.protocol.solver, log=True),
                text(result.task, log=True),
                text(result.context, log=True),
                text(result.status),
                text(result.reason or "A newer run of the same system counts.", log=True),
                text(result.created.strftime("%Y-%m-%d %H:%M")),
                text(log_name(result.log), log=True),
            )
        )
        for result in results
    ]
    return table_of(name, caption, RUNS, rows) if rows else None


def _set_aside(entries: Entries) -> Table | None:
    rows = [
        TableRow((text(log_name(aside.log), log=True), text(aside.reason, log=True)))
        for aside in entries.set_aside
    ]
    return table_of("set-aside", "Logs that were set aside", SET_ASIDE, rows) if rows else None
