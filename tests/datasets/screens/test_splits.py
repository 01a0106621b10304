import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import KFold

from perturb_evals.datasets.screens.splits import (
    Fold,
    Split,
    SplitError,
    five_folds,
    read_split,
    training_subset,
)


def names(n):
    return [f"P{index:04d}" for index in range(n)]


@pytest.mark.parametrize(
    ("n", "sizes"), [(1092, [219, 219, 218, 218, 218]), (1543, [309, 309, 309, 308, 308])]
)
def test_folds_are_those_of_scikit_learn(n, sizes):
    every = names(n)
    split = five_folds(every[::-1])
    assert [len(fold.test) for fold in split.folds] == sizes
    golden = KFold(5, shuffle=True, random_state=42).split(every)
    for fold, (train, test) in zip(split.folds, golden, strict=True):
        assert fold.train == tuple(every[index] for index in train)
        assert fold.test == tuple(every[index] for index in test)


def test_the_split_of_the_published_size_never_changes():
    assert five_folds(names(1092)).sha256.startswith("73a4dc6f4d689446")


def test_too_few_perturbations():
    with pytest.raises(SplitError, match="5 folds need 5 perturbations; got 4"):
        five_folds(names(4))


@given(st.integers(5, 60), st.integers(0, 3), st.integers(0, 5), st.data())
def test_subsets_are_nested_and_belong_to_the_training_set(n, repeat, seed, data):
    fold = five_folds(names(n)).folds[1]
    large = data.draw(st.integers(1, len(fold.train)))
    small = data.draw(st.integers(1, large))
    subsets = [training_subset(fold, 1, repeat, size, seed) for size in (small, large)]
    assert [len(subset.train) for subset in subsets] == [small, large]
    assert set(subsets[0].train) <= set(subsets[1].train) <= set(fold.train)
    assert all(subset.test == fold.test for subset in subsets)
    assert list(subsets[0].train) == sorted(subsets[0].train)


def test_folds_repeats_and_seeds_draw_other_subsets():
    fold = five_folds(names(500)).folds[0]
    drawn = [
        training_subset(fold, index, repeat, 100, seed).train
        for index, repeat, seed in [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    ]
    assert len(set(drawn)) == 4
    assert training_subset(fold, 0, 0, 100, 0).train == drawn[0]


@pytest.mark.parametrize("size", [0, 5])
def test_a_subset_has_to_fit(size):
    with pytest.raises(SplitError, match=f"from 1 to 4, .* fold 2; got {size}"):
        training_subset(five_folds(names(5)).folds[2], 2, 0, size, 0)


def test_a_split_survives_its_file(tmp_path):
    split = five_folds(names(23))
    path = tmp_path / "folds.json"
    path.write_text(split.to_json(), encoding="utf-8")
    again = read_split(path, names(23))
    assert again == split
    assert again.sha256 == split.sha256


def test_the_order_of_names_in_a_file_does_not_matter(tmp_path):
    path = tmp_path / "folds.json"
    path.write_text(json.dumps([{"train": ["C", "A"], "test": ["B"]}]), encoding="utf-8")
    assert read_split(path, ["A", "B", "C"]) == Split((Fold(("A", "C"), ("B",)),))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[{", "expected JSON of the form"),
        ("{}", "no folds in the file"),
        ("[]", "no folds in the file"),
        ('[{"train": ["A"]}]', "expected JSON of the form.*it lacks 'test'"),
        ('[{"train": "A", "test": ["B"]}]', "train is not a list of names"),
        ('[{"train": ["A"], "test": [3]}]', "test is not a list of names"),
        ('[{"train": ["A"], "test": []}]', "fold 0: the list test is empty"),
        ('[{"train": ["A", "B"], "test": ["B"]}]', "1 names in both train and test, e.g. 'B'"),
        ('[{"train": ["A", "A"], "test": ["B"]}]', "1 train names given twice, e.g. 'A'"),
        ('[{"train": ["A"], "test": ["X"]}]', "1 test names the screen does not have, e.g. 'X'"),
        (
            '[{"train": ["A"], "test": ["B"]}, {"train": ["C"], "test": ["B"]}]',
            "fold 0: 1 names tested in more than one fold",
        ),
    ],
)
def test_bad_split_files_are_refused(tmp_path, content, message):
    path = tmp_path / "folds.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SplitError, match=message) as caught:
        read_split(path, ["A", "B", "C"])
    assert str(path) in str(caught.value)


def test_a_missing_split_file(tmp_path):
    with pytest.raises(SplitError, match="there is no such file"):
        read_split(tmp_path / "none.json", ["A"])


GROUPS = (("P0001", "P0002"), ("P0005", "P0030", "P0031"))


@given(st.integers(32, 80))
def test_a_gene_under_several_names_is_in_one_fold(n):
    split = five_folds(names(n), GROUPS)
    assert sorted(name for fold in split.folds for name in fold.test) == names(n)
    for fold in split.folds:
        assert set(fold.train) | set(fold.test) == set(names(n))
        assert not set(fold.train) & set(fold.test)
        for group in GROUPS:
            assert len(set(group) & set(fold.test)) in (0, len(group))
            assert len(set(group) & set(fold.train)) in (0, len(group))


def test_without_groups_the_folds_are_the_same():
    assert five_folds(names(40), ()) == five_folds(names(40))


def test_too_few_genes():
    with pytest.raises(SplitError, match="got 4 genes, under 6 names"):
        five_folds(names(6), [names(3)])


def test_a_split_file_that_parts_the_names_of_a_gene_is_refused(tmp_path):
    every = names(6)
    path = tmp_path / "split.json"
    path.write_text(Split((Fold(tuple(every[1:]), (every[0],)),)).to_json(), encoding="utf-8")
    assert read_split(path, every).folds[0].test == ("P0000",)
    message = "fold 0: 'P0000' is tested and 'P0003', the same gene under another name"
    with pytest.raises(SplitError, match=message):
        read_split(path, every, [("P0000", "P0003")])
    kept = Fold(("P0001", "P0002"), ("P0000", "P0003"))
    path.write_text(Split((kept,)).to_json(), encoding="utf-8")
    assert read_split(path, every, [("P0000", "P0003")]).folds == (kept,)
