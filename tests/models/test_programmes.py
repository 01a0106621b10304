import pytest

from perturb_evals.models.programmes import PROGRAMMES
from perturb_evals.solvers.pairs.prompts import describe


def test_names_are_unique_and_nothing_is_empty() -> None:
    names = [note.name for note in PROGRAMMES]
    assert len(set(names)) == len(names) >= 12
    assert all(note.name and note.symbols.split() and note.answers_to for note in PROGRAMMES)
    assert {note.lean for note in PROGRAMMES} == {-1, 0, 1}


@pytest.mark.parametrize(
    ("needs", "cell_line"),
    [("p53", "rpe1"), ("erythroid", "k562"), ("hepat", "hepg2"), ("T-cell", "jurkat")],
)
def test_what_a_programme_needs_stands_in_the_description_of_its_line(
    needs: str, cell_line: str
) -> None:
    assert needs in {note.needs for note in PROGRAMMES}
    assert needs.lower() in describe(cell_line).lower()
