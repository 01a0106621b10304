"""A model that falls into every trap of naming neighbors, over the wire.

For each target the server plays one trap, and the test knows what it said. The run has to end, no
perturbation may be lost, and everything counted must be what was sent.
"""

import gzip
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import inspect_ai
import pytest
from inspect_ai.log import (
    EvalLog,
    EvalSampleSummary,
    list_eval_logs,
    read_eval_log,
    read_eval_log_sample_summaries,
)

from perturb_evals.datasets.screens.benchmark import expression_benchmark
from perturb_evals.tasks.langpert import langpert

QUESTION = re.compile(r"^Target gene: (\S+)$", re.MULTILINE)
LISTED = re.compile(r"^Genes with a measured knock-down \(\d+\):\n(.*)$", re.MULTILINE)
INVENTED = ("ZNFAKE7", "QXR12", "KINOME1B", "LOC00P3")


@dataclass(frozen=True)
class Saying:
    """What the server says to one target, and what must come of it.

    Attributes:
        texts: Its replies, the last one again and again.
        neighbors: Those that must be averaged.
        counts: What must be counted, all else being zero.
        finish: Why the first reply ended.
        thinking: Reasoning that comes beside the first reply.
    """

    texts: tuple[str, ...]
    neighbors: tuple[str, ...]
    counts: dict[str, Any] = field(default_factory=dict)
    finish: str = "stop"
    thinking: str | None = None


def answer(*names: Any, **more: Any) -> str:
    return json.dumps({"reasoning": "They share a complex.", **more, "kNN": list(names)})


