"""The tables of docs/results.md, through Inspect, written into it with their date and command.

    python benchmarks/results.py [TABLE ...] [--log-dir logs/results]
    python benchmarks/results.py boards --lines k562,rpe1,hepg2,jurkat --only graph_factor,combined

All tables by default; needs the real data, and PyTorch for `lpm`. Finished runs of baselines in the
folder of logs are not repeated. With other lines, or some baselines only, tables are printed and
not written. About an hour on two cores, LPM half of it.
"""

import argparse
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

from baselines import (
    BASELINES,
    DIFFERENCES,
    RETRIEVED,
    RETRIEVED_DIFFERENCES,
    TRANSFER,
    Boards,
)
from references import references

PAGE = Path(__file__).parents[1] / "docs" / "results.md"
LINES = "k562,rpe1,hepg2"
UNSEEN = ("graph_factor", "perturbation_rate", "combined")
SURROGATE, ADAMSON = "replogle_k562_pc9_surrogate.h5ad", "adamson_2016_upr.h5ad"


def tables(logs: Path, lines: str, only: list[str]) -> dict[str, Callable[[], str]]:
    """Return what makes each table, by its name."""
    names = only or [name for name in BASELINES if name not in RETRIEVED[1:]]
    each = lines.split(",")
    all_boards = Boards(logs / "boards", each, names, lines)
    transfer = Boards(logs / "boards", each, TRANSFER, lines)
    unseen = Boards(logs / "unseen-genes", each, UNSEEN, lines, {"holdout": "both"})
    pooled = Boards(logs / "pooled", ["k562"], ["gene_frequency"], lines, {"questions": "all"})
    sets = Boards(logs / "sets", ["k562_set"], ["graph_factor", "combined"], lines)
    published = ("Retrieval (No LLM)", "SUMMER")
    shown, shown_sets = (
        Boards(logs / folder, on, RETRIEVED, lines, published=published)
        for folder, on in (("boards", each), ("sets", ["k562_set"]))
    )
    differences = [pair for pair in DIFFERENCES if {*pair} <= {*names}]
    return {
        "boards": lambda: all_boards.finished().headlines(),
        "differences": lambda: all_boards.finished().differences(differences),
        "known": lambda: transfer.finished().where_answered("lpm"),
        "unseen-genes": lambda: unseen.finished().headlines(),
        "unseen-differences": lambda: unseen.finished().differences([UNSEEN[:2]]),
        "pooled": lambda: pooled.finished().metric("auroc_pooled"),
        "sets": lambda: sets.finished().headlines(),
        "shown": lambda: shown.finished().headlines(),
        "shown-differences": lambda: shown.finished().differences(RETRIEVED_DIFFERENCES),
        "shown-sets": lambda: shown_sets.finished().headlines(),
        "surrogate": lambda: references(SURROGATE, None, str(logs / "surrogate")),
        "adamson": lambda: references(ADAMSON, "k562", str(logs / "adamson")),
    }


def written(page: str, name: str, table: str) -> str:
    """Return a page with a table in its place, between the comments that name it."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    if begin not in page or end not in page:
        raise SystemExit(f"{PAGE} has no place {begin.strip()} ... {end} for the table.")
    said = f"{date.today()}, `python benchmarks/results.py {name}`:\n\n{table}\n"
    place = re.escape(begin) + ".*?" + re.escape(end)
    return re.sub(place, lambda _: f"{begin}{said}{end}", page, flags=re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help="all by default")
    parser.add_argument("--lines", default=LINES, help="evaluated, and open in the track cross")
    parser.add_argument("--only", default="", help="baselines of the boards, separated by commas")
    parser.add_argument("--log-dir", type=Path, default=Path("logs/results"))
    args = parser.parse_args()
    only = [name for name in args.only.split(",") if name]
    made = tables(args.log_dir, args.lines, only)
    if unknown := {*args.tables} - {*made}:
        parser.error(f"tables are {', '.join(made)}; got {', '.join(unknown)}.")
    for name in args.tables or made:
        table = made[name]()
        if only or args.lines != LINES:
            print(f"{date.today()}, {name}, lines {args.lines}\n\n{table}\n")
        else:
            PAGE.write_text(written(PAGE.read_text("utf-8"), name, table), "utf-8")
            print(f"{name} is written into {PAGE}")


if __name__ == "__main__":
    main()
