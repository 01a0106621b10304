import gzip
import hashlib
import json
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

from perturb_evals.datasets.demo.screen import demo_screen
from perturb_evals.datasets.screens.load import ScreenRequest, load_screen
from perturb_evals.datasets.screens.screen import ScreenError

X = np.array([[1.0, 2.0, 0.5], [1.5, 2.0, 0.25], [1.0, 1.0, 0.75]], dtype=np.float32)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def put(tmp_path, cache):
    def write(values=X, name="mine.h5ad"):
        obs = pd.DataFrame({"perturbation": ["control", "B", "A"]}, index=list("123"))
        adata = anndata.AnnData(X=values, obs=obs, var=pd.DataFrame(index=["G1", "G2", "G3"]))
        adata.write_h5ad(tmp_path / name)
        load_screen.cache_clear()
        return ScreenRequest(str(tmp_path / name))

    return write


def kept(cache):
    return sorted((cache / "screens").glob("*.h5ad"))


def test_what_was_read_is_kept_and_found_again(put, cache):
    request = put()
    first = load_screen(request)
    (file,) = kept(cache)
    written = file.stat().st_mtime_ns
    load_screen.cache_clear()
    second = load_screen(request)
    assert second is not first
    assert kept(cache)[0].stat().st_mtime_ns == written
    assert second.perturbations == first.perturbations == ("A", "B")
    assert (second.name, second.fingerprint) == ("mine", first.fingerprint)
    assert second.excluded == first.excluded == {}
    content = Path(request.screen).read_bytes()
    assert second.source_sha256 == first.source_sha256 == hashlib.sha256(content).hexdigest()
    for attribute in ("expression", "control", "de_order", "n_ranked", "n_cells"):
        one, two = getattr(first, attribute), getattr(second, attribute)
        np.testing.assert_array_equal(one, two)
        assert one.dtype == two.dtype


def test_a_changed_file_is_another_screen(put):
    before = load_screen(put())
    after = load_screen(put(X + 0.25))
    assert after.control.tolist() == [1.25, 2.25, 0.75]
    assert after.fingerprint != before.fingerprint


def test_the_name_of_a_file_and_the_cell_line_do_not_change_the_data(put):
    one = load_screen(put())
    two = load_screen(put(name="renamed.h5ad"))
    three = load_screen(ScreenRequest(put().screen, cell_line="rpe1"))
    assert one.fingerprint == two.fingerprint == three.fingerprint
    assert [screen.name for screen in (one, two, three)] == ["mine", "renamed", "mine"]
    assert [screen.cell_line for screen in (one, two, three)] == ["", "", "rpe1"]


def test_a_damaged_file_of_the_cache_is_made_anew(put, cache, logged):
    request = put()
    load_screen(request)
    (file,) = kept(cache)
    file.write_bytes(file.read_bytes()[:1000])
    load_screen.cache_clear()
    assert load_screen(request).perturbations == ("A", "B")
    assert "made anew" in logged.text
    load_screen.cache_clear()
    logged.records.clear()
    load_screen(request)
    assert logged.text == ""


def test_a_cache_that_cannot_be_written_is_no_error(put, cache, logged):
    request = put()
    cache.parent.mkdir(exist_ok=True)
    cache.write_text("a file in the place of the folder", encoding="utf-8")
    assert load_screen(request).perturbations == ("A", "B")
    assert "cannot be written" in logged.text


def test_no_part_of_a_file_is_left(put, cache):
    load_screen(put())
    assert sorted(file.suffix for file in (cache / "screens").iterdir()) == [".h5ad", ".sha256"]


def test_the_demo_needs_no_file(cache):
    assert load_screen(ScreenRequest("demo", cell_line="demo_c")).fingerprint == (
        demo_screen("demo_c").fingerprint
    )
    assert not cache.exists()


@pytest.mark.parametrize("name", ["replogle", "", "there/is/none.h5ad", "."])
def test_no_such_screen(name, cache):
    with pytest.raises(ScreenError, match="replogle_k562, replogle_rpe1, demo, or the path"):
        load_screen(ScreenRequest(name))


