import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from perturb_evals.datasets.screens.pseudobulk import read_pseudobulk
from perturb_evals.datasets.screens.screen import ScreenError

NAMES = ["control", "B", "A"]
X = np.array([[1.0, 2.0, 0.5], [1.5, 2.0, 0.25], [1.0, 1.0, 0.75]], dtype=np.float32)


@pytest.fixture
def put(tmp_path):
    """Write an .h5ad with a perturbation column and return its path; parts can be replaced."""

    def write(names=NAMES, column="perturbation", values=X, genes=("G1", "G2", "G3"), **parts):
        obs = pd.DataFrame({column: list(names)}, index=[f"row{i}" for i in range(len(names))])
        adata = anndata.AnnData(
            X=values,
            obs=obs.assign(**parts.pop("obs", {})),
            var=pd.DataFrame(parts.pop("var", {}), index=list(genes)),
            **parts,
        )
        adata.write_h5ad(tmp_path / "screen.h5ad")
        return tmp_path / "screen.h5ad"

    return write


def read(path, **options):
    return read_pseudobulk(path, name="mine", fingerprint="f", **options)


def test_rows_and_the_control(put):
    screen = read(put())
    assert screen.perturbations == ("A", "B")
    assert screen.control.tolist() == [1.0, 2.0, 0.5]
    assert screen.delta.tolist() == [[0, -1, 0.25], [0.5, 0, -0.25]]
    assert screen.order_kind == "abs_delta"
    assert screen.de_order.tolist() == [[1, 2, 0], [0, 2, 1]]
    assert screen.genes == screen.symbols == ("G1", "G2", "G3")
    assert np.isnan(screen.n_cells).all()
    assert (screen.cell_line, screen.fingerprint) == ("", "f")


def test_everything_a_file_may_bring(put):
    path = put(
        obs={"n_cells": [100, 7, 9]},
        var={"gene_name": ["S1", "S2", "S3"]},
        obsm={"de_order": np.array([[0, 1, 2], [2, 1, 0], [0, 1, 2]])},
        layers={"t_others": sparse.csr_matrix(X), "counts": X},
        uns={"cell_line": "k562", "source": "Somewhere", "licence": "CC0", "citation": "Some"},
    )
    screen = read(path)
    assert screen.n_cells.tolist() == [9, 7]
    assert screen.symbols == ("S1", "S2", "S3")
    assert screen.order_kind == "uns"
    # Genes without change stand last: G1 for A, G2 for B.
    assert screen.de_order.tolist() == [[1, 2, 0], [2, 0, 1]]
    assert screen.layer("t_others").tolist() == X[[2, 1]].tolist()
    assert "counts" not in screen.adata.layers
    assert screen.cell_line == "k562"
    assert screen.adata.uns["source"] == "Somewhere"
    assert read(path, cell_line="rpe1").cell_line == "rpe1"


def test_names_of_column_and_control_are_arguments(put):
    path = put(["NT", "B+NT", "NT+A"], column="guide", values=sparse.csr_matrix(X))
    screen = read(path, perturbation_column="guide", control="NT")
    assert screen.perturbations == ("A", "B")
    assert screen.delta.tolist() == [[0, -1, 0.25], [0.5, 0, -0.25]]


def test_without_a_column_the_index_names_the_perturbations(put, tmp_path):
    adata = anndata.AnnData(X=X, obs=pd.DataFrame(index=NAMES), var=pd.DataFrame(index=list("abc")))
    adata.write_h5ad(tmp_path / "index.h5ad")
    assert read(tmp_path / "index.h5ad").perturbations == ("A", "B")


@pytest.mark.parametrize(
    ("parts", "options", "message"),
    [
        ({}, {"perturbation_column": "guide"}, "no column 'guide' in obs; it has perturbation"),
        (
            {"names": ["ctrl", "B", "A"]},
            {},
            r"one row of the control 'control' in .*, found 0.*: 'ctrl'\.",
        ),
        ({"names": ["control", "control", "A"]}, {}, "found 2.*Average these rows"),
        ({"names": ["control", "A", "A"]}, {}, "perturbations are given more than once.*'A'"),
        ({"values": np.where(X == 0.25, np.nan, X)}, {}, "nan at B x G3"),
        ({"values": (X * 400).round()}, {}, "look like counts"),
        ({"values": None}, {}, "X is empty"),
    ],
)
def test_bad_files_are_refused(put, parts, options, message):
    with pytest.raises(ScreenError, match=message):
        read(put(**parts), **options)


def test_duplicated_genes_are_refused(put):
    with pytest.warns(UserWarning, match="not unique"):
        path = put(genes=("G1", "G1", "G3"))
    with (
        pytest.warns(UserWarning, match="not unique"),
        pytest.raises(ScreenError, match="1 genes are given more than once"),
    ):
        read(path)


