"""`perturb-evals split`: the folds of a screen, to be kept, changed, and given to a run."""

import argparse
import sys
from typing import TYPE_CHECKING

from perturb_evals.cli.arguments import add_screen, screen_request, usage

if TYPE_CHECKING:
    from perturb_evals.cli.arguments import Subparsers


def add_parser(subparsers: "Subparsers") -> None:
    """Add `split`."""
    text = "print the folds of a screen as JSON, for `-T split=FILE`"
    parser = subparsers.add_parser("split", help=text, description=text)
    add_screen(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the folds, and on stderr their hash and sizes.

    Returns:
        0; 1 when the data cannot be had or used; 2 for an argument that is not allowed.
    """
    from perturb_evals.datasets.screens.evidence import split_of
    from perturb_evals.datasets.screens.load import load_screen

    with usage():
        request, file = screen_request(args)
        split = split_of(request, file)
    print(split.to_json())
    screen = load_screen(request)
    for said in filter(None, [screen.kept_out, *screen.remarks]):
        print(said, file=sys.stderr)
    sizes = ", ".join(f"{len(fold.train)}/{len(fold.test)}" for fold in split.folds)
    print(f"sha256 {split.sha256}; train/test of the folds: {sizes}", file=sys.stderr)
    return 0
