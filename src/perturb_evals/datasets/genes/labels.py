"""One look at the labels of perturbations, whichever way they came in.

A label is what a file calls a perturbation. The look says which gene it names, or why it is left
out, and which labels are one and the same gene, so that a gene is never trained on and tested under
two names. A current symbol wins over every suspicion (but AAVS1, where controls are aimed at).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, get_args

from perturb_evals.datasets.genes.guides import is_tag, stems
from perturb_evals.datasets.genes.words import (
    CALLED_LIKE_A_CONTROL,
    clean,
    is_control,
    is_date,
    is_nothing,
    is_number,
)

if TYPE_CHECKING:
    from perturb_evals.datasets.genes.ncbi import Aliases

Reason = Literal["combination", "nothing", "other_control", "date", "number"]
REASONS: tuple[Reason, ...] = get_args(Reason)

MOST_GUIDES = 12
"""More labels with one stem that is no known gene are a numbered series, not its guides."""

SHORTEST_SYNONYM = 3
"""Letters of a former name that may be a part of a joined name: shorter ones mean anything."""

SHOWN = 3
"""So many labels stand in a remark as examples."""

_HARD = re.compile(r"\s*(?:[+|,;&/]|--+|::|__+|\s(?:and|plus|x)\s)\s*", re.I)
"""What no symbol contains, so that it parts two names."""

_SOFT = ("_", " ", ":", "-", ".")
_STRAND = re.compile(r"_[+-]_(?=\d)")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_ENSEMBL = re.compile(r"ENS[A-Z]*G\d{6,}(?:\.\d+)?")


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
    left_out: Reason | None = None


@dataclass(frozen=True)
class Look:
    """What a look at all labels found.

    Attributes:
        labels: In the order of the labels that were given, for each what it names.
        same_gene: Groups of two names or more that are one gene, each sorted, the groups too.
        aliases_known: Whether names were compared with a table of aliases.
    """

    labels: tuple[Label, ...]
    same_gene: tuple[tuple[str, ...], ...]
    aliases_known: bool

    @cached_property
    def left_out(self) -> dict[Reason, tuple[str, ...]]:
        """The labels that are left out by reason, in their order, each once."""
        found: defaultdict[Reason, dict[str, None]] = defaultdict(dict)
        for label in self.labels:
            if label.left_out is not None:
                found[label.left_out][label.text] = None
        return {reason: tuple(found[reason]) for reason in REASONS if reason in found}

    @cached_property
    def genes(self) -> dict[str, str]:
        """The gene that each name denotes, of the names that are kept."""
        return {label.name: label.gene for label in self.labels if label.left_out is None}

    @property
    def refusal(self) -> str:
        """Why nothing can be asked about such labels; empty where it can."""
        numbers = self.left_out.get("number", ())
        n = len({label.text for label in self.labels})
        if 2 * len(numbers) <= n:
            return ""
        return (
            f"expected symbols of the perturbed genes, got numbers in {len(numbers):,} of {n:,} "
            f"labels ({examples(numbers)}), as of rows, clusters or Entrez ids"
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is odd about the labels, in sentences."""
        said = [
            f"{_counted(texts, 'label')} {ABOUT[reason][len(texts) == 1]}: {examples(texts)}."
            for reason, texts in self.left_out.items()
        ]
        if self.same_gene:
            groups = [" = ".join(group[:SHOWN]) for group in self.same_gene]
            n = len(groups)
            said.append(
                f"{n:,} {'gene stands' if n == 1 else 'genes stand'} under several names, which "
                f"are kept in one fold: {examples(groups)}."
            )
        if like := sorted(CALLED_LIKE_A_CONTROL & self.genes.keys()):
            said.append(f"{examples(like)} is taken for the gene of that name, not for a control.")
        ids = [name for name in self.genes if _ENSEMBL.fullmatch(name)]
        if ids:
            said.append(
                f"{_counted(ids, 'perturbation')} named by Ensembl ids ({examples(ids)}): models "
                "and graphs know symbols."
            )
        return tuple(said)


ABOUT: Mapping[Reason, tuple[str, str]] = {
    "combination": ("name several genes", "names several genes"),
    "nothing": ("name no perturbation", "names no perturbation"),
    "other_control": ("name another control", "names another control"),
    "date": (
        "are dates, which a spreadsheet makes of symbols such as MARCH1",
        "is a date, which a spreadsheet makes of symbols such as MARCH1",
    ),
    "number": ("are numbers, not symbols", "is a number, not a symbol"),
}
"""What labels that are left out do: of several, and of one."""


