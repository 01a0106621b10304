"""Vectors of texts without a language model: TF-IDF and a truncated SVD."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RAREST, COMMONEST = 5, 0.5
"""A word counts that is in at least so many texts, and in no more than this share of them."""


def embed_texts(texts: Sequence[str], dimensions: int) -> NDArray[np.float32]:
    """Embed texts: TF-IDF of their words, then the leading left singular vectors.

    A word is a run of at least two letters or digits, in lower case. Its weight in a text is
    (1 + ln count) * (1 + ln((1 + n) / (1 + number of texts with it))), and each text's weights are
    scaled to length 1. The vectors are U * S of the singular value decomposition of that matrix,
    so that their inner products approximate those of the texts. The sign of a component means
    nothing.

    Args:
        texts: n texts.
        dimensions: Number of components.

    Returns:
        (n, dimensions) float32; zeros for a text without a counting word (`RAREST`, `COMMONEST`).

    Raises:
        ValueError: `dimensions` is below 1, or not below the number of texts and of words; fewer
            than `RAREST` texts, or none with a counting word.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    if len(texts) < RAREST:
        raise ValueError(f"texts must be {RAREST} or more; got {len(texts)}.")
    words = TfidfVectorizer(
        sublinear_tf=True, min_df=RAREST, max_df=COMMONEST, token_pattern=r"[a-z0-9]{2,}"
    )
    try:
        weights = words.fit_transform(texts)
    except ValueError as error:
        raise ValueError(f"no word counts in the {len(texts)} texts: {error}") from error
    if not 1 <= dimensions < min(weights.shape):
        raise ValueError(
            f"dimensions must be at least 1 and below {min(weights.shape)} for {len(texts)} texts "
            f"of {weights.shape[1]} counting words; got {dimensions}."
        )
    # ARPACK to full precision, from a seeded start, so that each run gives the same vectors.
    svd = TruncatedSVD(dimensions, algorithm="arpack", random_state=0)
    matrix = np.asarray(svd.fit_transform(weights), dtype=np.float32)
    # What a text without words gets is rounding error, not an embedding.
    matrix[np.diff(weights.indptr) == 0] = 0
    return matrix
