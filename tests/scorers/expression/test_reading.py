import json
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.scorers.expression.names import ReadAs
from perturb_evals.scorers.expression.reading import parse_neighbors

# `neighbors` was written before the parser and its lines stay as they are, the second one after it;
# `servers` is what chat templates and servers leave in a reply.
CORPUS = [
    json.loads(line)
    for name in ("neighbors.jsonl", "neighbors_after_parser.jsonl", "neighbors_servers.jsonl")
    for line in (Path(__file__).parent / "answers" / name).read_text("utf-8").splitlines()
]

SYMBOLS = st.sampled_from(
    ["A2M", "MYC", "TP53", "RPL5", "RPL23", "HLA-A", "NKX2-5", "C12orf45", "7SK", "hsp90", "AARS1"]
)
LISTS = st.lists(SYMBOLS, min_size=1, max_size=12)
# Words, without what could be read as a list, a key or the end of reasoning.
PROSE = st.text("abkmnorst RPL5.,;!?()'\n", max_size=80)


def read(text):
    answer = parse_neighbors(text)
    return None if answer is None else list(answer.names)


@pytest.mark.each("row", CORPUS)
def test_every_reply_of_the_corpus_is_read_as_written_down(row):
    answer = parse_neighbors(row["text"], row.get("cut_off", False))
    if row["names"] is None:
        assert answer is None
        return
    assert answer is not None
    assert list(answer.names) == row["names"]
    assert (answer.read, answer.n_unusable) == (row["read"], row.get("n_unusable", 0))
    similarities = row.get("similarities")
    found = [item.similarity for item in answer.items]
    if similarities is None:
        assert set(found) <= {None}
    else:
        assert found == pytest.approx(similarities, abs=1e-12)


def test_the_corpus_holds_every_way_of_reading_and_no_id_twice():
    assert {row["read"] for row in CORPUS if row["names"] is not None} == set(get_args(ReadAs))
    assert len({row["id"] for row in CORPUS}) == len(CORPUS) > 80


# What a name is and how it is dumped.

ANY_NAME = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=",;|>&<\u3001\n\r\"'`"), min_size=1
).filter(
    lambda name: any(map(str.isalpha, name)) and "and" not in name and name == name.strip(" \t")
)


@settings(deadline=None)
@given(names=st.lists(ANY_NAME, max_size=8), reasoning=st.text(max_size=60), indent=st.booleans())
def test_any_names_come_back_from_a_dump(names, reasoning, indent):
    names = [*names, "RPL5"]  # at least one has to look like a gene's name
    reasoning = reasoning.replace("<", "(").replace("&", "+")  # no tags of reasoning
    text = json.dumps({"reasoning": reasoning, "kNN": names}, indent=2 if indent else None)
    assert read(text) == names


@settings(deadline=None)
@given(
    names=LISTS,
    key=st.sampled_from(["kNN", "knn", "KNN", "neighbors", "Nearest neighbours", "k_nn"]),
    ascii=st.booleans(),
    fence=st.sampled_from(["{}", "```json\n{}\n```", "`{}`", "<pre>{}</pre>", "**{}**"]),
)
def test_symbols_come_back_in_any_dress(names, key, ascii, fence):
    text = json.dumps({"reasoning": "größer", key: names}, ensure_ascii=ascii)
    answer = parse_neighbors(fence.replace("{}", text))
    assert answer is not None
    assert (list(answer.names), answer.read) == (names, "object")
    single = str({"reasoning": "x", key: names})  # Python's single quotes
    assert read(fence.replace("{}", single)) == names
    assert read(text.replace('"', "\u201d")) == names
    assert read(json.dumps(text)) == names
    assert read(text.replace('"', "&quot;")) == names
    assert read(json.dumps(names)) == names


@settings(deadline=None)
@given(rows=st.lists(st.tuples(SYMBOLS, st.integers(0, 100)), min_size=1, max_size=8))
def test_similarities_come_back_as_shares(rows):
    items = [{"gene": name, "similarity": number} for name, number in rows]
    answer = parse_neighbors(json.dumps({"kNN": [*items, {"gene": "RPL5", "similarity": 50}]}))
    assert answer is not None
    assert [(n, s) for n, s in answer.items[:-1]] == [(name, number / 100) for name, number in rows]


@settings(deadline=None)
@given(names=LISTS, before=PROSE, after=PROSE)
def test_prose_around_an_answer_changes_nothing(names, before, after):
    text = json.dumps({"reasoning": "x", "kNN": names})
    assert parse_neighbors(f"{before}\n{text}\n{after}") == parse_neighbors(text)


