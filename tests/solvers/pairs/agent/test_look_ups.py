"""What each tool replies: which rows, in which order, how many, and how names are understood."""

import math
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import pandas as pd
import pytest

from perturb_evals.datasets.pairs.evidence import PairsEvidence, pairs_evidence
from perturb_evals.datasets.pairs.load import load_table
from perturb_evals.solvers.pairs.agent.library import Library
from perturb_evals.solvers.pairs.agent.look_ups import ROWS_SHOWN, LookUps
from perturb_evals.solvers.pairs.agent.prompts import (
    NO_CARD,
    NO_NEIGHBORS,
    NO_ROWS,
    SEVERAL,
    TOOLS,
)
from perturb_evals.solvers.pairs.knowledge import Knowledge
from perturb_evals.solvers.pairs.view import Control, View

# So that a word of two texts is rare enough to count.
WORDS = {**{f"Z{n}": "of no account" for n in range(60)}, "AAA": "word", "BBB": "word"}


class Desk:
    """The tools of one question, called by name."""

    def __init__(
        self,
        evidence: PairsEvidence,
        graph: str,
        asked: tuple[str, str],
        control: Control | None = None,
    ) -> None:
        about = {"cell_line": evidence.cell_line, "kind": evidence.kind}
        about |= {"dataset": evidence.dataset, "pert": asked[0], "gene": asked[1]}
        self.view = View(about, control)
        self.look_ups = LookUps(evidence, Library(evidence, Knowledge(graph)), self.view)
        self.tools = {tool.name: tool.tool for tool in self.look_ups.tools()}

    def __call__(self, tool: str, name: str) -> str:
        return anyio.run(self.tools[tool], name)

    def rows(self, tool: str, name: str) -> list[str]:
        return self(tool, name).splitlines()[1:]


def test_rows_of_the_closest_come_first(known_world):
    evidence, near = known_world.evidence("de"), known_world.closeness()
    asked = next(
        p for p in known_world.perts[::4] if any(near(p, q) > 0 for q in known_world.perts)
    )
    desk = Desk(evidence, known_world.graph, (asked, "g0"))
    rows = [row for row in known_world.train("de") if row[1] == "g3"]
    told = desk.rows("outcomes_of_gene", "g3")
    assert sorted(told) == sorted(
        f"knock-down of {pert}, g3: {'Yes' if label else 'No'}" for pert, _, label in rows
    )
    perts = [line.removeprefix("knock-down of ").split(",")[0] for line in told]
    closeness = [near(asked, pert) for pert in perts]
    assert all(a > b or math.isclose(a, b) for a, b in pairwise(closeness))
    assert closeness[0] > closeness[-1]
    assert perts != sorted(perts, key=lambda pert: (-near(asked, pert), pert))  # ties by lot
    assert told == Desk(evidence, known_world.graph, (asked, "g0")).rows("outcomes_of_gene", "g3")
    # The same in the other role, by the readout that is asked.
    pert = rows[0][0]
    genes = [
        line.split(", ")[1].split(":")[0] for line in desk.rows("outcomes_of_perturbation", pert)
    ]
    found = [near("g0", gene) for gene in genes if gene != "g0"]
    assert all(a > b or math.isclose(a, b) for a, b in pairwise(found))
    assert genes[0] == "g0" or "g0" not in genes
    assert set(desk.look_ups.shown) >= {("k562", *row) for row in rows}


def test_the_asked_gene_in_other_lines_comes_first_and_lines_are_named(known_world):
    evidence = known_world.evidence("de", "cross")
    table = known_world.tables["rpe1", "de"].query("split == 'train'")
    tested = known_world.tables["k562", "de"].query("split == 'test'")
    both = table.merge(tested, on="pert", suffixes=("", "_test"))
    if both.empty:
        both = table
    row = both.iloc[0]
    desk = Desk(evidence, known_world.graph, (row.pert, "g1"))
    first = desk.rows("outcomes_of_gene", row.gene)[0]
    assert first.startswith(f"knock-down of {row.pert}")
    said = {" in rpe1" in line for line in desk.rows("outcomes_of_gene", row.gene)}
    assert said == {True, False}
    assert "k562" not in desk("outcomes_of_gene", row.gene)


def test_a_test_row_and_no_row_are_told_in_the_same_words(known_world):
    desk = Desk(known_world.evidence("de"), known_world.graph, ("P0", "g0"))
    test = set(known_world.tables["k562", "de"].query("split == 'test'")["pert"])
    for name in (*test, "P999", "", "x" * 999, "drop table", "\x00", "\u65e5", "P0 knockdown"):
        assert desk("outcomes_of_perturbation", name) == NO_ROWS
    # Nor does any reply of another tool name a test row.
    pairs = {(p, g) for p, g, split in _rows(known_world) if split == "test"}
    for gene in known_world.genes:
        for line in desk.rows("outcomes_of_gene", gene):
            pert, told = line.removeprefix("knock-down of ").split(":")[0].split(", ")
            assert (pert, told) not in pairs


