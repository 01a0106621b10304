"""What a control does to a question and its evidence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.genes.symbol_codes import codes_in, decoded
from perturb_evals.datasets.pairs.evidence import TrainingRow
from perturb_evals.solvers.pairs.prompts import CELL_LINE_DESCRIPTIONS
from perturb_evals.solvers.pairs.view import CONTROLS, View, another_line, check_control

ABOUT = {"dataset": "demo", "cell_line": "k562", "kind": "de", "pert": "P", "gene": "G"}
names = st.text("ABCDEF", min_size=1, max_size=3)
some_rows = st.lists(
    st.builds(TrainingRow, st.sampled_from(["k562", "rpe1"]), names, names, st.integers(0, 1)),
    max_size=12,
)


@given(some_rows)
def test_without_a_control_all_is_as_it_is(rows):
    view = View(ABOUT)
    assert (view.pert, view.gene, view.symbols) == ("P", "G", ("P", "G"))
    assert view.line == CELL_LINE_DESCRIPTIONS["k562"]
    assert view.rows(rows) == rows
    assert not view.codes


@given(some_rows)
def test_codes_are_consistent_and_lead_back(rows):
    view = View(ABOUT, "anonymised")
    shown = view.rows(rows)
    assert len(set(view.codes.values())) == len(view.codes)
    symbols = codes_in({"symbol_codes": view.codes})
    for row, one in zip(rows, shown, strict=True):
        assert (one.pert, one.gene) == (view.codes[row.pert], view.codes[row.gene])
        assert (one.line, one.label) == (row.line, row.label)
        text = decoded(f"- knock-down of {one.pert}: {one.gene} changed", symbols)
        assert text == f"- knock-down of {row.pert}: {row.gene} changed"
        assert (view.symbol(one.pert), view.symbol(one.gene)) == (row.pert, row.gene)
    # The same again, whatever was shown in between.
    assert view.rows(rows) == shown


def test_codes_say_nothing_of_names():
    one, other = View(ABOUT, "anonymised"), View({**ABOUT, "pert": "X", "gene": "Y"}, "anonymised")
    assert (one.pert, one.gene) == (other.pert, other.gene) == ("G001", "G002")


@given(some_rows)
def test_roles_are_exchanged_everywhere(rows):
    view = View(ABOUT, "swapped")
    assert (view.pert, view.gene) == ("G", "P")
    assert view.pair == ("P", "G")
    assert view.rows(rows) == [TrainingRow(r.line, r.gene, r.pert, r.label) for r in rows]


@pytest.mark.each(
    "line", ["k562", "rpe1", "hepg2", "jurkat", "k562_set", "demo_a", "demo_c", "a line of mine"]
)
def test_another_line_has_another_description(line):
    own = View({**ABOUT, "cell_line": line}).line
    other = View({**ABOUT, "cell_line": line}, "wrong_line").line
    assert own != other
    assert another_line(line) != line


@given(some_rows)
def test_outcomes_are_dealt_out_anew_and_nothing_else(rows):
    view = View(ABOUT, "shuffled_evidence")
    shown = view.rows(rows)
    assert [row[:3] for row in shown] == [row[:3] for row in rows]
    assert sorted(row.label for row in shown) == sorted(row.label for row in rows)
    assert View(ABOUT, "shuffled_evidence").rows(rows) == shown


def test_outcomes_are_dealt_out_by_the_question():
    rows = [TrainingRow("k562", "A", f"g{place}", place % 2) for place in range(20)]
    dealt = {
        tuple(row.label for row in View({**ABOUT, "gene": f"G{n}"}, "shuffled_evidence").rows(rows))
        for n in range(20)
    }
    assert len(dealt) == 20


@pytest.mark.each("control", ["anonymized", "", True, 1, ["swapped"]])
def test_other_controls_are_refused(control):
    with pytest.raises(ArgumentError, match="control must be one of"):
        check_control(control)


def test_outcomes_are_shuffled_only_where_rows_are_shown():
    for control in CONTROLS:
        check_control(control)
    with pytest.raises(ArgumentError, match="control must be one of anonymised, swapped, wrong"):
        check_control("shuffled_evidence", reads_rows=False)
