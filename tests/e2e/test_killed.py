"""`kill -9` at random moments: nothing is lost, nothing half-written, nothing answered asked again.

What needs no language model runs in a fork of this process, which begins at once; `inspect eval` is
started as users start it. The fast suite kills each twice, the slow one fifty times together.
"""

import contextlib
import io
import json
import os
import random
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import inspect_ai
import pytest
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from perturb_evals.cli.main import main
from perturb_evals.datasets.files.checksums import sha256_of
from perturb_evals.datasets.files.sources import SOURCES
from perturb_evals.datasets.genes import texts
from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.leaderboard.results.result import Result
from perturb_evals.solvers.pairs.baselines import constant, gene_frequency
from perturb_evals.tasks.perturbqa import perturbqa_de

GENES, CONNECTIONS = 8, 4
MODEL = "openai-api/local/label"
FILES = ("genes/Homo_sapiens.gene_info.gz", "genes/gene_summary.gz", "perturbqa/k562-de.csv")
TEXTS = {f"G{n:03d}": f"word{n % 90} of kind{n % 7}" for n in range(360)}


@dataclass
class Kills:
    """How many processes were killed while they worked, and how many had ended before."""

    hit: int = 0
    missed: int = 0


def run_in_fork(work: Callable[[], object]) -> int:
    """Begin some work in another process, quietly, and return its id."""
    if process := os.fork():
        return process
    try:
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (1, 2):
            os.dup2(quiet, stream)
        sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
        work()
    finally:
        os._exit(0)


def seconds_of(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    os.waitpid(run_in_fork(work), 0)
    return time.monotonic() - begun


def kill_at(work: Callable[[], object], after: float, kills: Kills) -> None:
    process = run_in_fork(work)
    time.sleep(after)
    os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status):
        kills.hit += 1
    else:
        kills.missed += 1


def told(*arguments: str) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert main([*arguments]) == 0
    return said.getvalue()


def contents(folder: Path) -> dict[str, bytes]:
    """Files by name, but for the parts that a killed process leaves under names of their own."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.parts)
    }


@pytest.fixture
def server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put_knowledge: Callable[..., str]
) -> Any:
    """A server with data files, which sends them slowly; the package's sources lead to it."""
    (tmp_path / "served" / "perturbqa").mkdir(parents=True)
    put_knowledge(tmp_path / "served", [], TEXTS)
    table = "pert,gene,label,split\n" + "P,G,1,train\n" * 90_000
    (tmp_path / "served" / FILES[2]).write_text(table, "utf-8")

    class Slowly(SimpleHTTPRequestHandler):
        def copyfile(self, source: Any, outputfile: Any) -> None:
            with contextlib.suppress(OSError):
                while piece := source.read(1 << 16):
                    time.sleep(0.004)
                    outputfile.write(piece)

        def log_message(self, *_: Any) -> None:
            pass

    served = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Slowly, directory=str(tmp_path / "served"))
    )
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    for name in FILES:
        url = f"http://127.0.0.1:{served.server_address[1]}/{name}"
        sha256 = sha256_of(tmp_path / "served" / name) if name.endswith(".csv") else None
        monkeypatch.setitem(SOURCES, name, replace(SOURCES[name], url=url, sha256=sha256))
    monkeypatch.delenv("PERTURB_EVALS_DATA", raising=False)
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield tmp_path / "served"
    served.shutdown()
    served.server_close()
    thread.join(timeout=10)


def fetch_killed(server: Path, moments: int, seed: int) -> Kills:
    kills, draw, cache = Kills(), random.Random(seed), server.parent / "cache"

    def work() -> None:
        main(["data", "fetch", *FILES])

    length = seconds_of(work)
    for _ in range(moments):
        shutil.rmtree(cache)
        kill_at(work, draw.uniform(0, length), kills)
        for name, content in contents(cache).items():  # whole, or not there
            if not name.endswith(".sha256"):
                assert content == (server / name).read_bytes(), name
        told("data", "fetch", *FILES)
        found = {name: content for name, content in contents(cache).items() if name in FILES}
        assert found == {name: (server / name).read_bytes() for name in FILES}
    return kills


def cache_killed(server: Path, moments: int, seed: int, logged: Any) -> Kills:
    kills, draw, cache = Kills(), random.Random(seed), server.parent / "cache"
    os.environ["PERTURB_EVALS_DATA"] = str(server)  # set back with the fixture's

    def made() -> list[Any]:
        texts._vectors.cache_clear()
        texts._words.cache_clear()
        words, vectors = texts.gene_words(), texts.text_vectors(4)
        return [words.symbols, words.weights.toarray().tolist(), vectors.matrix.tolist()]

    fresh = made()
    shutil.rmtree(cache)
    length = seconds_of(made)
    for _ in range(moments):
        shutil.rmtree(cache, ignore_errors=True)
        kill_at(made, draw.uniform(0, length), kills)
        assert made() == fresh
        assert made() == fresh
    assert "cannot be" not in logged.text  # what was half-written never had its name
    return kills


def results_killed(logs: Path, moments: int, seed: int) -> Kills:
    kills, draw, folder = Kills(), random.Random(seed), logs.parent / "results"

    def work() -> None:
        main(["results", str(logs), "-o", str(folder)])

    length = seconds_of(work)
    fresh = contents(folder)
    assert len(fresh) == len(list(logs.iterdir()))
    for _ in range(moments):
        if draw.random() < 0.5:
            shutil.rmtree(folder, ignore_errors=True)
        before = contents(folder)
        kill_at(work, draw.uniform(0, length), kills)
        found = contents(folder)
        assert before.items() <= found.items() <= fresh.items()  # nothing lost, nothing half
        for content in found.values():
            Result.model_validate_json(content)
    work()
    assert contents(folder) == fresh
    return kills


