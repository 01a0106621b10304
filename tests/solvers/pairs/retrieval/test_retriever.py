"""The rows that SUMMER shows: each kind by its definition, drawn ones frozen, none of the test."""

from collections.abc import Callable
from functools import cache
from itertools import groupby
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.evidence import EvidenceError
from perturb_evals.datasets.genes.symbols import UnknownGenesError
from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.datasets.pairs.evidence import PairsEvidence, TrainingRow, pairs_evidence
from perturb_evals.datasets.pairs.load import load_table
from perturb_evals.solvers.pairs.knowledge import Knowledge
from perturb_evals.solvers.pairs.retrieval.retriever import ROW_KINDS, Found, Retriever, RowKind

KINDS, TRACKS = ("de", "direction"), ("within", "cross")
NEIGHBORS, BUDGET = 6, 3
DEMO_LINES = ("demo_a", "demo_b", "demo_c")


def opened(evidence: PairsEvidence) -> list[TrainingRow]:
    """All rows that may be read, in the order that settles ties: the own line before others."""
    rows = [TrainingRow(*row) for row in evidence.opened().itertuples(index=False)]
    own = evidence.cell_line
    return sorted(rows, key=lambda row: (row.pert, row.gene, row.line != own, row.line))


def closest(name: str, names: set[str], close: Callable[[str, str], float]) -> dict[str, float]:
    """The closest names with how close they are, by hand."""
    weights = {other: round(close(name, other), 12) for other in names if other != name}
    order = sorted(weights, key=lambda other: (-weights[other], other))
    return {other: weights[other] for other in order[:NEIGHBORS] if weights[other] > 0}


@pytest.mark.parametrize("known_world", range(2), indirect=True)
@pytest.mark.parametrize("track", TRACKS)
def test_every_kind_is_its_definition(known_world, track: str):
    close, seen = known_world.closeness(), dict.fromkeys(ROW_KINDS, 0)
    for kind in KINDS:
        evidence = known_world.evidence(kind, track)
        pool = opened(evidence)
        perts, genes = {row.pert for row in pool}, {row.gene for row in pool}
        known = Knowledge(known_world.graph)
        retriever = Retriever(evidence, known, NEIGHBORS, BUDGET)
        for pert in (*known_world.perts, "Q3", "unseen"):
            near_perts = closest(pert, perts, close)
            for gene in (*known_world.genes, "unseen"):
                near_genes = closest(gene, genes, close)
                of_kind = by_definition(pool, pert, gene, near_perts, near_genes)
                found = retriever.rows(pert, gene)
                assert [kind for kind, _ in groupby(found, lambda one: one.kind)] == [
                    kind for kind in ROW_KINDS if any(one.kind == kind for one in found)
                ]
                shown: list[TrainingRow] = []
                for row_kind, candidates in of_kind.items():
                    left = [row for row in candidates if row not in shown]
                    taken = [one.row for one in found if one.kind == row_kind]
                    assert len(taken) == len(set(taken)) == min(BUDGET, len(left)), row_kind
                    assert set(taken) <= set(left)
                    if "random" not in row_kind:
                        assert taken == left[:BUDGET], (row_kind, pert, gene)
                    shown += taken
                    seen[row_kind] += len(taken)
    assert all(n > 50 for kind, n in seen.items() if kind != "same_pair")
    assert (seen["same_pair"] > 50) == (track == "cross")


def by_definition(
    pool: list[TrainingRow],
    pert: str,
    gene: str,
    near_perts: dict[str, float],
    near_genes: dict[str, float],
) -> dict[RowKind, list[TrainingRow]]:
    """The rows of each kind, the closest first; of random kinds all that can be drawn."""

    def those(same: Callable[[TrainingRow], bool]) -> list[TrainingRow]:
        # A training row may be asked about too, as a worked example.
        return [row for row in pool if same(row) and row[:3] != ("k562", pert, gene)]

    return {
        "same_pair": those(lambda row: (row.pert, row.gene) == (pert, gene)),
        "same_pert_close_gene": sorted(
            those(lambda row: row.pert == pert and row.gene in near_genes),
            key=lambda row: -near_genes[row.gene],
        ),
        "close_pert_same_gene": sorted(
            those(lambda row: row.gene == gene and row.pert in near_perts),
            key=lambda row: -near_perts[row.pert],
        ),
        "close_pert_close_gene": sorted(
            those(lambda row: row.pert in near_perts and row.gene in near_genes),
            key=lambda row: -near_perts[row.pert] * near_genes[row.gene],
        ),
        "same_pert_random_gene": those(lambda row: row.pert == pert and row.gene != gene),
        "random_pert_same_gene": those(lambda row: row.gene == gene and row.pert != pert),
        "close_pert_random_gene": those(lambda row: row.pert in near_perts and row.gene != gene),
        "random_pert_close_gene": those(lambda row: row.gene in near_genes and row.pert != pert),
    }