def _rows(known_world: Any) -> list[tuple[str, str, str]]:
    table = known_world.tables["k562", "de"]
    return list(zip(table["pert"], table["gene"], table["split"], strict=True))


@pytest.mark.each("name", ["P3", "p3", " P3 ", "Q3", "q3", "gene P3", "**P3**", "P3 (a protein)"])
def test_names_are_understood_as_elsewhere(known_world, name: str):
    """The graph and NCBI say Q3 of what the tables call P3."""
    desk = Desk(known_world.evidence("de"), known_world.graph, ("P0", "g0"))
    assert desk.rows("outcomes_of_perturbation", name) == desk.rows(
        "outcomes_of_perturbation", "P3"
    )
    assert desk.rows("outcomes_of_perturbation", name)
    partners = {a if b == "Q3" else b for a, b in known_world.pairs if "Q3" in (a, b)}
    told = desk("graph_neighbors", name).split(": ")[1].split(", ")
    assert set(told) == partners
    assert desk("gene_card", name).startswith("Q3 (also P3)\nword")
    # A partner is called as the tables call it.
    partner = next(iter(partners - {"H"}))
    assert "P3" in desk("graph_neighbors", partner)
    assert "Q3" not in desk("graph_neighbors", partner)


def test_what_is_not_known_is_told(known_world):
    desk = Desk(known_world.evidence("de"), known_world.graph, ("P0", "g0"))
    assert desk("graph_neighbors", known_world.perts[-1]) == NO_NEIGHBORS
    assert desk("gene_card", "g0") == NO_CARD
    assert set(desk.tools) == {*TOOLS}
    nothing = Desk(
        pairs_evidence("perturbqa", "k562", "de", "none", ()), known_world.graph, ("P0", "g0")
    )
    assert set(nothing.tools) == {"graph_neighbors", "gene_card"}


def test_no_more_than_so_many_rows_are_told(put_tables, put_knowledge):
    rows = [(f"P{n}", "g", n % 2, "train") for n in range(ROWS_SHOWN + 5)]
    rows += [("T", "g", 1, "test"), ("T", "h", 0, "test"), ("p0", "h", 1, "train")]
    columns = ["pert", "gene", "label", "split"]
    folder: Path = put_tables({("k562", "de"): pd.DataFrame(rows, columns=columns)})
    graph = put_knowledge(folder, [("T", "P7"), ("P1", "P2")], WORDS)
    desk = Desk(pairs_evidence("perturbqa", "k562", "de", "within", ("k562",)), graph, ("T", "g"))
    told = desk("outcomes_of_gene", "g").splitlines()
    assert len(told) == 1 + ROWS_SHOWN
    assert f"{ROWS_SHOWN} of {ROWS_SHOWN + 5}; closest to T first" in told[0]
    assert told[1] == "knock-down of P7, g: Yes"
    assert len(desk.look_ups.shown) == ROWS_SHOWN
    assert "all 1;" in desk("outcomes_of_perturbation", "P1")
    # Two names that differ in case only.
    assert desk("outcomes_of_perturbation", "p0").endswith("knock-down of p0, h: Yes")


def test_a_name_of_several_genes_is_told_as_such(put_tables, put_knowledge):
    rows = [("Pa", "g", 1, "train"), ("PA", "g", 0, "train"), ("T", "g", 1, "test")]
    folder: Path = put_tables(
        {("k562", "de"): pd.DataFrame(rows, columns=["pert", "gene", "label", "split"])}
    )
    graph = put_knowledge(folder, [("Pa", "T")], WORDS)
    desk = Desk(pairs_evidence("perturbqa", "k562", "de", "within", ("k562",)), graph, ("T", "g"))
    assert desk("outcomes_of_perturbation", "pa") == SEVERAL


