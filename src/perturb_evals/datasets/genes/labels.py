"""One look at the labels of perturbations, whichever way they came in.

A label is what a file calls a perturbation. The look says which gene it names, or why it is left
out, and which labels are one and the same gene, so that a gene is never trained on and tested under
two names. A current symbol wins over every suspicion (but AAVS1, where controls are aimed at).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from perturb_evals.datasets.genes.label import EXCLUSIONS, Exclusion, KnownGenes, Label, LabelReader
from perturb_evals.datasets.genes.words import (
    CALLED_LIKE_A_CONTROL,
    clean,
    is_date,
    is_nothing,
    is_number,
)

if TYPE_CHECKING:
    from perturb_evals.datasets.genes.ncbi import Aliases

SHOWN = 3
"""So many labels stand in a remark as examples."""

_ENSEMBL = re.compile(r"ENS[A-Z]*G\d{6,}(?:\.\d+)?")


@dataclass(frozen=True)
class Look:
    """What a look at all labels found.

    Attributes:
        labels: In the order of the labels that were given, for each what it names.
        same_gene: Groups of two names or more that are one gene, each sorted, the groups too.
        one_fold: The same, and with them former names of several genes, one of which stands there
            under its symbol: they may be one gene, and to keep too many together costs little.
    """

    labels: tuple[Label, ...]
    same_gene: tuple[tuple[str, ...], ...]
    one_fold: tuple[tuple[str, ...], ...]

    @cached_property
    def left_out(self) -> dict[Exclusion, tuple[str, ...]]:
        """The labels that are left out by reason, in their order, each once."""
        found: defaultdict[Exclusion, dict[str, None]] = defaultdict(dict)
        for label in self.labels:
            if label.left_out is not None:
                found[label.left_out][label.text] = None
        return {reason: tuple(found[reason]) for reason in EXCLUSIONS if reason in found}

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
        if same := {*self.same_gene}:
            groups = [" = ".join(group[:SHOWN]) for group in self.same_gene]
            n = len(groups)
            said.append(
                f"{n:,} {'gene stands' if n == 1 else 'genes stand'} under several names, which "
                "stay on one side of every split (intervals count each name as a perturbation): "
                f"{examples(groups)}."
            )
        if unclear := [" ? ".join(group[:SHOWN]) for group in sorted({*self.one_fold} - same)]:
            said.append(
                "Former names of several genes, kept on one side with those that they may be: "
                f"{examples(unclear)}."
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


ABOUT: Mapping[Exclusion, tuple[str, str]] = {
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
    known = KnownGenes(texts, symbols, aliases)
    reader = LabelReader(known, None if control is None else clean(control))
    found = {text: reader.read(text) for text in dict.fromkeys(texts)}
    kept = {label.name: label.gene for label in found.values() if label.left_out is None}
    return Look(
        tuple(found[text] for text in texts),
        _same_gene(kept, aliases),
        _same_gene(kept, aliases, unclear=True),
    )


def examples(names: Sequence[str]) -> str:
    """Return the first names in quotes, and how many more there are."""
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(map(repr, names[:SHOWN])) + more


def odd_names(names: Iterable[str]) -> str:
    """Say which names of a file's genes are none; empty where all may be.

    For files that are used for what they know, such as graphs and embeddings.
    """
    of = {"words for nothing": is_nothing, "dates": is_date, "numbers": is_number}
    distinct = list(dict.fromkeys(map(clean, names)))
    found = {what: [name for name in distinct if test(name)] for what, test in of.items()}
    said = [f"{len(odd):,} {what} ({examples(odd)})" for what, odd in found.items() if odd]
    return f"among its {len(distinct):,} genes are {', '.join(said)}." if said else ""


def _counted(names: Sequence[str], what: str) -> str:
    return f"{len(names):,} {what}{'' if len(names) == 1 else 's'}"


def _same_gene(
    genes: Mapping[str, str], aliases: "Aliases | None", *, unclear: bool = False
) -> tuple[tuple[str, ...], ...]:
    """Group the names that denote one gene: in any case, or by NCBI's id; see `Look`."""
    first: dict[str, str] = {}

    def root(name: str) -> str:
        while first.setdefault(name, name) != name:
            first[name] = name = first[first[name]]
        return name

    current = {
        gene_id
        for name in genes.values()
        if aliases is not None and aliases.is_current(name)
        for gene_id in aliases.gene_ids(name)
    }
    by_key: dict[object, str] = {}
    for name in sorted(genes):
        keys: list[object] = [genes[name].casefold()]
        if aliases is not None:
            found = aliases.gene_ids_of_label(genes[name])
            if unclear and not found:
                found = tuple(set(aliases.gene_ids(genes[name])) & current)
            keys += found
        for key in keys:
            first[root(name)] = root(by_key.setdefault(key, name))
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(genes):
        groups[root(name)].append(name)
    return tuple(sorted(tuple(group) for group in groups.values() if len(group) > 1))