@settings(deadline=None)
@given(drafts=st.lists(LISTS, max_size=3), names=LISTS)
def test_the_last_object_counts_and_reasoning_never(drafts, names):
    dumps = [json.dumps({"kNN": draft}) for draft in drafts]
    final = json.dumps({"kNN": names})
    assert read("\nBetter:\n".join([*dumps, final])) == names
    thought = "".join(f"<think>{dump}</think>" for dump in dumps)
    assert read(f"{thought}{final}{thought}") == names
    assert read(thought) is None
    assert read(f"<think>{final}") is None


@given(names=LISTS, at=st.integers(0, 400))
def test_a_cut_answer_keeps_the_names_that_were_complete(names, at):
    text = json.dumps({"reasoning": "x", "kNN": names})
    cut = text[:at]
    complete = [name for name in names if f'"{name}"' in cut]
    whole = cut.endswith("]") or cut == text
    answer = parse_neighbors(cut)
    if answer is None:
        assert not complete
    else:
        assert answer.read == ("object" if whole else "cut_off")
        assert list(answer.names) == names[: len(answer.names)]
        assert cut.count('"', cut.index("[")) // 2 == len(answer.names)


# Reasoning without what ends a JSON string, opens or closes a brace, or looks like a key.
THOUGHT = st.lists(
    st.one_of(
        st.sampled_from(
            ["Consider", "first,", "but", "kNN:", "neighbors =", '\\"x\\"', "\\n", "so."]
        ),
        LISTS.map(lambda names: f"[{', '.join(names)}]"),
        LISTS.map(lambda names: json.dumps(json.dumps({"kNN": names}))[1:-1]),
    ),
    max_size=8,
).map(" ".join)


@settings(deadline=None)
@given(thought=THOUGHT, names=LISTS, key=st.sampled_from(["reasoning", "rationale", "thoughts"]))
def test_reasoning_that_does_not_end_holds_no_answer(thought, names, key):
    unfinished = f'{{"{key}": "{thought}'
    assert read(unfinished) is None
    before = json.dumps({"kNN": names})
    assert read(f"{before}\n{unfinished}") == names
    assert read(f'{unfinished}", "kNN": {json.dumps(names)}}}') == names


LINE = "\nkNN: SMG1, UPF1"


@pytest.mark.parametrize(
    "text",
    [
        '{"reasoning": "SMG1 [x] and',
        '{"a": 1, "Chain_of_thought": "SMG1',
        '{"why": "the "core", {1}, is',
        r'"{\"reasoning\": \"a \\\"b\\\": c',
        '{"reasoning": "{\\"reasoning\\": \\"x\\", \\"kNN\\": []} or',
    ],
)
def test_all_behind_the_begin_of_reasoning_that_does_not_end_is_reasoning(text):
    assert read(text + LINE) is None


@pytest.mark.each(
    "text",
    [
        "",
        '{"reasoning": "SMG1"}',
        '{"reasoning": "SMG1", "list": ["UP',
        '{"reasoning": ["SMG1", "UP',
        '{"answer": "SMG1',
        "reasoning: SMG1",
        '"reasoning',
    ],
)
def test_behind_anything_else_an_answer_counts(text):
    assert read(text + LINE) == ["SMG1", "UPF1"]


@settings(deadline=None)
@given(reasoning=st.text(max_size=40))
def test_a_list_in_finished_reasoning_is_no_second_list(reasoning):
    text = {"reasoning": f'{reasoning} ["RPL5", "MYC"].', "candidates": ["SMG1", "UPF1"]}
    assert read(json.dumps(text)) == ["SMG1", "UPF1"]


@settings(deadline=None)
@given(
    lists=st.lists(LISTS, min_size=2, max_size=4, unique_by=tuple),
    key=st.sampled_from(["genes", "answer", "final", "selected", "kNN"]),
    other=st.sampled_from(["excluded", "rejected", "left_out", "not selected", "considered"]),
    turn=st.randoms(use_true_random=False),
)
def test_a_list_under_a_key_of_an_answer_counts_wherever_it_stands(lists, key, other, turn):
    fields = [(key, lists[0]), *((f"{other}", names) for names in lists[1:])]
    turn.shuffle(fields)
    text = ", ".join(f"{json.dumps(name)}: {json.dumps(names)}" for name, names in fields)
    assert read(f"{{{text}}}") == lists[0]


