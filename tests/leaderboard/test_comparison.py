"""Comparisons against straightforward recomputation."""

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from perturb_evals.leaderboard.comparison import ComparisonError, compare
from perturb_evals.leaderboard.entries import Entry, read_entries
from perturb_evals.leaderboard.references import references
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.metrics.pairs.differences import paired_auroc_difference, randomised_auroc_test
from perturb_evals.metrics.pairs.predictions import Predictions

Runs = dict[str, Path]
Make = Callable[..., Result]
Enter = Callable[..., Entry]


@pytest.fixture(scope="module")
def answers(world: Any) -> dict[str, Predictions]:
    return {
        "clear": world.predictions(2.0, "a"),
        "fair": world.predictions(1.0, "b", abstains=range(30)),
        "guess": world.predictions(0.0, "c"),
    }


@pytest.fixture
def entries(answers: dict[str, Predictions], a_result: Make, entry_of: Enter) -> list[Entry]:
    return [entry_of(a_result(model=name), table, name) for name, table in answers.items()]


def credit_of(table: Predictions) -> dict[str, float]:
    """Mean credit of every question over the pairs of its gene, by loops."""
    rows = list(
        zip(table.perts, table.genes, table.labels, table.scores, table.abstained, strict=True)
    )
    found = {}
    for pert, gene, label, score, gone in rows:
        credits = []
        for _, other_gene, other_label, other_score, other_gone in rows:
            if other_gene != gene or other_label == label:
                continue
            ahead = (
                0.5 if gone or other_gone or score == other_score else float(score > other_score)
            )
            credits.append(ahead if label else 1 - ahead)
        found[f"{pert}>{gene}"] = float(np.mean(credits))
    return found


def test_differences_and_p_values(entries: list[Entry], answers: dict[str, Predictions]) -> None:
    found = compare(entries)
    assert (found.headline, found.better, found.title) == (
        "auroc_per_gene",
        "higher",
        "perturbqa_de on k562",
    )
    assert (found.n_units, found.n_perturbations) == (240, 40)
    named = [(pair.a.name, pair.b.name) for pair in found.pairs]
    assert named == list(itertools.combinations(answers, 2))
    for pair in found.pairs:
        a, b = answers[pair.a.name], answers[pair.b.name]
        expected = paired_auroc_difference(a, b)
        assert pair.difference.value == pytest.approx(expected.mean)
        assert pair.difference.lower == pytest.approx(expected.lower)
        assert pair.difference.upper == pytest.approx(expected.upper)
        assert pair.p_bootstrap == pytest.approx(expected.p)
        assert pair.p_randomised == randomised_auroc_test(a, b)
        width = (expected.upper - expected.lower) / (2 * 1.96)
        assert pair.detectable == pytest.approx(2.80 * width, rel=0.1)


def test_holm_is_over_all_pairs(entries: list[Entry]) -> None:
    found = compare(entries).pairs
    ascending = sorted(found, key=lambda pair: pair.p_randomised)
    least = 0.0
    for rank, pair in enumerate(ascending):
        least = max(least, min(1.0, (len(found) - rank) * pair.p_randomised))
        assert pair.p_holm == pytest.approx(least)
    (alone,) = compare(entries[:2]).pairs
    assert alone.p_holm == alone.p_randomised


def test_counts_of_questions_and_the_most_discordant(
    entries: list[Entry], answers: dict[str, Predictions]
) -> None:
    for pair in compare(entries).pairs:
        a, b = (credit_of(answers[entry.name]) for entry in (pair.a, pair.b))
        assert pair.only_a == sum(a[unit] > 0.5 >= b[unit] for unit in a)
        assert pair.only_b == sum(b[unit] > 0.5 >= a[unit] for unit in a)
        assert pair.both == sum(a[unit] > 0.5 < b[unit] for unit in a)
        assert pair.neither == sum(a[unit] <= 0.5 >= b[unit] for unit in a)
        assert len(pair.discordant) == 20
        apart = sorted((abs(a[unit] - b[unit]) for unit in a), reverse=True)
        shown = [abs(one.a_credit - one.b_credit) for one in pair.discordant]
        assert shown == pytest.approx(apart[:20])
        rows = {unit: row for row, unit in enumerate(pair.a.outcome.units)}
        for one in pair.discordant:
            assert one.a_credit == pytest.approx(a[one.unit])
            assert one.b_credit == pytest.approx(b[one.unit])
            assert one.a_sample == one.b_sample == f"id/{one.unit}"
            table = pair.a.outcome.predictions  # type: ignore[attr-defined]
            row = rows[one.unit]
            assert one.truth == ("Yes" if table.labels[row] else "No")
            gone = table.abstained[row]
            assert one.a_answer == ("no answer" if gone else f"{table.scores[row]:.3g}")


