"""The table of sources and the search in it."""

import os
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.files.sources import SOURCES, Source, find_source

TABLES = [
    f"perturbqa/{line}-{task}.csv"
    for line in ("k562", "rpe1", "hepg2", "jurkat", "k562_set")
    for task in ("de", "dir")
]


def test_every_perturbqa_file_is_a_row():
    gene_sets = {f"perturbqa/k562_{part}.json" for part in ("set-mapping", "pert-gse", "gene-gse")}
    assert {name for name in SOURCES if name.startswith("perturbqa/")} == {*TABLES, *gene_sets}


def test_every_other_file_is_a_row():
    assert {name for name in SOURCES if not name.startswith("perturbqa/")} == {
        "genes/Homo_sapiens.gene_info.gz",
        "genes/gene_summary.gz",
        "graphs/stringdb.csv.gz",
        "graphs/reactome.csv.gz",
        "string/9606.protein.links.v12.0.txt.gz",
        "string/9606.protein.info.v12.0.txt.gz",
        "gears/replogle_k562_essential.zip",
        "gears/replogle_rpe1_essential.zip",
    }


@pytest.mark.each("source", SOURCES.values())
def test_row_is_complete(source: Source):
    assert SOURCES[source.name] is source
    assert source.url is None or source.url.startswith("https://")
    assert source.size is None or source.size > 0
    assert source.licence
    assert source.citation
    # The name becomes a path below the mirror and the cache folder: it must stay below.
    path = PurePosixPath(source.name)
    assert not path.is_absolute()
    assert ".." not in path.parts
    assert str(path) == source.name


@pytest.mark.each("source", SOURCES.values())
def test_a_row_with_a_checksum_is_pinned_or_has_no_address(source: Source):
    if source.sha256 is None:
        assert source.url is not None, "neither checksum nor address: nothing says what it is"
        return
    assert re.fullmatch(r"[0-9a-f]{64}", source.sha256)
    if source.url is not None:
        assert re.search(r"/[0-9a-f]{40}/", source.url), "not pinned to a commit"
        assert source.url.endswith("/" + PurePosixPath(source.name).name)


def test_checksums_are_all_different():
    checksums = [source.sha256 for source in SOURCES.values() if source.sha256]
    assert len(set(checksums)) == len(checksums)


def test_checksums_and_sizes_agree_with_the_published_list():
    if "PERTURB_EVALS_DATA" not in os.environ:
        pytest.skip("PERTURB_EVALS_DATA is not set: no SHA256SUMS to compare with")
    folder = Path(os.environ["PERTURB_EVALS_DATA"], "perturbqa")
    if not (folder / "SHA256SUMS").is_file():
        pytest.skip(f"{folder} has no SHA256SUMS to compare with")
    listed = dict(
        reversed(line.split()) for line in (folder / "SHA256SUMS").read_text().splitlines()
    )
    rows = {name: row for name, row in SOURCES.items() if name.startswith("perturbqa/")}
    assert {f"perturbqa/{file}": sha256 for file, sha256 in listed.items()} == {
        name: row.sha256 for name, row in rows.items()
    }
    sizes = {name: row.size for name, row in rows.items() if row.size is not None}
    assert sizes == {name: (folder.parent / name).stat().st_size for name in sizes}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("k562-de.csv", "perturbqa/k562-de.csv"),
        ("perturbqa/k652-de.csv", "perturbqa/k562-de.csv"),
        ("perturbqa/jurkat-dir", "perturbqa/jurkat-dir.csv"),
        ("perturbqa\\hepg2-de.csv", "perturbqa/hepg2-de.csv"),
        ("K562-DE.CSV", "perturbqa/k562-de.csv"),
    ],
)
def test_an_unknown_name_gets_its_closest_match_first(typed: str, meant: str):
    with pytest.raises(DataError) as caught:
        find_source(typed)
    assert repr(typed) in str(caught.value)
    assert f"Close to it: {meant}" in str(caught.value)


def test_a_name_like_nothing_gets_the_whole_list():
    with pytest.raises(DataError) as caught:
        find_source("zzz")
    for name in SOURCES:
        assert name in str(caught.value)


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=60) | st.sampled_from(sorted(SOURCES)))
def test_only_exact_names_are_found(name: str):
    if name in SOURCES:
        assert find_source(name) is SOURCES[name]
    else:
        with pytest.raises(DataError):
            find_source(name)


def test_importing_the_sources_and_fetch_is_light():
    code = (
        "import sys, perturb_evals.datasets.files.fetch\n"
        "heavy = {'inspect_ai', 'datasets', 'numpy', 'pandas', 'pooch', 'requests', 'rich'}\n"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
