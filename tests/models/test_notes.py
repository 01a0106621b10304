"""Notes are looked up by shell pattern, and their tables fit together."""

import pytest

from perturb_evals.datasets.genes.ncbi import human_aliases
from perturb_evals.models.notes import (
    PERTURBATIONS,
    PROGRAMMES,
    RENAMED,
    perturbation_of,
    programmes_of,
    strongest,
)
from perturb_evals.solvers.pairs.prompts import describe

PROGRAMME = {note.name: note for note in PROGRAMMES}


@pytest.mark.each(
    ("symbol", "name"),
    [
        ("PSMA1", "the proteasome"),
        ("PSMG4", "the proteasome"),
        ("AARS2", "mitochondrial tRNA charging"),
        ("AARS1", "aminoacyl-tRNA synthesis"),
        ("MCM3", "DNA replication"),
        ("RRM2", "DNA replication"),
        ("CDC20", "APC/C"),  # the first of two that list it
        ("CDC6", "DNA replication"),
        ("HSPA5", "ER protein folding and entry"),
    ],
)
def test_a_perturbation_is_found_by_its_pattern(symbol: str, name: str) -> None:
    note = perturbation_of(symbol)
    assert note is not None
    assert note.name == name


@pytest.mark.each("symbol", ["", "psma1", "PSM", "ZNF999", "[", "*", " PSMA1"])
def test_a_symbol_without_notes(symbol: str) -> None:
    assert perturbation_of(symbol) is None
    assert programmes_of(symbol) == ()
    assert symbol not in RENAMED


def test_a_gene_may_belong_to_several_programmes() -> None:
    assert [note.name for note in programmes_of("SQSTM1")] == ["NRF2", "lysosome"]


def test_the_strongest_effect_is_taken_and_may_be_a_fall() -> None:
    proteasome = perturbation_of("PSMA1")
    weak, strong, none = (PROGRAMME[name] for name in ("p53", "proteasome", "histone"))
    assert strongest(proteasome, (weak, strong)) == (strong, 0.95)
    assert strongest(proteasome, (strong, weak)) == (strong, 0.95)
    assert strongest(proteasome, (none, weak)) == (weak, 0.5)
    assert strongest(proteasome, (none,)) == (none, 0)
    assert strongest(None, (none, weak)) == (none, 0)
    assert strongest(proteasome, ()) == (None, 0)
    assert strongest(perturbation_of("SCAP"), programmes_of("LDLR")) == (PROGRAMME["SREBP"], -0.95)


def test_notes_are_complete_and_name_programmes_that_there_are() -> None:
    for notes in (PERTURBATIONS, PROGRAMMES):
        assert len({note.name for note in notes}) == len(notes) > 20
        for note in notes:
            assert note.name
            assert len(set(note.symbols)) == len(note.symbols) > 0
    for note in PERTURBATIONS:
        assert note.moves.keys() <= PROGRAMME.keys()
        assert note.moves
        assert all(0.3 <= abs(effect) <= 1 for effect in note.moves.values())
    assert {note.lean for note in PROGRAMMES} == {-1, 0, 1}
    assert {note.essential for note in PERTURBATIONS} == {True, False}


@pytest.mark.parametrize(
    ("needs", "cell_line"),
    [("p53", "rpe1"), ("erythroid", "k562"), ("hepat", "hepg2"), ("T-cell", "jurkat")],
)
def test_what_a_programme_needs_stands_in_the_description_of_its_line(
    needs: str, cell_line: str
) -> None:
    assert needs in {note.needs for note in PROGRAMMES}
    assert needs.lower() in describe(cell_line).lower()


def test_renamed_genes_lead_both_ways() -> None:
    assert RENAMED["AARS1"] == "AARS"
    assert RENAMED["AARS"] == "AARS1"
    assert all(RENAMED[other] == symbol for symbol, other in RENAMED.items())


def test_ncbi_knows_every_renamed_gene_as_one(real_data: object) -> None:
    aliases = human_aliases()
    for symbol, other in RENAMED.items():
        assert set(aliases.gene_ids(symbol)) & set(aliases.gene_ids(other)), symbol
        assert aliases.is_current(symbol) != aliases.is_current(other), symbol
