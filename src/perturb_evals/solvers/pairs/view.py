"""What a model is shown of a question: as it is, or under a control that takes something away.

A control tells what an answer rests on. It is the same question with the same truth, shown in
another way, so what a system loses by it is what it had of that: of names, of who regulates whom,
of the cell line, of the outcomes that it read. A control is marked in the protocol and is no
system.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, get_args

from perturb_evals.datasets.demo.world import DEMO_CELL_LINE_DESCRIPTIONS, SIMULATED
from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.options import one_of
from perturb_evals.datasets.pairs.evidence import SETS, TrainingRow
from perturb_evals.solvers.pairs.anonymised import without_names
from perturb_evals.solvers.pairs.prompts import CELL_LINE_DESCRIPTIONS, describe

Control = Literal["anonymised", "swapped", "wrong_line", "shuffled_evidence"]
CONTROLS: tuple[Control, ...] = get_args(Control)


def check_control(control: object, reads_rows: bool = True) -> None:
    """Check an argument that names a control.

    Args:
        control: One of `CONTROLS`, or None for none.
        reads_rows: Whether the solver shows training rows, whose outcomes can be shuffled.

    Raises:
        ArgumentError: Another value, or shuffled_evidence without any evidence.
    """
    if control is None:
        return
    known = CONTROLS if reads_rows else CONTROLS[:-1]
    one_of("control", control, known)


class View:
    """How one question, and what goes with it, is shown.

    Args:
        about: Metadata of the sample.
        control: One of `CONTROLS`; None shows all as it is.

    Attributes:
        pair: Perturbation and gene of the question, as they stand in the table.
        pert: The knocked-down gene, as it is called, and gene the readout: under `swapped` the two
            have changed places, under `anonymised` they are codes.
        symbols: The symbols of those two, in the same order.
        line: The description of the cell line; under `wrong_line` of another one.
        codes: Under `anonymised` the code of each symbol that was shown so far, by symbol.
        control: The control, or None.
    """

    def __init__(self, about: Mapping[str, Any], control: Control | None = None) -> None:
        self._control = control
        if control == "swapped" and str(about["cell_line"]).endswith(SETS):
            raise ArgumentError(
                "control=swapped takes the readout for the gene that is knocked down, and the "
                f"readouts of {about['cell_line']} are sets of genes. Ask about a line of genes."
            )
        self._question = f"{about['cell_line']}/{about['kind']}/{about['pert']}>{about['gene']}"
        self._real = about.get("dataset") not in SIMULATED
        self.codes: dict[str, str] = {}
        self.control = control
        self.pair = str(about["pert"]), str(about["gene"])
        self.symbols = self.roles(*self.pair)
        self.pert, self.gene = map(self.name, self.symbols)
        line, opened = str(about["cell_line"]), str(about.get("evidence_lines", "")).split(",")
        self.line = describe(another_line(line, opened) if control == "wrong_line" else line)

    @property
    def is_swapped(self) -> bool:
        """Whether perturbations and genes are shown in each other's place."""
        return self._control == "swapped"

    def name(self, symbol: str) -> str:
        """Return what a gene is called; the same at every call."""
        if self._control != "anonymised":
            return symbol
        return self.codes.setdefault(symbol, f"G{len(self.codes) + 1:03d}")

    def symbol(self, name: str) -> str:
        """Return the gene that is called so; a name that was never shown as it is."""
        return next((symbol for symbol, code in self.codes.items() if code == name), name)

    def text(self, symbol: str, text: str) -> str:
        """Return what is said of a gene, as it is shown: under `anonymised` without names.

        Args:
            symbol: The gene.
            text: What is said of it.

        Raises:
            DataError: Names are to be replaced, and a file of NCBI's cannot be had.
        """
        if self._control != "anonymised":
            return text
        return without_names(text, symbol, self.name, list(self.codes), self._real)

    def rows(self, rows: Iterable[TrainingRow]) -> list[TrainingRow]:
        """Return rows as they are shown, in their order.

        Under `shuffled_evidence` their outcomes are dealt out anew among them, the same way for
        the same question in every epoch.
        """
        rows = list(rows)
        labels = [row.label for row in rows]
        if self._control == "shuffled_evidence":
            rng = random.Random(self._question)
            # Python promises to keep the stream of random(), not what shuffle() makes of it.
            labels = sorted(labels, key=lambda _: rng.random())
        shown = []
        for row, label in zip(rows, labels, strict=True):
            pert, gene = map(self.name, self.roles(row.pert, row.gene))
            shown.append(TrainingRow(row.line, pert, gene, label))
        return shown

    def roles(self, pert: str, gene: str) -> tuple[str, str]:
        """Return the two genes of a pair in the roles that they are shown in."""
        return (gene, pert) if self.is_swapped else (pert, gene)


def another_line(cell_line: str, opened: Sequence[str] = ()) -> str:
    """Return the line whose description `wrong_line` shows: the next one of those described.

    Of a line that is not described here, such as a user's own, the first that is.

    Args:
        cell_line: The evaluated line.
        opened: Lines whose rows may be shown, each by its name, which would contradict the
            description: another one is taken where there is one.
    """
    simulated = cell_line in DEMO_CELL_LINE_DESCRIPTIONS
    known = DEMO_CELL_LINE_DESCRIPTIONS if simulated else CELL_LINE_DESCRIPTIONS
    texts = list(dict.fromkeys(known.values()))
    own = known.get(cell_line)
    place = texts.index(own) + 1 if own in texts else 0
    in_turn = [text for text in [*texts[place:], *texts[:place]] if text != own]
    open_texts = {known.get(line) for line in opened}
    chosen = next((text for text in in_turn if text not in open_texts), in_turn[0])
    return next(line for line, text in known.items() if text == chosen)
