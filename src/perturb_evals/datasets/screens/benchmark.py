"""The folds of one LangPert run, from what a user typed."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

from perturb_evals.datasets.benchmark import Benchmark
from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.files.fetch import fetch
from perturb_evals.datasets.genes.ncbi import GENE_INFO
from perturb_evals.datasets.options import one_of, text, whole_number
from perturb_evals.datasets.screens.evidence import HASH, HeldOut, fold_of, split_of
from perturb_evals.datasets.screens.gears import GEARS_SCREENS
from perturb_evals.datasets.screens.load import ScreenRequest, load_screen
from perturb_evals.datasets.screens.screen import Screen
from perturb_evals.datasets.screens.splits import Split

AliasSource = Literal["ncbi", "none"]
_log = logging.getLogger(__name__)
ALIAS_SOURCES: tuple[AliasSource, ...] = get_args(AliasSource)


@dataclass(frozen=True)
class ExpressionBenchmark(Benchmark):
    """What one run holds out.

    Attributes:
        screen: The screen.
        split: All its folds.
        folds: The folds that are asked, with their repeats, in the order of the samples.
        subset: `all`, or how the training sets were cut, e.g. `100x3/seed0`.
        aliases: `ncbi` or `none`: whether names are also matched by their synonyms.
    """

    metric_version: ClassVar[int] = 2

    screen: Screen
    split: Split
    folds: tuple[HeldOut, ...]
    subset: str
    aliases: AliasSource

    @property
    def n_questions(self) -> int:
        """Number of (perturbation, repeat) pairs that are asked."""
        return sum(len(fold_of(held_out).test) for held_out in self.folds)

    @property
    def board(self) -> dict[str, Any]:
        """The parts of the board that the data fix."""
        numbers = sorted({held_out.fold for held_out in self.folds})
        every = len(numbers) == len(self.split.folds)
        return {
            "context": self.screen.name,
            "data": self.screen.fingerprint[:6],
            "split": self.split.sha256[:6],
            "fold": "all" if every else ",".join(map(str, numbers)),
            "train": self.subset,
            "rank": self.screen.order_kind,
        }

    @property
    def facts(self) -> dict[str, Any]:
        """What the log header says after the board."""
        screen = self.screen
        # Known screens have none: their facts stay what they were.
        odd = {} if screen.name in GEARS_SCREENS else {"remarks": list(screen.remarks)}
        return {
            "data_sha256": screen.fingerprint,
            "source_sha256": screen.source_sha256,
            "split_sha256": self.split.sha256,
            "cell_line": screen.cell_line,
            "n_questions": self.n_questions,
            "n_perturbations": len(screen.perturbations),
            "n_genes": len(screen.genes),
            "excluded": screen.excluded,
            "aliases": self.aliases,
            "source": str(screen.adata.uns["source"]),
            "licence": str(screen.adata.uns["licence"]),
            "citation": str(screen.adata.uns["citation"]),
            **{name: said for name, said in odd.items() if said},
        }


def expression_benchmark(
    screen: str = "replogle_k562",
    fold: int | str = "all",
    n_train: int | None = None,
    repeats: int = 1,
    seed: int = 0,
    split: str | None = None,
    perturbation_column: str | None = None,
    control: str | None = None,
    cell_line: str | None = None,
    aliases: str | None = None,
) -> ExpressionBenchmark:
    """Choose what a run holds out; the arguments are those of the task.

    Paths are made absolute, so that a log can be scored again from any folder.

    Raises:
        ArgumentError: An argument that is not allowed; the message says what was got and what is.
        ScreenError: Data that cannot be a screen.
        SplitError: A split that does not fit the screen.
        DataError: A file cannot be had.
    """
    if whole_number("repeats", repeats) < 1:
        raise ArgumentError(f"repeats must be 1 or more; got {repeats}.")
    if whole_number("seed", seed) < 0:
        raise ArgumentError(f"seed must be 0 or more; got {seed}.")
    if n_train is None and repeats > 1:
        raise ArgumentError(
            f"repeats={repeats} draws other training subsets, so it needs n_train; to ask a model "
            "several times use --epochs."
        )
    if n_train is None and seed != 0:
        raise ArgumentError(
            f"seed={seed} is that of the training subsets, so it needs n_train. The folds have no "
            "seed; other folds are a split file."
        )
    if n_train is not None:
        whole_number("n_train", n_train)
    names = one_of("aliases", aliases or ("none" if screen == "demo" else "ncbi"), ALIAS_SOURCES)
    for name, value in (
        ("perturbation_column", perturbation_column),
        ("control", control),
        ("cell_line", cell_line),
    ):
        if value is not None:
            text(name, value)
    request = ScreenRequest(_located(str(screen)), perturbation_column, control, cell_line)
    split = None if split is None else str(_absolute(str(split)))
    if names == "ncbi":
        # A file that cannot be had ends the run here, not in its middle; with it the look at the
        # labels compares aliases too.
        fetch(GENE_INFO)
    loaded = load_screen(request)
    for remark in loaded.remarks:
        _log.warning("%s: %s", loaded.name, remark)
    chosen = split_of(request, split)
    folds = tuple(
        HeldOut(
            request,
            split,
            number,
            repeat,
            n_train,
            seed,
            data=loaded.fingerprint[:HASH],
            folds=chosen.sha256[:HASH],
        )
        for number in _fold_numbers(fold, len(chosen.folds))
        for repeat in range(repeats)
    )
    for held_out in folds:
        fold_of(held_out)  # refuses an n_train that is too large
    subset = "all" if n_train is None else f"{n_train}x{repeats}/seed{seed}"
    return ExpressionBenchmark(loaded, chosen, folds, subset, names)


def _located(screen: str) -> str:
    """Return a known name as it is, and the absolute path of a file."""
    if screen == "demo" or screen in GEARS_SCREENS:
        return screen
    path = _absolute(screen)
    # What is not there is told as it was typed.
    return str(path) if path.is_file() else screen


def _absolute(path: str) -> Path:
    return Path(path).expanduser().absolute()


def _fold_numbers(fold: int | str, n_folds: int) -> range:
    if fold == "all":
        return range(n_folds)
    if isinstance(fold, bool) or not isinstance(fold, int) or not 0 <= fold < n_folds:
        raise ArgumentError(f"fold must be all, or from 0 to {n_folds - 1}; got {fold!r}.")
    return range(fold, fold + 1)
