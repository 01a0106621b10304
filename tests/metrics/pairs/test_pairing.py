import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.metrics.pairs.pairing import pair_questions
from perturb_evals.metrics.pairs.predictions import Predictions


def table(questions, labels=None, scores=None):
    perts, genes = [q[0] for q in questions], [q[1] for q in questions]
    n = len(questions)
    return Predictions(perts, genes, [0] * n if labels is None else labels, scores or [0.5] * n)


@given(
    questions=st.lists(
        st.tuples(st.sampled_from("PQRST"), st.sampled_from("xyz")), unique=True, max_size=15
    ),
    seed=st.integers(0, 999),
)
def test_rows_are_the_same_questions_and_keep_their_answers(questions, seed):
    rng = np.random.default_rng(seed)
    n = len(questions)
    labels = rng.integers(0, 2, n)
    answers = []
    for _ in range(2):
        score, gone, order = rng.random(n), rng.random(n) < 0.3, rng.permutation(n)
        perts, genes = np.array([*questions, ("", "")], dtype=object)[:n].T
        columns = [column[order] for column in (perts, genes, labels, score, gone)]
        answers.append(Predictions(*columns))
    a, b = pair_questions(*answers)
    assert list(zip(a.perts, a.genes, strict=True)) == sorted(questions)
    assert list(zip(b.perts, b.genes, strict=True)) == sorted(questions)
    assert a.labels.tolist() == b.labels.tolist()
    for before, after in zip(answers, (a, b), strict=True):
        assert rows_of(before) == rows_of(after)


def rows_of(table):
    columns = (table.perts, table.genes, table.labels, table.scores, table.abstained)
    return {tuple(map(str, row)) for row in zip(*columns, strict=True)}


def test_integer_codes_are_questions_too():
    a, b = pair_questions(
        Predictions([10, 9], [1, 1], [0, 1], [0.1, 0.2]),
        Predictions([9, 10], [1, 1], [1, 0], [0.3, 0.4]),
    )
    assert (a.perts.tolist(), a.scores.tolist()) == ([9, 10], [0.2, 0.1])
    assert (b.perts.tolist(), b.scores.tolist()) == ([9, 10], [0.3, 0.4])


PX, PY, QX = ("P", "x"), ("P", "y"), ("Q", "x")


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (
            table([PX, PY, QX]),
            table([PX]),
            "2 of the 3 in a are missing in b, 0 of the 1 in b are missing in a, "
            "the first is P>y in a",
        ),
        (
            table([PX]),
            table([QX, PX, PY]),
            "0 of the 1 in a are missing in b, 2 of the 3 in b are missing in a, "
            "the first is P>y in b",
        ),
        (table([]), table([PX]), "1 of the 1 in b are missing in a, the first is P>x in b"),
        (
            table([PX, QX, PY], labels=[0, 1, 1]),
            table([PY, QX, PX], labels=[1, 0, 1]),
            "same labels: 2 of 3 questions differ, the first is P>x with 0 in a and 1 in b",
        ),
        (
            table([PX, QX]),
            table([PX, QX, QX, QX]),
            "b must hold every question once: 2 of 4 rows repeat one, the first is Q>x",
        ),
        (
            table([(1, "x"), (2, "x")]),
            table([("1", "x"), ("2", "x")]),
            "2 of the 2 in a are missing in b",
        ),
    ],
)
def test_other_questions_labels_or_repeats_are_refused(a, b, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the message is checked below)
        pair_questions(a, b)
    assert message in str(error.value)


def test_no_questions_are_the_same_questions():
    a, b = pair_questions(table([]), table([]))
    assert (len(a), len(b)) == (0, 0)