@settings(deadline=None)
@given(names=LISTS, prose=PROSE.filter(lambda text: any(map(str.isalpha, text))))
def test_a_list_before_unfinished_prose_is_no_answer_of_a_reply_that_was_cut_off(names, prose):
    text = f"{prose} {json.dumps(names)} {prose}"
    assert parse_neighbors(text, cut_off=True) is None
    assert read(json.dumps(names)) == names
    alone = parse_neighbors(json.dumps(names), cut_off=True)
    assert alone is not None
    assert list(alone.names) == names


@pytest.mark.each(
    "form", ["GENE1", "GENE_A", "gene 2", "Gene_1", "...", "<gene>", "SYMBOL1", "string", "A", ""]
)
def test_an_example_is_no_answer_wherever_it_stands(form):
    example = json.dumps({"reasoning": "...", "kNN": [form, form]})
    answer = json.dumps({"reasoning": "x", "kNN": ["RPL5"]})
    assert read(example) is None
    assert read(f"{example}\n{answer}") == read(f"{answer}\n{example}") == ["RPL5"]


def test_a_placeholder_among_names_stays_to_be_counted():
    assert read('{"kNN": ["RPL5", "GENE2"]}') == ["RPL5", "GENE2"]


def test_half_a_surrogate_pair_does_not_get_into_the_log():
    answer = parse_neighbors('{"kNN": ["RPL5\\ud800", "\\ud83e\\uddec MYC"]}')
    assert answer is not None
    assert answer.names == ("RPL5\ufffd", "\U0001f9ec MYC")
    json.dumps(answer.names, ensure_ascii=False).encode("utf-8")


SHARDS = [
    *"{}[]()\"'`:,;\\#<>&/ \n",
    *("kNN", "neighbors", "RPL5", "GENE1", "null", "1e999", "NaN", "0.5", "//", "/*", "*/", "```"),
    *("<think>", "</think>", "&quot;", '\\"', "\\u12", "\\ud800", "\u201c", "\uff3b", "**", "..."),
    *('"kNN": [', '{"gene": "', '", "similarity": '),
]


@settings(deadline=None, max_examples=300)
@given(text=st.one_of(st.text(), st.lists(st.sampled_from(SHARDS), max_size=40).map("".join)))
def test_any_text_gives_an_answer_of_the_promised_form_or_none(text):
    answer = parse_neighbors(text)
    if answer is None:
        return
    assert answer.read in get_args(ReadAs)
    assert answer.n_unusable >= 0
    for name, similarity in answer.items:
        assert name == name.strip() != ""
        assert similarity is None or 0 <= similarity <= 1


HOSTILE = {
    "brackets": "[",
    "objects": '{"a":',
    "keys": '"kNN":',
    "opened lists": '"kNN":[',
    "opened names": '"kNN":["',
    "opened strings": '[" ',
    "escaped keys": '\\"kNN\\":[\\"A1',
    "escaped breaks": '\\"kNN\\":\\n',
    "quotes": '"',
    "apostrophes": "'",
    "curly quotes": "\u201ckNN\u201d:[\u201c",
    "entities": "&quot;kNN&quot;:[&quot;",
    "backslashes": "\\",
    "blanks": " ",
    "lines": "\n",
    "commas": ",",
    "comments": "/*",
    "slashes": "/",
    "closed lists": '["RPL5"],',
    "long lists": '"kNN": [' + '"RPL5", ' * 1200,
    "long keyless lists": "[" + '"RPL5", ' * 1200,
    "lines of names": "kNN: " + "RPL5 " * 200 + "\n",
    "deep and closed": "[[[[]]]]",
    "thoughts": "<think>",
    "ends of turns": "<|im_end|>",
    "turns": "<|im_start|>user\n",
    "channels": "<|channel>thought<channel|>",
    "reasonings": '"reasoning":"',
    "finished reasonings": '"reasoning":"x",',
    "escaped reasonings": '\\"reasoning\\":\\"',
    "words of many keys": '"reasoning not a',
}


@pytest.mark.parametrize("begin", ["", '{"kNN": ["RPL5", '], ids=["bare", "in a list"])
@pytest.mark.parametrize("shard", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_takes_linear_time(shard, begin):
    text = begin + shard * (25_000 // len(shard))
    # At most 0.05 s of one core; in a time that grows with the square this would be minutes.
    for answer in (parse_neighbors(text), parse_neighbors(text, cut_off=True)):
        assert answer is None or all(item.name in text for item in answer.items)


def test_a_megabyte_is_read():
    filler = '{"a":' * 100_000 + "[" * 500_000
    text = f'{filler}\n{{"reasoning": "x", "kNN": ["RPL5", "RPL23"]}}'
    assert read(text) == ["RPL5", "RPL23"]
