"""What one label of a perturbation names: a gene, or why it is none.

A label is read beside all others of its file, as what is a gene there tells a joined name from a
symbol with a hyphen.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from perturb_evals.datasets.genes.guides import is_tag, stems
from perturb_evals.datasets.genes.words import clean, is_control, is_date, is_nothing, is_number

if TYPE_CHECKING:
    from perturb_evals.datasets.genes.ncbi import Aliases

Exclusion = Literal["combination", "nothing", "other_control", "date", "number"]
EXCLUSIONS: tuple[Exclusion, ...] = get_args(Exclusion)

MOST_GUIDES = 12
"""More labels with one stem that is no known gene are a numbered series, not its guides."""

SHORTEST_SYNONYM = 3
"""Letters of a former name that may be a part of a joined name: shorter ones mean anything."""

_HARD = re.compile(
    r"(?:[+|,;&/~>\\^=\u00b7\uff0b\uff0c\uff1b\uff5c]|--+|::|__+|[\s_](?:and|plus|x|vs)[\s_])\s*",
    re.I,
)
"""What no symbol contains, so that it parts two names."""

_BETWEEN, _BETWEEN_ALL = r"[_ :]+", r"[_ :-]+"
_ENDS = "-_. "
_SOFT = ("_", " ", ":", "-", ".")
_STRAND = re.compile(r"_[+-]_(?=\d)")
_BESIDE_A_GENE = re.compile(r"[A-Z][A-Z0-9.]*(?:-[A-Z0-9]+)?-(?:AS|BT|DT|IT|NB|OT)\d*")
"""RNA genes have the name of the gene that they lie beside or within: TP53-AS1, GATA3-DT."""
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*")


@dataclass(frozen=True)
class Label:
    """What a label names.

    Attributes:
        text: The label, without blanks around it.
        name: How the perturbation is called: the text without a control that is joined to it.
        gene: The gene it names, as it is written in the label; empty where it is left out.
        left_out: Why it is not asked about; None for a gene.
    """

    text: str
    name: str
    gene: str
    left_out: Exclusion | None = None


class KnownGenes:
    """What is known to be a gene: by the table, by the readout genes, as a label of its own."""

    def __init__(
        self, texts: Sequence[str], symbols: Iterable[str], aliases: "Aliases | None"
    ) -> None:
        self.aliases = aliases
        self.written = set(map(clean, symbols))
        self.symbols = {symbol.casefold() for symbol in self.written}
        self.alone: set[str] = set()
        self.n_labels: Counter[str] = Counter()
        for text in dict.fromkeys(texts):
            names = [part for part in _parts(text) if not (is_nothing(part) or is_control(part))]
            # A label that is no guide's and no joined name is a gene's, since it is asked about.
            if len(names) == 1 and _PLAIN.fullmatch(names[0]):
                self.alone.add(names[0].casefold())
                self.written.add(names[0])
            self.n_labels.update({stem.name.casefold() for name in names for stem in stems(name)})

    def whole(self, name: str) -> bool:
        """Whether a label as a whole is a gene's symbol or another name of one."""
        key = name.casefold()
        return key in self.symbols or (
            self.aliases is not None and bool(self.aliases.gene_ids(name))
        )

    def current(self, name: str) -> bool:
        """Whether a name is a current symbol, or that of a gene that is read out."""
        return name.casefold() in self.symbols or (
            self.aliases is not None and self.aliases.is_current(name)
        )

    def sure(self, name: str) -> bool:
        """Whether a part is a gene's symbol letter by letter, and not only in another case."""
        return len(name) > 1 and (
            name in self.written
            or (name == name.upper() and self.aliases is not None and self.aliases.is_current(name))
        )

    def part(self, name: str) -> bool:
        """Whether a part of a label is a gene's name."""
        if self.current(name) or name.casefold() in self.alone:
            return True
        return len(name) >= SHORTEST_SYNONYM and self.whole(name)

    def shared(self, stem: str) -> bool:
        """Whether some labels, but no long series of them, have a stem in common."""
        return 1 < self.n_labels[stem.casefold()] <= MOST_GUIDES