def look_at(
    labels: Iterable[str],
    *,
    control: str | None = None,
    symbols: Iterable[str] = (),
    aliases: "Aliases | None" = None,
) -> Look:
    """Look at all labels of a file.

    Args:
        labels: As the file writes them; the control that a user named is best left out before.
        control: How the control is called: `A+<control>` means A, as do its usual names.
        symbols: Symbols known otherwise, such as of the genes that are read out.
        aliases: NCBI's table. Without it names are compared with each other, in any case, and with
            `symbols`, but aliases cannot be.
    """
    texts = [clean(label) for label in labels]
    known = _Known(texts, symbols, aliases)
    reader = _Reader(known, None if control is None else clean(control))
    found = {text: reader.read(text) for text in dict.fromkeys(texts)}
    kept = {label.name: label.gene for label in found.values() if label.left_out is None}
    return Look(
        tuple(found[text] for text in texts),
        _same_gene(kept, aliases),
        aliases is not None,
    )


def examples(names: Sequence[str], n: int = SHOWN) -> str:
    """Return the first names in quotes, and how many more there are."""
    more = f" and {len(names) - n:,} more" if len(names) > n else ""
    return ", ".join(map(repr, names[:n])) + more


def oddities(names: Iterable[str]) -> str:
    """Say which names of a file's genes are none; empty where all may be.

    For files that are used for what they know, such as graphs and embeddings.
    """
    of = {"words for nothing": is_nothing, "dates": is_date, "numbers": is_number}
    distinct = list(dict.fromkeys(map(clean, names)))
    found = {what: [name for name in distinct if test(name)] for what, test in of.items()}
    said = [f"{len(odd):,} {what} ({examples(odd)})" for what, odd in found.items() if odd]
    return f"among its {len(distinct):,} genes are {', '.join(said)}." if said else ""


def _parts(text: str) -> list[str]:
    """Part a label by what no symbol contains."""
    marked = _STRAND.sub("_strand_", text)  # its sign parts nothing
    return [part.replace("_strand_", "_+_") for part in _HARD.split(marked) if part]


def _counted(names: Sequence[str], what: str) -> str:
    return f"{len(names):,} {what}{'' if len(names) == 1 else 's'}"


class _Known:
    """What is known to be a gene: by the table, by the readout genes, as a label of its own."""

    def __init__(
        self, texts: Sequence[str], symbols: Iterable[str], aliases: "Aliases | None"
    ) -> None:
        self.aliases = aliases
        self.symbols = {clean(symbol).casefold() for symbol in symbols}
        self.alone: set[str] = set()
        self.n_labels: Counter[str] = Counter()
        for text in dict.fromkeys(texts):
            names = [part for part in _parts(text) if not (is_nothing(part) or is_control(part))]
            # A label that is no guide's and no joined name is a gene's, since it is asked about.
            if len(names) == 1 and _PLAIN.fullmatch(names[0]):
                self.alone.add(names[0].casefold())
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

    def part(self, name: str) -> bool:
        """Whether a part of a label is a gene's name."""
        if self.current(name) or name.casefold() in self.alone:
            return True
        return len(name) >= SHORTEST_SYNONYM and self.whole(name)

    def shared(self, stem: str) -> bool:
        """Whether some labels, but no long series of them, have a stem in common."""
        return 1 < self.n_labels[stem.casefold()] <= MOST_GUIDES


class _Reader:
    def __init__(self, known: _Known, control: str | None) -> None:
        self._known, self._control = known, control

    def read(self, text: str) -> Label:
        # Whatever they may be an alias of: nobody perturbs NAN, RFP or NT3 under that name.
        if is_nothing(text):
            return Label(text, text, "", "nothing")
        parts = _parts(text)
        if self._is_named(text) or (len(parts) == 1 and is_control(text)):
            return Label(text, text, "", "other_control")
        if self._known.current(text):
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
        return Label(text, text if tagged else names[0], gene)

    def _softly(self, text: str) -> Label:
        """Read a label without what parts names for sure."""
        gene = self._gene(text)
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
            if len(names) < len(parts):
                return Label(text, names[0], names[0])
        return Label(text, text, gene)

    def _gene(self, name: str) -> str:
        """Return the gene of a name: without what says which guide, where that can be told."""
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


def _same_gene(genes: Mapping[str, str], aliases: "Aliases | None") -> tuple[tuple[str, ...], ...]:
    """Group the names that denote one gene: in any case, or by NCBI's id."""
    group_of: dict[str, set[str]] = {}
    by_key: dict[object, set[str]] = {}
    for name in sorted(genes):
        gene = genes[name]
        keys: list[object] = [gene.casefold()]
        if aliases is not None:
            keys += aliases.gene_ids_of_label(gene)
        group = {name}
        for key in keys:
            group |= by_key.get(key, set())
        for member in group:
            group_of[member] = group
        for key in keys:
            by_key[key] = group
        for key, old in by_key.items() if len(group) > 1 else ():
            if old & group:
                by_key[key] = group
    groups = {tuple(sorted(group)) for group in group_of.values() if len(group) > 1}
    return tuple(sorted(groups))