@dataclass
class World:
    """What the server knows: the symbols of a screen, and other names of theirs."""

    perturbations: tuple[str, ...]
    newer: dict[str, str]

    def say(self, trap: str, target: str, listed: list[str]) -> Saying:
        """Return what a trap is for a target, given the candidates that the prompt lists."""
        rng = random.Random(f"{trap}/{target}")
        good = tuple(rng.sample(listed, 14))
        five = good[:5]
        match trap:
            case "plain":
                return Saying((answer(*five),), five, {"n_given": 5})
            case "thinking beside":
                draft = f"Perhaps {answer(*good[6:9])}? No."
                return Saying((answer(*five),), five, {"n_given": 5}, thinking=draft)
            case "thinking inside":
                text = f"<think>Perhaps {answer(*good[6:9])}? No.</think>\n{answer(*five)}"
                return Saying((text,), five, {"n_given": 5})
            case "nothing but thinking":
                text = f"<think>Perhaps {answer(*good[6:9])}?</think>\nMany genes are alike."
                return Saying((text,), (), {"fallback": "no_list", "reasks": 2})
            case "draft in prose":
                text = f"A first thought is {answer(*good[6:9])}.\nBetter: {answer(*five)}"
                return Saying((text,), five, {"n_given": 5})
            case "echo before":
                text = f'{{"reasoning": "...", "kNN": ["...", "..."]}}\n{answer(*five)}'
                return Saying((text,), five, {"n_given": 5})
            case "echo behind":
                text = f'{answer(*five)}\nIn the form {{"reasoning": "...", "kNN": ["...", "..."]}}'
                return Saying((text,), five, {"n_given": 5})
            case "fence":
                return Saying((f"```json\n{answer(*five)}\n```",), five, {"n_given": 5})
            case "trailing commas":
                text = answer(*five).replace("]}", ",],}")
                return Saying((text,), five, {"n_given": 5})
            case "small key":
                return Saying((answer(*five).replace("kNN", "knn"),), five, {"n_given": 5})
            case "one string":
                text = json.dumps({"reasoning": "Alike.", "kNN": ", ".join(five)})
                return Saying((text,), five, {"n_given": 5})
            case "bare list":
                return Saying((json.dumps(five),), five, {"n_given": 5, "read": "list"})
            case "cut off":
                text = answer(*five).rpartition(f'"{five[3]}"')[0] + f'"{five[3]}'
                return Saying((text,), five[:3], {"n_given": 3, "read": "cut_off"}, finish="length")
            case "cut off early":
                texts = ('{"reasoning": "The target is a part of', answer(*five))
                return Saying(texts, five, {"n_given": 5, "reasks": 1}, finish="length")
            case "prose":
                text = f"Knock-downs of {good[0]} and {good[1]} may look alike."
                return Saying((text,), (), {"fallback": "no_list", "reasks": 2})
            case "prose, then good":
                texts = ("I would have to think about it.", answer(*five))
                return Saying(texts, five, {"n_given": 5, "reasks": 1})
            case "nothing":
                return Saying(("",), (), {"fallback": "no_list", "reasks": 2})
            case "empty list":
                return Saying((answer(),), (), {"fallback": "empty_list", "reasks": 2})
            case "some invented":
                names = (INVENTED[0], *five[:2], INVENTED[1], *five[2:])
                return Saying((answer(*names),), five, {"n_given": 7, "dropped_invented": 2})
            case "all invented":
                counts = {"n_given": 4, "dropped_invented": 4}
                return Saying(
                    (answer(*INVENTED),), (), {**counts, "fallback": "none_usable", "reasks": 2}
                )
            case "a test perturbation":
                unlisted = sorted(set(self.perturbations) - {target, *listed})
                names = (*five[:3], rng.choice(unlisted), *five[3:])
                return Saying((answer(*names),), five, {"n_given": 6, "dropped_invented": 1})
            case "the target":
                names = (target, *five)
                return Saying((answer(*names),), five, {"n_given": 6, "dropped_target": 1})
            case "only the target":
                texts = (answer(target), answer(*five))
                return Saying(texts, five, {"n_given": 5, "reasks": 1})
            case "duplicates":
                names = (five[0], *five, five[2], five[1].lower())
                return Saying((answer(*names),), five, {"n_given": 8, "dropped_duplicate": 3})
            case "fourteen":
                counts = {"n_given": 14, "dropped_over_limit": 4}
                return Saying((answer(*good),), good[:10], counts)
            case "small letters":
                by_case = sum(name != name.lower() for name in five)
                names = (name.lower() for name in five)
                return Saying((answer(*names),), five, {"n_given": 5, "by_case": by_case})
            case "newer names":
                old = tuple(rng.sample([name for name in listed if name in self.newer], 2))
                names = (good[0], *(self.newer[name] for name in old))
                kept = tuple(dict.fromkeys((good[0], *old)))
                counts = {"n_given": 3, "by_alias": 2}
                if good[0] in old:
                    counts = {"n_given": 3, "by_alias": 1, "dropped_duplicate": 1}
                return Saying((answer(*names),), kept, counts)
            case "nothing but newer names":
                old = tuple(rng.sample([name for name in listed if name in self.newer], 3))
                names = (self.newer[name] for name in old)
                return Saying((answer(*names),), old, {"n_given": 3, "by_alias": 3, "reasks": 2})
            case "the target's newer name":
                if target not in self.newer:
                    return self.say("plain", target, listed)
                names = (self.newer[target], *five)
                return Saying((answer(*names),), five, {"n_given": 6, "dropped_target": 1})
        raise AssertionError(trap)


TRAPS = (
    "plain",
    "thinking beside",
    "thinking inside",
    "nothing but thinking",
    "draft in prose",
    "echo before",
    "echo behind",
    "fence",
    "trailing commas",
    "small key",
    "one string",
    "bare list",
    "cut off",
    "cut off early",
    "prose",
    "prose, then good",
    "nothing",
    "empty list",
    "some invented",
    "all invented",
    "a test perturbation",
    "the target",
    "only the target",
    "duplicates",
    "fourteen",
    "small letters",
)
WITH_ALIASES = ("newer names", "nothing but newer names", "the target's newer name")


def test_the_demo_screen(provider: Any, tmp_path: Path) -> None:
    """Two models: one whose provider takes a schema without heeding it, one that refuses it."""
    run = expression_benchmark("demo", fold=0)
    targets = run.split.folds[0].test
    game = Game(World(run.screen.perturbations, {}), TRAPS, targets)
    provider.kinds.append((QUESTION, game.reply(provider)))
    inspect_ai.eval(
        langpert("demo", fold=0),
        model=[f"openai-api/local/{model}" for model in ("takes-schema", "refuses-schema")],
        log_dir=str(tmp_path / "logs"),
        display="none",
        log_realtime=False,
        score_display=False,
    )
    logs = {log.eval.model.rpartition("/")[2]: log for log in read_logs(tmp_path)}
    for model, log in logs.items():
        assert_counted(log, game.said[model], len(targets))
        assert_wire(provider, model, game.said[model])
    with_schema = {
        model: [call.reply.status for call in provider.of(model) if asks_for_schema(call)]
        for model in logs
    }
    assert with_schema["refuses-schema"] == [400]
    assert with_schema["takes-schema"] == [200] * len(provider.of("takes-schema"))