@pytest.fixture
def few(put_tables: Callable[..., Path], put_knowledge: Callable[..., str]) -> Retriever:
    """A question about A and g, and rows of B (close to A), C (less close) and D (not close)."""
    rows = {
        "k562": [("B", "g", 1), ("B", "h", 0), ("C", "g", 0), ("C", "i", 1), ("D", "g", 1)],
        "rpe1": [("A", "g", 1), ("A", "h", 0), ("A", "i", 0), ("B", "g", 0), ("E", "h", 1)],
    }
    tested = [("A", "g", 1, "test"), ("F", "g", 0, "test")]
    columns = ["pert", "gene", "label", "split"]
    tables = {
        (line, "de"): pd.DataFrame(
            [*((*row, "train") for row in own), *(tested if line == "k562" else [])],
            columns=columns,
        )
        for line, own in rows.items()
    }
    folder = put_tables(tables)
    pairs = [("A", "B"), ("A", "Z"), ("B", "Z"), ("C", "Z"), ("g", "h"), ("D", "W"), ("i", "V")]
    graph = put_knowledge(folder, pairs, {"A": "a text"})
    evidence = pairs_evidence("perturbqa", "k562", "de", "cross", ("k562", "rpe1"))
    return Retriever(evidence, Knowledge(graph, text_weight=0))


def test_a_few_rows_by_hand(few: Retriever):
    """Each random kind has one row left, so that nothing is left to the draw."""
    assert few.rows("A", "g") == (
        Found(TrainingRow("rpe1", "A", "g", 1), "same_pair"),
        Found(TrainingRow("rpe1", "A", "h", 0), "same_pert_close_gene"),
        # Of one perturbation the own line first.
        Found(TrainingRow("k562", "B", "g", 1), "close_pert_same_gene"),
        Found(TrainingRow("rpe1", "B", "g", 0), "close_pert_same_gene"),
        Found(TrainingRow("k562", "C", "g", 0), "close_pert_same_gene"),
        Found(TrainingRow("k562", "B", "h", 0), "close_pert_close_gene"),
        Found(TrainingRow("rpe1", "A", "i", 0), "same_pert_random_gene"),
        Found(TrainingRow("k562", "D", "g", 1), "random_pert_same_gene"),
        Found(TrainingRow("k562", "C", "i", 1), "close_pert_random_gene"),
        Found(TrainingRow("rpe1", "E", "h", 1), "random_pert_close_gene"),
    )


def demo(kind: str = "de", track: str = "cross") -> PairsEvidence:
    lines = DEMO_LINES if track == "cross" else DEMO_LINES[:1]
    return pairs_evidence("demo", "demo_a", kind, track, lines)


def test_what_is_drawn_is_the_same_in_every_process_and_on_every_machine():
    """Frozen: another draw would change the prompts of runs that are to be compared."""
    found = Retriever(demo()).rows("PSMA1", "PSMB2")
    drawn = [f"{row.line} {row.pert} {row.gene}" for row, kind in found if "random" in kind]
    assert drawn == [
        # same_pert_random_gene
        "demo_b PSMA1 TRA2A",
        "demo_b PSMA1 COX7C",
        "demo_b PSMA1 BAX",
        "demo_c PSMA1 PSMB1",
        "demo_b PSMA1 CYP51A1",
        # random_pert_same_gene
        "demo_c EXOSC8 PSMB2",
        "demo_b SCAP PSMB2",
        "demo_c SMC3 PSMB2",
        "demo_c HARS1 PSMB2",
        "demo_b SPCS3 PSMB2",
        # close_pert_random_gene
        "demo_c PSMA4 SRSF3",
        "demo_b MED10 ITGA4",
        "demo_c CCT7 HSPA9",
        "demo_c CCT5 KPNB1",
        "demo_b PSMA3 CCNB2",
        # random_pert_close_gene
        "demo_c ATP6V1E1 PSMA5",
        "demo_b RPS2 PSMA5",
        "demo_a RPL23 PSMB3",
        "demo_b EXOSC6 PSMB3",
        "demo_b MRPL37 PSMA3",
    ]


@pytest.fixture(scope="module")
def names() -> tuple[list[str], list[str]]:
    rows = demo().opened()
    return [*sorted(set(rows["pert"])), "unseen"], [*sorted(set(rows["gene"])), "unseen"]


def test_a_training_row_that_is_asked_about_is_not_shown_itself():
    for track in TRACKS:
        evidence = demo("direction", track)
        retriever = Retriever(evidence)
        for row in opened(evidence)[::100]:
            shown = [one.row for one in retriever.rows(row.pert, row.gene)]
            assert ("demo_a", row.pert, row.gene) not in [one[:3] for one in shown]


@cache
def made(evidence: PairsEvidence, budget: int, seed: int) -> Retriever:
    return Retriever(evidence, None, neighbors=5, budget=budget, seed=seed)


