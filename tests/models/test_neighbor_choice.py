"""Choices by the notes: whom they name, how many, and how they go wrong."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from perturb_evals.models.neighbor_choice import (
    MISPLACED,
    REFUSALS,
    UNDECIDED,
    Choice,
    choose,
    reconsider,
)
from perturb_evals.models.neighbor_reading import NeighborQuestion
from perturb_evals.models.notes import perturbation_of

N = 2000


def question(target: str, candidates: tuple[str, ...], most: int = 10) -> NeighborQuestion:
    others = tuple(name for name in candidates if name != target)
    return NeighborQuestion(target, others, min(5, most), most, reasoning=True, similarities=False)


def names(choice: Choice) -> list[str]:
    return [like.symbol for like in choice.neighbors]


def manners(asked: NeighborQuestion) -> Counter[str]:
    return Counter(choose(asked, random.Random(seed)).manner for seed in range(N))


def test_members_of_the_own_complex_are_named(listed: tuple[str, ...]) -> None:
    asked = question("MED14", listed)
    sizes = set()
    for seed in range(200):
        choice = choose(asked, random.Random(seed))
        if choice.manner == "chosen":
            assert set(names(choice)) <= {name for name in listed if name.startswith("MED")}
            assert choice.place == perturbation_of("MED14")
            sizes.add(len(choice.neighbors))
    assert sizes == set(range(5, 11))


def test_others_only_fill_up_to_the_fewest(listed: tuple[str, ...]) -> None:
    few = (*(name for name in listed if not name.startswith("COP")), "COPA")
    for seed in range(100):
        choice = choose(question("COPB1", few), random.Random(seed))
        if choice.manner == "chosen" and choice.place == perturbation_of("COPB1"):
            ties = [like.tie for like in choice.neighbors]
            assert ties[:2] == ["group", "group"]  # ARCN1, COPA
            assert len(ties) == 5
            assert set(ties[2:]) == {"programmes"}


def test_whims_have_their_shares(listed: tuple[str, ...]) -> None:
    found = manners(question("AARS1", listed))
    assert found["refused"] / N == pytest.approx(REFUSALS, abs=0.008)
    assert found["undecided"] / N == pytest.approx(UNDECIDED, abs=0.012)
    assert found["guessed"] == 0


def test_some_targets_are_taken_for_members_of_a_related_group(listed: tuple[str, ...]) -> None:
    asked, places = question("AARS1", listed), Counter()
    for seed in range(N):
        choice = choose(asked, random.Random(seed))
        if choice.manner == "chosen" and choice.place:
            places[choice.place.name] += 1
            if choice.place.name == "the respiratory chain":
                assert all(name.startswith("NDUF") for name in names(choice)[:5])
                better = reconsider(asked, choice, random.Random(seed))
                assert better.place == perturbation_of("AARS1")
                assert names(better)[0] == "CARS1"
    assert set(places) == {"aminoacyl-tRNA synthesis", "the respiratory chain"}
    assert places["the respiratory chain"] / sum(places.values()) == pytest.approx(
        MISPLACED, abs=0.02
    )


def test_without_a_note_it_guesses_what_is_felt(listed: tuple[str, ...]) -> None:
    asked = question("QQQ9", (*listed, "QQQA", "SCAP"))
    for seed in range(200):
        choice = choose(asked, random.Random(seed))
        if choice.manner == "guessed":
            notes = [like.group for like in choice.neighbors]
            assert len(set(names(choice))) == 5
            assert all(note and note.essential for note in notes)
            assert names(reconsider(asked, choice, random.Random(seed))) == names(choice)[:1]
    assert manners(asked)["guessed"] > 0.9 * N
    unknown = question("QQQ9", ("AAA", "BBB"))
    assert set(names(choose(unknown, random.Random(0)))) == {"AAA", "BBB"}


def test_nobody_but_the_target_leaves_nothing_to_choose() -> None:
    alone = NeighborQuestion("PSMA1", ("PSMA1",), 1, 1, reasoning=True, similarities=False)
    assert choose(alone, random.Random(0)) == Choice("undecided", perturbation_of("PSMA1"))


def test_a_second_look_takes_all_that_fit_and_is_never_undecided(listed: tuple[str, ...]) -> None:
    asked = replace(question("PSMD1", listed), turn="again", follow_ups=1)
    for seed in range(300):
        first = choose(asked, random.Random(seed))
        second = reconsider(asked, first, random.Random(seed))
        if first.manner == "refused":
            assert second == first
        else:
            assert second.manner == "chosen"
            assert len(second.neighbors) == 10
            assert all(name.startswith("PSM") for name in names(second))


@pytest.mark.parametrize("most", [1, 3, 5, 10])
def test_never_more_than_asked_for_none_twice_none_unlisted(
    listed: tuple[str, ...], most: int
) -> None:
    for seed, target in enumerate(listed):
        asked = question(target, listed, most)
        rng = random.Random(seed)
        first = choose(asked, rng)
        for choice in (first, reconsider(asked, first, rng)):
            assert len(names(choice)) == len(set(names(choice))) <= most
            assert set(names(choice)) <= set(asked.candidates)
            assert bool(choice.neighbors) == (choice.manner in ("chosen", "guessed"))