def test_something_else_under_the_name_of_an_h5ad(tmp_path):
    path = tmp_path / "screen.h5ad"
    path.write_text("no HDF5", encoding="utf-8")
    with pytest.raises(ScreenError, match=r"not readable as \.h5ad"):
        read(path)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("adamson_2016_upr", (90, 3339)),
        ("macrophage_crispri", (205, 7487)),
        ("replogle_k562_pc9_surrogate", (1092, 9)),
    ],
)
def test_real_screens(real_data, name, shape):
    screen = read(real_data / "screens" / f"{name}.h5ad")
    assert screen.expression.shape == shape
    assert screen.excluded == {}
    first = np.take_along_axis(np.abs(screen.delta), screen.de_order[:, :1].astype(int), axis=1)
    np.testing.assert_array_equal(first[:, 0], np.abs(screen.delta).max(axis=1))


# The look at the labels

GENES = [
    *("CDK1", "EIF2S1", "GATA1", "HSPA5", "HSPA8", "KLF1", "MCM2", "MYC", "NPM1", "PCNA"),
    *("POLR2A", "PSMB1", "AARS1", "TP53"),
]


def rows_of(names, **parts):
    values = np.random.default_rng(0).normal(1, 0.3, (len(names), len(GENES))).astype(np.float32)
    return {"names": names, "values": values, "genes": GENES, **parts}


def test_what_is_no_gene_is_left_out_under_its_true_reason(put):
    odd = {
        "nothing": ["nan", "None", "unassigned", "multiplet", "*", None],
        "other_control": ["non-targeting", "safe-targeting", "ctrl", "NT", "NegCtrl0"],
        "combination": ["CDK1_MYC", "HSPA5|HSPA8", "MYC,TP53", "KLF1;GATA1", "MYC+TP53"],
        "date": ["1-Mar", "2-Sep", "2019-03-01 00:00:00"],
        "number": ["17", "7157"],
    }
    given = ["control", *GENES, *(label for labels in odd.values() for label in labels)]
    screen = read(put(**rows_of(given)))
    assert screen.perturbations == tuple(sorted(GENES))
    assert screen.excluded == {reason: len(labels) for reason, labels in odd.items()}
    assert screen.kept_out == (
        "21 perturbations are kept out and not asked about: 5 of several genes (A+B), 3 named as "
        "a date, 6 without a perturbation's name (nan, unassigned), 2 named as a number, 5 named "
        "as another control."
    )
    assert len(screen.remarks) == len(odd)
    # What is left out takes no part in the numbers.
    fine = read(put(**rows_of(["control", *GENES])))
    assert fine.perturbations == screen.perturbations
    assert (fine.excluded, fine.remarks) == ({}, ())


def test_blanks_are_taken_off_labels_and_two_rows_of_one_name_refused(put):
    names = ["control", *GENES[:-1], "\u00a0TP53 \ufeff"]
    assert read(put(**rows_of(names))).perturbations == tuple(sorted(GENES))
    with pytest.raises(ScreenError, match="given more than once, the first is 'TP53'"):
        read(put(**rows_of([*names, "TP53"])))
    assert read(put(**rows_of([" control ", *GENES]))).perturbations == tuple(sorted(GENES))


def test_labels_that_are_numbers_are_refused_with_the_other_columns(put):
    parts = rows_of(["control", *map(str, range(14))], obs={"gene": ["NTC", *GENES]})
    with pytest.raises(ScreenError) as caught:
        read(put(**parts))
    said = str(caught.value)
    assert "obs['perturbation']: expected symbols of the perturbed genes, got numbers in 14" in said
    assert "there is gene; a control stands in 'gene'" in said


def test_the_labels_that_look_like_a_control_are_named(put):
    names = ["10700_non-targeting_non-targeting_non-targeting", *GENES]
    with pytest.raises(ScreenError, match="look like a control: '10700_non-targeting"):
        read(put(**rows_of(names)))


def test_guides_and_rows_of_a_library_know_their_gene(put):
    names = ["control", "0_CDK1_P1_ENSG00000010000", "1_CDK1_P2_ENSG00000010000", "GATA1_sg1"]
    screen = read(put(**rows_of([*names, "GATA1_sg2", "KLF1", "sgMYC"])))
    assert screen.same_gene == (tuple(names[1:3]), ("GATA1_sg1", "GATA1_sg2"))
    expected = ("CDK1", "CDK1", "GATA1", "GATA1", "KLF1", "MYC")
    assert screen.targets == tuple(screen.naming["gene"]) == expected


def test_aliases_are_compared_where_the_table_of_genes_is(put, real_data):
    screen = read(put(**rows_of(["control", "AARS", "AARS1", "MYC", "H2AFX", "H2AX"])))
    assert screen.same_gene == (("AARS", "AARS1"), ("H2AFX", "H2AX"))
    assert screen.targets == ("AARS1", "AARS1", "", "", "MYC")
    assert "2 genes stand under several names" in screen.remarks[0]


@pytest.mark.parametrize("column", ["feature_name", "gene_symbols", "gene_symbol", "Symbol"])
def test_symbols_stand_in_any_usual_column(put, column):
    ids = [f"ENSG{at:011d}" for at in range(len(GENES))]
    screen = read(put(**rows_of(["control", *GENES]) | {"genes": ids, "var": {column: GENES}}))
    assert screen.symbols == tuple(GENES)
    assert screen.targets == screen.perturbations
    assert screen.reading["symbols from"] == f"var[{column!r}]"
