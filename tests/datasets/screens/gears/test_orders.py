"""Orders of genes that a file brings along."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.datasets.screens.gears.orders import ORDERS, completed, listed_orders
from perturb_evals.datasets.screens.screen import ScreenError

PATH = Path("cells.h5ad")
GENES = ["E1", "E2", "E3", "E4"]


@pytest.fixture
def uns(tmp_path: Path):
    """Write lists into `uns` of a file and give the open group back."""
    files = []

    def write(lists: dict[str, list[str]], fixed: bool = False) -> h5py.Group:
        file = h5py.File(tmp_path / f"{len(files)}.h5", "w")
        files.append(file)
        for name, ids in lists.items():
            kind = "S4" if fixed else h5py.string_dtype()
            file.create_dataset(f"uns/{ORDERS}/{name}", data=np.array(ids, dtype=kind))
        return file["uns"]

    yield write
    for file in files:
        file.close()


@pytest.mark.parametrize("fixed", [False, True])
def test_orders_are_read_as_positions(uns, fixed: bool):
    group = uns({"K_A_1": ["E3", "E1", "E2", "E4"], "K_B_1": ["E4", "E2"], "other": ["x"]}, fixed)
    got = listed_orders(PATH, group, ["K_B_1", "K_A_1"], GENES)
    assert got is not None
    assert [order.tolist() for order in got] == [[3, 1], [2, 0, 1, 3]]


def test_no_orders_or_not_for_all(uns):
    group = uns({"K_A_1": ["E3"]})
    assert listed_orders(PATH, {}, ["K_A_1"], GENES) is None
    assert listed_orders(PATH, group, ["K_A_1", "K_B_1"], GENES) is None
    assert listed_orders(PATH, group, ["K_A_1", None], GENES) is None
    assert listed_orders(PATH, group, ["K_A_1"], GENES) is not None


def test_a_gene_that_the_file_does_not_have(uns):
    with pytest.raises(ScreenError, match=r"\['K_A_1'\]: expected ids .*, got b'TP53'"):
        listed_orders(PATH, uns({"K_A_1": ["E1", "TP53"]}), ["K_A_1"], GENES)


def test_a_gene_given_twice(uns):
    with pytest.raises(ScreenError, match="more than once"):
        listed_orders(PATH, uns({"K_A_1": ["E1", "E2", "E1"]}), ["K_A_1"], GENES)


@settings(max_examples=100, deadline=None)
@given(st.permutations(range(7)), st.permutations(range(7)), st.integers(0, 7))
def test_completed_orders_are_permutations(first: list[int], order: list[int], length: int):
    got = completed([np.array(first[:length], dtype=int)], np.array([order], dtype=np.uint8))
    expected = first[:length] + [gene for gene in order if gene not in first[:length]]
    assert got.tolist() == [expected]
