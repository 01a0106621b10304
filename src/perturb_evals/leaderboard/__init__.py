"""From logs to results, boards, comparisons and pages.

`read_entries` reads runs, `make_boards` ranks them, `summaries` sums boards up, and `compare` says
whether systems differ; `to_frame`, `summaries_to_frame` and `comparisons_to_frame` make tables of
the three.
"""

from typing import TYPE_CHECKING

from perturb_evals._lazy import lazy_names

if TYPE_CHECKING:
    from perturb_evals.leaderboard.boards import make_boards
    from perturb_evals.leaderboard.comparison import compare
    from perturb_evals.leaderboard.entries import read_entries
    from perturb_evals.leaderboard.frame import comparisons_to_frame, summaries_to_frame, to_frame
    from perturb_evals.leaderboard.summary import summaries

__all__ = [
    "compare",
    "comparisons_to_frame",
    "make_boards",
    "read_entries",
    "summaries",
    "summaries_to_frame",
    "to_frame",
]
__getattr__, __dir__ = lazy_names(
    __name__, __all__, ["entries", "boards", "summary", "frame", "comparison"]
)