@given(data=st.data())
def test_of_any_question_budget_and_seed(names: tuple[list[str], list[str]], data: st.DataObject):
    pert, gene = (data.draw(st.sampled_from(own)) for own in names)
    kind, track = data.draw(st.sampled_from(KINDS)), data.draw(st.sampled_from(TRACKS))
    budget, seed = data.draw(st.sampled_from([(1, 0), (4, -(10**20))]))
    evidence = demo(kind, track)
    found = made(evidence, budget, seed).rows(pert, gene)
    of_rows = [one.row for one in found]
    assert set(of_rows) <= set(opened(evidence))
    assert len(of_rows) == len(set(of_rows))
    places = [ROW_KINDS.index(one.kind) for one in found]
    assert places == sorted(places)
    assert all(places.count(place) <= budget for place in places)
    tested = load_table("demo", "demo_a", kind).split("test")
    own = {(row.pert, row.gene) for row in of_rows if row.line == "demo_a"}
    assert not own & set(zip(tested["pert"], tested["gene"], strict=True))


def test_another_seed_draws_other_rows_and_the_same_close_ones():
    one, other = (Retriever(demo(), seed=seed) for seed in (0, 1))
    differ = 0
    for pert, gene in sorted(demo().question_pairs())[:40]:
        a, b = one.rows(pert, gene), other.rows(pert, gene)
        differ += a != b
        close = [[found for found in rows if "random" not in found.kind] for rows in (a, b)]
        assert close[0] == close[1]
    assert differ > 30


def test_the_order_of_the_questions_does_not_matter():
    pairs = sorted(demo().question_pairs())[:60]
    there, back = Retriever(demo()), Retriever(demo())
    backwards = {pair: back.rows(*pair) for pair in reversed(pairs)}
    assert {pair: there.rows(*pair) for pair in pairs} == backwards


def test_the_order_of_a_table_does_not_matter(known_world, put_tables, tmp_path: Path):
    known = Knowledge(known_world.graph)
    pairs = sorted(known_world.evidence("de").question_pairs())

    def found() -> list[tuple[Found, ...]]:
        retriever = Retriever(known_world.evidence("de", "cross"), known)
        return [retriever.rows(*pair) for pair in pairs]

    before = found()
    folder = put_tables({place: rows[::-1] for place, rows in known_world.tables.items()})
    genes = Path(known_world.graph).parent / "genes"
    genes.rename(folder / "genes")
    assert found() == before


def test_rows_of_hidden_genes_are_not_found_and_close_genes_are():
    evidence = demo("de", "within").hiding(0)
    hidden, retriever = evidence.hidden_genes, Retriever(evidence)
    found = [retriever.rows(pert, gene) for pert, gene in sorted(evidence.question_pairs())]
    assert hidden
    assert not {one.row.gene for rows in found for one in rows} & hidden
    of_hidden = retriever.rows("PSMA1", min(hidden))
    assert {one.kind for one in of_hidden} >= {"close_pert_random_gene"}
    assert "random_pert_same_gene" not in {one.kind for one in of_hidden}


def test_what_cannot_be_read_or_is_not_allowed_is_told(known_world):
    with pytest.raises(EvidenceError, match="evidence=none does not allow"):
        Retriever(pairs_evidence("demo", "demo_a", "de", "none", ()))
    strange = Path(known_world.graph).with_name("strange.csv")
    strange.write_text("gene_a,gene_b\nX1,X2\n", "utf-8")
    with pytest.raises(UnknownGenesError):
        Retriever(known_world.evidence("de"), Knowledge(str(strange)))


@pytest.mark.each("name", ["neighbors", "budget"])
@pytest.mark.each("value", [0, -1, 1.5, "5", None, True])
def test_numbers_of_names_and_rows_are_checked(name: str, value: object):
    with pytest.raises(ArgumentError, match=rf"^{name} must be .*; got {value!r}\.$"):
        Retriever(demo(), **{name: value})


@pytest.mark.each("seed", ["1", 1.0, None, False])
def test_the_seed_is_checked(seed: object):
    with pytest.raises(ArgumentError, match=r"^seed must be a whole number"):
        Retriever(demo(), seed=seed)


def test_gene_sets_have_rows_of_their_own_and_none_close(real_data: Path):
    asked = pairs_benchmark("direction", cell_line="k562_set", evidence="within")
    retriever = Retriever(asked.evidence)
    pairs = list(zip(asked.rows["pert"], asked.rows["gene"], strict=True))[::50]
    found = [one for pair in pairs for one in retriever.rows(*pair)]
    assert {one.kind for one in found} == {
        "close_pert_same_gene",
        "random_pert_same_gene",
        "close_pert_random_gene",
    }


def test_real_questions_have_rows_of_the_kinds_that_a_held_out_perturbation_has(real_data: Path):
    asked = pairs_benchmark("direction", cell_line="k562", evidence="within")
    retriever, train = Retriever(asked.evidence), set(opened(asked.evidence))
    pairs = list(zip(asked.rows["pert"], asked.rows["gene"], strict=True))[::20]
    kinds = {kind for kind in ROW_KINDS if not kind.startswith("same")}
    seen = set()
    for pair in pairs:
        found = retriever.rows(*pair)
        assert {one.row for one in found} <= train
        assert 10 <= len(found) <= 25
        seen |= {one.kind for one in found}
    assert seen == kinds
