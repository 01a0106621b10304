"""Figures of README and docs/results.md are what their commands give."""

import re
from pathlib import Path
from types import ModuleType

import pytest

# Of these baselines k562 direction is run again. Not run again are the other boards, `lpm`
# (minutes), `cross_context_ridge`, `factor_model` with and without its fallback, the tables below
# the first (but for differences of these), and screens, whose files few have.
AGAIN = (
    "constant",
    "random_scores",
    "gene_frequency",
    "graph_knn",
    "graph_factor",
    "perturbation_rate",
    "same_pair",
    "additive",
    "conserved",
    "cross_line_knn",
    "combined",
)
SHOWN_AGAIN = ("graph_knn", "retrieval_only", "contrast_vote")
COLUMN = "k562 direction"


def table(page: str, name: str) -> dict[str, dict[str, str]]:
    """Return the cells of a table by row and column, without the marks of Markdown."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- end of {name} -->", page, re.DOTALL)
    assert found, f"there is no table {name}"
    return cells(found[1])


def cells(text: str) -> dict[str, dict[str, str]]:
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line[:1] == "|"]
    heads, _, *rows = [[re.sub(r"[*`]", "", cell).strip() for cell in line] for line in lines]
    return {row[0]: dict(zip(heads[1:], row[1:], strict=False)) for row in rows}


def test_the_readme_has_the_figures_of_the_results(pages: dict[str, str]) -> None:
    results = table(pages["docs/results.md"], "boards")
    readme = {}
    for line in pages["README.md"].splitlines():
        if found := re.fullmatch(r"\| (.+?) \| .+? \| (.+?) \| .*?\|", line):
            readme[re.sub(r"[*`]", "", found[1])] = re.sub(r"[*`]", "", found[2])
    for name in ("graph_factor", "combined"):
        assert readme[name] == results[name][COLUMN]
    models = cells(
        pages["docs/results.md"].partition("## Language models")[2].partition("\n## ")[0]
    )
    assert models
    for name, row in models.items():
        assert readme[name] == row["AUROC per gene"]
    assert readme["guessing"] == results["constant"][COLUMN].split()[0]
    assert readme["SUMMER, as published"] == results["SUMMER, published"][COLUMN]


def test_the_readme_has_the_figures_of_what_is_shown(pages: dict[str, str]) -> None:
    results = table(pages["docs/results.md"], "shown")
    section = pages["README.md"].partition("| track within |")
    readme = cells("".join(section[1:]).partition("\n\n")[0])
    assert {"graph_knn", "retrieval_only", "contrast_vote"} < readme.keys()
    for name, row in readme.items():
        for column, cell in row.items():
            assert cell == results[name][column.replace("DE", "de")]


@pytest.fixture
def baselines(root: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(root / "benchmarks"))
    return pytest.importorskip("baselines")


@pytest.mark.slow
def test_the_cheaper_baselines_on_k562_direction(
    baselines: ModuleType, pages: dict[str, str], real_data: Path, tmp_path: Path
) -> None:
    lines = "k562,rpe1,hepg2"
    boards = baselines.Boards(tmp_path, ["k562"], AGAIN, lines, kinds=("direction",)).finished()
    stated = table(pages["docs/results.md"], "boards")
    given = cells(boards.headlines())
    for name in AGAIN:
        assert given[name][COLUMN] == stated[name][COLUMN], name
    for system in ("SUMMER, published", "GEARS, published"):
        assert given[system][COLUMN] == stated[system][COLUMN], system
    pairs = [pair for pair in baselines.DIFFERENCES if {*pair} <= {*AGAIN}]
    differences = cells(boards.differences(pairs))
    for a, b in pairs:
        row = f"{a} - {b}"
        said = table(pages["docs/results.md"], "differences")[row][COLUMN]
        assert differences[row][COLUMN] == said, row


@pytest.mark.slow
def test_the_count_of_the_rows_that_are_shown_on_k562_direction(
    baselines: ModuleType, pages: dict[str, str], real_data: Path, tmp_path: Path
) -> None:
    lines = "k562,rpe1,hepg2"
    boards = baselines.Boards(tmp_path, ["k562"], SHOWN_AGAIN, lines, kinds=("direction",))
    given = cells(boards.finished().headlines())
    stated = table(pages["docs/results.md"], "shown")
    for name in SHOWN_AGAIN:
        assert given[name][COLUMN] == stated[name][COLUMN], name
