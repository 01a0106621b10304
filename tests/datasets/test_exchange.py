"""What stands in the place of data, and for whom."""

import os
import runpy
import subprocess
import sys

from perturb_evals.datasets import exchange
from perturb_evals.datasets.exchange import HANDED_ON, instead_of, standing_in

ASKS = "from perturb_evals.datasets.exchange import instead_of; print(instead_of('one'))"


def test_something_stands_in_for_a_while_and_the_inner_one_counts():
    before = dict(os.environ)
    with standing_in({"one": "1", "two": "2"}):
        outer = dict(os.environ)
        with standing_in({"one": "other"}):
            assert [instead_of(name) for name in ("one", "two", "three")] == ["other", "2", None]
        assert (instead_of("one"), dict(os.environ)) == ("1", outer)
    assert (instead_of("one"), dict(os.environ)) == (None, before)
    assert HANDED_ON not in before


def test_another_process_and_a_second_import_see_the_same():
    with standing_in({"one": "1"}):
        assert runpy.run_path(exchange.__file__)["instead_of"]("one") == "1"
        line = [sys.executable, "-c", ASKS]
        done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert runpy.run_path(exchange.__file__)["instead_of"]("one") is None
