"""Fixtures that several rooms share."""

import gc
import gzip
import hashlib
import logging
import os
import ssl
import sys
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib.metadata import packages_distributions
from inspect import signature
from itertools import product
from pathlib import Path
from typing import Any

import inspect_ai
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pytest
import zstandard
from hypothesis import settings
from inspect_ai import Task
from inspect_ai.log import EvalLog
from rich.console import Console

from perturb_evals.datasets.files import fetch
from perturb_evals.datasets.files.sources import SOURCES
from perturb_evals.datasets.pairs.evidence import PairsEvidence, pairs_evidence
from perturb_evals.datasets.pairs.load import FILE_SUFFIX, known_table
from perturb_evals.families.pairs import references
from perturb_evals.methods.factor_model import FactorModel, FactorSettings
from perturb_evals.methods.triples import Triples
from perturb_evals.solvers.pairs import factor_model
from perturb_evals.solvers.pairs.baselines import Predictor

# A busy machine is slow now and then; that is no failure. A fifth of the usual number of examples
# keeps the whole suite below five minutes.
settings.register_profile("house", deadline=None, max_examples=20)
settings.load_profile("house")

# Thousands of small runs make millions of short-lived objects, and all that is imported would be
# searched for cycles again and again.
COLLECT_AFTER = 20_000

REAL_DATA = os.environ.get("PERTURB_EVALS_DATA")

Tables = dict[tuple[str, str], pd.DataFrame]


def pytest_collection_finish() -> None:
    """Leave what was imported out of every search for cycles, and search less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 10, 10)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of one marked `each`, whose cases `pytest_pyfunc_call` gives it."""
    names = [name for mark in metafunc.definition.iter_markers("each") for name in _names(mark)]
    if names:
        metafunc.parametrize(names, [pytest.param(*([None] * len(names)), id="each")])


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test marked `each` for all its cases, and tell all those that fail.

    `each` is written as `parametrize` is. To manage a test takes five milliseconds, many times as
    long as some thousands of our cases, and they share what fixtures make.
    """
    marks = list(pyfuncitem.iter_markers("each"))
    if not marks:
        return None
    given = {name: pyfuncitem.funcargs[name] for name in signature(pyfuncitem.obj).parameters}
    failed: list[tuple[dict[str, Any], BaseException]] = []
    cases = [dict(ChainMap(*case)) for case in product(*map(_cases, marks))]
    assert cases, "there is no case"
    for case in cases:
        try:
            pyfuncitem.obj(**given | case)
        except (Exception, pytest.fail.Exception) as error:
            failed.append((case, error))
        except pytest.skip.Exception as error:
            raise TypeError("One case of each cannot be skipped; use parametrize.") from error
    if failed:
        told = "\n".join(f"{case}: {error!r}"[:500] for case, error in failed[:20])
        said = f"{len(failed)} of {len(cases)} cases fail, the first as above:\n{told}"
        raise AssertionError(said) from failed[0][1]
    return True


def _names(mark: pytest.Mark) -> list[str]:
    names = mark.args[0]
    return [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)


def _cases(mark: pytest.Mark) -> Iterator[dict[str, Any]]:
    names = _names(mark)
    for case in mark.args[1]:
        values = case if len(names) > 1 else (case,)
        yield dict(zip(names, values, strict=True))


class Logged(logging.Handler):
    """The warnings that this package logged.

    pytest's own `caplog` is switched off (`-p no:logging`): it also writes down every step that
    Inspect traces, which takes a quarter of the time of a run.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def text(self) -> str:
        return "\n".join(record.getMessage() for record in self.records)


@pytest.fixture
def logged() -> Iterator[Logged]:
    """What the package logs during the test."""
    handler, logger = Logged(), logging.getLogger("perturb_evals")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_drawn_for_nobody() -> Iterator[None]:
    """Leave out what Rich would draw and nobody looks at.

    Inspect draws the panels of a run without a display too, on a console that is quiet: a third of
    the time of a small run. It records coloured tracebacks of errors for the viewer.
    """
    draw = Console.print

    def print_if_shown(console: Console, *objects: Any, **options: Any) -> None:
        thrown_away = getattr(console.file, "name", "") == os.devnull
        if not (thrown_away or (console.quiet and not console.record)):
            draw(console, *objects, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Console, "print", print_if_shown)
        yield


