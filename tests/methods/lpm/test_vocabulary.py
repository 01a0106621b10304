import pandas as pd

from perturb_evals.methods.lpm.vocabulary import Vocabulary
from perturb_evals.methods.triples import Triples


def test_names_are_those_of_rows_and_perturbations_are_parts(table):
    known = Vocabulary.of(Triples.of(table).take(table["context"].to_numpy() == "c1"))
    assert known.contexts == ("c1",)
    assert known.parts == tuple(f"P{i:02d}" for i in range(10))
    assert known.readouts == tuple(f"r{i}" for i in range(10))


def test_a_perturbation_is_known_where_all_its_parts_are():
    known = Vocabulary(("c",), ("A", "B", "C"), ("r", "s"))
    rows = pd.DataFrame(
        [
            ("c", "A", "r", [0]),
            ("c", "C+A", "s", [0, 2]),
            ("c", "A+C", "s", [0, 2]),
            ("c", "B+B", "s", [1, 1]),
            ("c", "A+X", "r", None),
            ("c", "A+", "r", None),
            ("c", "", "r", None),
            ("c", "control", "r", None),
            ("d", "A", "r", None),
            ("c", "A", "t", None),
            ("c", None, "r", None),
            (None, "A", "r", None),
        ],
        columns=["context", "perturbation", "readout", "expected"],
    )
    places = known.places(rows)
    assert places.known.tolist() == [parts is not None for parts in rows["expected"]]
    for at, parts in rows["expected"][places.known].items():
        assert places.parts[places.perturbation[at]].tolist() == parts
    assert places.readout[places.known].tolist() == [0, 1, 1, 1]
    assert len(places.of_known()) == 4


def test_unknown_names_are_told():
    known = Vocabulary(("c",), ("A", "B"), ("r",))
    rows = pd.DataFrame(
        [("c", "A+X", "r"), ("d", "B", "r")], columns=["context", "perturbation", "readout"]
    )
    assert known.unknown(rows) == {"contexts": ["d"], "parts": ["X"], "readouts": []}
