"""`perturb-evals calibrate`: are the numbers right, and what can they tell apart on a screen?"""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perturb_evals.cli.arguments import add_screen, screen_request, usage
from perturb_evals.cli.tables.terminal import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perturb_evals.cli.arguments import Subparsers
    from perturb_evals.datasets.screens.evidence import ExpressionEvidence
    from perturb_evals.datasets.screens.load import ScreenRequest
    from perturb_evals.datasets.screens.screen import Screen
    from perturb_evals.datasets.screens.splits import Split
    from perturb_evals.scorers.expression.gate import GateRow
    from perturb_evals.scorers.expression.screen_check import MetricCheck


WIDTH = 100


def add_parser(subparsers: "Subparsers") -> None:
    """Add `calibrate`."""
    text = "show what each metric can tell apart on a screen; reproduce the published mean"
    parser = subparsers.add_parser("calibrate", help=text, description=text)
    add_screen(parser)
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="also write all figures to this file"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the gate, where there is a published row, and the calibration of the metrics.

    Returns:
        0; 1 when a published row is missed, or the data cannot be had or used; 2 for an argument
        that is not allowed.
    """
    from perturb_evals.cli.tables.calibration import show_calibration, show_gate
    from perturb_evals.datasets.published import GATE
    from perturb_evals.datasets.screens.evidence import split_of
    from perturb_evals.datasets.screens.load import load_screen

    with usage():
        request, file = screen_request(args)
    screen, split = load_screen(request, halves=True), split_of(request, file)
    rows = _gate(request, screen)
    metrics = _calibration(screen, split)
    if args.json:
        _write(args.json, _figures(screen, split, rows, metrics))
    shown = console(WIDTH)
    if rows:
        show_gate(shown, rows, GATE[request.screen])
    show_calibration(shown, screen, split, metrics)
    return 1 if rows and rows[0].verdict == "missed" else 0


def _gate(request: "ScreenRequest", screen: "Screen") -> "list[GateRow]":
    """Return the grid of conventions; empty for a screen without a published row."""
    from perturb_evals.datasets.files.fetch import fetch
    from perturb_evals.datasets.published import GATE
    from perturb_evals.datasets.screens.gears import GEARS_SCREENS, ranked_by_welch
    from perturb_evals.datasets.screens.make_screen import ranked_by_size
    from perturb_evals.scorers.expression.gate import gate

    if request.screen not in GATE:
        return []
    screens = [screen]
    if screen.order_kind != "welch_t":
        screens.append(ranked_by_welch(screen, fetch(GEARS_SCREENS[request.screen].source)))
    return gate([*screens, ranked_by_size(screen)], GATE[request.screen])


def _calibration(screen: "Screen", split: "Split") -> "dict[str, MetricCheck]":
    from perturb_evals.scorers.expression.screen_check import (
        K,
        ceilings,
        check_metrics,
        control_scores,
        reference_scores,
    )
    from perturb_evals.solvers.expression.baselines import RandomNeighbors

    def random(evidence: "ExpressionEvidence", name: str) -> "Sequence[str]":
        return [neighbor for neighbor, _ in RandomNeighbors(evidence, K).neighbors(name)]

    return check_metrics(
        reference_scores(screen, split, random),
        control_scores(screen, split),
        ceilings(screen, split),
    )


def _figures(
    screen: "Screen",
    split: "Split",
    rows: "list[GateRow]",
    metrics: "dict[str, MetricCheck]",
) -> dict[str, Any]:
    """Return all figures as JSON; what is undefined is null."""
    from dataclasses import asdict

    return {
        "screen": screen.name,
        "data_sha256": screen.fingerprint,
        "split_sha256": split.sha256,
        "n_perturbations": sum(len(fold.test) for fold in split.folds),
        "gate": [{**asdict(row), "verdict": row.verdict} for row in rows],
        "metrics": {
            name: {
                "better": found.spec.better,
                "means": found.means,
                "minus_mean": {ref: asdict(d) for ref, d in found.differences.items()},
                "standing": {ref: found.standing(ref) for ref in found.differences},
                "ceiling": found.ceiling,
                "controls": found.controls and asdict(found.controls),
                "trusted": found.trusted if found.controls else None,
                "blind_standing": found.blind_standing(),
            }
            for name, found in metrics.items()
        },
    }


def _write(path: Path, figures: dict[str, Any]) -> None:
    from perturb_evals.datasets.files.whole_file import whole_file

    with whole_file(path) as part:
        part.write_text(json.dumps(_finite(figures), indent=1) + "\n", encoding="utf-8")


def _finite(value: Any) -> Any:
    """Replace nan and infinity by None: JSON has neither."""
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and value - value != 0 else value