@pytest.fixture(scope="session", autouse=True)
def _installed_packages_are_listed_once() -> Iterator[None]:
    """Remember which distributions there are.

    Of a package that is installed to be edited, Inspect finds the distribution by reading the
    files of every installed one, in each run anew: half the time of a small run.
    """
    listed = packages_distributions
    listed_once = cache(listed)
    with pytest.MonkeyPatch.context() as patch:
        for module in list(sys.modules.values()):
            if getattr(module, "__dict__", {}).get("packages_distributions") is listed:
                patch.setattr(module, "packages_distributions", listed_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _nobody_looks_into_a_run() -> Iterator[None]:
    """Leave out the web server that Inspect starts in each run for those who would steer it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSPECT_EVAL_CTL_SERVER", "false")
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_thread_packs_a_sample() -> Iterator[None]:
    """Every member of a log, so every sample, would start twelve: half the time of a run."""
    make = zstandard.ZstdCompressor

    def make_alone(**options: Any) -> zstandard.ZstdCompressor:
        return make(**{**options, "threads": 0})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zstandard, "ZstdCompressor", make_alone)
        yield


@pytest.fixture(scope="session", autouse=True)
def _certificates_are_read_once() -> Iterator[None]:
    """Every client of a server on loopback would read those of all the world's authorities."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="session", autouse=True)
def _equal_rows_train_one_factor_model() -> Iterator[None]:
    """Train a baseline's factor model once for equal names, values and settings.

    Training is the longest part of many runs, and boards, mixtures and runs of one table ask for
    the same. What has other rows is trained anew, so a row that should not be read still shows.
    That training itself is repeatable is tested where the method is, in `tests/methods`.
    """
    make = factor_model.FactorModel
    trained: dict[bytes, FactorModel] = {}

    def train_once(rows: Triples, settings: FactorSettings) -> FactorModel:
        names = [list(index) for index in (rows.contexts, rows.perturbations, rows.readouts)]
        about = hashlib.sha256(repr((names, settings)).encode())
        for array in (rows.context, rows.perturbation, rows.readout, rows.value):
            about.update(array.tobytes())
        key = about.digest()
        if key not in trained:
            trained[key] = make(rows, settings)
        return trained[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(factor_model, "FactorModel", train_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _boards_learn_the_demo_world_once() -> Iterator[None]:
    """Fit the references of boards of the demo world once, as that world never changes."""

    def once(fit: Callable[..., Predictor]) -> Callable[..., Predictor]:
        known = cache(fit)

        def fit_once(evidence: PairsEvidence, **settings: str) -> Predictor:
            return (known if evidence.dataset == "demo" else fit)(evidence, **settings)

        return fit_once

    methods = tuple(replace(method, fit=once(method.fit)) for method in references.COMPUTED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(references, "COMPUTED", methods)
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the real tables, which the package reads too."""
    if not REAL_DATA:
        pytest.skip("PERTURB_EVALS_DATA is not set: it names the folder with the real tables")
    return Path(REAL_DATA).absolute()


@pytest.fixture
def put_tables(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Tables], Path]]:
    """Put tables into a mirror folder of their own, in the place of PerturbQA's.

    `put_tables({("k562", "de"): frame, ...})` writes them, sets the folder and the expected
    checksums, and returns the folder. Tables that are not given cannot be had: their addresses
    lead to a closed port of this machine. What the package keeps in its cache goes by contents, so
    that it is not made again for the next tables of a test.
    """
    kept = tmp_path_factory.mktemp("cache")

    def put(tables: Tables) -> Path:
        folder = tmp_path_factory.mktemp("mirror")
        (folder / "perturbqa").mkdir()
        for name, source in list(SOURCES.items()):
            monkeypatch.setitem(SOURCES, name, replace(source, url="http://127.0.0.1:9/" + name))
        for (line, kind), frame in tables.items():
            name = f"perturbqa/{line}-{FILE_SUFFIX[kind]}.csv"
            # Arrow writes a large table many times faster than pandas.
            rows = pa.Table.from_pandas(frame, preserve_index=False)
            pa.csv.write_csv(rows, str(folder / name))
            content = (folder / name).read_bytes()
            sha256 = hashlib.sha256(content).hexdigest()
            source = replace(SOURCES[name], sha256=sha256, size=len(content))
            monkeypatch.setitem(SOURCES, name, source)
        monkeypatch.setenv("PERTURB_EVALS_DATA", str(folder))
        monkeypatch.setenv("PERTURB_EVALS_CACHE", str(kept))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setattr(fetch, "RETRY_WAITS", ())
        forget()
        return folder

    def forget() -> None:
        known_table.cache_clear()
        pairs_evidence.cache_clear()

    yield put
    forget()


@pytest.fixture
def put_knowledge() -> Callable[..., str]:
    """Put into a mirror folder what is known of its genes: a graph's pairs, and NCBI's two files.

    `put_knowledge(folder, pairs, texts, synonyms)` returns the path of the graph. Of genes with a
    text, or a synonym, the symbol is a current one.
    """

    def put(
        folder: Path,
        pairs: Iterable[tuple[str, str]],
        texts: Mapping[str, str],
        synonyms: Mapping[str, str] | None = None,
    ) -> str:
        other_names = synonyms or {}
        columns = ["#tax_id", "GeneID", "Symbol", "Symbol_from_nomenclature_authority", "Synonyms"]
        columns += ["dbXrefs", "description", "Other_designations", "type_of_gene"]
        info, summary = ["\t".join(columns)], ["#tax_id\tGeneID\tSource\tSummary"]
        for number, gene in enumerate(sorted({*texts, *other_names}), start=1):
            other = other_names.get(gene, "-")
            info.append(f"9606\t{number}\t{gene}\t{gene}\t{other}\t-\t-\t-\tprotein-coding")
            summary.append(f"9606\t{number}\tRefSeq\t{texts.get(gene, '-')}")
        (folder / "genes").mkdir(exist_ok=True)
        for name, lines in (("Homo_sapiens.gene_info", info), ("gene_summary", summary)):
            content = gzip.compress("\n".join([*lines, ""]).encode(), mtime=0)
            (folder / "genes" / f"{name}.gz").write_bytes(content)
        graph = folder / "graph.csv"
        graph.write_text("\n".join(map(",".join, [("gene_a", "gene_b"), *pairs])), "utf-8")
        return str(graph)

    return put


@pytest.fixture
def evaluate(tmp_path: Path) -> Callable[..., EvalLog]:
    """Run one task for real, with a log in a temporary folder, and return the log.

    The model is `none/none`, which fails when it is asked, unless another one is given. What
    Inspect does for those who look on is left out, a tenth of the time, and all samples are begun
    at once and written together, a quarter of it.
    """

    def evaluate(task: Task, **options: Any) -> EvalLog:
        quick = {"display": "none", "log_realtime": False, "score_display": False}
        quick |= {"log_buffer": 1000, "max_samples": 1000}
        options = {"model": "none/none", "log_dir": str(tmp_path / "logs"), **quick, **options}
        (log,) = inspect_ai.eval(task, **options)
        return log

    return evaluate