def test_the_other_way_round_it_is_mirrored(entries: list[Entry]) -> None:
    (one,) = compare(entries[:2]).pairs
    (other,) = compare(entries[1::-1]).pairs
    assert one.difference.value == pytest.approx(-(other.difference.value or 0))
    assert one.difference.lower == pytest.approx(-(other.difference.upper or 0))
    assert (one.p_bootstrap, one.p_randomised) == (other.p_bootstrap, other.p_randomised)
    assert (one.only_a, one.only_b, one.both) == (other.only_b, other.only_a, other.both)
    assert [unit.unit for unit in one.discordant] == [unit.unit for unit in other.discordant]


def test_a_system_and_itself_on_another_scale_do_not_differ(
    world: Any, a_result: Make, entry_of: Enter
) -> None:
    table = world.predictions(1.0, "a")
    scaled = Predictions(table.perts, table.genes, table.labels, np.exp(table.scores) * 1e6)
    (pair,) = compare(
        [entry_of(a_result(model="a"), table), entry_of(a_result(model="b"), scaled)]
    ).pairs
    difference = pair.difference
    assert (difference.value, difference.lower, difference.upper) == (0.0, 0.0, 0.0)
    assert (pair.p_bootstrap, pair.p_randomised, pair.p_holm) == (1.0, 1.0, 1.0)
    assert (pair.only_a, pair.only_b, pair.discordant, pair.n_more) == (0, 0, (), 0)
    # The resamples do not vary, so they say nothing about what could be found.
    assert math.isnan(pair.detectable)
    assert pair.alike


def test_only_systems_that_agree_on_everything_are_alike(
    entries: list[Entry], answers: dict[str, Predictions], a_result: Make, entry_of: Enter
) -> None:
    assert not any(pair.alike for pair in compare(entries).pairs)
    scores = {f"P{n:02}": float(n) for n in range(12)}
    moved = {pert: score + 0.1 for pert, score in scores.items()}
    same, also, off = (
        entry_of(a_result(model=name, task="langpert"), given, name)
        for name, given in (("same", scores), ("also", dict(scores)), ("off", moved))
    )
    alike, apart, _ = compare([same, also, off]).pairs
    assert alike.alike
    assert math.isnan(alike.detectable)
    # A difference that is the same everywhere does not vary either, and is one.
    assert not apart.alike
    assert apart.difference.value == pytest.approx(-0.1)
    assert math.isnan(apart.detectable)


def test_vectors_are_compared_by_perturbation(a_result: Make, entry_of: Enter) -> None:
    rng = np.random.default_rng(1)
    a = {f"P{i}": float(rng.uniform(0, 1)) for i in range(9)}
    b = {pert: value + float(rng.normal(0.1, 0.2)) for pert, value in a.items()} | {"P4": a["P4"]}
    one, two = (
        entry_of(
            a_result(model=name, task="langpert", solver="nearest_perturbations"), scores, name
        )
        for name, scores in (("a", a), ("b", b))
    )
    found = compare([one, two])
    assert (found.better, found.n_units) == ("lower", 9)
    (pair,) = found.pairs
    d = np.array([a[pert] - b[pert] for pert in sorted(a)])
    assert pair.difference.value == pytest.approx(d.mean())
    assert (pair.only_a, pair.only_b, pair.both, pair.neither) == (
        (d < 0).sum(),
        (d > 0).sum(),
        1,
        0,
    )
    # All 2^9 ways to swap, against those drawn.
    signs = np.array(list(itertools.product([-1, 1], repeat=9)))
    exact = (np.abs(signs @ d) >= abs(d.sum()) - 1e-12).mean()
    assert pair.p_randomised == pytest.approx(exact, abs=0.02)
    order = sorted(a, key=lambda pert: -abs(a[pert] - b[pert]))[:8]
    assert [one.unit for one in pair.discordant] == order
    first = pair.discordant[0]
    assert (first.truth, first.a_answer, first.a_sample) == ("", "", f"id/{order[0]}")
    assert (first.a_credit, first.b_credit) == (a[order[0]], b[order[0]])


def test_a_computed_row_can_be_compared(runs: Runs) -> None:
    (run,) = read_entries([str(runs["knn direction"])]).complete
    assert run.result
    rows, _ = references([run.result], (), ())
    found = compare([rows[0], run, rows[1]])
    assert (found.pairs[0].a.name, found.pairs[0].b.name) == ("gene_frequency", "cross_line_knn")
    one = found.pairs[0].discordant[0]
    assert one.a_sample == ""
    assert one.b_sample == f"demo_a/direction/{one.unit}"
    assert one.truth in ("Increase", "Decrease")
    with pytest.raises(ComparisonError, match="needs a run; got computed rows alone"):
        compare(rows)


