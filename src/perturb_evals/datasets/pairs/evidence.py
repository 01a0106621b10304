"""Evidence: the only door through which a solver sees labels, and only those of training rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple, get_args

import pandas as pd

from perturb_evals.datasets.errors import ArgumentError, DataError
from perturb_evals.datasets.evidence import Evidence, EvidenceError, NoRowsError
from perturb_evals.datasets.pairs.load import cell_lines, has_table, load_table
from perturb_evals.datasets.pairs.questions import KINDS, Kind, unseen_genes
from perturb_evals.datasets.pairs.table import TableError

Track = Literal["none", "within", "cross"]
TRACKS: tuple[Track, ...] = get_args(Track)

SETS = "_set"
"""How the name of a line of gene sets ends."""


class TrainingRow(NamedTuple):
    """A training row that a solver may read.

    Attributes:
        line: Its cell line.
        pert: Symbol of the knocked-down gene.
        gene: Symbol of the readout gene.
        label: 0 or 1.
    """

    line: str
    pert: str
    gene: str
    label: int


@dataclass(frozen=True)
class PairsEvidence(Evidence):
    """The training rows that one track allows for the questions of one table.

    Attributes:
        dataset: A dataset, as `named_dataset` gives it.
        cell_line: The evaluated cell line.
        kind: The evaluated kind of question.
        track: `none` (no rows), `within` (training rows of the evaluated line, both kinds), or
            `cross` (those and the training rows of other lines).
        lines: The lines that the track opens, of `lines_read`.
        unseen_seed: Under `holdout="both"` the seed of the readout genes whose rows are hidden, in
            every table and of both kinds; None where none are.
    """

    dataset: str
    cell_line: str
    kind: Kind
    track: Track
    lines: tuple[str, ...]
    unseen_seed: int | None = None

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any]) -> "PairsEvidence":
        """Return what a sample declares, see `Evidence`."""
        if "evidence" not in metadata:
            raise ArgumentError(
                "This solver answers yes/no questions; run it with perturbqa_de or "
                "perturbqa_direction."
            )
        lines = tuple(filter(None, metadata["evidence_lines"].split(",")))
        evidence = pairs_evidence(
            metadata["dataset"],
            metadata["cell_line"],
            metadata["kind"],
            metadata["evidence"],
            lines,
        )
        return evidence.hiding(metadata.get("unseen_seed"))

    @property
    def holdout_facts(self) -> dict[str, Any]:
        """What a log's header and samples say of unseen genes; empty where none are hidden."""
        return (
            {} if self.unseen_seed is None else {"holdout": "both", "unseen_seed": self.unseen_seed}
        )

    def hiding(self, unseen_seed: int | None) -> "PairsEvidence":
        """Return the same evidence without the rows of unseen genes, see `unseen_genes`.

        Args:
            unseen_seed: Seed of the genes; None hides nothing more.
        """
        if unseen_seed is None:
            return self
        return pairs_evidence(
            self.dataset, self.cell_line, self.kind, self.track, self.lines, unseen_seed
        )

    @cached_property
    def hidden_genes(self) -> frozenset[str]:
        """Names of the readout genes of which no training row may be read; none by default."""
        if self.unseen_seed is None:
            return frozenset()
        test = load_table(self.dataset, self.cell_line, self.kind).split("test")
        return unseen_genes(test, self.unseen_seed)

    def own(self, kind: Kind | None = None) -> pd.DataFrame:
        """Return the evaluated line's training rows: columns pert, gene, label.

        Args:
            kind: Which table of the line; the evaluated kind by default.

        Raises:
            EvidenceError: The track is `none`, or there are no such rows.
        """
        self._allow("within", "cross")
        return self._some(self._own_rows(kind or self.kind), self.cell_line, kind)

    def others(self, kind: Kind | None = None) -> pd.DataFrame:
        """Return the training rows of the other lines: columns line, pert, gene, label.

        Where another line is the same screen (`screen_of_sets`), a perturbation that is tested in
        the evaluated table is left out, whichever split it is in there. Of a user's own lines
        those count that have a table of the kind.

        Args:
            kind: Which tables; the evaluated kind by default.

        Raises:
            EvidenceError: The track is not `cross`, a line's table cannot be had, or there are no
                such rows.
        """
        self._allow("cross")
        others = ", ".join(line for line in self.lines if line != self.cell_line)
        return self._some(self._other_rows(kind or self.kind), others, kind)

    def opened(self) -> pd.DataFrame:
        """Return all rows of the evaluated kind that the track opens: line, pert, gene, label.

        The own line's come first, in the order of their table. Without other lines in reach, or
        rows there, the own ones are all.

        Raises:
            EvidenceError: The track is `none`, or the own line has no such rows.
        """
        rows = self.own().assign(line=self.cell_line)
        if self.track == "cross":
            rows = pd.concat([rows, self._other_rows(self.kind)], ignore_index=True)
        return rows[["line", "pert", "gene", "label"]]

    def open_pairs(self) -> frozenset[tuple[str, str]]:
        """Return the (pert, gene) pairs of all rows that the track opens, of both kinds.

        Raises:
            EvidenceError: A line's table cannot be had.
        """
        frames = []
        for kind in KINDS:
            frames += [self._own_rows(kind)] if self.track != "none" else []
            frames += [self._other_rows(kind)] if self.track == "cross" else []
        return frozenset(
            pair for rows in frames for pair in zip(rows["pert"], rows["gene"], strict=True)
        )

    def question_pairs(self) -> frozenset[tuple[str, str]]:
        """Return the (pert, gene) pairs of the test split: names to check a file against."""
        test = load_table(self.dataset, self.cell_line, self.kind).split("test")
        return frozenset(zip(test["pert"], test["gene"], strict=True))

    def _own_rows(self, kind: Kind) -> pd.DataFrame:
        if not has_table(self.dataset, self.cell_line, kind):
            return pd.DataFrame(columns=["pert", "gene", "label"])
        return self._seen(load_table(self.dataset, self.cell_line, kind).split("train"))

    def _other_rows(self, kind: Kind) -> pd.DataFrame:
        names = [line for line in self.lines if line != self.cell_line]
        names = [line for line in names if has_table(self.dataset, line, kind)]
        if not names:
            return pd.DataFrame(columns=["line", "pert", "gene", "label"])
        frames = {line: self._train_rows(line, kind) for line in names}
        twin = screen_of_sets(self.cell_line)
        if twin in frames:
            tested = self._tested_perturbations()
            frames[twin] = frames[twin][~frames[twin]["pert"].isin(tested)]
        rows = pd.concat(frames, names=["line"]).reset_index("line").reset_index(drop=True)
        return self._seen(rows)

    def _seen(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the rows without those of hidden genes."""
        if not self.hidden_genes:
            return rows
        return rows[~rows["gene"].isin(self.hidden_genes)].reset_index(drop=True)

    def _some(self, rows: pd.DataFrame, lines: str, kind: Kind | None) -> pd.DataFrame:
        if rows.empty:
            raise NoRowsError(
                f"This solver reads training rows of {kind or self.kind} questions for {lines}, "
                f"of which {self.dataset} has none"
                f"{' for genes that are not hidden' if self.hidden_genes else ''}."
            )
        return rows

    def _train_rows(self, line: str, kind: Kind) -> pd.DataFrame:
        try:
            return load_table(self.dataset, line, kind).split("train")
        except TableError:
            raise  # a bad table is no missing line
        except DataError as error:
            rest = [name for name in self.lines if name not in (line, self.cell_line)]
            way = f"Or do without the line {line}: -T evidence_lines={','.join(rest)}."
            if not rest:
                way = "Or name another line in -T evidence_lines."
            raise EvidenceError(f"{error}\n{way} The log records which lines were read.") from error

    def _tested_perturbations(self) -> set[str]:
        """Names, never labels, of the perturbations in the evaluated line's test split."""
        return {
            pert
            for kind in KINDS
            if has_table(self.dataset, self.cell_line, kind)
            for pert in load_table(self.dataset, self.cell_line, kind).split("test")["pert"]
        }

    def _allow(self, *tracks: Track) -> None:
        if self.track not in tracks:
            raise EvidenceError(
                f"This solver reads training rows that evidence={self.track} does not allow; "
                f"run the task with -T evidence={' or '.join(tracks)}."
            )


def screen_of_sets(cell_line: str) -> str | None:
    """Return the line whose screen a line of gene sets reads in another way; None for others.

    The two are one screen cut into two tables by different splits: a perturbation that is tested in
    `k562_set` may be trained on in `k562`. (The reverse cannot leak: a table of gene sets is never
    read as evidence.)
    """
    return cell_line.removesuffix(SETS) if cell_line.endswith(SETS) else None


@lru_cache(maxsize=64)
def pairs_evidence(
    dataset: str,
    cell_line: str,
    kind: Kind,
    track: Track,
    lines: tuple[str, ...],
    unseen_seed: int | None = None,
) -> PairsEvidence:
    """Return the evidence of one table and track; the same object for the same arguments."""
    return PairsEvidence(dataset, cell_line, kind, track, lines, unseen_seed)


def lines_read(
    dataset: str, cell_line: str, track: Track, names: str | list[str] | None
) -> tuple[str, ...]:
    """Return the cell lines whose training rows a track opens.

    Gene-set tables are evidence for nothing but their own questions: their readouts are no genes.

    Args:
        dataset: A dataset, as `named_dataset` gives it.
        cell_line: The evaluated line.
        track: `none` opens no line, `within` the evaluated one, `cross` also the lines named.
        names: For `cross`, lines in a list or separated by commas; None means all of the dataset.
            The evaluated line may be among them if it is a line of genes.

    Raises:
        ValueError: Names without `cross`, a name that is no line of genes of the dataset, or no
            line beside the evaluated one.
    """
    if track != "cross":
        if names is not None:
            raise ArgumentError(f"evidence_lines goes with evidence=cross; got evidence={track}.")
        return () if track == "none" else (cell_line,)
    allowed = tuple(line for line in cell_lines(dataset) if screen_of_sets(line) is None)
    wanted = names.split(",") if isinstance(names, str) else names
    if wanted is None:
        wanted = list(allowed)
    elif not isinstance(wanted, list):
        wanted = [wanted]
    wanted = [name.strip() if isinstance(name, str) else name for name in wanted]
    unknown = [name for name in wanted if name not in allowed]
    if unknown:
        raise ArgumentError(f"evidence_lines must be among {', '.join(allowed)}; got {unknown}.")
    others = tuple(line for line in allowed if line in wanted and line != cell_line)
    if not others:
        raise ArgumentError(
            f"evidence_lines names no line to read beside {cell_line}; got {wanted}."
        )
    return (cell_line, *others)
