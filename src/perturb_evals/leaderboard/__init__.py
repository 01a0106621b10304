"""From logs to results, boards, comparisons and pages.

`read_entries` reads runs, `make_boards` ranks them, `to_frame` makes a table of the boards, and
`compare` says whether two systems differ.
"""

from typing import TYPE_CHECKING

from perturb_evals._lazy import lazy_names

if TYPE_CHECKING:
    from perturb_evals.leaderboard.boards import make_boards
    from perturb_evals.leaderboard.comparison import compare
    from perturb_evals.leaderboard.entries import read_entries
    from perturb_evals.leaderboard.frame import to_frame

__all__ = ["compare", "make_boards", "read_entries", "to_frame"]
__getattr__, __dir__ = lazy_names(__name__, __all__, ["entries", "boards", "frame", "comparison"])