class LabelReader:
    """Reads the labels of one file, see `read`.

    Args:
        known: What is a gene.
        control: How the user calls the control, cleaned.
    """

    def __init__(self, known: KnownGenes, control: str | None) -> None:
        self._known, self._control = known, control

    def read(self, text: str) -> Label:
        """Return what a clean label names."""
        # Whatever they may be an alias of: nobody perturbs NAN, RFP or NT3 under that name.
        if is_nothing(text):
            return Label(text, text, "", "nothing")
        parts = _parts(text)
        if self._is_named(text) or (len(parts) == 1 and is_control(text)):
            return Label(text, text, "", "other_control")
        if self._known.current(text) or _BESIDE_A_GENE.fullmatch(text):
            return Label(text, text, text)
        if is_date(text):
            return Label(text, text, "", "date")
        if is_number(text):
            return Label(text, text, "", "number")
        if len(parts) > 1:
            return self._of_parts(text, parts)
        return self._softly(text)

    def _of_parts(self, text: str, parts: list[str]) -> Label:
        """Read a label of several parts, each a name, a control, nothing, or a tag of a guide."""
        names = [part for part in parts if not self._is_other(part)]
        # P1 and g2 are guides beside a gene's name, and names where there is no other.
        untagged = [name for name in names if self._known.current(name) or not is_tag(name)]
        names = untagged or names
        genes = {self._gene(name).casefold(): self._gene(name) for name in names}
        if len(genes) > 1:
            return Label(text, text, "", "combination")
        if not genes:
            only_controls = all(map(self._is_control, parts))
            return Label(text, text, "", "other_control" if only_controls else "nothing")
        (gene,) = genes.values()
        if reason := self.read(names[0]).left_out:
            return Label(text, text, "", reason)
        tagged = len({name for name in parts if not self._is_other(name)}) > 1
        return Label(text, text if tagged else names[0].strip(_ENDS), gene)

    def _softly(self, text: str) -> Label:
        """Read a label without what parts names for sure."""
        gene, sure = self._gene(text), self._sure(re.split(_BETWEEN, text))
        joined = self._sure(re.split(_BETWEEN_ALL, text)) if re.search(_BETWEEN, text) else []
        if len(sure) > 1 or (len(joined) > 1 and not self._known.whole(gene)):
            return Label(text, text, "", "combination")
        for gap in _SOFT:
            if gap not in gene or self._known.whole(gene):
                continue
            parts = [part for part in gene.split(gap) if part]
            names = [
                self._gene(part) for part in parts if not (self._is_other(part) or is_tag(part))
            ]
            if not names or len(parts) < 2 or not all(map(self._known.part, names)):
                continue
            if len({name.casefold() for name in names}) > 1:
                return Label(text, text, "", "combination")
            others = [part for part in parts if self._is_other(part)]
            if others and self._known.sure(names[0]):
                return Label(text, names[0] if len(parts) == 2 else text, names[0])
        return Label(text, text, sure[0] if gene == text and sure else gene)

    def _sure(self, parts: Iterable[str]) -> list[str]:
        """Return the parts of a label that are symbols as they are written, each once."""
        found: dict[str, str] = {}
        for part in parts:
            if self._known.sure(part) and not (is_tag(part) or self._is_other(part)):
                found.setdefault(part.casefold(), part)
        return list(found.values())

    def _gene(self, name: str) -> str:
        """Return the gene of a name: without what says which guide, where that can be told."""
        name = name.strip(_ENDS)
        if self._known.whole(name):
            return name
        proposed = list(stems(name))
        for stem in proposed:
            if self._known.current(stem.name) or (stem.sure and self._known.whole(stem.name)):
                return stem.name
        for stem in proposed:
            if stem.name.casefold() in self._known.alone:
                return stem.name
        for stem in reversed(proposed):
            if stem.sure and self._known.shared(stem.name):
                return stem.name
        return name

    def _is_named(self, text: str) -> bool:
        return self._control is not None and text.casefold() == self._control.casefold()

    def _is_control(self, text: str) -> bool:
        return self._is_named(text) or is_control(text)

    def _is_other(self, part: str) -> bool:
        return is_nothing(part) or self._is_control(part)


def _parts(text: str) -> list[str]:
    """Part a label by what no symbol contains."""
    marked = _STRAND.sub("_strand_", text)  # its sign parts nothing
    parts = map(str.rstrip, _HARD.split(marked))
    return [part.replace("_strand_", "_+_") for part in parts if part]
