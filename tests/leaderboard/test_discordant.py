"""The most discordant questions and perturbations, against loops over pairs."""

from collections.abc import Callable
from typing import Any

import numpy as np

from perturb_evals.leaderboard.comparison import SHOWN, compare
from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.metrics.pairs.predictions import Predictions

Make = Callable[..., Result]
Enter = Callable[..., Entry]


def opposed(a_result: Make, entry_of: Enter, sizes: dict[str, tuple[int, int]]) -> Any:
    """Compare a system that is right about everything with one that is wrong about everything.

    The sizes are the numbers of positive and negative questions of each gene.
    """
    rows = [
        (f"P{n:02}", gene, int(n < positive))
        for gene, (positive, negative) in sizes.items()
        for n in range(positive + negative)
    ]
    perts, genes, labels = map(list, zip(*rows, strict=True))
    entries = [
        entry_of(
            a_result(model=name),
            Predictions(perts, genes, labels, sign * np.array(labels, float)),
            name,
        )
        for name, sign in (("right", 1), ("wrong", -1))
    ]
    (pair,) = compare(entries).pairs
    return pair


def test_of_equal_differences_those_on_more_pairs_come_first_then_by_name(
    a_result: Make, entry_of: Enter
) -> None:
    sizes = {"a": (1, 1), "b": (5, 4), "c": (2, 12), "d": (1, 2)}
    pair = opposed(a_result, entry_of, sizes)
    pairs = {
        f"P{n:02}>{gene}": negative if n < positive else positive
        for gene, (positive, negative) in sizes.items()
        for n in range(positive + negative)
    }
    expected = sorted(pairs, key=lambda unit: (-pairs[unit], unit))
    assert [found.unit for found in pair.discordant] == expected[:SHOWN]
    assert [found.unit for found in pair.discordant][:2] == ["P00>c", "P01>c"]
    assert pair.n_more == len(pairs) - SHOWN


def test_a_larger_difference_comes_before_one_on_more_pairs(
    a_result: Make, entry_of: Enter
) -> None:
    perts = [f"P{n}" for n in range(8)]
    genes = ["big"] * 6 + ["small"] * 2
    labels = [1, 0, 0, 0, 0, 0, 1, 0]
    a = Predictions(perts, genes, labels, [1, 0, 0, 0, 0, 0, 1, 0])
    b = Predictions(perts, genes, labels, [1, 2, 0, 0, 0, 0, 0, 1])
    entries = [entry_of(a_result(model=name), table, name) for name, table in (("a", a), ("b", b))]
    (pair,) = compare(entries).pairs
    # P1, P6 and P7 differ by 1 on one pair each, P0 by a fifth on five.
    assert [found.unit for found in pair.discordant] == ["P1>big", "P6>small", "P7>small", "P0>big"]
    assert pair.n_more == 0


def test_differences_that_rounding_tells_apart_are_equal(a_result: Make, entry_of: Enter) -> None:
    # .3 - 0 and .9 - .6 differ in the last bit; so do the others.
    a = {f"P{n:02}": 0.3 + 0.1 * n for n in range(30)}
    b = {name: value - 0.3 for name, value in a.items()}
    runs = [
        entry_of(a_result(model=name, task="langpert"), scores, name)
        for name, scores in (("a", a), ("b", b))
    ]
    (pair,) = compare(runs).pairs
    assert [found.unit for found in pair.discordant] == sorted(a)[:SHOWN]
    assert pair.n_more == 10


def test_only_those_as_far_apart_as_the_last_one_count_as_more(
    a_result: Make, entry_of: Enter
) -> None:
    a = {f"P{n:02}": 0.0 for n in range(40)}
    b = a | {f"P{n:02}": 0.5 for n in range(17)} | {f"P{n:02}": 0.25 for n in range(17, 28)}
    runs = [
        entry_of(a_result(model=name, task="langpert"), scores, name)
        for name, scores in (("a", a), ("b", b))
    ]
    (pair,) = compare(runs).pairs
    assert len(pair.discordant) == SHOWN
    assert pair.n_more == 8
