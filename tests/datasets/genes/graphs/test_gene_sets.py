"""Complexes and gene sets as pairs: CORUM's tables and GMT files."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.datasets.genes.graphs import Graph, GraphError, load_graph

OLD = "ComplexID\tComplexName\tOrganism\tsubunits(Gene name)\n"
NEW = "complex_id\torganism\tsubunits_gene_name\tcomment\n"


def pairs_of(graph: Graph) -> set[tuple[str, str]]:
    rows, columns = graph.adjacency.nonzero()
    assert (graph.adjacency.data == 1).all()
    return {
        (graph.symbols[a], graph.symbols[b]) for a, b in zip(rows, columns, strict=True) if a < b
    }


def refused(path: str) -> str:
    with pytest.raises(GraphError) as caught:
        load_graph(path)
    assert path in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", ["a.gmt", "a.gmt.gz", "A.GMT"])
def test_genes_of_a_set_are_pairs(write, logged, name: str) -> None:
    graph = load_graph(write("one\thttp://x\tB\tA\tC\n\ntwo\t\tC\tD\t\t\n", name))
    assert pairs_of(graph) == {("A", "B"), ("A", "C"), ("B", "C"), ("C", "D")}
    assert logged.text == ""


NAMES = st.text(st.sampled_from("ABCDE1-"), min_size=1, max_size=3).filter(
    lambda name: any(letter.isalpha() for letter in name)
)


@given(st.lists(st.lists(NAMES, min_size=1, max_size=6), min_size=1, max_size=6))
def test_any_gmt_file_gives_the_pairs_of_its_sets(
    tmp_path_factory: pytest.TempPathFactory, sets: list[list[str]]
) -> None:
    path = tmp_path_factory.mktemp("sets") / "a.gmt"
    lines = [f"set {number}\tof what\t" + "\t".join(genes) for number, genes in enumerate(sets)]
    path.write_text("\n".join(lines), encoding="utf-8")
    expected = {pair for genes in sets for pair in itertools.combinations(sorted({*genes}), 2)}
    if not expected:
        assert "sets of 2 to 200 genes" in refused(str(path))
        return
    assert pairs_of(load_graph(str(path))) == expected


@given(st.binary(max_size=80), st.sampled_from(["a.gmt", "a.gmt.gz", "a.txt"]))
def test_any_bytes_are_a_graph_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    path = tmp_path_factory.mktemp("bytes") / name
    path.write_bytes(content)
    try:
        graph = load_graph(str(path))
    except GraphError:
        refused(str(path))
    else:
        assert all(symbol.strip() for symbol in graph.symbols)


def test_large_and_small_sets_are_counted(write, logged) -> None:
    large = "\t".join(f"G{number}" for number in range(201))
    path = write(f"large\t\t{large}\nsingle\t\tA\ntwice\t\tA\tA\ntwo\t\tA\tB\n", "a.gmt")
    assert pairs_of(load_graph(path)) == {("A", "B")}
    assert logged.text.splitlines() == [
        f"{path}: 1 of 4 sets have more than 200 genes, and are left out.",
        f"{path}: 2 of 4 sets have less than two genes, and give no pair.",
    ]
    largest = "\t".join(f"G{number}" for number in range(200))
    assert load_graph(write(f"a\t\t{largest}\n", "b.gmt")).adjacency.nnz == 200 * 199


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "got 0 larger and 0 smaller"),
        ("\n \n", "got 0 larger and 0 smaller"),
        ("one\t\tA\n", "got 0 larger and 1 smaller"),
        ("one\tof what\tA\tB\ntwo\tof what\n", "line 2: expected a name, a description and genes"),
        ("one,of what,A,B\n", "line 1: expected a name, a description and genes"),
        ("one\tof what\tA\t\tB\n", "line 1"),
        ("\tof what\tA\tB\n", "line 1"),
    ],
)
def test_lines_that_are_no_sets(write, content: str, said: str) -> None:
    assert said in refused(write(content, "a.gmt"))


def test_a_file_that_is_no_text_and_one_that_is_cut(write, tmp_path: Path) -> None:
    path = Path(write("".join(f"{n}\t\tA{n}\tB\n" for n in range(99)), "a.gmt.gz"))
    whole = path.read_bytes()
    for bad in (whole[:30], whole[:20] + b"\xff" * 40 + whole[60:], b"no gzip"):
        path.write_bytes(bad)
        assert "not readable as gene sets" in refused(str(path))
    (tmp_path / "b.gmt").write_bytes(b"one\t\tA\t\xff\n")
    assert "not text in UTF-8" in refused(str(tmp_path / "b.gmt"))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (OLD + "1\tx\tHuman\tA;B;C\n2\ty\tMouse\tX;Y\n3\tz\tHuman\tC;D\n", "allComplexes.txt"),
        (NEW + "1\tHuman\tA;B;C\t\n2\tMouse\tX;Y\t-\n3\thuman\tC; D\t-\n", "corum.tsv.gz"),
        ("name,subunits_gene_name\nx,A;B;C\nz,C;D;None\n", "mine.csv"),
    ],
)
def test_complexes_as_corum_writes_them(write, content: str, name: str) -> None:
    graph = load_graph(write(content, name))
    assert pairs_of(graph) == {("A", "B"), ("A", "C"), ("B", "C"), ("C", "D")}


def test_complexes_without_pairs(write, logged) -> None:
    path = write(OLD + "1\tx\tHuman\tA;B\n2\ty\tHuman\tA\n3\tz\tHuman\t\n", "a.txt")
    assert pairs_of(load_graph(path)) == {("A", "B")}
    assert "2 of 3 sets have less than two genes" in logged.text
    mouse = refused(write(OLD + "1\tx\tMouse\tA;B\n", "b.txt"))
    assert "organism is human; got 'Mouse'" in mouse
    assert "got no row" in refused(write(OLD, "c.txt"))
    assert "not readable" in refused(write(OLD + "1\tx\n", "d.txt"))
