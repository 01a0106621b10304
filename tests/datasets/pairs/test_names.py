"""The look at the names of a user's own tables."""

from collections.abc import Callable

import pytest

from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.datasets.pairs.load import load_table
from perturb_evals.datasets.pairs.table import TableError

FINE = ["GATA1,MYC,1,train", "KLF1,MYC,1,test", "TP53,MYC,0,test"]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Callable[..., str]:
    """Write the rows of one table, as CSV, and return the folder."""
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))

    def put(*rows: str, line: str = "hela") -> str:
        text = "\n".join(["pert,gene,label,split", *rows]) + "\n"
        (tmp_path / f"{line}-de.csv").write_text(text, encoding="utf-8")
        return str(tmp_path)

    return put


@pytest.mark.parametrize(
    ("pert", "what"),
    [(name, "names no perturbation") for name in ("nan", "NaN", "None", "NA", "unassigned", "*")]
    + [(name, "names another control") for name in ("non-targeting", "NTC_1", "ctrl", "NegCtrl0")]
    + [(name, "is a date") for name in ("1-Mar", "2-Sep", "Mar-01", "2023-03-01")]
    + [(name, "is a number") for name in ("0", "7157", "1e5")],
)
def test_a_perturbation_that_is_no_gene_is_refused_by_its_line(folder, pert, what):
    place = folder(*FINE, f"{pert},MYC,0,test")
    with pytest.raises(TableError) as caught:
        load_table(place, "hela", "de")
    said = str(caught.value)
    assert f"hela-de.csv, line 5: expected the symbol of a perturbed gene, got {pert!r}" in said
    assert what in said


@pytest.mark.parametrize("gene", ["nan", "None", "1-Mar", "Sep-02", "17", "-"])
def test_a_readout_gene_that_is_none_is_refused(folder, gene):
    place = folder(*FINE, f"KLF1,{gene},0,test")
    with pytest.raises(
        TableError, match=f"line 5: expected the symbol of a readout gene, got '{gene}"
    ):
        load_table(place, "hela", "de")


def test_reporters_and_sets_of_genes_may_be_read_out(folder):
    assert load_table(folder(*FINE, "KLF1,GFP,0,test"), "hela", "de")
    rows = [row.replace("MYC", "12") for row in FINE]
    assert load_table(folder(*rows, line="x_set"), "x_set", "de")


def test_blanks_around_names_are_taken_off(folder):
    place = folder("\u00a0GATA1 ,MYC\u200b,1,train", "KLF1, MYC,1,test", "TP53,MYC,0,test")
    rows = load_table(place, "hela", "de").rows.to_pandas()
    assert rows["pert"].tolist() == ["GATA1", "KLF1", "TP53"]
    assert set(rows["gene"]) == {"MYC"}
    with pytest.raises(TableError, match="a second time"):
        load_table(folder(*FINE, " KLF1,MYC ,0,test"), "hela", "de")


@pytest.mark.parametrize(
    ("trained", "tested"),
    [
        ("GATA1", "gata1"),
        ("GATA1_sg1", "GATA1_sg2"),
        ("sgGATA1", "GATA1"),
        ("GATA1", "GATA1+ctrl"),
        ("GATA1 KO", "GATA1"),
    ],
)
def test_a_gene_in_train_and_test_under_two_names_is_refused(folder, trained, tested):
    place = folder(*FINE[1:], f"{trained},MYC,1,train", f"{tested},MYC,1,test", "GATA1,X1,0,train")
    if tested == "GATA1":
        place = folder(*FINE[1:], f"{trained},MYC,1,train", "GATA1,MYC,1,test")
    with pytest.raises(TableError, match="the same gene under another name, is trained on"):
        load_table(place, "hela", "de")


def test_aliases_are_compared_where_the_table_of_genes_is(folder, real_data):
    place = folder(*FINE, "AARS,MYC,1,train", "AARS1,MYC,1,test")
    with pytest.raises(TableError, match="AARS1 is tested and AARS, the same gene"):
        load_table(place, "hela", "de")
    assert load_table(folder(*FINE, "AARS,MYC,1,test", "AARS1,MYC,1,test"), "hela", "de")


def test_joined_names_are_odd_and_may_be_asked(folder, logged):
    place = folder(*FINE, "GATA1+KLF1,MYC,0,test")
    assert pairs_benchmark("de", place).n_questions == 3
    assert "hela-de.csv: 1 label names several genes: 'GATA1+KLF1'." in logged.text
    logged.records.clear()
    load_table(place, "hela", "de")
    assert not logged.records


@pytest.mark.slow
def test_perturbqa_in_a_folder_has_nothing_odd(real_data, tmp_path, monkeypatch, logged):
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    for line in ("k562", "rpe1", "hepg2", "k562_set"):
        name = f"{line}-dir.csv"
        (tmp_path / name).symlink_to(real_data / "perturbqa" / name)
        assert len(load_table(str(tmp_path), line, "direction").rows)
    assert not logged.records
