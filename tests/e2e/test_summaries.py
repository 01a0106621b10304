"""Summaries that a model writes: each asked for once, kept, and counted apart."""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from inspect_ai.log import EvalLog, read_eval_log, read_eval_log_sample_summaries
from inspect_ai.model import GenerateConfig, ModelCost, get_model

from perturb_evals.leaderboard.results.from_log import result_of
from perturb_evals.leaderboard.results.result import SummaryUsage, Usage
from perturb_evals.leaderboard.submission.board import asked_again
from perturb_evals.leaderboard.submission.check import check_runs
from perturb_evals.leaderboard.submission.checks import Check
from perturb_evals.leaderboard.submission.evidence_audit import Prompts
from perturb_evals.leaderboard.submission.samples import checked_samples
from perturb_evals.leaderboard.text import summaries_text
from perturb_evals.logs.samples import read_samples
from perturb_evals.solvers.asking.budget import BUDGET, PRICES
from perturb_evals.solvers.pairs.no_cot import llm_no_cot
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

PERTS = tuple(f"PERT{i}" for i in range(8))
GENES = tuple(f"READ{i}" for i in range(6))
NOTE = re.compile(r"^Gene: (\S+)\n.*^Say (what controls|what the product)", re.M | re.S)
SHOWN = re.compile(r"^(Knocked-down|Readout) gene: (\S+)$", re.M)
ABOUT = re.compile(r"^Knocked-down gene: (\S+)\nAbout \S+: .*\nReadout gene: (\S+)$", re.M)
PARTS = {"what the product": "Knocked-down", "what controls": "Readout"}
SUMMARIZER, ASKED = "openai-api/local/summarizer", "openai-api/local/reader"


@dataclass
class World:
    """Tables with texts for all genes, and a server that writes notes and answers questions."""

    provider: Any
    evaluate: Callable[..., EvalLog]
    note: Callable[[str, str, int], Any]

    def run(self, task: Any = None, solver: Any = None, **options: Any) -> EvalLog:
        roles = {"summarizer": SUMMARIZER}
        return self.evaluate(
            task or perturbqa_de(cell_line="k562", evidence="within"),
            solver=solver or llm_no_cot(summaries="model"),
            **{"model": ASKED, "model_roles": roles, **options},
            model_base_url=self.provider.url,
        )

    def notes(self) -> Counter[tuple[str, str]]:
        """How often each gene and part was asked for."""
        return Counter(call.pair for call in self.provider.of("summarizer"))

    def shown(self) -> set[tuple[str, str]]:
        """The genes, and the parts that they have, in all prompts so far."""
        prompts = [call.body["messages"][-1]["content"] for call in self.provider.of("reader")]
        return {pair[::-1] for prompt in prompts for pair in SHOWN.findall(prompt)}


