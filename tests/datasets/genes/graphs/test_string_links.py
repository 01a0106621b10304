"""STRING's own download files: names, cut-off, what is left out and what is kept."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.genes.graphs import GRAPHS, Graph, GraphError, load_graph
from perturb_evals.datasets.genes.graphs.string_links import BLOCK, read_string_links

LINKS, INFO = GRAPHS["string_links"]
LINKS_HEAD = "protein1 protein2 combined_score\n"
INFO_HEAD = "#string_protein_id\tpreferred_name\tprotein_size\tannotation\n"
NAMES = {1: "ARF5", 2: "M6PR", 3: "NAN", 4: "ENSP00000000004", 5: "ARF5"}


def protein(number: int) -> str:
    return f"9606.ENSP{number:011d}"


def links_of(*rows: tuple[int, int, int]) -> str:
    """The text of a file of links, in which each pair stands in both directions as STRING's do."""
    both = [*rows, *((b, a, score) for a, b, score in rows)]
    return LINKS_HEAD + "".join(f"{protein(a)} {protein(b)} {score}\n" for a, b, score in both)


def info_of(names: dict[int, str]) -> str:
    return INFO_HEAD + "".join(
        f"{protein(number)}\t{name}\t180\tADP-\"ribosylation factor; 5'\n"
        for number, name in names.items()
    )


@pytest.fixture
def put(nothing_here: Path):
    """Put STRING's two files into the mirror."""

    def put(links: str, info: str = info_of(NAMES)) -> None:
        for name, content in ((LINKS, links), (INFO, info)):
            (nothing_here / name).parent.mkdir(exist_ok=True)
            (nothing_here / name).write_bytes(gzip.compress(content.encode()))

    return put


def pairs_of(graph: Graph) -> set[tuple[str, str]]:
    assert (graph.adjacency.data == 1).all()
    rows, columns = graph.adjacency.nonzero()
    found = zip(rows, columns, strict=True)
    return {(graph.symbols[a], graph.symbols[b]) for a, b in found if a < b}


def test_pairs_from_the_cut_off_upwards_by_name(put) -> None:
    put(links_of((1, 2, 700), (2, 3, 699), (1, 3, 900)))
    assert pairs_of(load_graph("string_links")) == {("ARF5", "M6PR"), ("ARF5", "NAN")}
    assert pairs_of(load_graph("string_links:900")) == {("ARF5", "NAN")}
    assert pairs_of(load_graph("string_links:0")) == {
        ("ARF5", "M6PR"),
        ("ARF5", "NAN"),
        ("M6PR", "NAN"),
    }
    hashes = {load_graph(f"string_links:{n}").sha256 for n in (0, 700, 900)}
    assert len(hashes) == 3
    assert load_graph("string_links") is load_graph("string_links:700")


def test_two_proteins_of_one_gene_are_one(put, logged) -> None:
    put(links_of((1, 2, 700), (5, 2, 900), (1, 5, 999)))
    assert pairs_of(load_graph("string_links")) == {("ARF5", "M6PR")}
    assert logged.text == ""


def test_pairs_without_a_name_are_counted_also_when_they_were_kept(put, logged) -> None:
    put(links_of((1, 2, 700), (1, 4, 900), (2, 9, 999), (4, 9, 100)))
    assert pairs_of(load_graph("string_links")) == {("ARF5", "M6PR")}
    links, info = LINKS.split("/")[-1], INFO.split("/")[-1]
    assert "2 pairs are left out" in logged.text
    assert links in logged.text
    assert info in logged.text


def test_what_was_read_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged) -> None:
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    links, info = tmp_path / "links.txt", tmp_path / "info.txt"
    links.write_text(links_of((1, 2, 700), (1, 4, 900)), encoding="utf-8")
    info.write_text(info_of(NAMES), encoding="utf-8")
    first, sha256 = read_string_links(links, info, 700)
    (kept,) = (tmp_path / "cache/string_links").glob("*.parquet")
    before = kept.stat().st_mtime_ns
    again, same = read_string_links(links, info, 700)
    assert again.equals(first)
    assert same == sha256
    assert kept.stat().st_mtime_ns == before
    assert logged.text.count("1 pairs are left out") == 2
    kept.write_bytes(b"damaged")
    assert read_string_links(links, info, 700)[0].equals(first)
    assert "it is made anew" in logged.text
    info.write_text(info_of(NAMES | {2: "OTHER"}), encoding="utf-8")
    changed, other = read_string_links(links, info, 700)
    assert changed["gene_b"].tolist() == ["OTHER"]
    assert other != sha256


@given(
    st.dictionaries(st.integers(1, 8), st.sampled_from(["A", "B", "C", "D", ""]), min_size=1),
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(0, 1000)), max_size=20),
    st.integers(0, 1000),
)
def test_any_links_are_as_by_hand(
    tmp_path_factory: pytest.TempPathFactory,
    names: dict[int, str],
    rows: list[tuple[int, int, int]],
    cutoff: int,
) -> None:
    folder = tmp_path_factory.mktemp("string")
    links, info = folder / "links.txt", folder / "info.txt"
    links.write_text(links_of(*rows), encoding="utf-8")
    info.write_text(info_of(names), encoding="utf-8")
    expected = {
        tuple(sorted((names[a], names[b])))
        for a, b, score in rows
        if score >= cutoff and names.get(a) and names.get(b)
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERTURB_EVALS_CACHE", str(folder / "cache"))
        pairs, _ = read_string_links(links, info, cutoff)
    assert [*zip(pairs["gene_a"], pairs["gene_b"], strict=True)] == sorted(expected)


def test_a_file_of_many_blocks_is_read_to_its_end(put) -> None:
    many = "".join(f"{protein(1)} {protein(3)} {n % 700}\n" for n in range(BLOCK // 30))
    content = LINKS_HEAD + many + f"{protein(1)} {protein(2)} 700\n"
    assert len(content) > BLOCK
    put(content)
    assert pairs_of(load_graph("string_links")) == {("ARF5", "M6PR")}


@pytest.mark.each("cutoff", ["", "1001", "-1", "0.7", "high", "7:8", "\u0667\u0660\u0660", "99999"])
def test_a_cut_off_that_is_none(cutoff: str) -> None:
    with pytest.raises(ArgumentError, match="whole number from 0 to 1000"):
        load_graph(f"string_links:{cutoff}")


@pytest.mark.parametrize(
    ("links", "said"),
    [
        ("", "not readable as STRING's protein.links"),
        ("protein1\tprotein2\tcombined_score\n1\t2\t3\n", "not readable"),
        (LINKS_HEAD + "a b\n", "not readable"),
        (LINKS_HEAD + "a b high\n", "not readable"),
        (LINKS_HEAD + "a b \n", "'combined_score': None"),
        (LINKS_HEAD + "a b 700\nc d 1001\n", "expected a combined_score from 0 to 1000"),
        (LINKS_HEAD + "a b -1\n", "'combined_score': -1"),
        (LINKS_HEAD, "expected pairs of two different genes"),
        (links_of((1, 2, 699)), "expected pairs of two different genes"),
    ],
)
def test_links_that_are_none(put, links: str, said: str) -> None:
    put(links)
    with pytest.raises(GraphError, match=r"protein\.links") as caught:
        load_graph("string_links")
    assert said in str(caught.value)


@pytest.mark.parametrize("info", ["", "protein\tname\nA\tB\n", INFO_HEAD + "A\tB\n"])
def test_names_that_are_none(put, info: str) -> None:
    put(links_of((1, 2, 700)), info)
    with pytest.raises(GraphError, match=r"protein\.info"):
        load_graph("string_links")
