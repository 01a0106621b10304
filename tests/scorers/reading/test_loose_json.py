import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.scorers.reading.loose_json import DEEPEST, read_piece

KEYS = st.text(max_size=8)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.text(max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
).filter(lambda value: isinstance(value, list | dict | str) and depth(value) <= DEEPEST)


def depth(value):
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def entries(value):
    """The same as the reader gives it: pairs of key and value, true and false as nothing."""
    if isinstance(value, dict):
        return [(key, entries(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [(None, entries(inner)) for inner in value]
    if isinstance(value, bool) or value is None:
        return None
    return value if isinstance(value, str) else float(value)


def read(text):
    piece = read_piece(text, 0, len(text))
    return None if piece is None else (piece.value, piece.complete)


@settings(deadline=None)
@given(value=JSON, indent=st.sampled_from([None, 2]), behind=st.sampled_from(["", "}", "\nrest ["]))
def test_reads_json_as_json_does(value, indent, behind):
    text = json.dumps(value, indent=indent)
    piece = read_piece(text + behind, 0, len(text + behind))
    assert piece is not None
    assert (piece.value, piece.end, piece.complete) == (entries(value), len(text), True)


@settings(deadline=None)
@given(value=JSON, at=st.integers(0, 60))
def test_cut_anywhere_it_gives_entries_that_begin_alike(value, at):
    text = json.dumps(value)[:at]
    piece = read_piece(text, 0, len(text))
    if piece is not None and isinstance(value, list) and text != json.dumps(value):
        assert not piece.complete
        whole = entries(value)
        assert len(piece.value) <= len(whole)
        # Only the last one can be in part.
        assert piece.value[:-1] == whole[: max(0, len(piece.value) - 1)]


def test_begins_where_it_is_told_and_stops_where_it_is_told():
    text = 'a: ["b", "c"] d'
    piece = read_piece(text, 2, len(text))
    assert piece is not None
    assert (piece.value, text[piece.end :]) == ([(None, "b"), (None, "c")], " d")
    cut = read_piece(text, 2, 9)
    assert cut is not None
    assert (cut.value, cut.complete) == ([(None, "b")], False)


@pytest.mark.each(
    ("text", "value"),
    [
        ("['a', `b`, \"c\"]", ["a", "b", "c"]),
        ("[a, b c, d]", ["a", "b c", "d"]),
        ("('a', 'b')", ["a", "b"]),
        ("['a' 'b'\n'c']", ["a", "b", "c"]),
        ("[a\nb\nc]", ["a", "b", "c"]),
        ("[a,, b,]", ["a", "b"]),
        ("[a; b\u3001 c]", ["a", "b", "c"]),
        ('["a" (x, y), "b", c d (z)]', ["a", "b", "c d"]),
        ('["a" // x, y\n, "b" /* [ */, "c" # "\n]', ["a", "b", "c"]),
        ('["a",<br> <li>"b"</li>]', ["a", "b"]),
        ('["the "big" one", "b"]', ['the "big" one', "b"]),
        ("['it's', 'b']", ["it's", "b"]),
        ('["a}", "]b"]', ["a}", "]b"]),
        ('["a", "b"}', ["a", "b"]),
        (r'["a\u0062", "c\qd", "e\"f"]', ["ab", "cqd", 'e"f']),
        ("[1, -2.5, 1e3, null, None, true, NaN, x1]", [1, -2.5, 1000, *[None] * 4, "x1"]),
        ("[]", []),
    ],
)
def test_what_is_nearly_a_list(text, value):
    assert read(text) == ([(None, inner) for inner in value], True)


@pytest.mark.each(
    ("text", "pairs"),
    [
        ("{a: 1, 'b': x, \"c\" = 'y'}", [("a", 1), ("b", "x"), ("c", "y")]),
        ('{"a": 1 "b": 2}', [("a", 1), ("b", 2)]),
        ('{"a": }', [("a", None)]),
        ("{1: a}", [("1.0", "a")]),
        ('[{"a": 1], 2', [(None, [("a", 1)])]),
        ("{'a', 'b'}", [(None, "a"), (None, "b")]),
    ],
)
def test_what_is_nearly_an_object(text, pairs):
    assert read(text) == (pairs, True)


@pytest.mark.each(
    ("text", "value"),
    [
        ('["a", "b', ["a"]),
        ('["a", b', ["a"]),
        ('["a", "b"', ["a", "b"]),
        ('["a", 1', ["a"]),
        ('["a", ', ["a"]),
        ("[", []),
        ('["a"\n```\nb]', ["a"]),
    ],
)
def test_what_the_end_may_have_cut_is_left_out(text, value):
    assert read(text) == ([(None, inner) for inner in value], False)


def test_a_key_that_is_cut_from_its_value_is_left_out():
    assert read('{"a": 1, "b": 2') == ([("a", 1)], False)
    assert read('[{"a": 1}, {"b": ') == ([(None, [("a", 1)]), (None, [])], False)


@pytest.mark.each("text", ["", "  ", "a", "]", ",", ": []", "1", "\\", "// ["])
def test_anything_else_is_no_piece(text):
    assert read(text) is None


def test_a_string_alone_and_one_that_does_not_end():
    assert read('"a, b"; c') == ("a, b", True)
    assert read('"a, b') == ("a, b", False)


def test_brackets_that_are_too_deep_give_nothing():
    fits, deep = ("[" * n + "a" + "]" * n for n in (DEEPEST, DEEPEST + 1))
    assert read(fits) is not None
    assert read(fits) != ([], False)
    assert read(deep) == ([], False)
