"""What libraries write around a gene's name: the guide, the promoter, an id, the kind of edit.

`GATA1_sg1`, `SPI1_pDS255`, `10005_AARS_P1_ENSG00000090861`, `sgMYC`, `TP53 KO`. What comes off is
only proposed here: whether the rest is a gene, the look at all labels decides.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MOST_TAGS = 5
"""So many are taken off one label."""

_STEM = re.compile(r"[A-Za-z][\w.@-]*")
_SERIES_WORDS = """
gene genes pert perts perturbation perturbations guide guides sg sgrna grna target targets
label class cluster group sample condition row cell cells compound drug treatment feature
barcode batch rep replicate p g x
"""
_SERIES = frozenset(_SERIES_WORDS.split())
"""Names of series, such as guide_1, guide_2: no gene is called so."""

_CLEAR = (
    r"(?:sgrna|grna|crrna|shrna|sirna|guide|oligo|sg|gd|sh|si|g|rep|replicate)[-_. ]?\d+[a-z]?"
    r"|guide[-_ ]?[a-z0-9]+"
    r"|(?-i:p[A-Z]{1,3}\d{1,4})"  # plasmids: pDS255, pBA123, pMJ158
    r"|p1|p2|p1p2|ps\d*"  # promoters
    r"|ens[a-z]*[gt]\d{6,}(?:\.\d+)?"
    r"|[acgtun]{15,}"  # a protospacer
    r"|[+-][-_]\d[\d.]*(?:-p\w+)?"  # strand and place: +_70323219.23-P1P2
    r"|ko|kd|oe|crispr[iadn]?|crispr-?ko|knock-?(?:out|down)|overexpression"
)
# A gap is looked for where it begins, and not at each of its letters.
_GAP = r"(?<![-_.|:;,/ #(])(?P<gap>[-_.|:;,/ #(]+)"
_TAIL = re.compile(rf"(?P<stem>.+?){_GAP}(?:{_CLEAR})\)?", re.I)
_COUNT = re.compile(rf"(?P<stem>.+?){_GAP}(?:\d{{1,5}}[a-z]?|[a-f])\)?", re.I)
_HEAD = re.compile(
    r"(?:\d+_(?=[A-Za-z])"  # a number of a library before
    r"|(?:sg|sh|si|cr|g)(?:RNA)?[-_ :]*(?=[A-Z0-9])"  # in small letters before a symbol
    r"|(?:guide|target|gene|KO|KD|CRISPR[iadn]?)[-_ :]+"
    r"|ENS[A-Z]*G\d{6,}(?:\.\d+)?[-_|: ]+)(?P<stem>.+)"
)
_TAG = re.compile(rf"(?:{_CLEAR}|\d{{1,5}}[a-z]?)", re.I)


class Stem(NamedTuple):
    """What is left of a label, and whether only what no symbol has came off.

    A symbol may end in `-1` or `.1` (NKX2-1, AC118549.1), but not in `_1` or `_sg1`.
    """

    name: str
    sure: bool


def is_tag(text: str) -> bool:
    """Whether a part of a label names a guide, promoter or kind of edit, and no gene."""
    return bool(_TAG.fullmatch(text))


def stems(label: str) -> Iterator[Stem]:
    """Give what may be the gene of a clean label, the longest first, without the label itself."""
    name, sure = label, True
    for _ in range(MOST_TAGS):
        if (found := _HEAD.fullmatch(name)) or (found := _TAIL.fullmatch(name)):
            name = found["stem"]
        elif found := _COUNT.fullmatch(name):
            name, sure = found["stem"], sure and not set(found["gap"]) <= {"-", "."}
        else:
            return
        if _STEM.fullmatch(name) and name.casefold() not in _SERIES:
            yield Stem(name, sure)