@pytest.mark.parametrize("name", ["demo", "demo_b"])
def test_a_file_called_as_the_demo_is_refused(name, tmp_path, cache):
    """A board counts as simulated by that name."""
    path = tmp_path / f"{name}.h5ad"
    path.write_bytes(b"")
    with pytest.raises(ScreenError, match=r"simulated demo.*Rename the file"):
        load_screen(ScreenRequest(str(path)))


def test_a_file_of_another_kind(tmp_path, cache):
    (tmp_path / "screen.csv").write_text("a,b\n", encoding="utf-8")
    with pytest.raises(ScreenError, match=r"\.h5ad or \.zip"):
        load_screen(ScreenRequest(str(tmp_path / "screen.csv")))


@pytest.mark.parametrize("given", [{"control": "ctrl"}, {"perturbation_column": "gene"}])
def test_the_demo_has_no_column_and_no_control(given, cache):
    with pytest.raises(ScreenError, match="the demo has neither"):
        load_screen(ScreenRequest("demo", **given))


def test_the_case_of_the_suffix_does_not_matter(put):
    assert load_screen(put(name="mine.H5AD")).perturbations == ("A", "B")


def test_a_file_whose_names_mean_what_is_written_keeps_its_board(tmp_path, cache):
    """The data's hash stands in logs of 0.1.0; it may change only where numbers do."""
    rng = np.random.default_rng(0)
    var = pd.DataFrame({"symbol": ["A", "G2", "G3"]}, index=["E1", "E2", "E3"])
    names = ["control", *"ABCDE"]

    def fingerprint(names, var=var):
        path = tmp_path / "mine.h5ad"
        values = rng.random((len(names), 3)).astype(np.float32)
        anndata.AnnData(values, pd.DataFrame(index=names), var).write_h5ad(path)
        parts = [hashlib.sha256(path.read_bytes()).hexdigest(), None, None, 4]
        load_screen.cache_clear()
        found = load_screen(ScreenRequest(str(path))).fingerprint
        return found == hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    assert fingerprint(names)
    assert fingerprint([*names, "A+B"])
    assert not fingerprint([*names, "nan"])
    assert not fingerprint([*names, "CDK1_MYC", "CDK1", "MYC"])
    assert not fingerprint(names, var.rename(columns={"symbol": "feature_name"}))


def test_another_table_of_genes_is_another_look_at_the_same_data(tmp_path, cache, monkeypatch):
    names = ["control", "AARS", "AARS1", *"BCDEFG"]
    obs = pd.DataFrame(index=names)
    values = np.random.default_rng(0).random((len(names), 3)).astype(np.float32)
    anndata.AnnData(values, obs, pd.DataFrame(index=["G1", "G2", "G3"])).write_h5ad(
        tmp_path / "mine.h5ad"
    )
    request = ScreenRequest(str(tmp_path / "mine.h5ad"))

    def same_gene():
        load_screen.cache_clear()
        screen = load_screen(request)
        return screen.same_gene, screen.fingerprint

    monkeypatch.setenv("PERTURB_EVALS_DATA", str(tmp_path))
    without, data = same_gene()
    assert without == ()
    table = tmp_path / "genes" / "Homo_sapiens.gene_info.gz"
    table.parent.mkdir()
    columns = "#tax_id\tGeneID\tSymbol\tSymbol_from_nomenclature_authority\tSynonyms\tdbXrefs\n"
    with gzip.open(table, "wt") as file:
        file.write(f"{columns}9606\t16\tAARS1\tAARS1\tAARS|CMT2N\t-\n")
    assert same_gene() == ((("AARS", "AARS1"),), data)
    # Numbers that hang on the table are numbers of other data.
    made = anndata.read_h5ad(tmp_path / "mine.h5ad")
    made.var_names = ["AARS1", "G2", "G3"]
    made[made.obs_names != "AARS1"].write_h5ad(tmp_path / "mine.h5ad")
    with_target = same_gene()[1]
    table.rename(tmp_path / "kept")
    assert same_gene()[1] != with_target
    (tmp_path / "kept").rename(table)
    assert same_gene()[1] == with_target
    # A table that cannot be read is none: nobody asked for it.
    table.write_bytes(b"no table")
    assert same_gene()[1] != with_target
