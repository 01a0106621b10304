"""The page of data: licences and citations, and every run that takes no part with its reason."""

from collections.abc import Sequence
from dataclasses import replace

from perturb_evals.leaderboard.entries import Entries
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.site.columns import runs, standings
from perturb_evals.leaderboard.site.page import Page
from perturb_evals.leaderboard.site.table import table_about, text

# The columns of standings on the leaderboard, of runs that have none.
TASK = replace(standings.TASK, cell=lambda run: text(run.task, log=True))
CONTEXT = replace(standings.CONTEXT, cell=lambda run: text(run.context, log=True))
SYSTEM = replace(runs.MODEL, cell=lambda run: text(run.system or run.protocol.model, log=True))
DATA = (CONTEXT, runs.LICENCE, runs.CITATION, runs.DATA)
RUNS = (SYSTEM, runs.SOLVER, TASK, CONTEXT, runs.STATUS, runs.REASON, runs.DATE, runs.LOG)
SET_ASIDE = (runs.LOG, runs.REASON)


def data_page_of(entries: Entries) -> Page:
    """Return the page.

    Args:
        entries: All runs, and what is set aside.
    """
    tables = {
        "data": table_about("data", "Licences and citations of the data", DATA, _data(entries)),
        "incomplete": table_about(
            "incomplete", "Runs that are not complete", RUNS, entries.incomplete
        ),
        "older": table_about(
            "older", "Complete runs of which the system has a newer one", RUNS, entries.older
        ),
        "set_aside": table_about(
            "set-aside", "Logs that were set aside", SET_ASIDE, entries.set_aside
        ),
    }
    return Page("data.html", "data.html", "Data and runs", dict(tables), tuple(tables.values()))


def _data(entries: Entries) -> Sequence[Result]:
    """Return a run for each data, the newest, whose words about the licence are the latest."""
    results = [entry.result for entry in (*entries.complete, *entries.controls) if entry.result]
    runs = sorted((*results, *entries.incomplete), key=lambda run: run.created)
    found = {(run.context, run.data_sha256): run for run in runs}
    return [found[facts] for facts in sorted(found)]
