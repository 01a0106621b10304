import argparse

import pytest

from perturb_evals.cli.arguments import add_screen, named_values, screen_request
from perturb_evals.datasets.screens.load import ScreenRequest


def test_values_are_read_as_inspect_reads_them():
    pairs = ["k=5", "top-p=.5", "a=true", "b=False", "c=null", "d=NaN", "e=x=y", 'f=["u", 1]', "g="]
    pairs += ["p=-0.5", "lines=rpe1,hepg2"]
    assert named_values("-S", pairs) == {
        "k": 5,
        "top_p": 0.5,
        "a": True,
        "b": False,
        "c": None,
        "d": "NaN",
        "e": "x=y",
        "f": ["u", 1],
        "g": None,
        "p": -0.5,
        "lines": ["rpe1", "hepg2"],
    }


def test_a_value_that_is_no_yaml():
    with pytest.raises(ValueError, match=r"-T x expects YAML; got '\[1'"):
        named_values("-T", ["x=[1"])


@pytest.mark.parametrize("pair", ["k", "=5", " =5"])
def test_what_is_no_pair(pair):
    with pytest.raises(ValueError, match="-S expects NAME=VALUE; got"):
        named_values("-S", [pair])


def request_of(*words):
    parser = argparse.ArgumentParser()
    add_screen(parser)
    return screen_request(parser.parse_args(words))


def test_a_screen_and_its_options_stay_text():
    assert request_of("demo") == (ScreenRequest("demo"), None)
    given = request_of("a.h5ad", "-T", "control=1", "-T", "cell-line=thp1", "-T", "split=f.json")
    assert given == (ScreenRequest("a.h5ad", None, "1", "thp1"), "f.json")


def test_an_option_of_another_name():
    with pytest.raises(ValueError, match=r"no argument contrl\. Did you mean control"):
        request_of("demo", "-T", "contrl=x")
