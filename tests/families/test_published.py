"""Which published numbers stand beside a board, and that each says how it differs."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.datasets.files.sources import SOURCES
from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.datasets.pairs.evidence import TRACKS
from perturb_evals.datasets.published import GATE, SIZES, published_numbers
from perturb_evals.datasets.screens.benchmark import expression_benchmark
from perturb_evals.families import family_of
from perturb_evals.families.published import PublishedLine
from perturb_evals.metrics.pairs.predictions import ABSTENTIONS


def published_lines(board):
    return family_of(board["task"]).published(board)


SUFFIX = {"perturbqa_de": "de", "perturbqa_direction": "dir"}


def questions(task="perturbqa_de", line="k562", asked="scored", abstention="half"):
    source = SOURCES.get(f"perturbqa/{line}-{SUFFIX.get(task)}.csv")
    return {
        "task": task,
        "context": line,
        "data": (source.sha256 if source and source.sha256 else "e6ab09")[:6],
        "questions": asked,
        "abstention": abstention,
        "metric_version": 1,
    }


def screen(name="replogle_k562", train="all", fold="all", rank="uns"):
    return {
        "task": "langpert",
        "context": name,
        "data": "0a1b2c",
        "split": "3d4e5f",
        "fold": fold,
        "train": train,
        "rank": rank,
        "metric_version": 1,
    }


def values(board):
    return [(line.system, line.value) for line in published_lines(board)]


def said(board, system):
    (line,) = [line for line in published_lines(board) if line.system == system]
    return " ".join(line.difference)


def test_k562_de():
    assert values(questions()) == [
        ("SUMMER", 0.62),
        ("GenePT-Prot", 0.59),
        ("Retrieval (No LLM)", 0.58),
        ("GenePT-Gene", 0.57),
        ("GEARS", 0.55),
        ("GAT", 0.53),
        ("LLM (No CoT)", 0.52),
        ("LLM (No retrieval)", 0.52),
        ("MLP", 0.48),
    ]
    for line in published_lines(questions()):
        assert line.metric == "auroc_per_gene"  # never the pooled one
        assert (line.stderr, line.n_train) == (None, None)
        assert line.source.startswith("Wu et al., ICLR 2025, Table 1")


def test_k562_direction():
    found = values(questions("perturbqa_direction"))
    assert len(found) == 9
    assert found[:3] == [("Retrieval (No LLM)", 0.69), ("GEARS", 0.67), ("SUMMER", 0.64)]


def test_a_line_of_other_data_has_none_of_the_same_name():
    assert published_lines({**questions(), "data": "0a1b2c"}) == ()


@pytest.mark.parametrize("asked", ["scored/unseen_genes/seed0", "scored/unseen_genes/genes9/seed3"])
def test_unseen_genes_have_none(asked):
    """The published methods read training rows of all genes."""
    assert published_lines(questions(asked=asked)) == ()
    assert published_lines(questions(asked="scored/genes9/seed3"))


def test_sets_of_genes_have_lines_of_their_own():
    assert values(questions(line="k562_set"))[:2] == [
        ("Retrieval (No LLM)", 0.66),
        ("SUMMER", 0.62),
    ]


def test_a_screen_with_all_training_perturbations():
    lines = published_lines(screen())
    assert [(line.system, line.value, line.stderr, line.n_train) for line in lines] == [
        ("LangPert", 0.224, 0.005, 850),
        ("LangPert[Llama 3.3 70b]", 0.247, None, "full"),
        ("LangPert[DeepSeek-R1]", 0.254, None, "full"),
        ("GP+LLM (text+seq)", 0.265, 0.004, 850),
        ("GP+LLM (text)", 0.268, 0.004, 850),
        ("LangPert[Llama 3.1 8b]", 0.284, None, "full"),
        ("GEARS", 0.292, 0.002, 850),
        ("LangPert[TxGemma-9b]", 0.315, None, "full"),
        ("scGPT", 0.324, 0.008, 850),
        ("Non-ctrl mean", 0.332, 0.006, 850),
    ]
    assert {(line.metric, line.track) for line in lines} == {("mae_top20", "training")}


def test_a_screen_at_100_training_perturbations():
    board = screen(train="100x3/seed7")
    lines = published_lines(board)
    assert [line.system for line in lines][:2] == ["LangPert", "GP+LLM (text+seq)"]
    assert {line.n_train for line in lines} == {100}
    assert len(lines) == 6
    assert "this board draws 3 a fold, with seed 7" in said(board, "LangPert")


def test_the_largest_published_size_is_not_the_full_one():
    assert {line.n_train for line in published_lines(screen(train="850x1/seed0"))} == {850}
    rpe1 = published_lines(screen("replogle_rpe1"))
    assert {line.n_train for line in rpe1} == {1170}
    assert "trained on 1,170 perturbations" in said(screen("replogle_rpe1"), "LangPert")


@pytest.mark.each(
    "board",
    [
        questions(line="demo_a"),
        questions(line="replogle_k562"),
        screen("demo"),
        screen("k562"),
        screen("replogle_k562_pc9_surrogate"),
        screen(train="500x1/seed0"),
        screen(train="1000x1/seed0"),
        screen(train="100"),
    ],
)
def test_nothing_is_published_for_it(board):
    assert published_lines(board) == ()


def test_boards_of_real_runs_are_understood():
    demo = pairs_benchmark("de", dataset="demo")
    assert published_lines(demo.metadata("perturbqa_de", abstention="half")["board"]) == ()
    run = expression_benchmark("demo", n_train=20, repeats=2)
    assert published_lines(run.metadata("langpert")["board"]) == ()


def test_boards_of_real_tables(real_data):
    for kind, task in (("de", "perturbqa_de"), ("direction", "perturbqa_direction")):
        asked = pairs_benchmark(kind, cell_line="rpe1", genes=50, seed=3)
        board = asked.metadata(task, abstention="lowest")["board"]
        assert len(published_lines(board)) == 9
        assert "a random 50 of them (seed 3)" in said(board, "MLP")


def test_the_difference_follows_the_board():
    assert "every pair with an abstention one half" in said(questions(), "SUMMER")
    lowest = questions(abstention="lowest")
    assert "ranks abstentions below all answers" in said(lowest, "SUMMER")
    assert "Notch" in said(questions(), "SUMMER")
    assert "Notch" not in said(questions("perturbqa_direction"), "SUMMER")
    assert "scored genes" not in said(questions(asked="all"), "SUMMER")
    assert "this board asks only fold 0" not in said(screen(), "LangPert")
    assert "this board asks only fold 0" in said(screen(fold="0"), "LangPert")
    assert "size of their change" not in said(screen(), "GEARS")
    assert "size of their change" in said(screen(rank="abs_delta"), "GEARS")


def test_abstentions_are_told_only_of_systems_that_could_abstain():
    told = {
        line.system for line in published_lines(questions()) if "one half" in str(line.difference)
    }
    assert told == {"SUMMER", "LLM (No retrieval)"}


def test_tracks():
    tracks = {line.system: line.track for line in published_lines(questions())}
    assert tracks.pop("LLM (No CoT)") is None
    assert tracks.pop("LLM (No retrieval)") == "none"
    assert set(tracks.values()) == {"within"}
    for line in published_lines(questions()):
        if line.track is not None:
            assert f"evidence={line.track}" in " ".join(line.difference)


def test_a_board_without_its_policy_is_no_board():
    board = questions()
    del board["abstention"]
    with pytest.raises(KeyError, match="abstention"):
        published_lines(board)


def test_no_line_has_a_rank():
    assert not {"rank", "place", "position"} & {field.name for field in fields(PublishedLine)}


LINES = ("k562", "rpe1", "hepg2", "jurkat", "k562_set", "demo_a", "anything")
COUNT = st.integers(1, 2000)
BOARDS = st.builds(
    questions,
    st.sampled_from(["perturbqa_de", "perturbqa_direction"]),
    st.sampled_from(LINES),
    st.sampled_from(["scored", "all"]) | st.builds("scored/genes{}/seed{}".format, COUNT, COUNT),
    st.sampled_from(ABSTENTIONS),
) | st.builds(
    screen,
    st.sampled_from([*GATE, "demo", "anything"]),
    st.just("all")
    | st.builds(
        "{}x{}/seed{}".format,
        st.sampled_from(sorted({size for sizes in SIZES.values() for size in sizes})) | COUNT,
        COUNT,
        COUNT,
    ),
    st.sampled_from(["all", "0", "1,3"]),
    st.sampled_from(["uns", "welch_t", "abs_delta"]),
)


@given(BOARDS)
def test_every_line_is_a_published_number_that_says_how_it_differs(board):
    lines = published_lines(board)
    numbers = {
        (n.system, n.metric, n.value, n.stderr, n.n_train, n.source)
        for n in published_numbers()
        if n.dataset == board["context"] and (n.task == "langpert") == (board["task"] == "langpert")
    }
    for line in lines:
        key = (line.system, line.metric, line.value, line.stderr, line.n_train, line.source)
        assert key in numbers
        assert line.difference
        assert len(set(line.difference)) == len(line.difference)
        for sentence in line.difference:
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            assert "{" not in sentence
        assert line.track in (*TRACKS, "training", None)
    sign = 1 if board["task"] == "langpert" else -1
    assert [sign * line.value for line in lines] == sorted(sign * line.value for line in lines)
    assert len({line.system for line in lines}) == len(lines)


def test_an_abstention_policy_that_is_not_known_is_told():
    assert "How this board counts abstentions is not known here." in said(
        questions(abstention="weird"), "SUMMER"
    )
