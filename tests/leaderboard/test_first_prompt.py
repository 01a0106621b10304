"""What a model was asked, read from real logs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from perturb_evals.leaderboard import first_prompt as module
from perturb_evals.leaderboard.entries import Entry, read_entries
from perturb_evals.leaderboard.first_prompt import first_prompt
from perturb_evals.logs.headers import LogsError
from perturb_evals.solvers.pairs.prompts import render


def entry_of(log: Path) -> Entry:
    (entry,) = read_entries([str(log)]).complete
    return entry


def test_it_is_the_prompt_of_the_first_question(runs: dict[str, Path]) -> None:
    found = first_prompt(entry_of(runs["scripted de"]))
    assert found
    line, kind, pair = found.sample.split("/")
    pert, gene = pair.split(">")
    assert found.messages == (("user", render("de", "label", line, pert, gene)),)
    assert kind == "de"


def test_a_method_without_a_model_asked_nothing(runs: dict[str, Path]) -> None:
    assert first_prompt(entry_of(runs["constant de"])) is None


def test_every_turn_is_there_and_no_reply(runs: dict[str, Path]) -> None:
    found = first_prompt(entry_of(runs["scripted langpert"]))
    assert found
    assert {role for role, _ in found.messages} == {"user"}
    assert "Genes with a measured knock-down" in found.messages[0][1]


def test_a_long_message_is_cut_and_says_so(
    runs: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = entry_of(runs["scripted de"])
    whole = first_prompt(entry)
    monkeypatch.setattr(module, "LONGEST", 100)
    cut = first_prompt(entry)
    assert whole
    assert cut
    text = whole.messages[0][1]
    assert cut.messages[0][1] == f"{text[:100]}… ({len(text) - 100:,} characters more)"


def test_a_log_that_went_away_is_told(runs: dict[str, Path], gather: Callable[..., str]) -> None:
    folder = gather(runs["scripted de"])
    (entry,) = read_entries([folder]).complete
    next(Path(folder).iterdir()).unlink()
    with pytest.raises(LogsError, match="cannot be read"):
        first_prompt(entry)
