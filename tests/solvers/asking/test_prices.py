"""Files of prices: read exactly, or refused with the place of the fault."""

import contextlib
import json

import inspect_ai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelCost, ModelInfo, get_model_info, set_model_info
from inspect_ai.solver import chain

from perturb_evals.solvers.asking.prices import KINDS, PricesError, read_prices

PRICE = {"input": 1, "output": 2.5, "input_cache_write": 0, "input_cache_read": 0.1}


@pytest.fixture
def put(tmp_path):
    def put(text):
        path = tmp_path / "prices.json"
        path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
        return path

    return put


def test_prices_are_those_of_the_file(put):
    assert read_prices(put({"maker/model": PRICE})) == {"maker/model": ModelCost(**PRICE)}
    assert read_prices(put({})) == {}
    assert set(KINDS) == set(PRICE)


def test_the_file_is_one_that_inspect_takes(put, tmp_path):
    """The same file gives the same costs, as JSON and as YAML."""
    model = "mockllm/priced"
    as_yaml = put("\n".join([f"{model}:", *(f"  {kind}: {PRICE[kind]}" for kind in KINDS)]))
    assert read_prices(as_yaml) == {model: ModelCost(**PRICE)}
    set_model_info(model, ModelInfo())
    inspect_ai.eval(
        Task([Sample("?")], solver=chain()),
        model="none/none",
        model_cost_config=str(as_yaml),
        log_dir=str(tmp_path / "logs"),
        display="none",
    )
    assert get_model_info(model).cost == ModelCost(**PRICE)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "NoneType"),
        ("{", "not readable"),
        ("m: [1", "not readable"),
        ("[]", "list"),
        ({"m": 3}, "m: expected input"),
        ({"m": {}}, "got nothing"),
        ({"m": {**PRICE, "cached": 1}}, "cached"),
        ({"m": {k: v for k, v in PRICE.items() if k != "output"}}, "m: expected input, output"),
        ({"m": {**PRICE, "output": -1}}, "output must be .* got -1"),
        ({"m": {**PRICE, "output": "2"}}, "output must be .* got '2'"),
        ({"m": {**PRICE, "output": True}}, "output must be .* got True"),
        ({"m": {**PRICE, "output": float("nan")}}, "output must be .* got nan"),
        ({"m": {**PRICE, "output": float("inf")}}, "output must be .* got inf"),
        ('{"m": %s, "m": %s}' % (json.dumps(PRICE), json.dumps(PRICE)), "'m' stands there twice"),  # noqa: UP031
    ],
)
def test_a_fault_is_named(put, content, named):
    path = put(content)
    with pytest.raises(PricesError, match=named) as error:
        read_prices(path)
    assert str(path) in str(error.value)


def test_no_file(tmp_path):
    with pytest.raises(PricesError, match="not readable"):
        read_prices(tmp_path / "none.json")
    with pytest.raises(PricesError, match="not readable"):
        read_prices(tmp_path)


@pytest.fixture(scope="module")
def anything(tmp_path_factory):
    return tmp_path_factory.mktemp("prices") / "anything"


@given(text=st.text())
def test_any_text_is_read_or_refused(anything, text):
    anything.write_bytes(text.encode(errors="replace"))
    with contextlib.suppress(PricesError):
        assert isinstance(read_prices(anything), dict)
