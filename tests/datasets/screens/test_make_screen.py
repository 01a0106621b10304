import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from perturb_evals.datasets.screens.make_screen import make_screen
from perturb_evals.datasets.screens.screen import ScreenError

GENES = ["G1", "G2", "G3", "G4"]
CONTROL = np.array([1.0, 2.0, 0.5, 0.0])


def screen(perturbations, expression, **options):
    given = {"name": "s", "cell_line": "k562", "control": CONTROL, "genes": GENES}
    return make_screen(
        perturbations=perturbations,
        expression=expression,
        fingerprint="0" * 64,
        **{**given, **options},
    )


def test_rows_are_sorted_with_all_that_belongs_to_them():
    rows = CONTROL + np.array([[0, 0, 0, 0.5], [0.3, -0.2, 0.1, -0.4]])
    made = screen(["ZZZ", "AAA"], rows, n_cells=[10, 20], layers={"t_others": rows})
    assert made.perturbations == ("AAA", "ZZZ")
    assert made.n_cells.tolist() == [20, 10]
    np.testing.assert_allclose(made.expression, rows[::-1], rtol=1e-6)
    np.testing.assert_allclose(made.layer("t_others"), rows[::-1], rtol=1e-6)
    assert made.layer("half_1") is None
    assert made.de_order.tolist() == [[3, 0, 1, 2], [3, 0, 1, 2]]
    assert made.n_ranked.tolist() == [4, 1]
    assert (made.name, made.cell_line, made.order_kind) == ("s", "k562", "abs_delta")
    assert made.symbols == tuple(GENES)


def test_genes_without_change_go_to_the_end_of_a_given_order():
    rows = CONTROL + np.array([[0, 0.1, 0, 0.2]])
    made = screen(["A"], rows, de_order=[[2, 1, 0, 3]], order_kind="uns")
    assert made.de_order.tolist() == [[1, 3, 2, 0]]
    assert made.n_ranked.tolist() == [2]
    assert made.order_kind == "uns"


def test_rows_without_effect_are_kept_out_and_counted():
    rows = CONTROL + np.array([[0.1, 0, 0, 0], [0, 0, 0, 0], [0.1, 0.1, 0, 0]])
    made = screen(["A", "B", "C"], rows, excluded={"one_cell": 3, "combination": 2})
    assert made.perturbations == ("A", "C")
    assert made.excluded == {"combination": 2, "no_effect": 1, "one_cell": 3}


@given(
    arrays(
        np.float64,
        (3, 4),
        elements=st.floats(-5, 5, allow_subnormal=False).map(lambda x: round(x, 3)),
    )
)
def test_the_order_is_by_size_of_change_and_leads_with_what_changed(deltas):
    deltas[:, 0] += 6  # something always changes
    made = screen(["A", "B", "C"], CONTROL + deltas - 0.125)
    for delta, order, n_ranked in zip(made.delta, made.de_order, made.n_ranked, strict=True):
        assert sorted(order) == [0, 1, 2, 3]
        sizes = np.abs(delta)[order]
        assert (np.diff(sizes) <= 0).all()
        assert n_ranked == np.count_nonzero(delta)


FINE = CONTROL + 0.25


@pytest.mark.each(
    ("perturbations", "expression", "options", "message"),
    [
        (["A"], [FINE, FINE], {}, r"expected expression of shape \(1, 4\)"),
        (["A"], [FINE], {"control": [1.0]}, r"control of shape \(4,\)"),
        (["A", "A"], [FINE, FINE], {}, "1 perturbations are given more than once, .* 'A'"),
        ([" "], [FINE], {}, "expected the name of a perturbation, got ' '"),
        ([np.nan], [FINE], {}, "expected the name of a perturbation, got nan"),
        (["A"], [FINE], {"genes": ["G1", "G1", "G2", "G3"]}, "1 genes are given more than once"),
        (["A"], [[1, np.nan, 2, 3]], {}, "1 values are not finite.* nan at A x G2"),
        (["A"], [FINE], {"control": [1, 2, np.inf, 3]}, "inf at the control x G3"),
        (
            ["A"],
            [[3, 0, 7, 250]],
            {"control": [1, 0, 5, 9]},
            r"look like counts.*the largest is 250",
        ),
        (
            ["A"],
            [[3, 0, 7, 2]],
            {"control": [1, 0, 5, 9]},
            "look like counts.* all values above 1 are whole",
        ),
        (["A"], [CONTROL], {}, r"no perturbation is left; kept out were 1 no effect"),
        (["A"], [FINE], {"de_order": [[0, 1, 2, 2]]}, "each gene position once a row, 0 to 3"),
        (["A"], [FINE], {"de_order": [[0.0, 1, 2, 3]]}, "integers of shape .*; got float64"),
        (["A"], [FINE], {"de_order": [GENES]}, "integers of shape .*; got <U2"),
        (["A"], [FINE], {"de_order": [[0, 1, 2]]}, r"got int64 of shape \(1, 3\)"),
        (["AARS", "Aars"], [FINE, FINE], {}, "'AARS' and 'Aars' differ in case only"),
        (["A", "A "], [FINE, FINE], {}, "1 perturbations are given more than once, .* 'A'"),
        (
            ["A"],
            [FINE],
            {"layers": {"half_1": [[0, 1, np.nan, np.inf]]}},
            "s, layer half_1: 2 values are not finite.* nan at A x G3",
        ),
        (
            ["A"],
            [FINE],
            {"layers": {"t_others": [[0, 1]]}},
            r"layer t_others: expected shape \(1, 4\), got \(1, 2\)",
        ),
        (
            ["A"],
            [FINE],
            {"layers": {"padj_half_2": [[0, 1, 0.5, 7]]}},
            "layer padj_half_2: adjusted p-values must lie in 0 to 1, got 0 to 7",
        ),
    ],
)
def test_bad_data_is_refused_and_named(perturbations, expression, options, message):
    with pytest.raises(ScreenError, match=message):
        screen(perturbations, np.array(expression, dtype=float), **options)


def test_a_gene_that_could_not_be_tested_has_p_1():
    made = screen(["A"], [FINE], layers={"padj_half_2": [[0, np.nan, 0.5, 1]]})
    assert made.layer("padj_half_2").tolist() == [[0, 1, 0.5, 1]]


def test_blanks_around_names_are_no_part_of_them():
    made = screen(["A ", " B"], [FINE, FINE], genes=[" G1", "G2 ", "G3", "G4"])
    assert made.perturbations == ("A", "B")
    assert made.genes == made.symbols == tuple(GENES)


def test_log_fold_changes_about_zero_are_no_counts():
    made = screen(["A"], [[-3.0, 0, 7, 2]], control=np.zeros(4))
    assert made.delta.tolist() == [[-3, 0, 7, 2]]
