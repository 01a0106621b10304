"""From logs to results, boards, comparisons and pages.

`read_entries` reads runs, `make_boards` ranks them, `summaries` sums boards up, `to_frame` and
`summaries_to_frame` make tables of both, and `compare` says whether two systems differ.
"""

from typing import TYPE_CHECKING

from perturb_evals._lazy import lazy_names

if TYPE_CHECKING:
    from perturb_evals.leaderboard.boards import make_boards
    from perturb_evals.leaderboard.comparison import compare
    from perturb_evals.leaderboard.entries import read_entries
    from perturb_evals.leaderboard.frame import summaries_to_frame, to_frame
    from perturb_evals.leaderboard.summary import summaries

__all__ = [
    "compare",
    "make_boards",
    "read_entries",
    "summaries",
    "summaries_to_frame",
    "to_frame",
]
__getattr__, __dir__ = lazy_names(
    __name__, __all__, ["entries", "boards", "summary", "frame", "comparison"]
)
