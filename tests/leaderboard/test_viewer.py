from collections.abc import Callable
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.viewer import Transcripts
from perturb_evals.logs.headers import log_name

WORDS = st.text(st.characters(exclude_categories=("Cs",)))


@given(sample=WORDS.filter(bool))
def test_a_link_leads_to_the_sample(a_result: Callable[..., Result], sample: str) -> None:
    result = a_result(log="s3://bucket/folder/2026_a%20b.eval")
    link = Transcripts("transcripts/").sample(result, sample)
    start = "transcripts/index.html#/logs/2026_a%20b.eval/samples/sample/"
    assert link.startswith(start)
    named, epoch = link.removeprefix(start).split("/")[:2]
    assert (unquote(named), epoch) == (sample, "1")


def test_there_is_no_link_without_a_viewer_a_run_or_a_sample(
    a_result: Callable[..., Result],
) -> None:
    assert Transcripts(None).log(a_result()) == ""
    assert Transcripts(None).sample(a_result(), "id") == ""
    assert Transcripts("t/").log(None) == ""
    assert Transcripts("t/").sample(a_result(), "") == ""


def test_of_a_location_the_last_part_is_shown() -> None:
    assert log_name("file:///home/me/logs/a.eval") == "a.eval"
    assert log_name("a.eval") == "a.eval"
