"""Evidence: the only door through which a solver sees labels, and only those of training rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, get_args

import pandas as pd

from perturb_evals.datasets.evidence import Evidence, EvidenceError
from perturb_evals.datasets.files.sources import DataError
from perturb_evals.datasets.pairs.load import CELL_LINES, SET_LINES, DatasetName, load_table
from perturb_evals.datasets.pairs.questions import KINDS, Kind

Track = Literal["none", "within", "cross"]
TRACKS: tuple[Track, ...] = get_args(Track)

# One screen cut into two tables by different splits: a perturbation that is tested in k562_set may
# be trained on in k562. (The reverse cannot leak: a table of gene sets is never read as evidence.)
SAME_SCREEN = {"k562_set": "k562"}


@dataclass(frozen=True)
class PairsEvidence(Evidence):
    """The training rows that one track allows for the questions of one table.

    Attributes:
        dataset: `perturbqa` or `demo`.
        cell_line: The evaluated cell line.
        kind: The evaluated kind of question.
        track: `none` (no rows), `within` (training rows of the evaluated line, both kinds), or
            `cross` (those and the training rows of other lines).
        lines: The lines that the track opens, of `lines_read`.
    """

    dataset: DatasetName
    cell_line: str
    kind: Kind
    track: Track
    lines: tuple[str, ...]

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any]) -> "PairsEvidence":
        """Return what a sample declares, see `Evidence`."""
        if "evidence" not in metadata:
            raise ValueError(
                "This solver answers yes/no questions; run it with perturbqa_de or "
                "perturbqa_direction."
            )
        lines = tuple(filter(None, metadata["evidence_lines"].split(",")))
        return pairs_evidence(
            metadata["dataset"],
            metadata["cell_line"],
            metadata["kind"],
            metadata["evidence"],
            lines,
        )

    def own(self, kind: Kind | None = None) -> pd.DataFrame:
        """Return the evaluated line's training rows: columns pert, gene, label.

        Args:
            kind: Which table of the line; the evaluated kind by default.

        Raises:
            EvidenceError: The track is `none`.
        """
        self._allow("within", "cross")
        return load_table(self.dataset, self.cell_line, kind or self.kind).split("train")

    def others(self, kind: Kind | None = None) -> pd.DataFrame:
        """Return the training rows of the other lines: columns line, pert, gene, label.

        Where another line is the same screen (`SAME_SCREEN`), a perturbation that is tested in
        the evaluated table is left out, whichever split it is in there.

        Args:
            kind: Which tables; the evaluated kind by default.

        Raises:
            EvidenceError: The track is not `cross`, or a line's table cannot be had.
        """
        self._allow("cross")
        kind = kind or self.kind
        names = [line for line in self.lines if line != self.cell_line]
        frames = {line: self._train_rows(line, kind) for line in names}
        twin = SAME_SCREEN.get(self.cell_line)
        if twin in frames:
            tested = self._tested_perturbations()
            frames[twin] = frames[twin][~frames[twin]["pert"].isin(tested)]
        return pd.concat(frames, names=["line"]).reset_index("line").reset_index(drop=True)

    def question_pairs(self) -> frozenset[tuple[str, str]]:
        """Return the (pert, gene) pairs of the test split: names to check a file against."""
        test = load_table(self.dataset, self.cell_line, self.kind).split("test")
        return frozenset(zip(test["pert"], test["gene"], strict=True))

    def _train_rows(self, line: str, kind: Kind) -> pd.DataFrame:
        try:
            return load_table(self.dataset, line, kind).split("train")
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
            for pert in load_table(self.dataset, self.cell_line, kind).split("test")["pert"]
        }

    def _allow(self, *tracks: Track) -> None:
        if self.track not in tracks:
            raise EvidenceError(
                f"This solver reads training rows that evidence={self.track} does not allow; "
                f"run the task with -T evidence={' or '.join(tracks)}."
            )


@lru_cache(maxsize=64)
def pairs_evidence(
    dataset: DatasetName, cell_line: str, kind: Kind, track: Track, lines: tuple[str, ...]
) -> PairsEvidence:
    """Return the evidence of one table and track; the same object for the same arguments."""
    return PairsEvidence(dataset, cell_line, kind, track, lines)


def lines_read(
    dataset: DatasetName, cell_line: str, track: Track, names: str | list[str] | None
) -> tuple[str, ...]:
    """Return the cell lines whose training rows a track opens.

    Gene-set tables are evidence for nothing but their own questions: their readouts are no genes.

    Args:
        dataset: `perturbqa` or `demo`.
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
            raise ValueError(f"evidence_lines goes with evidence=cross; got evidence={track}.")
        return () if track == "none" else (cell_line,)
    allowed = tuple(line for line in CELL_LINES[dataset] if line not in SET_LINES)
    wanted = names.split(",") if isinstance(names, str) else names
    if wanted is None:
        wanted = list(allowed)
    elif not isinstance(wanted, list):
        wanted = [wanted]
    wanted = [name.strip() if isinstance(name, str) else name for name in wanted]
    unknown = [name for name in wanted if name not in allowed]
    if unknown:
        raise ValueError(f"evidence_lines must be among {', '.join(allowed)}; got {unknown}.")
    others = tuple(line for line in allowed if line in wanted and line != cell_line)
    if not others:
        raise ValueError(f"evidence_lines names no line to read beside {cell_line}; got {wanted}.")
    return (cell_line, *others)
