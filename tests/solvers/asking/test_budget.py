"""A budget of dollars: what may be asked, what is counted, and what ends it."""

import json
import math
from pathlib import Path
from typing import Any

import anyio
import pytest
from inspect_ai.model import ModelCost, ModelOutput, ModelUsage, get_model_info
from inspect_ai.util import LimitExceededError

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.solvers.asking.budget import (
    BUDGET,
    PRICES,
    Budget,
    BudgetSpentError,
    UnpricedError,
    budget_of_process,
    dollars_of,
)
from perturb_evals.solvers.asking.ledger import Ledger, written_off
from perturb_evals.solvers.asking.prices import PricesError

MODEL = "some/model"
PRICE = {"input": 1.0, "output": 1.0, "input_cache_write": 1.0, "input_cache_read": 1.0}
KNOWN = {name: ModelCost(**PRICE) for name in (MODEL, "some/other")}


def answer(cost: float | None, text: str = "Yes") -> ModelOutput:
    output = ModelOutput.from_content("model", text)
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_cost=cost)
    return output


async def ask(budget: Budget, cost: float, model: str = MODEL, seconds: float = 0.0) -> None:
    async with budget.question(model):
        await anyio.sleep(seconds)
        budget.count(model, answer(cost))


def test_questions_go_out_until_the_next_may_cost_more_than_is_left() -> None:
    budget = Budget(1.0, KNOWN)

    async def all_of_them() -> None:
        for _ in range(100):
            await ask(budget, 0.3)

    with pytest.raises(BudgetSpentError, match=r"^The budget of \$1 is spent"):
        anyio.run(all_of_them)
    assert budget.spent == pytest.approx(0.9)
    assert budget.answers == 3


def test_an_answer_that_a_limit_of_the_sample_took_away_was_paid_for(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    budget = Budget(1.0, KNOWN, Ledger(ledger))

    async def cut() -> None:
        await ask(budget, 0.3)
        async with budget.question(MODEL):
            raise LimitExceededError("token", value=2, limit=1)

    with pytest.raises(LimitExceededError):
        anyio.run(cut)
    assert budget.spent == pytest.approx(0.6)
    assert written_off(ledger) == pytest.approx(0.3)  # what was held for it stands


def test_questions_in_flight_hold_their_money_and_what_is_answered_is_kept() -> None:
    """Of many at once, as many are answered as there is money for, and none is interrupted."""
    budget = Budget(1.0, KNOWN)
    done: list[str] = []

    async def one(model: str) -> None:
        try:
            await ask(budget, 0.1, model, seconds=0.01)
            done.append("answered")
        except BudgetSpentError:
            done.append("not asked")

    async def at_once() -> None:
        async with anyio.create_task_group() as group:
            for place in range(30):
                group.start_soon(one, list(KNOWN)[place % 2])

    anyio.run(at_once)
    assert done.count("answered") == 10
    assert done.count("not asked") == 20
    assert budget.spent == pytest.approx(1.0)


def test_the_first_question_of_a_model_goes_out_alone() -> None:
    budget, most = Budget(100.0, KNOWN), 0
    in_flight = {"now": 0}

    async def one() -> None:
        nonlocal most
        async with budget.question(MODEL):
            in_flight["now"] += 1
            if budget.answers == 0:
                most = max(most, in_flight["now"])
            await anyio.sleep(0.02)
            in_flight["now"] -= 1
            budget.count(MODEL, answer(0.1))

    async def at_once() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(one)

    anyio.run(at_once)
    assert most == 1
    assert budget.answers == 5


def test_an_error_gives_the_money_back() -> None:
    budget = Budget(0.15, KNOWN)

    async def steps() -> None:
        await ask(budget, 0.05)
        for _ in range(10):
            with pytest.raises(ConnectionError):
                async with budget.question(MODEL):
                    raise ConnectionError
        await ask(budget, 0.05)

    anyio.run(steps)
    assert budget.spent == pytest.approx(0.1)


def test_what_cannot_be_counted_is_an_error_and_what_is_empty_cost_nothing() -> None:
    budget = Budget(1.0, KNOWN)
    with pytest.raises(UnpricedError, match="does not say how many tokens"):
        budget.count(MODEL, ModelOutput.from_content("model", "Yes"))
    with pytest.raises(UnpricedError, match="does not say how many tokens"):
        budget.count(MODEL, answer(None))
    budget.count(MODEL, ModelOutput(model="model"))
    assert (budget.spent, budget.answers) == (0.0, 0)

    async def again() -> None:
        async with budget.question(MODEL):
            pytest.fail("it was asked once more, though its answers cannot be counted")

    with pytest.raises(UnpricedError, match="it is not asked"):
        anyio.run(again)

    async def unpriced() -> None:
        async with budget.question("nobody/knows"):
            pytest.fail("it was asked")

    with pytest.raises(UnpricedError, match="nobody/knows has no price"):
        anyio.run(unpriced)


def test_a_ledger_has_what_was_answered_what_failed_and_what_was_cut_off(tmp_path: Path) -> None:
    """What was cancelled in flight may have been paid for, so what was held for it counts."""
    path = tmp_path / "folder" / "spent.jsonl"
    budget = Budget(10.0, KNOWN, Ledger(path))

    async def kept(cost: float) -> None:
        async with budget.question(MODEL) as held:
            budget.count(MODEL, answer(cost), held)

    async def steps() -> None:
        await kept(0.3)
        await kept(0.1)
        with pytest.raises(ConnectionError):
            async with budget.question(MODEL):
                raise ConnectionError
        with anyio.move_on_after(0.01):
            async with budget.question(MODEL):
                await anyio.sleep_forever()

    anyio.run(steps)
    assert budget.spent == pytest.approx(0.4)
    assert written_off(path) == pytest.approx(0.4 + 0.3)


@pytest.mark.parametrize("text", ["", "0", "-1", "nan", "inf", "1,5", "five", "$5"])
def test_dollars_that_are_none(text: str) -> None:
    with pytest.raises(ArgumentError, match="expects dollars, a number above 0"):
        dollars_of("--budget", text)


def test_the_environment_gives_a_budget_and_prices_to_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (BUDGET, PRICES):
        monkeypatch.delenv(name, raising=False)
    assert budget_of_process() is None
    file = tmp_path / "prices.json"
    file.write_text(json.dumps({"a-server/of-ones-own": PRICE}), "utf-8")
    monkeypatch.setenv(PRICES, str(file))
    assert budget_of_process() is None
    info: Any = get_model_info("a-server/of-ones-own")
    assert info.cost == ModelCost(**PRICE)
    monkeypatch.setenv(BUDGET, "2.5")
    budget = budget_of_process()
    assert budget is not None
    assert math.isclose(budget.dollars, 2.5)
    assert budget_of_process() is budget, "all solvers of a process share it"
    monkeypatch.setenv(BUDGET, "much")
    with pytest.raises(ArgumentError, match=BUDGET):
        budget_of_process()
    monkeypatch.setenv(PRICES, str(tmp_path / "none.json"))
    with pytest.raises(PricesError, match=r"none\.json"):
        budget_of_process()