@pytest.mark.slow
def test_the_1092_perturbations_of_the_k562_screen(
    provider: Any, inspect: Callable[..., Any], tmp_path: Path, real_data: Path
) -> None:
    screen = real_data / "screens" / "replogle_k562_pc9_surrogate.h5ad"
    run = expression_benchmark(str(screen))
    perturbations = run.screen.perturbations
    newer = newer_names(real_data / "genes" / "Homo_sapiens.gene_info.gz", perturbations)
    assert newer["AARS"] == "AARS1"
    assert len(newer) > 10
    traps = TRAPS + WITH_ALIASES
    game = Game(World(perturbations, newer), traps, perturbations, dict.fromkeys(newer, traps[-1]))
    provider.kinds.append((QUESTION, game.reply(provider)))
    task = ("perturb_evals/langpert", "-T", f"screen={screen}", "-T", "cell_line=k562")
    model = ("--model", "openai-api/local/refuses-schema", "--max-connections", "20")
    # Without what Inspect does for those who look on, a third of the time.
    started = inspect("eval", *task, *model, "--no-log-realtime", "--no-score-display")
    said, _ = started.communicate(timeout=300)
    assert started.returncode == 0, said
    (log,) = read_logs(tmp_path)
    assert len(perturbations) == 1092
    assert_counted(log, game.said["refuses-schema"], 1092)
    assert_wire(provider, "refuses-schema", game.said["refuses-schema"])
    assert sum(map(asks_for_schema, provider.of("refuses-schema"))) == 1


class Game:
    """Chooses a trap for each target, and keeps what was said by model.

    Args:
        world: What the server knows.
        traps: The traps, played in turn.
        targets: The perturbations that will be asked about.
        chosen: Targets with a trap of their own.
    """

    def __init__(
        self,
        world: World,
        traps: tuple[str, ...],
        targets: tuple[str, ...],
        chosen: dict[str, str] | None = None,
    ) -> None:
        self.world = world
        in_turn = {target: traps[place % len(traps)] for place, target in enumerate(targets)}
        self.trap_of = in_turn | (chosen or {})
        assert set(self.trap_of.values()) == set(traps)
        self.said: defaultdict[str, dict[str, Saying]] = defaultdict(dict)

    def reply(self, provider: Any) -> Callable[..., Any]:
        """Return what answers the nth call for a target."""

        def reply(model: str, body: dict[str, Any], asked: tuple[str], nth: int, index: int) -> Any:
            (target,) = asked
            if "response_format" in body and model == "refuses-schema":
                return provider.error(400, "response_format is not for this model")
            listed = LISTED.search(body["messages"][0]["content"])[1].split(", ")
            saying = self.world.say(self.trap_of[target], target, listed)
            self.said[model][target] = saying
            turn = len(body["messages"]) // 2
            sent = provider.completion(saying.texts[min(turn, len(saying.texts) - 1)])
            choice = sent.body["choices"][0]
            if turn == 0:
                choice["finish_reason"] = saying.finish
                if saying.thinking:
                    choice["message"]["reasoning_content"] = saying.thinking
            return sent

        return reply


def newer_names(gene_info: Path, symbols: tuple[str, ...]) -> dict[str, str]:
    """Return today's symbols of those that are only a synonym by now, read in the plainest way."""
    current, former = set(), defaultdict(set)
    with gzip.open(gene_info, "rt", encoding="utf-8") as lines:
        names = next(lines).rstrip("\n").split("\t")
        for line in lines:
            row = dict(zip(names, line.rstrip("\n").split("\t"), strict=True))
            if row["#tax_id"] == "9606":
                official = row["Symbol_from_nomenclature_authority"]
                current |= {row["Symbol"], official}
                for synonym in row["Synonyms"].split("|"):
                    former[synonym].add(row["Symbol"])
    upper = {symbol.upper() for symbol in current}
    one = {s: min(former[s]) for s in symbols if s.upper() not in upper and len(former[s]) == 1}
    twice = Counter(one.values())
    return {s: new for s, new in one.items() if twice[new] == 1 and new not in symbols}