def test_texts_without_names(put_tables, put_knowledge):
    """Under anonymised a text has codes for the gene and for others; no other words change."""
    rows = [("PA1", "GB2", 1, "train"), ("TT", "GB2", 1, "test"), ("TT", "g", 0, "test")]
    folder: Path = put_tables(
        {("k562", "de"): pd.DataFrame(rows, columns=["pert", "gene", "label", "split"])}
    )
    text = "hPA1, or Pa-1 (old-1), binds GB2 and DNA in a set; T-CELL growth needs PA1-GB2."
    texts = {**WORDS, "PA1": text, "GB2": "beside", "SET": "beside"}
    graph = put_knowledge(folder, [("PA1", "TT")], texts, {"PA1": "OLD1"})
    evidence = pairs_evidence("perturbqa", "k562", "de", "within", ("k562",))
    desk = Desk(evidence, graph, ("TT", "GB2"), "anonymised")
    assert desk("gene_card", "PA1") == NO_CARD  # it was not shown
    desk("outcomes_of_gene", desk.view.gene)
    code, other = desk.view.codes["PA1"], desk.view.codes["GB2"]
    said = desk("gene_card", code)
    expected = f"{code}, or {code} ({code}), binds {other} and DNA in a set; T-CELL growth needs "
    assert said == f"{code}\n{expected}{code}-{other}."
    assert desk("gene_card", desk.view.pert) == NO_CARD
    plain = Desk(evidence, graph, ("TT", "GB2"))
    assert plain("gene_card", "old1") == f"PA1 (also OLD1)\n{text}"


def test_a_card_that_is_anonymised_has_no_name_of_its_gene(real_data: Path, tmp_path: Path):
    evidence = pairs_evidence("perturbqa", "k562", "de", "none", ())
    graph = str(tmp_path / "graph.csv")
    Path(graph).write_text("gene_a,gene_b\nAARS1,GATA1\n", "utf-8")
    for pert, names in {"AARS": ("aars", "alanyl"), "GATA1": ("gata1", "eryf1")}.items():
        desk = Desk(evidence, graph, (pert, "HBG1"), "anonymised")
        said = desk("gene_card", desk.view.pert).casefold()
        assert len(said) > 100
        assert not [name for name in names if name in said]


def told(desk: Desk, tool: str, names: Iterable[str]) -> dict[str, str]:
    """Outcomes by row, as all look-ups of some names tell them; a row has one in each of them."""
    found: dict[str, str] = {}
    for name in names:
        desk.look_ups.next_turn()
        for line in desk.rows(tool, name):
            row, outcome = line.split(": ")
            assert found.setdefault(row, outcome) == outcome
    return found


def test_shuffled_outcomes_are_dealt_out_once_a_question_over_all_rows(known_world):
    evidence = known_world.evidence("de", "cross")

    def dealt(pert: str, control: Control | None = "shuffled_evidence") -> dict[str, str]:
        desk = Desk(evidence, known_world.graph, (pert, "g0"), control)
        by_gene = told(desk, "outcomes_of_gene", known_world.genes)
        by_pert = told(desk, "outcomes_of_perturbation", known_world.perts)
        assert by_gene == by_pert  # each row has one outcome, whatever it was looked up by
        true = {row[:3]: row[3] for row in evidence.opened().itertuples(index=False, name=None)}
        assert {row[:3]: row.label for row in desk.look_ups.shown} == true
        return by_gene

    was, now, other = dealt("P0", None), dealt("P0"), dealt("P4")
    assert dealt("P0") == now != other
    assert was.keys() == now.keys() == other.keys()
    for one in (now, other):
        assert sorted(one.values()) == sorted(was.values())
        # Nor does the rate of a gene, or of a perturbation, stay.
        for place in (0, 1):
            assert rates(one, place) != rates(was, place)


def rates(outcomes: dict[str, str], place: int) -> Counter[str]:
    return Counter(row.split(", ")[place] for row, said in outcomes.items() if said == "Yes")


def test_outcomes_are_dealt_out_the_same_way_everywhere(put_tables, put_knowledge):
    rows = [(f"P{n}", "g", int(n < 4), "train") for n in range(8)]
    rows += [("T", "g", 1, "test"), ("T", "h", 0, "test")]
    columns = ["pert", "gene", "label", "split"]
    folder: Path = put_tables({("k562", "de"): pd.DataFrame(rows, columns=columns)})
    graph = put_knowledge(folder, [("T", "P7"), ("P1", "P2")], WORDS)
    evidence = pairs_evidence("perturbqa", "k562", "de", "within", ("k562",))
    desk = Desk(evidence, graph, ("T", "g"), "shuffled_evidence")
    found = told(desk, "outcomes_of_perturbation", [f"P{n}" for n in range(8)])
    outcomes = [found[f"knock-down of P{n}, g"] for n in range(8)]
    assert outcomes == ["No", "No", "No", "Yes", "No", "Yes", "Yes", "Yes"]


@pytest.mark.slow
def test_a_line_of_sets(real_data: Path):
    lines = ("k562_set",)
    evidence = pairs_evidence("perturbqa", "k562_set", "de", "within", lines)
    test = load_table("perturbqa", "k562_set", "de").split("test").iloc[0]
    desk = Desk(evidence, "string", (test.pert, test.gene))
    assert len(desk.rows("outcomes_of_gene", test.gene)) == ROWS_SHOWN
    assert desk("gene_card", test.gene) == NO_CARD
    assert desk("graph_neighbors", test.gene) == NO_NEIGHBORS
