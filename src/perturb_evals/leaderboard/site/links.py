"""Names of pages and links between them: made of hashes, never of text from logs."""

import hashlib
import json
from dataclasses import dataclass
from urllib.parse import quote

from perturb_evals.leaderboard.boards import Board
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.logs.headers import log_name
from perturb_evals.leaderboard.results.result import Result


def board_stem(key: str, data_sha256: str) -> str:
    """Return the name of a board's page, without suffix."""
    return f"board-{short_hash(key, data_sha256)}"


def board_page(board: Board) -> str:
    """Return the URL of a board's page."""
    return f"{board_stem(board.key, board.data_sha256)}.html"


def system_stem(kind: str, name: str) -> str:
    """Return the name of a system's page; a baseline has one page, whether run or computed."""
    return f"system-{short_hash(kind, name)}"


def system_page(entry: Entry) -> str:
    """Return the URL of a system's page."""
    return f"{system_stem(entry.kind, entry.name)}.html"


@dataclass(frozen=True)
class Transcripts:
    """Links into a bundled log viewer.

    Attributes:
        folder: Relative URL of the viewer, with a slash at its end; None without one, and then all
            links are empty.
    """

    folder: str | None

    def log(self, result: Result | None) -> str:
        """Return the link to a run; empty for a computed row."""
        if self.folder is None or result is None:
            return ""
        return f"{self.folder}index.html#/logs/{_part(log_name(result.log))}"

    def sample(self, result: Result | None, sample: str, epoch: int = 1) -> str:
        """Return the link to a sample of a run; empty for a computed row."""
        log = self.log(result)
        return f"{log}/samples/sample/{_part(sample)}/{epoch}/" if log and sample else ""


def _part(text: str) -> str:
    return quote(text, safe="", errors="replace")


def short_hash(*parts: str) -> str:
    """Return ten digits that stand for some texts."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:10]