def test_boards_that_differ_are_refused_with_the_part_named(
    world: Any, a_result: Make, entry_of: Enter
) -> None:
    def entry(**changes: Any) -> Entry:
        return entry_of(a_result(**changes), world.predictions(1.0, "a"), "x")

    with pytest.raises(
        ComparisonError, match=r"on different boards: context is k562 and rpe1\. Only"
    ):
        compare([entry(), entry(context="rpe1")])
    with pytest.raises(ComparisonError, match="boards: data is 000000 and 123456"):
        compare([entry(), entry(board={"data": "123456"})])
    with pytest.raises(ComparisonError, match="boards: split is None and abc"):
        compare([entry(), entry(board={"split": "abc"})])
    with pytest.raises(ComparisonError, match="boards: the data differ"):
        compare([entry(), entry(), entry(data_sha256="1" * 64)])
    with pytest.raises(ComparisonError, match="two systems or more; got 1"):
        compare([entry()])
    with pytest.raises(ComparisonError, match="two systems or more; got 0"):
        compare([])


def test_too_few_systems_are_refused_with_the_reason(
    world: Any, a_result: Make, entry_of: Enter, tmp_path: Path
) -> None:
    entry = entry_of(a_result(log="logs/new.eval"), world.predictions(1.0, "a"), "x")
    older = a_result(log="/somewhere/logs/old%20one.eval", eval_id="older")
    another = a_result(model="other", log="logs/other.eval")
    elsewhere = a_result(context="rpe1", log="logs/elsewhere.eval")
    with pytest.raises(
        ComparisonError,
        match=r"or more; got 1\. old one\.eval is an older run of the same system as new\.eval",
    ) as found:
        compare([entry], older=[older, another, elsewhere])
    assert "other.eval" not in str(found.value)
    assert "elsewhere.eval" not in str(found.value)
    log = tmp_path / "new.eval"
    with pytest.raises(ComparisonError, match=r"or more; got 1\. new\.eval was given twice\.$"):
        compare([entry], logs=[str(log), str(tmp_path / "other" / ".." / "new.eval")])
    with pytest.raises(ComparisonError, match=r"given twice\. old one\.eval is an older run"):
        compare([entry], logs=["a.eval", "a.eval"], older=[older])
    with pytest.raises(
        ComparisonError, match=r"got 1\. .* one complete run; a copy of a log counts"
    ):
        compare([entry], logs=["a.eval", "copy.eval"])
    with pytest.raises(ComparisonError, match=r"got 0\. .* no complete run\.$"):
        compare([], logs=["a.eval"])
    address = "s3://bucket/x.eval"
    with pytest.raises(ComparisonError, match=r"x\.eval was given twice\.$"):
        compare([entry], logs=[address, address])


def test_an_older_run_is_named_from_real_logs(
    runs: Runs, rewrite: Callable[..., None], tmp_path: Path
) -> None:
    older = tmp_path / "older.eval"
    rewrite(runs["constant de"], older, "older", created="2026-01-01T00:00:00+00:00")
    read = read_entries([str(older), str(runs["constant de"])])
    name = runs["constant de"].name
    with pytest.raises(ComparisonError, match=f"older.eval is an older run .* as {name}"):
        compare(read.complete, older=read.older)


def test_what_is_left_out_of_a_track_is_kept(entries: list[Entry]) -> None:
    found = compare(entries[:2], "none", left_out=entries[2:])
    assert (found.track, found.left_out) == ("none", tuple(entries[2:]))
    by_hand = compare(entries)
    assert (by_hand.track, by_hand.left_out) == ("", ())


def test_other_questions_are_refused(
    answers: dict[str, Predictions], a_result: Make, entry_of: Enter
) -> None:
    whole = answers["guess"]
    less = Predictions(whole.perts[6:], whole.genes[6:], whole.labels[6:], whole.scores[6:])
    flipped = Predictions(whole.perts, whole.genes, 1 - whole.labels, whole.scores)
    first = entry_of(a_result(model="a"), whole, "a")
    with pytest.raises(ComparisonError, match="b was asked other questions than a"):
        compare([first, entry_of(a_result(model="b"), less, "b")])
    with pytest.raises(
        ComparisonError, match="cannot be compared: a and b must hold the same labels"
    ):
        compare([first, entry_of(a_result(model="b"), flipped, "b")])


def test_where_the_headline_is_undefined_so_is_the_comparison(
    a_result: Make, entry_of: Enter, recwarn: pytest.WarningsRecorder
) -> None:
    table = Predictions(["A", "B"], ["g", "h"], [1, 0], [0.2, 0.4])
    (pair,) = compare([entry_of(a_result(model=name), table, name) for name in ("a", "b")]).pairs
    assert pair.difference.value is None
    for number in (pair.p_bootstrap, pair.p_randomised, pair.p_holm, pair.detectable):
        assert math.isnan(number)
    assert (pair.only_a, pair.only_b, pair.both, pair.neither, pair.discordant) == (0, 0, 0, 0, ())
    assert not pair.alike
    assert not recwarn.list
