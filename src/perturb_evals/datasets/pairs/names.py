"""The look at the names of a user's own table: perturbations, readout genes, one gene twice."""

import logging
from collections import defaultdict
from collections.abc import Callable

import pandas as pd

from perturb_evals.datasets.genes.label import Exclusion
from perturb_evals.datasets.genes.labels import ABOUT, Look, look_at
from perturb_evals.datasets.genes.ncbi import aliases_at_hand
from perturb_evals.datasets.genes.words import clean, is_date, is_nothing, is_number
from perturb_evals.datasets.pairs.table import TableError

_log = logging.getLogger(__name__)

REFUSED: tuple[Exclusion, ...] = ("nothing", "other_control", "date", "number")
"""What no question can be asked about. Joined names can be, and only are odd."""

SETS = "_set"
"""End of the name of a line whose readouts are sets of genes."""


def cleaned_names(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows with `pert` and `gene` cleaned; a line break stays, to be refused."""

    def one(name: str) -> str:
        return name if "\n" in name else clean(name)

    return frame.assign(
        **{
            column: frame[column].map({name: one(name) for name in frame[column].unique()})
            for column in ("pert", "gene")
        }
    )


def check_names(frame: pd.DataFrame, where: str, cell_line: str, *, header: bool = True) -> None:
    """Check that names are genes and that none is trained on and tested under two names.

    What is only odd, such as joined names, is warned of.

    Args:
        frame: Columns pert, gene, split; clean names.
        where: Name of the file, for the message.
        cell_line: Its line; the readouts of `<line>_set` may be called anything.
        header: Whether the file has a header, as line 1.

    Raises:
        TableError: A perturbation that is a word for nothing or for a control, a date or a number;
            such a readout gene, but for controls, as a reporter may be read out; or one gene in
            train and in test.
    """
    perts = list(frame["pert"].unique())
    genes = [] if cell_line.endswith(SETS) else list(frame["gene"].unique())
    look = look_at(perts, symbols=genes, aliases=aliases_at_hand())

    def refuse(column: str, name: str, why: str) -> None:
        at = int((frame[column] == name).to_numpy().argmax())
        place = f"line {at + 2}" if header else f"row {at + 1}"
        row = ",".join(map(str, frame.iloc[at]))
        raise TableError(f"{where}, {place}: {why} (row: {row})")

    for label in look.labels:
        if label.left_out in REFUSED:
            said = ABOUT[label.left_out][1]
            refuse(
                "pert",
                label.text,
                f"expected the symbol of a perturbed gene, got {label.text!r}, which {said}. "
                "Leave such rows out, or write the symbol.",
            )
    tests: dict[str, Callable[[str], bool]] = {
        "is a word for nothing": is_nothing,
        "is a date, which a spreadsheet makes of symbols such as MARCH1": is_date,
        "is a number, not a symbol": is_number,
    }
    for gene in genes:
        for what, test in tests.items():
            if test(gene):
                refuse(
                    "gene",
                    gene,
                    f"expected the symbol of a readout gene, got {gene!r}, which {what}.",
                )
    _check_split(frame, look, refuse)
    for remark in look.remarks:
        _log.warning("%s: %s", where, remark)


def _check_split(frame: pd.DataFrame, look: Look, refuse: Callable[[str, str, str], None]) -> None:
    split_of = dict(zip(frame["pert"], frame["split"], strict=True))
    texts_of: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for label in look.labels:
        texts_of[label.name][label.text] = None
    grouped = {name for group in look.same_gene for name in group}
    for group in (*look.same_gene, *((name,) for name in texts_of if name not in grouped)):
        texts = [text for name in group for text in texts_of[name]]
        tested = [text for text in texts if split_of[text] == "test"]
        trained = [text for text in texts if split_of[text] == "train"]
        if tested and trained:
            refuse(
                "pert",
                tested[0],
                f"{tested[0]} is tested and {trained[0]}, the same gene under another name, is "
                "trained on. Put both into one split",
            )
