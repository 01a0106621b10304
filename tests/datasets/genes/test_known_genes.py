"""The error of a file that knows no training perturbation, and when there is one."""

import numpy as np
import pytest

from perturb_evals.datasets.genes.ncbi import Aliases
from perturb_evals.datasets.genes.symbols import UnknownGenesError, no_gene_known
from perturb_evals.datasets.genes.vectors import check_vectors, checked_vectors
from perturb_evals.datasets.screens.evidence import HeldOut, training_for
from perturb_evals.datasets.screens.load import ScreenRequest

TRAINING = training_for(HeldOut(ScreenRequest("demo")))


def vectors_of(names, values=None):
    rows = np.ones((len(names), 2)) if values is None else np.array(values, dtype=float)
    return checked_vectors(names, rows, "", "file.npz")


def test_the_message_shows_three_plain_and_short_names_of_either_side():
    names = ["ENSG1", "\x1b[31mred", "\u202eturned" * 9, "ENSG4"]
    told = str(no_gene_known("file.npz", names, TRAINING))
    assert told.isprintable()
    assert told.startswith(f"file.npz: it knows none of the {len(TRAINING.perturbations)} training")
    assert r"'ENSG1', '\x1b[31mred', '\u202eturned" in told
    assert "ENSG4" not in told
    assert len(told) < 600
    assert ", ".join(map(repr, TRAINING.perturbations[:3])) + " ..." in told


def test_one_known_gene_is_enough_and_a_row_of_zeros_is_none():
    known = TRAINING.perturbations[5]
    check_vectors(vectors_of(["ENSG1", known]), TRAINING, None)
    check_vectors(vectors_of([known.lower()]), TRAINING, None)
    for vectors in (vectors_of(["ENSG1"]), vectors_of(["ENSG1", known], [[1, 0], [0, 0]])):
        with pytest.raises(UnknownGenesError, match=r"genes are 'ENSG1'; expected"):
            check_vectors(vectors, TRAINING, None)


def test_a_synonym_is_known_by_its_aliases():
    known = TRAINING.perturbations[5]
    aliases = Aliases(current={"NEWER1": (16,)}, synonyms={known: (16,)})
    check_vectors(vectors_of(["NEWER1"]), TRAINING, aliases)
    with pytest.raises(UnknownGenesError):
        check_vectors(vectors_of(["NEWER1"]), TRAINING, None)
