"""`perturb-evals check-screen`: how a screen is read, before anything runs on it."""

import argparse
from typing import TYPE_CHECKING

from perturb_evals.cli.arguments import add_screen, screen_request, usage
from perturb_evals.leaderboard.untrusted_text import plain

if TYPE_CHECKING:
    from perturb_evals.cli.arguments import Subparsers
    from perturb_evals.datasets.screens.screen import Screen
    from perturb_evals.datasets.screens.splits import Split

WIDTH = 18


def add_parser(subparsers: "Subparsers") -> None:
    """Add `check-screen`."""
    text = "show how a screen is read: names, control, what is left out, oddities"
    parser = subparsers.add_parser("check-screen", help=text, description=text)
    add_screen(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what was read of a screen, and what is odd about it.

    Returns:
        0; 1 when the data cannot be had or used, with the reason; 2 for an argument that is not
        allowed.
    """
    from perturb_evals.datasets.screens.evidence import split_of
    from perturb_evals.datasets.screens.load import load_screen

    with usage():
        request, file = screen_request(args)
    screen = load_screen(request)
    for name, said in described(screen, split_of(request, file)):
        print(f"{name:<{WIDTH}}{plain(said)}")
    return 0


def described(screen: "Screen", split: "Split") -> list[tuple[str, str]]:
    """Return what was read, line by line: a heading and what is said."""
    from perturb_evals.datasets.genes.labels import examples
    from perturb_evals.datasets.genes.ncbi import GENE_INFO, aliases_at_hand
    from perturb_evals.datasets.screens.scale import has_baseline

    lines = [
        ("screen", screen.name),
        *((name, said) for name, said in screen.reading.items()),
        ("cell line", screen.cell_line or "not said; name it with -T cell_line=..."),
        ("genes", f"{len(screen.genes):,}, ids {examples(screen.genes)}"),
    ]
    if screen.symbols != screen.genes:
        lines.append(("symbols", examples(screen.symbols)))
    lines.append(
        ("perturbations", f"{len(screen.perturbations):,}: {examples(screen.perturbations)}")
    )
    lines += [("own gene", said) for said in _own_genes(screen)]
    if screen.kept_out:
        lines.append(("left out", screen.kept_out))
    kind = "expression" if has_baseline(screen.expression, screen.control) else "changes"
    low, high = float(screen.expression.min()), float(screen.expression.max())
    lines.append(("values", f"{kind}, from {low:.4g} to {high:.4g}"))
    lines += [("odd", remark) for remark in screen.remarks or ["nothing was noticed"]]
    if aliases_at_hand() is None:
        lines.append(
            (
                "aliases",
                "not compared: NCBI's table of genes is not on this machine; "
                f"`perturb-evals data fetch {GENE_INFO}` gets it",
            )
        )
    sizes = ", ".join(f"{len(fold.train)}/{len(fold.test)}" for fold in split.folds)
    lines.append(("folds", f"train/test {sizes}; sha256 {split.sha256[:12]}"))
    return lines


def _own_genes(screen: "Screen") -> list[str]:
    """Say how many perturbed genes are read out, and under which other names."""
    from perturb_evals.datasets.genes.labels import examples

    n, genes = len(screen.perturbations), screen.naming["gene"]
    found = [target for target in screen.targets if target]
    said = [f"{len(found):,} of {n:,} perturbed genes are among the symbols"]
    missing = [
        name
        for name, target in zip(screen.perturbations, screen.targets, strict=True)
        if not target
    ]
    if missing:
        said[0] += f"; not measured: {examples(missing)}"
    other = [
        f"{gene} as {target}"
        for gene, target in zip(genes, screen.targets, strict=True)
        if target and target != gene
    ]
    if other:
        said.append(f"{len(other):,} under another name: {examples(list(dict.fromkeys(other)))}")
    return said
