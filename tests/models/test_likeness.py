"""One complex first, then groups that move the same genes; opposites are never alike."""

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.models.likeness import (
    CLOSE,
    OTHER_GROUP,
    SAME_GROUP,
    SAME_NAME,
    alike,
    common_rule,
)
from perturb_evals.models.notes import perturbation_of
from perturb_evals.models.perturbations import PERTURBATIONS
from perturb_evals.models.rules import RULES

LISTED = ["PSMB1", "PSMA7", "RPL7", "COPB1", "SCAP", "HMGCS1", "ZNF7", "FARSA", "NDUFS1", "MRPL3"]
BY_NAME = {note.name: note for note in PERTURBATIONS}


def test_the_own_complex_comes_first_and_the_nearer_symbol_before_the_others() -> None:
    found = alike("PSMA1", perturbation_of("PSMA1"), LISTED)
    assert [like.symbol for like in found] == ["PSMA7", "PSMB1"]
    assert {like.tie for like in found} == {"group"}
    assert found[0].similarity == pytest.approx(SAME_GROUP + 0.2 * 4 / 5)
    assert found[1].similarity == pytest.approx(SAME_GROUP + 0.2 * 3 / 5)


def test_groups_that_move_the_same_genes_come_behind() -> None:
    found = alike("AARS1", perturbation_of("AARS1"), LISTED)
    assert found[0].symbol == "FARSA"
    assert {like.symbol: like.tie for like in found[1:]} == {
        "NDUFS1": "programmes",
        "MRPL3": "programmes",
    }
    assert all(CLOSE <= like.similarity <= OTHER_GROUP < SAME_GROUP for like in found[1:])


def test_opposite_effects_are_not_alike() -> None:
    # Both belong to sterol control, and their losses move the SREBP targets in opposite ways.
    assert alike("SREBF2", perturbation_of("SREBF2"), ["HMGCS1"]) == []
    assert common_rule(BY_NAME["SREBP activation"], BY_NAME["cholesterol synthesis"]) is None


def test_a_gene_without_a_note_is_known_by_its_family_alone() -> None:
    (found,) = alike("ZNF12", None, LISTED)
    assert (found.symbol, found.tie, found.similarity) == ("ZNF7", "name", SAME_NAME)
    assert alike("XY1", None, ["XY2"]) == []  # two letters are no family
    assert alike("ABCD9", None, LISTED) == []
    assert alike("PSMA1", perturbation_of("PSMA1"), []) == []


def test_similarity_of_groups_is_the_cosine_of_their_rules() -> None:
    members = {"the V-ATPase": "ATP6V1A", "cholesterol synthesis": "SQLE", "TRiC": "CCT2"}
    for one, other in combinations(members, 2):
        a = {rule.programme: rule.effect for rule in RULES if rule.perturbation == one}
        b = {rule.programme: rule.effect for rule in RULES if rule.perturbation == other}
        product = sum(a[name] * b[name] for name in a.keys() & b.keys())
        golden = OTHER_GROUP * product / math.hypot(*a.values()) / math.hypot(*b.values())
        found = alike(members[one], BY_NAME[one], [members[other]])
        if golden < CLOSE:
            assert found == []
        else:
            assert found[0].similarity == pytest.approx(golden)


def test_the_common_rule_moves_a_programme_of_both_in_the_same_way() -> None:
    rule = common_rule(BY_NAME["the V-ATPase"], BY_NAME["cholesterol synthesis"])
    assert rule is not None
    assert (rule.programme, rule.perturbation) == ("the SREBP targets", "cholesterol synthesis")
    for one, other in combinations(PERTURBATIONS, 2):
        forth, back = common_rule(one, other), common_rule(other, one)
        assert (forth is None) == (back is None)
        if forth and back:
            assert forth.perturbation == other.name
            assert forth.programme == back.programme
            assert forth.effect * back.effect > 0


@given(st.sampled_from([*LISTED, "PSMA1", "NOPE"]), st.permutations(LISTED))
def test_order_of_the_list_does_not_matter_and_nobody_is_like_himself(
    symbol: str, listed: list[str]
) -> None:
    place = perturbation_of(symbol)
    found = alike(symbol, place, listed + listed)
    assert found == alike(symbol, place, LISTED)
    assert symbol not in [like.symbol for like in found]
    assert [like.similarity for like in found] == sorted(
        (like.similarity for like in found), reverse=True
    )