def read_logs(folder: Path) -> list[EvalLog]:
    found = list_eval_logs(str(folder / "logs"))
    return [read_eval_log(log, header_only=True) for log in found]


def asks_for_schema(call: Any) -> bool:
    return "response_format" in call.body


COUNTED = (
    "fallback",
    "reasks",
    "n_given",
    "by_case",
    "by_alias",
    *(f"dropped_{why}" for why in ("invented", "ambiguous", "target", "duplicate", "over_limit")),
)


def assert_counted(log: EvalLog, said: dict[str, Saying], n: int) -> None:
    """Every perturbation was scored once, as the server's words to it must be, and so was all."""
    assert log.status == "success", log.error
    summaries = read_eval_log_sample_summaries(log.location)
    assert Counter(str(summary.metadata["pert"]) for summary in summaries) == Counter(list(said))
    assert len(said) == n
    for summary in summaries:
        saying, found = said[str(summary.metadata["pert"])], account(summary)
        assert found["neighbors"] == list(saying.neighbors), saying
        counted = {name: found[name] for name in COUNTED if name in found}
        if "fallback" in saying.counts:  # an answer without a name gives none
            counted = {name: value for name, value in counted.items() if value}
        expected = {name: value for name, value in saying.counts.items() if name in COUNTED}
        assert counted == {name: value for name, value in expected.items() if value}, saying
        if saying.neighbors:
            assert found["read"] == saying.counts.get("read", "object"), saying

    assert log.results is not None
    metrics = {name: metric.value for name, metric in log.results.scores[0].metrics.items()}
    counts = [saying.counts for saying in said.values()]

    def total(name: str) -> int:
        return sum(count.get(name, 0) for count in counts)

    assert metrics["n_perturbations"] == metrics["n_questions"] == n
    assert metrics["n_missing"] == 0
    for why in ("invented", "ambiguous", "target", "duplicate", "over_limit"):
        assert metrics[f"n_dropped_{why}"] == total(f"dropped_{why}"), why
    assert metrics["n_found_by_case"] == total("by_case") > 0
    assert metrics["n_found_by_alias"] == total("by_alias")
    assert metrics["n_reasks"] == total("reasks") > 0
    fallbacks = Counter(count["fallback"] for count in counts if "fallback" in count)
    assert metrics["fallback_rate"] == pytest.approx(fallbacks.total() / n)
    for reason in ("no_list", "empty_list", "none_usable"):
        assert metrics[f"n_fallback_{reason}"] == fallbacks[reason] > 0
    assert metrics["invented_rate"] == pytest.approx(total("dropped_invented") / total("n_given"))
    sizes = [len(saying.neighbors) for saying in said.values() if saying.neighbors]
    assert metrics["mean_k"] == pytest.approx(sum(sizes) / len(sizes))
    for form in ("list", "cut_off"):
        assert metrics[f"n_read_from_{form}"] == sum(c.get("read") == form for c in counts) > 0


def account(summary: EvalSampleSummary) -> dict[str, Any]:
    assert summary.scores is not None, summary.error
    found = summary.scores["expression"].metadata
    assert found is not None
    return found


def assert_wire(provider: Any, model: str, said: dict[str, Saying]) -> None:
    """A target was asked once and once more for every answer of no use, in one conversation."""
    calls = defaultdict(list)
    for call in provider.of(model, 200):
        calls[call.pair[0]].append(call.body["messages"])
    assert calls.keys() == said.keys()
    for target, conversations in calls.items():
        saying = said[target]
        assert len(conversations) == 1 + saying.counts.get("reasks", 0)
        for turn, messages in enumerate(conversations):
            assert [message["role"] for message in messages] == ["user", "assistant"] * turn + [
                "user"
            ]
            assert messages[: len(conversations[0])] == conversations[0]
        if saying.counts.get("fallback") == "none_usable":
            told = conversations[1][-1]["content"]
            assert all(json.dumps(name) in told for name in INVENTED)
