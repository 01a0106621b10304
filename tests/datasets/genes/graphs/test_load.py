"""Graphs of gene pairs from files: one undirected graph whatever the form, and no bad row."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.datasets.demo.knowledge import demo_pairs
from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.genes.graphs import Graph, GraphError, load_graph

HEAD = "gene_a,gene_b\n"


def pairs_of(graph: Graph) -> dict[tuple[str, str], float]:
    rows, columns = graph.adjacency.nonzero()
    return {
        (graph.symbols[a], graph.symbols[b]): float(graph.adjacency[a, b])
        for a, b in zip(rows, columns, strict=True)
    }


def refused(graph: str) -> str:
    with pytest.raises(GraphError) as caught:
        load_graph(graph)
    return str(caught.value)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.csv.gz", "a.TSV.gz", "a.parquet"])
def test_all_forms_mean_the_same(write, name: str) -> None:
    frame = pd.DataFrame({"x": [1, 2], "gene_b": ["NA", "A"], "gene_a": ["B", "B"]})
    separator = "\t" if "tsv" in name.lower() else ","
    content = frame if "parquet" in name else frame.to_csv(sep=separator, index=False)
    graph = load_graph(write(content, name))
    assert graph.symbols == ("A", "B", "NA")
    assert pairs_of(graph) == {("A", "B"): 1, ("B", "A"): 1, ("B", "NA"): 1, ("NA", "B"): 1}
    assert len(graph.sha256) == 64


def test_direction_repeats_and_self_pairs_do_not_matter(write) -> None:
    graph = load_graph(write(HEAD + "B,A\nA,B\nA,B\nC,C\nA,C\n"))
    assert pairs_of(graph) == {("A", "B"): 1, ("B", "A"): 1, ("A", "C"): 1, ("C", "A"): 1}
    assert graph.adjacency.diagonal().sum() == 0


def test_weights_are_scaled_and_the_largest_of_a_pair_counts(write) -> None:
    graph = load_graph(write("gene_a,gene_b,weight\nA,B,200\nB,A,400\nB,C,800\nD,D,9000\n"))
    assert graph.symbols == ("A", "B", "C")  # a self-pair's weight does not set the scale
    assert pairs_of(graph)["A", "B"] == pairs_of(graph)["B", "A"] == 0.5
    assert pairs_of(graph)["B", "C"] == 1


@pytest.mark.parametrize(
    "head",
    [
        "protein1,protein2,combined_score",
        "gene_a,gene_b,combined_score",
        "Gene_A,GENE_B,Weight",
        "source,target,importance",
        "#node1,node2,score",
        "gene1,gene2,similarity",
        "preferredName_A,preferredName_B,score",
        "Official Symbol Interactor A,Official Symbol Interactor B,Score",
    ],
)
def test_the_names_of_others_are_known(write, logged, head: str) -> None:
    graph = load_graph(write(head + "\nA,B,400\nB,C,800\n"))
    assert pairs_of(graph)["A", "B"] == 0.5
    assert logged.text == ""


def test_the_text_file_of_string(write) -> None:
    path = write("protein1 protein2 combined_score\nA B 400\nB C 800\n", "links.csv")
    assert pairs_of(load_graph(path))["A", "B"] == 0.5


def test_the_text_file_of_bioplex(write) -> None:
    head = "GeneA\tGeneB\tUniprotA\tUniprotB\tSymbolA\tSymbolB\tpW\tpNI\tpInt\n"
    rows = "16\t17\tP1\tP2\tAARS1\tRPL3\t1e-9\t.1\t.99\n16\t18\tP1\tP3\tAARS1\tRPL5\t0\t.2\t.792\n"
    pairs = pairs_of(load_graph(write(head + rows, "BioPlex_293T_Network.tsv")))
    assert pairs["AARS1", "RPL3"] == 1
    assert pairs["AARS1", "RPL5"] == pytest.approx(0.8)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_columns_that_are_not_used_are_named(write, logged, name: str) -> None:
    frame = pd.DataFrame({"gene_a": ["A", "B"], "gene_b": ["B", "C"], "strength": [1.0, 2.0]})
    load_graph(write(frame if "parquet" in name else frame.to_csv(index=False), name))
    assert "the columns 'strength' are not used; no weight is" in logged.text
    frame = frame.assign(coexpression=1, combined_score=[400, 800])
    path = write(frame if "parquet" in name else frame.to_csv(index=False), "b" + name)
    assert pairs_of(load_graph(path))["A", "B"] == 0.5
    assert "'strength', 'coexpression' are not used; the weight is combined_score" in logged.text


@given(
    st.lists(
        st.tuples(st.sampled_from("ABCDEF"), st.sampled_from("ABCDEF"), st.integers(1, 9)),
        min_size=1,
        max_size=12,
    )
)
def test_profiles_are_rows_of_length_one_with_the_gene_itself(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, int]]
) -> None:
    path = tmp_path_factory.mktemp("graph") / "a.csv"
    path.write_text(
        "gene_a,gene_b,weight\n" + "".join(f"{a},{b},{w}\n" for a, b, w in rows), encoding="utf-8"
    )
    largest = max((w for a, b, w in rows if a != b), default=None)
    if largest is None:
        assert "two different genes" in refused(str(path))
        return
    graph = load_graph(str(path))
    weight = {(a, b): 0.0 for a in graph.symbols for b in graph.symbols}
    for a, b, w in rows:
        if a != b:
            weight[a, b] = weight[b, a] = max(weight[a, b], w / largest)
    for place, a in enumerate(graph.symbols):
        row = [1.0 if a == b else weight[a, b] for b in graph.symbols]
        expected = np.array(row) / math.sqrt(sum(value**2 for value in row))
        assert graph.profiles[[place]].toarray()[0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("gene_a,other\nA,B\n", "got gene_a, other"),
        ("gene_a,gene_b,gene_a\nA,B,C\n", "once each"),
        ("gene_a,gene_b,weight,weight\nA,B,1,1\n", "once each"),
        ("gene_a,gene_b,score,combined_score\nA,B,1,1\n", "one of weights"),
        (HEAD, "two different genes, got none"),
        (HEAD + "A,A\n", "two different genes, got none"),
        (HEAD + "A,B\n ,B\n", "data row 2: a name that is empty"),
        (HEAD + "A,B\nA,B,C\n", "not readable"),
        (HEAD + "A,B\nA\n", "not readable"),
        ("gene_a,gene_b,weight\nA,B,1\nA,C,high\n", "weight=high; 1 such rows"),
        ("gene_a,gene_b,weight\nA,B,0\n", "not a finite number above 0"),
        ("gene_a,gene_b,weight\nA,B,-1\n", "not a finite number above 0"),
        ("gene_a,gene_b,weight\nA,B,inf\n", "not a finite number above 0"),
        ("gene_a,gene_b,weight\nA,B,\n", "not a finite number above 0"),
        ("", "not readable"),
        (HEAD + "A,B\nA,\u200b\n", "got '\\u200b', which is none"),
        (HEAD + "A,B\nA,''\n", "which is none"),
    ],
)
def test_bad_files_are_refused(write, content: str, said: str) -> None:
    path = write(content)
    message = refused(path)
    assert message.startswith(path)
    assert said in message


def test_a_missing_name_in_parquet_is_refused(write) -> None:
    path = write(pd.DataFrame({"gene_a": ["A", None], "gene_b": ["B", "C"]}), "a.parquet")
    assert "data row 2: a name that is empty or no text" in refused(path)


def test_no_such_graph_and_no_such_format(write) -> None:
    assert "string, reactome, string_links or the path" in refused("strnig")
    assert "expected a file ending in .csv" in refused(write(HEAD + "A,B\n", "a.doc"))


def test_a_changed_file_is_read_again(write) -> None:
    first = load_graph(write(HEAD + "A,B\n"))
    assert load_graph(write(HEAD + "A,B\n")).symbols == first.symbols
    path = Path(write(HEAD + "A,B\nB,CC\n"))
    assert load_graph(str(path)).symbols == ("A", "B", "CC")


def test_the_known_graphs(real_data: Path) -> None:
    string = load_graph("string")
    assert len(string.symbols) == 10_335
    assert string.adjacency.nnz == 2 * 58_059
    assert (string.adjacency != string.adjacency.T).nnz == 0
    reactome = load_graph("reactome")
    assert len(reactome.symbols) == 4_509
    assert reactome.adjacency.nnz == 2 * 18_565
    assert load_graph("string") is string


def test_a_known_graph_that_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(tmp_path))
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "graphs").mkdir()
    (tmp_path / "graphs" / "reactome.csv.gz").write_bytes(b"another file")
    with pytest.raises(DataError, match=r"reactome\.csv\.gz"):
        load_graph("reactome")


def test_names_are_cleaned_and_odd_ones_told(write, logged) -> None:
    path = write(HEAD + " A\u00a0,B\nA,2-Sep\nB , A\n")
    graph = load_graph(path)
    assert graph.symbols == ("2-Sep", "A", "B")
    assert logged.text == f"{path}: among its 3 genes are 1 dates ('2-Sep')."


def test_the_demo_worlds_string_is_simulated_and_its_other_graphs_are_not(
    write, nothing_here: Path
) -> None:
    graph = load_graph("string", simulated=True)
    assert {*zip(*demo_pairs().to_numpy().T, strict=True)} == {
        pair for pair in pairs_of(graph) if pair[0] < pair[1]
    }
    assert graph.sha256 == load_graph("string", simulated=True).sha256
    assert "demo world" in graph.where
    path = write(HEAD + "A,B\n")
    assert load_graph(path, simulated=True).symbols == ("A", "B")
    with pytest.raises(DataError, match="no public address"):
        load_graph("reactome", simulated=True)


def test_where_string_is_not_here_the_error_says_how_to_get_pairs(nothing_here: Path) -> None:
    with pytest.raises(DataError, match="data fetch string/9606"):
        load_graph("string")
