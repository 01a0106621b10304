"""Results: what a file must hold, and that the schema which ships says the same."""

import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.leaderboard.results.result import (
    Figure,
    Result,
    ResultError,
    public_value,
    read_result,
    schema,
    short_value,
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


@pytest.mark.each(
    ("value", "short"),
    [
        ("/home/me/p.csv", "p.csv"),
        ("~/p.csv", "p.csv"),
        ("~me/data/", "data"),
        ("../p", "p"),
        ("private/runs/p.csv", "p.csv"),
        ("private/agent.py@solve", "agent.py@solve"),
        ("C:\\Users\\me\\p.csv", "p.csv"),
        ("\\\\server\\me\\p.csv", "p.csv"),
        ("private\\p.csv", "p.csv"),
        ("s3://bucket/me/p.csv", "p.csv"),
        (["/home/me/a", {"file": "/home/me/b"}], '["a", {"file": "b"}]'),
        ("openai/gpt-3.5", "openai/gpt-3.5"),
        ("perturb_evals/ask", "perturb_evals/ask"),
        ("up/down", "up/down"),
        ("see https://example.org/a", "see https://example.org/a"),
        ("p.csv", "p.csv"),
        (True, "true"),
        (None, "null"),
    ],
)
def test_paths_lose_their_folders(value, short):
    assert short_value(value) == short
    shown = json.dumps(public_value(value))
    assert "/me" not in shown
    assert "private" not in shown
    if short_value(value) == value or not isinstance(value, str | list):
        assert public_value(value) == value


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner, max_size=3)))
def test_what_was_made_public_stays_as_it_is(value):
    assert public_value(public_value(value)) == public_value(value)


@given(st.lists(st.text("ab/\\.~:", max_size=8), unique=True, max_size=6))
def test_paths_that_differ_stay_apart(paths):
    assert len({public_value(path) for path in paths}) == len(paths)


def test_a_result_holds_paths_and_its_file_none_of_their_folders(a_result, tmp_path):
    paths = {"file": "/home/me/p.csv", "more": ["/home/me/q.csv"]}
    result = a_result(solver_args=paths, given=paths, settings=paths, task_args=paths)
    assert result.task_args == result.protocol.given == paths
    write_result(result, tmp_path / "r.json")
    text = (tmp_path / "r.json").read_text()
    assert "/home" not in text
    assert text.count("p.csv#") == text.count("q.csv#") == 4
    again = read_result(tmp_path / "r.json")
    assert again.model_dump_json() == result.model_dump_json()
