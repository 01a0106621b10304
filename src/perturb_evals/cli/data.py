"""`perturb-evals data list|fetch|verify|genes`: what data there is, from where, what it names."""

import argparse
import sys
from typing import TYPE_CHECKING

from perturb_evals.datasets.errors import ArgumentError, DataError
from perturb_evals.datasets.files.fetch import (
    MIRROR_VARIABLE,
    cache_folder,
    fetch,
    file_sha256,
    locate,
    mirror_folder,
    verify,
)
from perturb_evals.datasets.files.sources import SOURCES, Source, find_source

if TYPE_CHECKING:
    from perturb_evals.cli.arguments import Subparsers


def add_parser(subparsers: "Subparsers") -> None:
    """Add `data` and its commands. Each sets `run`: a function from the arguments to an exit code.

    Args:
        subparsers: What `ArgumentParser.add_subparsers()` gave.
    """
    data = subparsers.add_parser("data", help="list, fetch and verify the data files")
    commands = data.add_subparsers(dest="data_command", metavar="COMMAND", required=True)
    text = "show every data file: where it is now, its size and its licence"
    commands.add_parser("list", help=text, description=text).set_defaults(run=run_list)
    for name, run, text in (
        ("fetch", run_fetch, "download the files that are not here yet and print where they are"),
        ("verify", run_verify, "recompute the checksums of the files that are here"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument(
            "names",
            nargs="*",
            metavar="NAME",
            help="a file as `data list` shows it, e.g. perturbqa/k562-de.csv (default: all)",
        )
        command.set_defaults(run=run)
    text = "show which names of a data set's tables NCBI's genes and the gene graphs know"
    genes = commands.add_parser("genes", help=text, description=text)
    genes.add_argument(
        "--dataset",
        default="perturbqa",
        metavar="NAME",
        help="perturbqa (default), demo, or a folder of own tables",
    )
    genes.set_defaults(run=run_genes)


def run_genes(args: argparse.Namespace) -> int:
    """Print how the names of a data set's tables are resolved; return 0.

    Raises:
        DataError: NCBI's files cannot be had, or a table is not of its form.
        ArgumentError: No such data set.
    """
    from perturb_evals.cli.gene_report import print_gene_report

    print_gene_report(args.dataset)
    return 0


def run_list(args: argparse.Namespace) -> int:
    """Print a table of all files; return 0.

    Raises:
        DataError: `PERTURB_EVALS_DATA` is not a folder.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("file", overflow="fold")
    table.add_column("where", no_wrap=True)
    table.add_column("size, kB", justify="right", no_wrap=True)
    table.add_column("licence", overflow="fold")
    mirror = mirror_folder()
    for source in SOURCES.values():
        place, size = _standing(source)
        table.add_row(source.name, place, size, source.licence)
    # Names and licences are shown as they are, never read as rich's markup.
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    console.print(table, soft_wrap=False)
    console.print(f"mirror  {mirror or f'none: {MIRROR_VARIABLE} is not set'}")
    console.print(f"cache   {cache_folder()}")
    for source in SOURCES.values():
        if source.sha256 is None:
            console.print(f"note    {source.name}: no published checksum; {_seen(source)}")
        if source.url is None and locate(source) is None:
            console.print(f"note    {source.name}: no public address; put it into a mirror folder")
    for terms in dict.fromkeys(s.licence_in_full for s in SOURCES.values() if s.terms):
        console.print(f"terms   {terms}. The file NOTICE of perturb-evals has more.")
    for citation in dict.fromkeys(source.citation for source in SOURCES.values()):
        console.print(f"cite    {citation}")
    return 0


def run_fetch(args: argparse.Namespace) -> int:
    """Fetch the named files, or all, and print their paths.

    Without names, a file that is not here and has no public address is told of and passed over.

    Returns:
        0: all are here.

    Raises:
        DataError: The first failure; the rest is not tried.
        ArgumentError: An unknown name.
    """
    for source in _chosen(args.names):
        if not args.names and source.url is None and locate(source) is None:
            print(f"{source.name}: no public address, passed over", file=sys.stderr)
        else:
            print(fetch(source.name, SOURCES), flush=True)
    return 0


def run_verify(args: argparse.Namespace) -> int:
    """Check what is here of the named files, or of all.

    Of a file that is both in the mirror folder and in the cache, the one in the mirror is checked,
    since it is the one that gets used. A file without a published checksum can only be compared
    with the record of the first download; it is `seen` and not `right`.

    Returns:
        0 when no file here is wrong; 1 when one is wrong or a named one is not here.

    Raises:
        DataError: `PERTURB_EVALS_DATA` is not a folder.
        ArgumentError: An unknown name.
    """
    chosen = _chosen(args.names)
    mirror_folder()
    right, wrong, absent, unpublished = 0, 0, 0, 0
    for source in chosen:
        found = locate(source)
        if found is None:
            absent += 1
            print(f"not here  {source.name}")
            continue
        try:
            seen = verify(source, found[1])
        except DataError as error:
            wrong += 1
            print(f"WRONG     {error}")
            continue
        if source.sha256 is None:
            unpublished += 1
            print(f"seen      {source.name}  ({found[0]}; no published checksum; sha256 {seen})")
        else:
            right += 1
            print(f"right     {source.name}  ({found[0]})")
    without = f", {unpublished} without a published checksum" if unpublished else ""
    print(f"{right} right, {wrong} wrong, {absent} not here{without}")
    return 1 if wrong or (args.names and absent) else 0


def _chosen(names: list[str]) -> list[Source]:
    try:
        return [find_source(name, SOURCES) for name in dict.fromkeys(names or SOURCES)]
    except DataError as error:
        raise ArgumentError(str(error)) from error


def _standing(source: Source) -> tuple[str, str]:
    found = locate(source)
    if found is None:
        return "not here", "?" if source.size is None else _kilobytes(source.size)
    place, path = found
    try:
        return place, _kilobytes(path.stat().st_size)
    except OSError:
        return place, "unreadable"


def _seen(source: Source) -> str:
    found = locate(source)
    if found is None:
        return "not seen yet"
    try:
        return f"seen {file_sha256(found[1])[:16]}..."
    except OSError:
        return "unreadable"


def _kilobytes(size: int) -> str:
    return f"{size / 1000:,.0f}"
