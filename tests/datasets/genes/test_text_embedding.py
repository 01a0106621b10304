"""TF-IDF and SVD against a loop and a dense decomposition."""

import math
import re

import numpy as np
import pytest

from perturb_evals.datasets.genes.text_embedding import COMMONEST, RAREST, embed_texts

WORDS = [f"word{number}" for number in range(60)]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    rng = np.random.default_rng(0)
    lengths = rng.integers(3, 40, size=80)
    return [" ".join(rng.choice(WORDS, size)) for size in lengths] + ["", "A lone rareword, a-1."]


def tfidf(texts: list[str]) -> np.ndarray:
    """The weights as the docstring defines them, word by word."""
    found = [re.findall("[a-z0-9]{2,}", text.lower()) for text in texts]
    n = len(texts)
    texts_with = {word: sum(word in words for words in found) for words in found for word in words}
    counting = sorted(word for word, m in texts_with.items() if RAREST <= m <= COMMONEST * n)
    weights = np.zeros((n, len(counting)))
    for row, words in enumerate(found):
        for column, word in enumerate(counting):
            if word in words:
                idf = 1 + math.log((1 + n) / (1 + texts_with[word]))
                weights[row, column] = (1 + math.log(words.count(word))) * idf
    length = np.linalg.norm(weights, axis=1, keepdims=True)
    return np.divide(weights, length, out=np.zeros_like(weights), where=length > 0)


def test_inner_products_are_those_of_the_best_approximation(texts: list[str]) -> None:
    u, s, vt = np.linalg.svd(tfidf(texts), full_matrices=False)
    for dimensions in (1, 7, 30):
        vectors = embed_texts(texts, dimensions)
        assert vectors.shape == (len(texts), dimensions)
        best = (u[:, :dimensions] * s[:dimensions]) @ vt[:dimensions]
        np.testing.assert_allclose(vectors @ vectors.T, best @ best.T, atol=1e-5)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=0), s[:dimensions], rtol=1e-5)


def test_runs_agree(texts: list[str]) -> None:
    np.testing.assert_array_equal(embed_texts(texts, 10), embed_texts(texts, 10))


def test_a_text_without_counting_words_has_no_embedding(texts: list[str]) -> None:
    vectors = embed_texts(texts, 10)
    np.testing.assert_array_equal(vectors.any(axis=1), [True] * 80 + [False] * 2)


def test_case_and_punctuation_do_not_matter(texts: list[str]) -> None:
    shouted = [text.upper().replace(" ", " -- ") for text in texts]
    np.testing.assert_array_equal(embed_texts(shouted, 5), embed_texts(texts, 5))


@pytest.mark.parametrize("dimensions", [0, -1, 60, 1000])
def test_impossible_dimensions_are_refused(texts: list[str], dimensions: int) -> None:
    with pytest.raises(ValueError, match=f"below 60 for 82 texts .*got {dimensions}"):
        embed_texts(texts, dimensions)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "5 or more; got 0"),
        (["too few texts"] * 4, "5 or more; got 4"),
        (["words that all texts have"] * 9, "no word counts"),
        (["", "-", "a", "b", "c"], "no word counts"),
    ],
)
def test_texts_without_any_counting_word_are_refused(texts: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        embed_texts(texts, 1)
