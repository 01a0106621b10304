"""Results: what a file must hold, and that the schema which ships says the same."""

import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.leaderboard.result import (
    Figure,
    Result,
    ResultError,
    read_result,
    schema,
    write_result,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@pytest.fixture
def result(a_result):
    return a_result(
        metrics={"auroc_per_gene": Figure(value=0.6, lower=0.5, upper=0.7)},
        given={"temperature": 0.6},
        evidence_lines=["k562", "rpe1"],
        track="cross",
    )


def test_the_schema_that_ships_is_that_of_the_code():
    shipped = files("perturb_evals.leaderboard").joinpath("result.schema.json").read_text("utf-8")
    assert json.loads(shipped) == schema()
    assert shipped == json.dumps(schema(), indent=1) + "\n", "write it again from schema()"


def test_what_was_written_is_read(result, tmp_path):
    path = tmp_path / "new" / "result.json"
    write_result(result, path)
    assert read_result(path) == result
    assert set(json.loads(path.read_text())) == set(schema()["properties"])
    assert list(path.parent.iterdir()) == [path]


def test_names_come_from_the_board(result):
    assert (result.task, result.context) == ("perturbqa_de", "k562")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"schema_version": 2}, "schema_version"),
        ({"status": "fine"}, "status"),
        ({"more": 1}, "more"),
        ({"n_questions": 1.5}, "n_questions"),
        ({"metrics": {"auroc_per_gene": {"value": "high"}}}, "metrics.auroc_per_gene.value"),
        ({"metrics": {"auroc_per_gene": {"value": float("nan")}}}, "metrics.auroc_per_gene.value"),
        ({"counts": {"n": float("inf")}}, "counts.n"),
        ({"usage": {}}, "usage.tokens"),
        ({"created": "yesterday"}, "created"),
    ],
)
def test_the_first_fault_of_a_file_is_named(result, tmp_path, change, named):
    path = tmp_path / "r.json"
    path.write_text(json.dumps({**json.loads(result.model_dump_json()), **change}))
    with pytest.raises(ResultError) as error:
        read_result(path)
    assert str(path) in str(error.value)
    assert named in str(error.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"status": "complete"}'])
def test_another_file_is_refused(tmp_path, content):
    path = tmp_path / "r.json"
    path.write_bytes(content)
    with pytest.raises(ResultError, match="no result"):
        read_result(path)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ResultError, match="cannot be read"):
        read_result(tmp_path / "none.json")


@given(field=st.sampled_from(sorted(Result.model_fields)), value=JSON)
def test_whatever_stands_in_a_field_is_read_or_refused(a_result, tmp_path_factory, field, value):
    path = tmp_path_factory.mktemp("any") / "r.json"
    path.write_text(json.dumps({**json.loads(a_result().model_dump_json()), field: value}))
    try:
        read = read_result(path)
    except ResultError:
        return
    write_result(read, path)
    assert read_result(path) == read


def test_a_protocol_is_a_line(result):
    protocol = result.protocol.model_copy(
        update={
            "answer": "label",
            "prompts": ["296b81a06a3f"],
            "epochs": 3,
            "solver_args": {"file": "/home/me/preds.csv", "k": 5},
        }
    )
    assert protocol.line() == (
        "cross(k562,rpe1)|label|epochs:3|ask(file=preds.csv,k=5)|prompt:296b81|maker/model"
    )
