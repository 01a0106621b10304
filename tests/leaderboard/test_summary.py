"""The summary over boards, against loops, and that nothing but the runs matters for a table."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from inspect_ai.log import read_eval_log, write_eval_log

from perturb_evals.datasets.files.sources import find_source
from perturb_evals.datasets.pairs.load import table_file
from perturb_evals.families import outcome as outcomes
from perturb_evals.leaderboard import ranks
from perturb_evals.leaderboard.boards import make_boards
from perturb_evals.leaderboard.comparison import compare
from perturb_evals.leaderboard.entries import Entries, Entry, read_entries
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.leaderboard.summary import Summary, SummaryRow, summaries
from perturb_evals.metrics.intervals import resample_weights
from perturb_evals.metrics.pairs.intervals import resampled_auroc_per_gene
from perturb_evals.metrics.pairs.predictions import Predictions

Runs = dict[str, Path]
Make = Callable[..., Result]
Enter = Callable[..., Entry]


def summed(*entries: Entry) -> tuple[Summary, ...]:
    return summaries(make_boards(Entries(entries, (), (), ())))


def rows_of(summary: Summary) -> dict[str, SummaryRow]:
    return {row.name: row for row in summary.rows}


def subset(table: Predictions, perts: Sequence[str]) -> Predictions:
    kept = np.isin(table.perts.astype(str), perts)
    return Predictions(table.perts[kept], table.genes[kept], table.labels[kept], table.scores[kept])


@pytest.fixture
def lines(world: Any, a_result: Make, entry_of: Enter) -> list[Entry]:
    """Three systems on two lines that share half of their perturbations; one ran one line only."""
    names = sorted(set(world.perts))
    parts = {"k562": names[:30], "rpe1": names[15:]}
    knows = {"good": 2.0, "fair": 0.5, "lone": 5.0}
    return [
        entry_of(
            a_result(model=model, context=line),
            subset(world.predictions(known, "a" if line == "k562" else "b"), perts),
            model,
        )
        for line, perts in parts.items()
        for model, known in knows.items()
        if (model, line) != ("lone", "rpe1")
    ]


def test_only_systems_that_ran_every_part_have_a_mean(lines: list[Entry]) -> None:
    (summary,) = summed(*lines)
    assert (summary.title, summary.track, summary.lines) == (
        "cell lines and tasks (abstention half)",
        "none",
        (),
    )
    assert summary.notes == ()
    assert [board.parts["context"] for board in summary.parts] == ["k562", "rpe1"]
    assert [row.name for row in summary.rows] == ["good", "fair", "lone"]
    good, fair, lone = summary.rows
    for row in (good, fair):
        assert row.mean
        assert None not in row.skills
        own = [2 * e.outcome.value - 1 for e in lines if e.name == row.name]
        assert [skill.value for skill in row.skills if skill] == pytest.approx(own)
        assert row.mean.value == pytest.approx(np.mean(own))
    assert lone.mean is None
    assert lone.skills[0]
    assert lone.skills[0].value == pytest.approx(2 * lines[2].outcome.value - 1)
    assert lone.skills[1] is None
    assert [row.with_best for row in summary.rows] == [True, False, False]


def test_perturbations_are_drawn_by_name_over_all_parts(lines: list[Entry]) -> None:
    (summary,) = summed(*lines)
    names = sorted({name for entry in lines for name in entry.outcome.perturbations})
    weights = resample_weights(len(names), resamples=2000, seed=0)
    for name, row in rows_of(summary).items():
        if row.mean is None:
            continue
        means = np.zeros(2000)
        for entry in (entry for entry in lines if entry.name == name):
            own = weights[:, [names.index(pert) for pert in entry.outcome.perturbations]]
            values, _ = resampled_auroc_per_gene(entry.outcome.predictions, own)  # type: ignore[attr-defined]
            means += (2 * values - 1) / 2
        assert row.mean.lower == pytest.approx(np.nanquantile(means, 0.025))
        assert row.mean.upper == pytest.approx(np.nanquantile(means, 0.975))


def test_the_macro_mean_is_over_the_lines_of_a_task_under_joint_resamples(
    lines: list[Entry], world: Any, a_result: Make, entry_of: Enter
) -> None:
    direction = a_result(model="good", task="perturbqa_direction", context="k562")
    extra = entry_of(direction, world.predictions(2.0, "c"), "good")
    (summary,) = summed(*lines, extra)
    (over,) = summary.over_lines  # direction has one line only
    assert (over.task, over.headline, over.contexts, over.published) == (
        "perturbqa_de",
        "auroc_per_gene",
        ("k562", "rpe1"),
        (),
    )
    assert over.title == "perturbqa_de: mean auroc_per_gene"
    found = rows_of(summary)
    # fair lacks a part of the summary, but no line of the task; lone lacks a line.
    assert found["fair"].mean is None
    assert found["lone"].over_lines == (None,)
    asked = [*lines, extra]
    names = sorted({name for entry in asked for name in entry.outcome.perturbations})
    weights = resample_weights(len(names), resamples=2000, seed=0)
    for name in ("good", "fair"):
        own = [entry for entry in lines if entry.name == name]
        values, drawn = [], np.zeros(2000)
        for entry in own:
            drawn_here = weights[:, [names.index(pert) for pert in entry.outcome.perturbations]]
            resampled, _ = resampled_auroc_per_gene(entry.outcome.predictions, drawn_here)  # type: ignore[attr-defined]
            drawn += resampled / 2
            values.append(entry.outcome.value)
        (mean,) = found[name].over_lines
        assert mean
        assert mean.value == pytest.approx(np.mean(values))
        assert (mean.lower, mean.upper) == pytest.approx(
            tuple(np.nanquantile(drawn, [0.025, 0.975]))
        )


def test_a_screen_cut_anew_is_no_line_and_one_line_has_no_macro_mean(
    world: Any, a_result: Make, entry_of: Enter
) -> None:
    def entry(line: str, task: str = "perturbqa_de") -> Entry:
        return entry_of(a_result(context=line, task=task), world.predictions(1.0, "a"), "x")

    (summary,) = summed(entry("k562"), entry("rpe1"), entry("k562_set"))
    assert [over.contexts for over in summary.over_lines] == [("k562", "rpe1")]
    assert summed(entry("k562"), entry("k562_set")) == ()
    (summary,) = summed(entry("k562"), entry("k562", "perturbqa_direction"))
    assert summary.over_lines == ()
    assert [row.over_lines for row in summary.rows] == [()]


def test_published_numbers_over_the_same_lines_stand_beside_it_unranked(
    world: Any, a_result: Make, entry_of: Enter
) -> None:
    def entry(line: str) -> Entry:
        data = str(find_source(table_file(line, "de")).sha256)[:6]
        run = a_result(context=line, track="within", board={"data": data, "questions": "scored"})
        return entry_of(run, world.predictions(1.0, "a"), "x")

    (summary,) = summed(entry("k562"), entry("rpe1"))
    (over,) = summary.over_lines
    published = dict(over.published)
    assert published["SUMMER"] == pytest.approx((0.62 + 0.59) / 2)
    assert "LLM (No retrieval)" not in published  # of the track none
    values = [value for _, value in over.published]
    assert values == sorted(values, reverse=True)
    assert {row.name for row in summary.rows} == {"x"}
    said = over.in_words("{:.3f}".format)
    assert "plain mean over k562, rpe1." in said
    assert "not ranked: " in said
    assert "SUMMER 0.605" in said


def test_of_screens_the_controls_are_resampled_with_the_systems(
    a_result: Make, entry_of: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (ranks, outcomes):
        monkeypatch.setattr(module, "FEWEST", 2)
    rng = np.random.default_rng(3)
    parts = {"one": ["A", "B", "C", "D"], "two": ["C", "D", "E"]}
    solvers = {"mean_effect": 1.0, "oracle_neighbors": 0.2, "graph_neighbors": 0.6}
    entries, scores = [], {}
    for screen, perts in parts.items():
        for solver, error in solvers.items():
            own = {pert: error + rng.uniform(0, 0.3) for pert in perts}
            scores[screen, solver] = own
            run = a_result(solver=solver, model="none/none", task="langpert", context=screen)
            entries.append(entry_of(run, own, solver))
    (summary,) = summed(*entries)
    assert (summary.title, summary.track) == ("screens (abstention half)", "training")
    assert set(rows_of(summary)) == {"mean_effect", "graph_neighbors"}  # the oracle is not ranked
    found = rows_of(summary)["graph_neighbors"].mean
    assert found
    drawn = []
    for row in resample_weights(5, resamples=2000, seed=0):
        often = dict(zip("ABCDE", row, strict=True))
        skills = []
        for screen, perts in parts.items():
            n = sum(often[pert] for pert in perts)
            if n == 0:
                continue
            b, r, u = (
                sum(often[pert] * scores[screen, solver][pert] for pert in perts) / n
                for solver in solvers
            )
            skills.append((u - b) / (r - b))
        if len(skills) == 2:
            drawn.append(sum(skills) / 2)
    assert len(drawn) < 2000
    assert found.lower == pytest.approx(np.quantile(drawn, 0.025))
    assert found.upper == pytest.approx(np.quantile(drawn, 0.975))


def test_one_board_alone_makes_no_summary(lines: list[Entry]) -> None:
    assert summed(*lines[:3]) == ()
    assert summed() == ()


def test_a_baseline_with_other_settings_is_another_system(
    world: Any, a_result: Make, entry_of: Enter
) -> None:
    def entry(line: str, power: float | None) -> Entry:
        opened = [line, *({"k562", "rpe1"} - {line})]
        given = {} if power is None else {"power": power}
        run = a_result(
            solver="cross_line_knn",
            model="none/none",
            context=line,
            track="cross",
            evidence_lines=opened,
            given=given,
        )
        return entry_of(run, world.predictions(power or 1.0, "a"), f"knn {power}")

    entries = [entry(line, power) for line in ("k562", "rpe1") for power in (None, 3.0)]
    (summary,) = summed(*entries)
    assert (summary.track, summary.lines) == ("cross", ("k562", "rpe1"))
    assert [row.name for row in summary.rows] == ["knn 3.0", "knn None"]
    assert all(row.mean for row in summary.rows)


def test_other_lines_are_another_summary(world: Any, a_result: Make, entry_of: Enter) -> None:
    def entry(line: str, opened: list[str]) -> Entry:
        run = a_result(context=line, track="cross", evidence_lines=opened)
        return entry_of(run, world.predictions(1.0, "a"), ",".join(sorted(opened)))

    few = [["k562", "rpe1"], ["rpe1", "k562"]]
    many = [["k562", "rpe1", "hepg2"], ["rpe1", "k562", "hepg2"]]
    entries = [entry(lines[0], lines) for lines in (*few, *many)]
    found = summed(*entries)
    assert [summary.lines for summary in found] == [("k562", "rpe1"), ("hepg2", "k562", "rpe1")]
    assert [[row.name for row in summary.rows] for summary in found] == [
        ["k562,rpe1"],
        ["hepg2,k562,rpe1"],
    ]
    assert [summary.track_title for summary in found] == [
        "cross (k562, rpe1)",
        "cross (hepg2, k562, rpe1)",
    ]


def test_the_demo_world_has_a_title_of_its_own(world: Any, a_result: Make, entry_of: Enter) -> None:
    found = summed(
        *(
            entry_of(a_result(context=context), world.predictions(1.0, "a"), "x")
            for context in ("demo_a", "demo_b", "k562", "rpe1")
        )
    )
    assert {summary.title for summary in found} == {
        "cell lines and tasks (abstention half)",
        "cell lines and tasks (simulated, abstention half)",
    }
    assert {summary.track_title for summary in found} == {"none"}


def test_of_several_boards_of_a_part_that_with_most_systems_counts(
    world: Any, a_result: Make, entry_of: Enter
) -> None:
    def entry(model: str, line: str, data: str) -> Entry:
        run = a_result(model=model, context=line, board={"data": data}, data_sha256=data * 10)
        return entry_of(run, world.predictions(1.0, "a"), model)

    entries = [
        entry("a", "k562", "000000"),
        entry("a", "k562", "111111"),
        entry("b", "k562", "111111"),
        entry("a", "rpe1", "000000"),
    ]
    (summary,) = summed(*entries)
    assert [(b.parts["context"], b.parts["data"]) for b in summary.parts] == [
        ("k562", "111111"),
        ("rpe1", "000000"),
    ]
    # A system that ran only the board that is left out stands nowhere here: a note says so.
    assert summary.notes == (
        "Of perturbqa_de on k562 the board with data 111111 takes part (2 ranked runs), not that "
        "with data 000000 (1 ranked run).",
    )


def test_a_board_left_out_is_told_by_whatever_it_differs_in(
    world: Any, a_result: Make, entry_of: Enter
) -> None:
    def entry(line: str, data_sha256: str, **board: str) -> Entry:
        run = a_result(context=line, board=board, data_sha256=data_sha256)
        return entry_of(run, world.predictions(1.0, "a"), "x")

    (split,) = summed(
        entry("k562", "1" * 64, data="111111", split="aaa"),
        entry("k562", "1" * 64, data="111111", split="bbb"),
        entry("rpe1", "1" * 64, data="111111", split="aaa"),
    )
    assert len(split.notes) == 1
    assert "with split aaa takes part" in split.notes[0]
    assert "not that with split bbb" in split.notes[0]
    (hidden,) = summed(entry("k562", "1" * 64), entry("k562", "2" * 64), entry("rpe1", "1" * 64))
    assert "with data 111111111111 takes part" in hidden.notes[0]
    assert "not that with data 222222222222" in hidden.notes[0]


def test_computed_and_run_rows_of_a_baseline_are_one_system(runs: Runs) -> None:
    logs = ["frequency de", "rate de", "knn de", "knn direction", "scripted de"]
    boards = make_boards(read_entries([str(runs[name]) for name in logs]))
    (summary,) = summaries(boards)
    assert (summary.track, summary.lines) == ("cross", ("demo_a", "demo_b", "demo_c"))
    rows = rows_of(summary)
    # Rows of gene_frequency and perturbation_rate were run for DE and are computed for direction.
    assert set(rows) >= {"cross_line_knn", "gene_frequency", "perturbation_rate"}
    assert all(row.mean for row in rows.values())


def table_of(folder: Path) -> list[Any]:
    """All that tables show: boards, summaries and a comparison, without where the logs are."""
    entries = read_entries([str(folder)])
    boards = make_boards(entries)
    shown: list[Any] = [(aside.reason) for aside in entries.set_aside]
    shown += [(result.status, result.reason, result.eval_id) for result in entries.incomplete]
    shown += [result.eval_id for result in entries.older]
    for board in boards:
        shown.append((board.key, board.n_units, board.apart, board.notes))
        for track in board.tracks:
            shown.append((track.name, track.lines))
            for row in track.rows:
                own = row.entry
                shown.append((own.name, own.system, own.kind, own.figure, own.outcome.value))
                shown.append((row.rank, row.with_best, row.behind, row.skill, row.why_unranked))
                shown.append(row.added)
    for summary in summaries(boards):
        shown.append((summary.title, summary.track, [board.key for board in summary.parts]))
        shown += [asdict(row) for row in summary.rows]
    de = [e for e in entries.complete if e.result and e.result.task == "perturbqa_de"]
    for pair in compare(de).pairs:
        shown.append((pair.a.name, pair.b.name, pair.difference, pair.p_bootstrap, pair.p_holm))
        shown.append((pair.p_randomised, pair.only_a, pair.only_b, pair.both, pair.discordant))
    return shown


NAMES = ("scripted de", "scripted direction", "knn de", "knn direction", "constant de", "older")


# Each example reads logs: few of them, and none to make a failure smaller.
@settings(max_examples=3, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(order=st.permutations(range(len(NAMES))), swapped=st.sets(st.integers(0, 37)))
def test_the_order_of_logs_their_names_and_the_epochs_change_no_table(
    order: list[int], swapped: set[int]
) -> None:
    base, folder = FOLDERS[0] / "base", FOLDERS[0] / "permuted"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for place, name in zip(order, NAMES, strict=True):
        shutil.copy(base / f"{name}.eval", folder / f"{place}.eval")
    target = folder / f"{order[0]}.eval"
    log = read_eval_log(str(target))
    assert log.samples
    for number, sample in enumerate(sorted(log.samples, key=lambda sample: str(sample.id))):
        if number // 2 in swapped:
            sample.epoch = 3 - sample.epoch
    log.samples.reverse()
    write_eval_log(log, str(target))
    assert table_of(folder) == EXPECTED[0]


FOLDERS: list[Path] = []
EXPECTED: list[list[Any]] = []


@pytest.fixture(autouse=True, scope="module")
def _base(
    runs: Runs, rewrite: Callable[..., None], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("permuted")
    (folder / "base").mkdir()
    for name in NAMES[:-1]:
        shutil.copy(runs[name], folder / "base" / f"{name}.eval")
    older = folder / "base" / "older.eval"
    rewrite(runs["constant de"], older, "older", created="2026-01-01T00:00:00+00:00")
    FOLDERS[:] = [folder]
    EXPECTED[:] = [table_of(folder / "base")]
