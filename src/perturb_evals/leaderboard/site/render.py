"""Pages to HTML; everything that is put into a template is escaped."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from perturb_evals import __version__
from perturb_evals.leaderboard.site.page import Page

NAVIGATION = (
    ("index.html", "Overview"),
    ("methods.html", "Methods"),
    ("data.html", "Data and runs"),
)


def render(page: Page, shared: Mapping[str, Any]) -> str:
    """Return the HTML of a page.

    Args:
        page: The page.
        shared: What all pages use: `n_runs`, `newest` and `transcripts`.
    """
    template = _environment().get_template(page.template)
    values = {**shared, **page.values}
    return template.render(page=page, navigation=NAVIGATION, version=__version__, **values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("perturb_evals.leaderboard.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
