"""`perturb-evals demo`: the main job on the demo world, without network, key or model."""

import argparse
import shutil
import sys
from datetime import datetime
from pathlib import Path

from perturb_evals.cli.demo.questions import ask_questions
from perturb_evals.cli.demo.runs import DemoError
from perturb_evals.cli.demo.screen import predict_screen


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `demo`."""
    text = "run a scripted model and the baselines on a simulated screen"
    parser = subparsers.add_parser("demo", help=text, description=text)
    parser.add_argument(
        "--log-dir",
        type=Path,
        default=Path("logs") / f"demo-{datetime.now():%Y%m%d-%H%M%S}",
        help="folder of the logs (default: a new one in logs/)",
    )
    parser.add_argument(
        "--site",
        type=Path,
        default=Path("site") / f"demo-{datetime.now():%Y%m%d-%H%M%S}",
        help="folder of the leaderboard's pages (default: a new one in site/)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the systems of all tasks and print the tables; 1 when a run did not succeed."""
    from rich.console import Console

    console = Console(highlight=False)
    try:
        for part in (ask_questions, predict_screen):
            part(console, args.log_dir)
            console.print()
        with console.status("the site …"):
            site = _write_site(args.log_dir, args.site)
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1
    console.print("The leaderboard of these runs, open it in a browser:", style="bold")
    console.print(str(site), soft_wrap=True)
    console.print("The same with its transcripts, which a browser reads from a server only:")
    console.print(
        f"python3 -m http.server 8000 --bind 127.0.0.1 --directory {site.parent}",
        soft_wrap=True,
    )
    console.print("Read every transcript:", style="bold")
    console.print(f"{_inspect()} view --log-dir {args.log_dir}", soft_wrap=True)
    return 0


def _write_site(log_dir: Path, site: Path) -> Path:
    """Write the leaderboard of the demo's runs as a site; return its first page.

    Raises:
        DemoError: The folder holds something else.
    """
    from perturb_evals.leaderboard.boards import make_boards
    from perturb_evals.leaderboard.entries import read_entries
    from perturb_evals.leaderboard.publish import SiteError, publish
    from perturb_evals.leaderboard.summary import summaries

    entries = read_entries([str(log_dir)])
    boards = make_boards(entries)
    try:
        publish(site, boards, summaries(boards), entries, transcripts=True)
    except SiteError as error:
        raise DemoError(str(error)) from error
    return site / "index.html"


def _inspect() -> str:
    """The inspect command of this environment, as short as the current folder and PATH allow."""
    beside = Path(sys.executable).parent / "inspect"
    if shutil.which("inspect") == str(beside):
        return "inspect"
    return str(beside.relative_to(Path.cwd()) if beside.is_relative_to(Path.cwd()) else beside)
