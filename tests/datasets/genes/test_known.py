"""How well known genes are: a user's table, and NCBI's summaries."""

from pathlib import Path

import pytest

from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.genes.known import demo_lengths, read_counts, summary_lengths


@pytest.mark.each(
    "text",
    [
        "symbol,count\nTP53,100\nAARS1,0.5\n",
        "\ufeffsymbol,count\r\nTP53,100\r\nAARS1,5e-1\r\n",
        "rank,count,symbol\n1,100,TP53\n2,0.5, AARS1 \n",
        'symbol,count\n"TP53","100"\nAARS1,0.5',
    ],
)
def test_a_table_of_counts_is_read_by_the_names_of_its_columns(tmp_path: Path, text: str) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(text, encoding="utf-8")
    assert read_counts(path) == {"TP53": 100.0, "AARS1": 0.5}


@pytest.mark.each(
    ("content", "said"),
    [
        (b"", "there is no symbol"),
        (b"symbol,count\n", "no row"),
        (b"gene,count\nTP53,1\n", "there is no symbol"),
        (b"symbol,n\nTP53,1\n", "there is no count"),
        (b"symbol,count\nTP53,many\n", "line 2: expected a count of 0 or more for 'TP53'"),
        (b"symbol,count\nTP53,-1\n", "got '-1'"),
        (b"symbol,count\nTP53,nan\n", "got 'nan'"),
        (b"symbol,count\nTP53,inf\n", "got 'inf'"),
        (b"symbol,count\nTP53\n", "got ''"),
        (b"symbol,count\n,3\n", "an empty one"),
        (b"symbol,count\nTP53,1\nTP53,2\n", "line 3: 'TP53' stands there twice"),
        (b"symbol,count\nTP53,\xff\n", "not readable"),
        (b'symbol,count\n"TP53,1\n', "not readable"),
    ],
)
def test_a_table_that_is_none_is_refused_with_the_place(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "counts.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        read_counts(path)
    assert said in error.value.message
    assert str(path) in error.value.message
    assert "\n" not in error.value.message


@pytest.mark.each("name", ["absent.csv", "."])
def test_a_file_that_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="not readable as a table of counts"):
        read_counts(tmp_path / name)


def test_the_demo_world_tells_nothing_of_some_genes_that_it_perturbs() -> None:
    lengths = demo_lengths()
    assert min(lengths.values()) == 0
    assert max(lengths.values()) > 50


def test_ncbi_writes_more_of_some_genes(real_data: Path) -> None:
    found = summary_lengths(["TP53", "AARS", "no such gene"])
    assert found.keys() == {"TP53", "AARS"}
    assert found["TP53"] > 500