@pytest.fixture
def world(
    provider: Any,
    evaluate: Callable[..., EvalLog],
    put_tables: Callable[..., Path],
    put_knowledge: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path / "inspect-cache"))
    rows = [
        (pert, gene, (i // 2 + j) % 2, "test" if i % 2 else "train")
        for i, pert in enumerate(PERTS)
        for j, gene in enumerate(GENES)
    ]
    columns = ["pert", "gene", "label", "split"]
    direction = [(p, g, PERTS.index(p) // 4, split) for p, g, label, split in rows if label]
    folder = put_tables(
        {
            ("k562", "de"): pd.DataFrame(rows, columns=columns),
            ("k562", "direction"): pd.DataFrame(direction, columns=columns),
        }
    )
    put_knowledge(folder, [], {gene: f"This is {gene} of cells." for gene in (*PERTS, *GENES)})

    def note(gene: str, part: str, nth: int) -> Any:
        return provider.completion(f"A note on {gene}, {PARTS[part]}.")

    made = World(provider, evaluate, note)
    provider.kinds += [
        (NOTE, lambda model, body, pair, nth, index: made.note(*pair, nth)),
        (ABOUT, lambda model, body, pair, nth, index: provider.completion("ANSWER: No")),
    ]
    return made


def words(parts: set[tuple[str, str]]) -> set[tuple[str, str]]:
    of = {name: part for part, name in PARTS.items()}
    return {(gene, of[part]) for gene, part in parts}


def test_each_gene_and_part_is_asked_for_once_in_questions_epochs_tasks_and_runs(
    world: World,
) -> None:
    log = world.run(epochs=2)
    assert log.status == "success", log.error
    prompts = [call.body["messages"][-1]["content"] for call in world.provider.of("reader")]
    assert len(prompts) == 2 * len(log.eval.dataset.sample_ids or [])
    for prompt in prompts:
        for part, gene in SHOWN.findall(prompt):
            assert f"About {gene}: A note on {gene}, {part}.\n" in prompt
    assert set(world.notes()) == words(world.shown())
    assert set(world.notes().values()) == {1}
    before = world.notes()

    again = world.run(temperature=0.7, max_tokens=50)
    other = world.run(perturbqa_direction(cell_line="k562", evidence="within"))
    assert again.status == other.status == "success"
    assert set(world.notes().values()) == {1}
    assert set(world.notes()) == words(world.shown())
    new = world.notes() - before
    assert len(new) < len(before), "what the other task needs was nearly all there"
    assert "summarizer" not in again.stats.role_usage
    assert log.stats.role_usage["summarizer"].total_tokens == 202 * len(before)


def test_another_model_and_another_address_write_their_own(world: World) -> None:
    world.run(limit=2)
    n = len(world.notes())
    solver = llm_no_cot(summaries="model")
    world.run(limit=2, solver=solver)
    assert sum(world.notes().values()) == n
    other = get_model(SUMMARIZER, config=GenerateConfig(temperature=0.5), memoize=False)
    world.note = lambda gene, part, nth: world.provider.completion(f"Another note on {gene}.")
    log = world.run(limit=2, solver=solver, model_roles={"summarizer": other})
    assert sum(world.notes().values()) == 2 * n
    assert log.samples
    assert "Another note on" in log.samples[0].messages[0].text


def test_a_run_without_a_summarizer_says_what_to_add(world: World) -> None:
    log = world.run(model_roles=None)
    assert log.status == "error"
    assert log.error
    assert "--model-role summarizer=PROVIDER/MODEL" in log.error.message
    assert not world.provider.calls


def test_an_error_of_the_summarizer_is_one_of_the_sample_and_is_not_kept(world: World) -> None:
    def refuse_first(gene: str, part: str, nth: int) -> Any:
        if nth == 0:
            return world.provider.error(400, "not today")
        return world.provider.completion(f"A note on {gene}.")

    world.note = refuse_first
    log = world.run(fail_on_error=False, limit=3)
    assert log.samples
    errors = [sample.error for sample in log.samples if sample.error]
    assert errors
    assert all("not today" in error.message for error in errors)
    for _ in range(4):
        log = world.run(fail_on_error=False, limit=3)
    assert all(sample.error is None for sample in log.samples or [])
    assert set(world.notes().values()) == {2}


@pytest.mark.parametrize("kind", ["empty", "blank", "cut", "filtered", "refused"])
def test_what_is_empty_or_cut_is_replaced_by_the_text_at_hand_and_counted(
    world: World, logged: Any, kind: str
) -> None:
    unusable = {
        "empty": world.provider.completion(""),
        "blank": world.provider.completion(" \n."),
        "cut": world.provider.completion("The gene would first", finish="length"),
        "filtered": world.provider.completion("I may not", finish="content_filter"),
        "refused": world.provider.completion("I cannot help with notes on genes."),
    }[kind]
    world.note = lambda gene, part, nth: unusable
    log = world.run(limit=2)
    assert log.status == "success"
    for sample in log.samples or []:
        for _, gene in SHOWN.findall(sample.messages[0].text):
            assert f"About {gene}: This is {gene} of cells.\n" in sample.messages[0].text
    counted: Counter[str] = Counter()
    for sample in log.samples or []:
        assert sample.scores
        score = next(iter(sample.scores.values()))
        counted.update((score.metadata or {}).get("summaries", {}))
    n = len(world.notes())
    assert counted == {"asked": n, "unusable": n}
    assert logged.text.count("wrote nothing of") == 1


def test_the_budget_of_the_process_counts_what_is_asked_and_not_what_was_kept(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    price = {"input": 5.0, "output": 0.0, "input_cache_write": 0.0, "input_cache_read": 0.0}
    prices = tmp_path / "prices.json"
    prices.write_text(json.dumps({SUMMARIZER: price, ASKED: price}), "utf-8")
    monkeypatch.setenv(PRICES, str(prices))
    monkeypatch.setenv(BUDGET, f"{3.5 * 200 * 5 / 1e6}")
    log = world.run(limit=1)
    assert log.status == "error"
    assert len(world.provider.calls) == 3
    assert log.error
    assert "The budget of $" in log.error.message
    monkeypatch.setenv(BUDGET, f"{3.6 * 200 * 5 / 1e6}")
    log = world.run(limit=1)
    assert log.status == "success", "what was kept left the money for the rest"
    assert len(world.provider.calls) == 6
    assert set(world.notes().values()) == {1}


def test_questions_in_flight_wait_for_the_one_that_asks(world: World) -> None:
    log = world.run(max_connections=20)
    assert log.status == "success"
    assert set(world.notes().values()) == {1}


def test_what_summaries_took_is_told_apart_and_a_summary_that_was_kept_costs_nothing(
    world: World, tmp_path: Path
) -> None:
    prices = {
        SUMMARIZER: ModelCost(input=5, output=0, input_cache_write=0, input_cache_read=0),
        ASKED: ModelCost(input=5, output=0, input_cache_write=0, input_cache_read=0),
    }

    def usage(log: EvalLog) -> Usage:
        header = read_eval_log(log.location, header_only=True)
        return result_of(header, read_samples(header), prices).usage

    first, again = usage(world.run()), usage(world.run())
    n, questions = len(world.notes()), len(world.provider.of("reader")) // 2
    assert first.summaries
    assert first.summaries.cost == pytest.approx(n * 200 * 5 / 1e6)
    counts = first.summaries.asked, first.summaries.kept, first.summaries.unusable
    assert counts == (n, 0, 0)
    assert first.summaries.tokens["total_tokens"] == 202 * n
    assert first.tokens["total_tokens"] == 202 * (n + questions)
    assert first.cost == pytest.approx(n * 200 * 5 / 1e6 + questions * 200 * 5 / 1e6)
    assert f"{n} asked for" in summaries_text(first.summaries)

    assert again.summaries == SummaryUsage(tokens={}, cost=0.0, asked=0, kept=n, unusable=0)
    assert again.cost == pytest.approx(questions * 200 * 5 / 1e6)
    assert summaries_text(again.summaries).endswith(f"{n} kept from earlier at no cost")
    plain = usage(world.run(solver=llm_no_cot(), model_roles=None))
    assert plain.summaries is None


def test_a_summary_that_states_an_outcome_of_a_test_row_is_caught(world: World) -> None:
    told = f"Knock-down of {PERTS[1]} changes {GENES[1]} significantly."
    world.note = lambda gene, part, nth: world.provider.completion(
        f"A note on {gene}. {told if gene == PERTS[3] else ''}"
    )

    def audited(log: EvalLog) -> Check:
        header = read_eval_log(log.location, header_only=True)
        summaries = read_eval_log_sample_summaries(log.location)
        audit = Prompts(asked_again(header).audit)
        (check,) = checked_samples(header, summaries, [audit])
        return check

    caught = audited(world.run())
    assert caught.outcome == "fail", caught
    assert told.rstrip(".") in caught.said
    assert PERTS[3] in caught.said, "it is in the question whose gene it is told of"
    assert audited(world.run(solver=llm_no_cot(), model_roles=None)).outcome == "pass"


def test_an_honest_log_passes_the_checks_of_calls_and_outputs(world: World) -> None:
    for log in (world.run(), world.run(temperature=0.5)):
        (checked,) = check_runs([log.location]).runs
        found = {check.name: check for check in checked.checks}
        for name in ("header", "calls", "outputs", "answers", "evidence"):
            assert found[name].outcome == "pass", found[name]


@pytest.mark.slow
def test_a_second_process_asks_for_none(
    world: World,
    inspect: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "kept"))  # no INSPECT_* gets there

    def run() -> None:
        process = inspect(
            *("eval", "perturb_evals/perturbqa_de", "-T", "dataset=demo", "-T", "genes=2"),
            *("-T", "evidence=within", "--solver", "perturb_evals/llm_no_cot"),
            *("-S", "summaries=model", "--model", ASKED, "--model-role"),
            *(f"summarizer={SUMMARIZER}", "--log-dir", str(tmp_path / "logs")),
        )
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said

    run()
    once = world.notes()
    assert once
    assert set(once.values()) == {1}
    run()
    assert world.notes() == once
