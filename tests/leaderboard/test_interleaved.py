"""Published numbers among the rows of a track."""

from math import nan
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.families.published import PublishedLine
from perturb_evals.leaderboard.boards import BoardTrack
from perturb_evals.leaderboard.interleaved import interleaved, published_beside
from perturb_evals.leaderboard.ranks import Row

values = st.floats(0, 1)


def row(value: float) -> Row:
    entry: Any = SimpleNamespace(outcome=SimpleNamespace(value=value))
    return Row(entry, 1, True, None, None, "")


def line(value: float, track: str | None = "within") -> PublishedLine:
    return PublishedLine("X", "auroc_per_gene", value, None, None, track, "there", ("differs",))


@given(st.lists(values, min_size=1), st.lists(values), st.sampled_from(["higher", "lower"]))
def test_rows_keep_their_order_and_all_values_are_sorted(ours, theirs, better):
    ours.sort(reverse=better == "higher")
    track = BoardTrack("within", (), tuple(row(value) for value in ours))
    found = interleaved(track, [line(value) for value in theirs], better)
    assert tuple(one for one in found if isinstance(one, Row)) == track.rows
    shown = [one.entry.outcome.value if isinstance(one, Row) else one.value for one in found]
    assert shown == sorted([*ours, *theirs], reverse=better == "higher")


def test_of_equal_values_the_run_comes_first_and_undefined_ones_last():
    track = BoardTrack("within", (), (row(0.6), row(nan)))
    found = interleaved(track, [line(0.6), line(0.1)], "higher")
    assert [type(one) for one in found] == [Row, PublishedLine, PublishedLine, Row]


@pytest.mark.parametrize(
    ("read", "tracks"),
    [
        ("none", {"none"}),
        ("within", {"within", "cross"}),
        ("training", {"training"}),
        (None, set()),
    ],
)
def test_a_number_stands_where_its_system_read_no_more_than_the_track_opens(read, tracks):
    found = {
        name
        for name in ("none", "within", "cross", "training")
        if published_beside(name, [line(0.5, read)])
    }
    assert found == tracks
