"""A file of what was spent, as any end of a process leaves it."""

from pathlib import Path

import pytest

from perturb_evals.solvers.asking.ledger import Ledger, LedgerError, written_off


def test_of_each_question_the_last_line_counts_and_one_without_it_as_held(tmp_path: Path) -> None:
    path = tmp_path / "spent.jsonl"
    assert written_off(path) == 0.0
    first = Ledger(path)
    first.settle(first.hold(0.5), 0.2)
    first.settle(first.hold(0.5), 0.0)
    first.hold(0.25)  # the process was killed here
    again = Ledger(path)
    again.settle(again.hold(0.5), 0.75)
    assert written_off(path) == pytest.approx(0.2 + 0.25 + 0.75)


def test_a_last_line_that_was_broken_off_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "spent.jsonl"
    ledger = Ledger(path)
    ledger.settle(ledger.hold(0.5), 0.2)
    ledger.settle(ledger.hold(0.5), 0.123456)
    whole = path.read_text("utf-8")
    path.write_text(whole[:-6], "utf-8")
    assert written_off(path) == pytest.approx(0.2 + 0.5)


@pytest.mark.parametrize("line", ["nonsense", "[1]", '["a", "much"]', "{}", ""])
def test_a_line_of_something_else_is_an_error_that_names_it(tmp_path: Path, line: str) -> None:
    path = tmp_path / "spent.jsonl"
    ledger = Ledger(path)
    ledger.hold(0.5)
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    with pytest.raises(LedgerError, match=r"spent\.jsonl, line 2: expected a question"):
        written_off(path)
