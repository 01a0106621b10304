import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.datasets.genes.ncbi import Aliases
from perturb_evals.datasets.genes.symbols import SymbolResolver
from perturb_evals.scorers.expression.names import Named
from perturb_evals.scorers.expression.neighbors import (
    DROPS,
    MOST_SHOWN,
    SHOWN_LETTERS,
    USED_ROUTES,
    Dropped,
    choose,
)

# AARS1 was called AARS, DARS1 was DARS; P40 is a synonym of two candidates.
ALIASES = Aliases(
    current={"AARS1": (1,), "DARS1": (2,), "RPL5": (3,), "RPSA": (4,), "IL9": (5,)},
    synonyms={"AARS": (1,), "DARS": (2,), "P40": (4, 5), "URL5": (3,)},
)
CANDIDATES = ("AARS", "IL9", "RPL23", "RPL5", "RPSA", "smg5")
RESOLVER = SymbolResolver(CANDIDATES, ALIASES)


def chosen_from(*names, target="DARS", limit=10):
    return choose(map(Named, names), target=target, resolver=RESOLVER, limit=limit)


def test_every_name_is_used_or_dropped_for_its_reason():
    chosen = choose(
        [
            Named("RPL23", 0.9),
            Named("aars1", 0.8),  # an alias of a candidate
            Named("RPL99", 0.7),  # nobody's
            Named("P40", 0.7),  # of two candidates
            Named("DARS1", 0.6),  # the target by its newer name
            Named("dars"),  # the target in another case
            Named("AARS"),  # the same as aars1
            Named("rpl5"),
            Named("SMG5"),
        ],
        target="DARS",
        resolver=RESOLVER,
        limit=3,
    )
    assert chosen.symbols == ("RPL23", "AARS", "RPL5")
    assert chosen.similarities == (0.9, 0.8, None)
    assert chosen.routes == {"exact": 1, "case": 1, "alias": 1}
    assert chosen.drops == {
        "invented": 1,
        "ambiguous": 1,
        "target": 2,
        "duplicate": 1,
        "over_limit": 1,
    }
    assert chosen.dropped == (
        Dropped("RPL99", "invented"),
        Dropped("P40", "ambiguous"),
        Dropped("DARS1", "target"),
        Dropped("dars", "target"),
        Dropped("AARS", "duplicate"),
        Dropped("SMG5", "over_limit"),
    )
    assert chosen.n_given == 9


def test_the_limit_counts_usable_names():
    chosen = chosen_from("RPL5", "XX1", "DARS", "RPL5", "RPL23", "IL9", limit=2)
    assert chosen.symbols == ("RPL5", "RPL23")
    assert chosen.drops["over_limit"] == 1
    assert chosen_from("XX1", "RPL5", limit=1).symbols == ("RPL5",)


def test_a_name_dropped_for_two_reasons_counts_once_under_the_first():
    chosen = chosen_from("RPL5", "XX1", "rpl5", "DARS1", limit=1)
    assert chosen.drops == dict.fromkeys(DROPS, 0) | {"invented": 1, "duplicate": 1, "target": 1}


def test_without_a_limit_all_are_used():
    chosen = chosen_from(*CANDIDATES, limit=None)
    assert chosen.symbols == CANDIDATES


def test_an_empty_answer_has_nothing():
    chosen = chosen_from()
    assert (chosen.symbols, chosen.similarities, chosen.dropped, chosen.n_given) == ((), (), (), 0)
    assert set(chosen.drops) == set(DROPS)
    assert set(chosen.routes) == set(USED_ROUTES)


def test_an_answer_of_inventions_only():
    chosen = chosen_from("XX1", "XX2")
    assert (chosen.symbols, chosen.drops["invented"]) == ((), chosen.n_given)


def test_dropped_names_are_shown_shortened_and_not_all():
    chosen = chosen_from("Z" * 5000, *(f"XX{n}" for n in range(30)))
    assert len(chosen.dropped) == MOST_SHOWN
    assert chosen.dropped[0].name == "Z" * (SHOWN_LETTERS - 1) + "\u2026"
    assert chosen.drops["invented"] == 31
    assert chosen_from("Z" * SHOWN_LETTERS).dropped[0].name == "Z" * SHOWN_LETTERS


ANY_NAME = st.sampled_from([*CANDIDATES, "AARS1", "RPL99", "P40", "DARS", "dars1"])


@given(
    names=st.lists(ANY_NAME | st.text(max_size=5), max_size=12),
    target=st.sampled_from(["DARS", "DARS1", "XYZ"]),
    limit=st.none() | st.integers(1, 4),
)
def test_nothing_is_lost_and_nothing_counted_twice(names, target, limit):
    chosen = chosen_from(*names, target=target, limit=limit)
    assert sum(chosen.routes.values()) == len(chosen.symbols) == len(chosen.similarities)
    assert chosen.n_given == len(names) == len(chosen.symbols) + sum(chosen.drops.values())
    assert len(set(chosen.symbols)) == len(chosen.symbols)
    assert set(chosen.symbols) <= set(CANDIDATES) - {target}
    assert limit is None or len(chosen.symbols) <= limit


def test_a_limit_below_one_is_refused():
    with pytest.raises(ValueError, match="limit must be at least 1 or None, got 0"):
        chosen_from("RPL5", limit=0)