def site_killed(logs: Path, moments: int, seed: int) -> Kills:
    kills, draw, folder = Kills(), random.Random(seed), logs.parent / "site"

    def work() -> None:
        main(["leaderboard", str(logs), "--site", str(folder)])

    length = seconds_of(work)
    fresh = sorted(contents(folder))
    assert "index.html" in fresh
    for _ in range(moments):
        kill_at(work, draw.uniform(0, length), kills)
        assert sorted(contents(folder)) == fresh
    work()
    assert sorted(contents(folder)) == fresh
    return kills


def curve_killed(folder: Path, moments: int, seed: int) -> Kills:
    kills, draw = Kills(), random.Random(seed)
    logs, stem = folder / "logs", folder / "curve"
    runs = ["--screen", "demo", "--solver", "mean_effect", "--sizes", "10,14", "--log-dir"]

    def work() -> None:
        main(["curve", *runs, str(logs), "-o", str(stem)])

    def figures() -> str:
        return told("curve", *runs, str(logs), "-o", str(stem)).partition(str(stem))[0]

    length = seconds_of(work)
    fresh = figures()
    for _ in range(moments):
        shutil.rmtree(logs)
        for file in folder.glob("curve.*"):
            file.unlink()
        kill_at(work, draw.uniform(0, length), kills)
        done = [log.name for log in list_eval_logs(str(logs)) if of(log.name).status == "success"]
        assert figures() == fresh
        for name in done:  # what was finished stands, and is not repeated
            assert of(name).status == "success"
        again = Counter(of(log.name).eval.task_args["n_train"] for log in list_eval_logs(str(logs)))
        assert set(again) == {10, 14}
        finished = Counter(
            header.eval.task_args["n_train"]
            for header in map(of, (log.name for log in list_eval_logs(str(logs))))
            if header.status == "success"
        )
        assert finished == {10: 1, 14: 1}
        assert (folder / "curve.svg").read_text("utf-8").rstrip().endswith("</svg>")
    return kills


def of(log: str) -> EvalLog:
    return read_eval_log(log, header_only=True)


def evaluation_killed(
    provider: Any, inspect: Callable[..., Any], folder: Path, moments: int, seed: int
) -> list[int]:
    """Return how many questions were asked again after each kill: those in flight alone."""
    draw, again = random.Random(seed), []
    rows = pairs_benchmark("de", "demo", genes=GENES).rows
    every = Counter((row.pert, row.gene) for row in rows.itertuples())
    flags = ("--max-connections", str(CONNECTIONS), "--max-samples", str(CONNECTIONS))
    for n in range(moments):
        provider.calls.clear()
        logs = folder / f"logs{n}"
        task = ("perturb_evals/perturbqa_de", "-T", "dataset=demo", "-T", f"genes={GENES}")
        run = inspect("eval", *task, "--model", MODEL, *flags, "--log-dir", str(logs))
        wanted, end = draw.randrange(1, len(every)), time.monotonic() + 120
        while len(provider.calls) < wanted and time.monotonic() < end:
            assert run.poll() is None, run.communicate()[0]
            time.sleep(0.002)
        time.sleep(draw.uniform(0, 0.05))
        run.kill()
        run.communicate(timeout=30)
        (killed,) = list_eval_logs(str(logs))
        status = of(killed.name).status  # whole enough to be read, whenever it was
        before = provider.asked("label")
        if status == "success":
            continue
        (resumed,) = inspect_ai.eval_retry(killed.name, log_dir=str(logs), display="none")
        assert resumed.status == "success"
        whole = read_eval_log(resumed.location).samples
        assert whole is not None
        pairs = Counter((sample.metadata["pert"], sample.metadata["gene"]) for sample in whole)
        assert pairs == every
        twice = provider.asked("label") - every
        assert set(twice) <= set(before)
        assert set(twice.values()) <= {1}
        assert len(twice) <= CONNECTIONS
        again.append(len(twice))
    return again


@pytest.fixture
def logs(tmp_path: Path, evaluate: Callable[..., EvalLog]) -> Path:
    folder = tmp_path / "made"
    for solver in (constant(), gene_frequency()):
        evaluate(perturbqa_de(dataset="demo", genes=5), solver=solver, log_dir=str(folder))
    return folder


FEW = 2


def test_a_killed_download(server: Path) -> None:
    fetch_killed(server, FEW, seed=1)


def test_a_killed_build_of_the_cache(server: Path, logged: Any) -> None:
    cache_killed(server, FEW, seed=1, logged=logged)


def test_killed_results(logs: Path) -> None:
    results_killed(logs, FEW, seed=1)


@pytest.mark.slow
def test_fifty_random_moments(
    server: Path,
    logs: Path,
    provider: Any,
    inspect: Callable[..., Any],
    tmp_path: Path,
    logged: Any,
) -> None:
    seed = int(os.environ.get("KILL_SEED", "0"))
    (tmp_path / "curves").mkdir()
    said = {
        "data fetch": fetch_killed(server, 10, seed),
        "cache": cache_killed(server, 10, seed, logged),
        "results": results_killed(logs, 7, seed),
        "site": site_killed(logs, 6, seed),
        "curve": curve_killed(tmp_path / "curves", 7, seed),
    }
    again = evaluation_killed(provider, inspect, tmp_path, 10, seed)
    print(json.dumps({name: vars(kills) for name, kills in said.items()}), "asked again:", again)
    # Some moments come after the end on a machine that is quicker than it was.
    assert sum(kills.hit for kills in said.values()) >= 25
