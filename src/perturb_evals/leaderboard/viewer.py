"""Links into Inspect's log viewer: one bundled beside the site, or one that runs here."""

from dataclasses import dataclass
from urllib.parse import quote

from perturb_evals.leaderboard.results.result import Result
from perturb_evals.logs.headers import log_name


@dataclass(frozen=True)
class Transcripts:
    """Links to runs and samples.

    Attributes:
        folder: URL of the viewer, with a slash at its end; None without one, and then all links are
            empty.
    """

    folder: str | None

    def log(self, result: Result | None) -> str:
        """Return the link to a run; empty for a computed row."""
        if self.folder is None or result is None:
            return ""
        return f"{self.folder}index.html#/logs/{_part(log_name(result.log))}"

    def sample(self, result: Result | None, sample: str) -> str:
        """Return the link to a sample of the first epoch of a run; empty for a computed row."""
        log = self.log(result)
        return f"{log}/samples/sample/{_part(sample)}/1/" if log and sample else ""


def _part(text: str) -> str:
    return quote(text, safe="", errors="replace")
