"""Which graph is at hand, and what is said where none is."""

from pathlib import Path

import pytest

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.files.sources import SOURCES
from perturb_evals.datasets.genes.graphs import (
    GRAPHS,
    check_graph,
    graph_at_hand,
    how_to_get,
    is_at_hand,
)


def put(mirror: Path, *files: str) -> None:
    for file in files:
        (mirror / file).parent.mkdir(exist_ok=True)
        (mirror / file).touch()


def test_every_known_graph_is_made_of_known_files() -> None:
    assert {file for files in GRAPHS.values() for file in files} <= {*SOURCES}


def test_the_prepared_pairs_come_before_strings_own(nothing_here: Path) -> None:
    links, info = GRAPHS["string_links"]
    assert graph_at_hand() is None
    put(nothing_here, *GRAPHS["reactome"], links)
    assert graph_at_hand() is None
    assert is_at_hand("reactome")
    put(nothing_here, info)
    assert graph_at_hand() == "string_links"
    put(nothing_here, *GRAPHS["string"])
    assert graph_at_hand() == "string"


def test_the_demo_world_always_has_its_own(nothing_here: Path) -> None:
    assert graph_at_hand(simulated=True) == "string"


def test_a_mirror_that_is_none_holds_nothing(
    nothing_here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(nothing_here / "nowhere"))
    assert graph_at_hand() is None


def test_the_sentence_names_what_to_type(nothing_here: Path) -> None:
    for file in (*GRAPHS["string_links"], *GRAPHS["string"]):
        assert file in how_to_get()
    assert "-S graph=string_links" in how_to_get()
    put(nothing_here, *GRAPHS["string_links"])
    assert "are at hand" in how_to_get()
    assert "fetch" not in how_to_get()


def test_arguments_that_name_a_graph(write) -> None:
    for graph in ("string", "reactome", "string_links", "string_links:900", write("", "mine.csv")):
        check_graph(graph)
    for graph in ("strnig", "string:700", "reactome:1", 5, None, ["string"], "string_links:7.5"):
        with pytest.raises(ArgumentError, match="got"):
            check_graph(graph)
