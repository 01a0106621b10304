"""What a process may spend on its questions: money is counted where they are asked.

Inspect's own limit of cost is one for each sample, and a sample that it cuts counts as an
abstention. A budget is for all that a process asks: once it is spent, what was not asked yet ends
as an error, which `inspect eval-retry` asks, and nothing that was paid for is lost.
"""

import logging
import math
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path

import anyio
from inspect_ai.model import ModelInfo, ModelOutput, get_model_info, set_model_info
from inspect_ai.util import LimitExceededError

from perturb_evals.datasets.errors import ArgumentError, DataError
from perturb_evals.solvers.asking.ledger import Ledger
from perturb_evals.solvers.asking.prices import Prices, price_of, read_prices

_log = logging.getLogger(__name__)

BUDGET, PRICES = "PERTURB_EVALS_BUDGET", "PERTURB_EVALS_PRICES"
"""Environment variables: dollars, and a file of prices in the form of `--model-cost-config`."""

LEDGER = "PERTURB_EVALS_LEDGER"
"""Environment variable: a file that what is spent is written to, see `ledger`."""

NO_BUDGET = "The budget of $"
"""What the error of a question begins with that was not asked for the budget's sake."""

LOOK_AGAIN = 0.05
"""Seconds until a question that waits for others looks whether they were answered."""


class BudgetSpentError(DataError):
    """There is no money for another question, which was not asked."""


class UnpricedError(DataError):
    """What a question costs cannot be told, so that no budget can be kept."""


def budget_of_process() -> "Budget | None":
    """Return the budget that the environment gives this process; None without one.

    Prices alone are told to Inspect, which then writes what was spent into the logs; its own
    `--model-cost-config` refuses models that it does not know.

    Raises:
        ArgumentError: A budget that is no number of dollars.
        PricesError: A file of prices that cannot be used.
    """
    return _budget(*(os.environ.get(name, "") for name in (BUDGET, PRICES, LEDGER)))


@lru_cache
def _budget(dollars: str, prices: str, ledger: str) -> "Budget | None":
    known = read_prices(Path(prices)) if prices else {}
    for model, price in known.items():
        info = get_model_info(model) or ModelInfo()
        set_model_info(model, info.model_copy(update={"cost": price}))
    if not dollars:
        return None
    return Budget(dollars_of(BUDGET, dollars), known, Ledger(Path(ledger)) if ledger else None)


def dollars_of(where: str, text: str) -> float:
    """Read dollars.

    Args:
        where: How what was given is called.
        text: A finite number above 0.

    Raises:
        ArgumentError: Anything else.
    """
    try:
        dollars = float(text)
    except ValueError:
        dollars = math.nan
    if not 0 < dollars < math.inf:
        raise ArgumentError(f"{where} expects dollars, a number above 0; got {text!r}.")
    return dollars


class Budget:
    """Lets a question go out only if the money for it is there.

    A question is held to cost as much as the dearest of its model so far, and those in flight too:
    the first of a model goes out alone. So no more is spent than the budget, but for what answers
    in flight cost more than any before them. Answers from Inspect's cache count as if they were
    paid for, but for those that `not_paid` is told of.

    Args:
        dollars: What may be spent.
        prices: Prices of models, before those that Inspect knows.
        ledger: What is spent is written to it.
    """

    def __init__(self, dollars: float, prices: Prices, ledger: Ledger | None = None) -> None:
        self.dollars = dollars
        self.spent = 0.0
        self.answers = 0
        self._said = False
        self._uncountable: set[str] = set()
        self._prices, self._ledger = prices, ledger
        self._dearest: dict[str, float] = {}
        self._in_flight: dict[str, int] = {}

    @asynccontextmanager
    async def question(self, model: str) -> AsyncIterator[str]:
        """Hold the money for a question while it is asked.

        Args:
            model: Its name as in logs.

        Yields:
            What the question is called in the ledger, for `count`.

        Raises:
            BudgetSpentError: There is not enough, and no question in flight may free some.
            UnpricedError: The model has no price.
        """
        if model in self._uncountable:
            raise UnpricedError(self._untold(model))
        if price_of(model, self._prices) is None:
            raise UnpricedError(
                f"{NO_BUDGET}{self.dollars:g} cannot be kept, as {model} has no price: name a file "
                f"with it, {PRICES}=FILE (--model-cost-config of `perturb-evals run`)."
            )
        while not self._has_room(model):
            if not any(self._in_flight.values()):
                self._say_once(model)
                raise BudgetSpentError(f"{NO_BUDGET}{self.dollars:g} is spent: not asked.")
            await anyio.sleep(LOOK_AGAIN)
            if model in self._uncountable:
                raise UnpricedError(self._untold(model))
        self._in_flight[model] = self._in_flight.get(model, 0) + 1
        held = self._ledger.hold(self._dearest.get(model, 0.0)) if self._ledger else ""
        try:
            yield held
        except LimitExceededError:
            # A limit of the sample is looked at when the answer is there, and was paid for; its
            # cost is not told any more.
            self.spent += self._dearest.get(model, 0.0)
            raise
        except Exception:
            # Nothing came of it. What is cancelled is no such error: it may have been paid for.
            self._settle(held, 0.0)
            raise
        finally:
            self._in_flight[model] -= 1

    def _settle(self, held: str, dollars: float) -> None:
        if self._ledger and held:
            self._ledger.settle(held, dollars)

    def _untold(self, model: str) -> str:
        return (
            f"{NO_BUDGET}{self.dollars:g} cannot be kept, as {model} does not say how many tokens "
            "an answer took: it is not asked."
        )

    def _say_once(self, model: str) -> None:
        if not self._said:
            self._said = True
            _log.warning(
                "%s%g is spent: $%.4f went for %d answers, and the next may cost $%.4f. What "
                "was not asked is no answer: `inspect eval-retry LOG`, or the command that you "
                "gave, with a larger budget, asks it and nothing else.",
                NO_BUDGET,
                self.dollars,
                self.spent,
                self.answers,
                self._dearest.get(model, 0.0),
            )

    def _has_room(self, model: str) -> bool:
        if self.spent >= self.dollars:
            return False
        if model not in self._dearest:
            return not self._in_flight.get(model)
        held = sum(self._dearest.get(name, 0.0) * n for name, n in self._in_flight.items())
        return self.spent + held + self._dearest[model] <= self.dollars

    def not_paid(self, held: str) -> None:
        """Count a question as free, since its answer was kept from an earlier one."""
        self._settle(held, 0.0)

    def count(self, model: str, output: ModelOutput, held: str = "") -> None:
        """Count what an answer cost; what was refused, so that there is none, cost nothing.

        Raises:
            UnpricedError: The server does not say how many tokens it took; no more is asked of it.
        """
        if output.usage is None and (output.error or output.empty):
            self._settle(held, 0.0)
            return
        cost = output.usage.total_cost if output.usage else None
        if cost is None:
            self._uncountable.add(model)
            raise UnpricedError(self._untold(model))
        self._settle(held, cost)
        self.spent += cost
        self.answers += 1
        self._dearest[model] = max(cost, self._dearest.get(model, 0.0))
