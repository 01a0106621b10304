"""Prices of models from a file as Inspect's `--model-cost-config` takes it; what usage costs."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from inspect_ai.model import ModelCost, ModelUsage, compute_model_cost, get_model_info

from perturb_evals.datasets.errors import DataError, why

Prices = Mapping[str, ModelCost]
"""By name of the model as in its logs, in US dollars per million tokens."""

KINDS = tuple(ModelCost.model_fields)
FORM = f'{{"provider/model": {{{", ".join(f"{json.dumps(kind)}: ..." for kind in KINDS)}}}}}'


class PricesError(DataError):
    """A file of prices that cannot be used. The message names the file, the model and the kind."""


def read_prices(path: Path) -> dict[str, ModelCost]:
    """Read prices by name of the model, in US dollars per million tokens.

    Inspect itself takes prices for models that it knows only, and takes any number.

    Args:
        path: JSON or YAML: for each model, named as in its logs, an object with all of `KINDS`. A
            model without a cache has the price of input for both kinds of cached input.

    Returns:
        The prices, in the order of the file; an empty file of prices, `{}`, gives none.

    Raises:
        PricesError: Not readable, not of this form, a model named twice in JSON, or a price that is
            not a finite number of 0 or more.
    """
    try:
        text = path.read_text(encoding="utf-8")
        # As Inspect tells them apart: YAML has other rules for numbers and tabs.
        is_json = text.lstrip().startswith("{")
        read = json.loads(text, object_pairs_hook=_once) if is_json else yaml.safe_load(text)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise PricesError(f"{path}: not readable as prices, {FORM}: {why(error)}") from error
    if not isinstance(read, dict):
        raise PricesError(f"{path}: expected {FORM}, got {type(read).__name__}.")
    return {str(model): _price(path, model, given) for model, given in read.items()}


def price_of(model: str, prices: Prices) -> ModelCost | None:
    """Return a model's price: the one given, or the one that Inspect knows; None without either."""
    info = get_model_info(model)
    return prices.get(model) or (info.cost if info else None)


def cost_of(model: str, usage: ModelUsage, prices: Prices) -> float | None:
    """Return dollars for usage: what Inspect counted, else by the price; None without a price."""
    if usage.total_cost is not None:
        return usage.total_cost
    price = price_of(model, prices)
    return None if price is None else compute_model_cost(price, usage)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"{twice[0]!r} stands there twice.")
    return dict(pairs)


def _word(given: Any) -> str:
    return f"a {type(given).__name__}" if isinstance(given, list | dict) else repr(given)


def _price(path: Path, model: str, given: Any) -> ModelCost:
    if not isinstance(given, dict) or set(given) != set(KINDS):
        got = ", ".join(map(str, given)) or "nothing" if isinstance(given, dict) else _word(given)
        raise PricesError(
            f"{path}: {model}: expected {', '.join(KINDS)} in dollars per million tokens; "
            f"got {got}."
        )
    for kind, value in given.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value < math.inf:
            raise PricesError(
                f"{path}: {model}: {kind} must be a finite number of 0 or more; got {_word(value)}."
            )
    return ModelCost(**given)
