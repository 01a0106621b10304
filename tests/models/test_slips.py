"""Slips: each has its share, and each is what the scorer's resolver says that it is."""

import random
from collections import Counter
from functools import cache

import pytest

from perturb_evals.datasets.genes.symbols import SymbolResolver
from perturb_evals.models.likeness import Likeness, alike
from perturb_evals.models.neighbor_reading import NeighborQuestion
from perturb_evals.models.notes import perturbation_of
from perturb_evals.models.slips import SHARES, Slip, Written, hastily, neatly

N = 2000
ROUTES: dict[Slip | None, str] = {
    None: "exact",
    "other_symbol": "unknown",
    "case": "case",
    "misremembered": "unknown",
    "itself": "exact",
    "repeated": "exact",
}


@cache
def meant(target: str, listed: tuple[str, ...]) -> tuple[NeighborQuestion, tuple[Likeness, ...]]:
    others = tuple(name for name in listed if name != target)
    question = NeighborQuestion(target, others, 5, 10, reasoning=True, similarities=False)
    return question, tuple(alike(target, perturbation_of(target), others)[:7])


def written(target: str, listed: tuple[str, ...], seed: int) -> list[Written]:
    question, found = meant(target, listed)
    return hastily(question, list(found), random.Random(seed))


@pytest.mark.parametrize("target", ["MED12", "AARS1", "RPL3", "SCAP"])
def test_slips_are_what_they_are_called(target: str, listed: tuple[str, ...]) -> None:
    resolver = SymbolResolver(name for name in listed if name != target)
    for seed in range(400):
        names = []
        for item in written(target, listed, seed):
            if item.slip == "repeated":
                assert resolver.resolve(item.name, target).symbol in names
                continue
            found = resolver.resolve(item.name, target)
            assert found.route == ROUTES[item.slip], item
            assert (item.slip == "itself") == (found.symbol == target)
            names.append(found.symbol)
        known = [name for name in names if name]
        assert len(known) == len(set(known))


def test_slips_have_their_shares_where_there_is_occasion(listed: tuple[str, ...]) -> None:
    found = Counter(
        item.slip for seed in range(N) for item in written("MED12", listed, seed) if item.slip
    )
    assert set(found) == set(SHARES)
    for slip, share in SHARES.items():
        assert found[slip] / N == pytest.approx(share, abs=0.03)


def test_a_slip_without_occasion_is_left_out(listed: tuple[str, ...]) -> None:
    # No listed proteasome gene was renamed, and the symbols of eIF3 do not end in a number.
    slips = {item.slip for seed in range(500) for item in written("PSMA1", listed, seed)}
    assert "other_symbol" not in slips
    assert "misremembered" in slips
    slips = {item.slip for seed in range(500) for item in written("EIF3A", listed, seed)}
    assert "misremembered" not in slips


def test_a_misremembered_symbol_belongs_to_the_group(listed: tuple[str, ...]) -> None:
    wrong = {
        item.name
        for seed in range(1000)
        for item in written("RPL3", listed, seed)
        if item.slip == "misremembered"
    }
    assert len(wrong) > 10
    for name in wrong:
        assert name.startswith("RPL")
        assert perturbation_of(name) == perturbation_of("RPL3")


def test_the_intended_names_keep_their_order(listed: tuple[str, ...]) -> None:
    found = alike("EIF3A", perturbation_of("EIF3A"), listed)
    for seed in range(300):
        kept = [item.name for item in written("EIF3A", listed, seed) if item.slip is None]
        order = [like.symbol for like in found if like.symbol in kept]
        assert kept == order


def test_nothing_to_write() -> None:
    question = NeighborQuestion("PSMA1", ("RPL3",), 1, 1, reasoning=True, similarities=False)
    for seed in range(200):
        assert hastily(question, [], random.Random(seed)) == []
    assert neatly([]) == []
