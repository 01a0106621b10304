"""Words that stand where a gene's name should: for nothing, for a control, dates, numbers.

All without a table of genes, so that the same label means the same on every machine.
"""

import re
import unicodedata

_NOTHING_WORDS = """
nan na none null nil missing unknown unk unassigned notassigned unannotated undetermined
undefined unclassified unmapped unmatched notdetected notcalled nocall nobarcode nogene
noguide noguides nogrna nosgrna multiplet multiplets doublet doublets triplet multi
multiple multipleguides multiassigned ambiguous mixed negative blank empty other others
lowquality lowcount filtered failed discard discarded excluded background debris true false
todo tbd inf infinity undetected unlabeled unlabelled mixture multiguide
"""
NOTHING = frozenset(_NOTHING_WORDS.split())
"""Words for no perturbation, or for no single one, in small letters and without punctuation."""

_NOTHING_BEGINS = re.compile(
    r"(?:multiplet|doublet|ambiguous|un(?:assigned|known|detected|labell?ed)"
    r"|not(?:assigned|detected)|no(?:guide|grna|sgrna|call)).*"
)
_ERROR = re.compile(r"#[A-Z0-9/]+[!?]?")
"""What a spreadsheet writes where a formula fails: #N/A, #NAME?, #REF!."""
_HOW_MANY = re.compile(r"\d+[ _-](?:guides?|sgrnas?|grnas?)", re.I)

_CONTROL = (
    r"non?(?:specific)?target(?:t?ing|ed|s)?|nontgt|nt|ntc|ntcs|ntctrl|ntg"
    r"|(?:neg|negative|pos|positive)(?:ctrl|control|con|ctl|cntl|cntrl)|neg"
    r"|ctrl|ctrls|ctl|cntrl|cntl|control|controls|scr|scrbl|scrambled?|ctr|safe(?:target(?:ing)?|harbou?r)?"
    r"|intergenic|(?:one)?nongene(?:site)?|nosite|luciferase|f?luc|lacz|[eb]?[gbry]fp|mcherry"
    r"|tdtomato|mscarlet|aavs|rosa|emptyvector|ev"
    r"|mock|random|olfactory|notreatment|vehicle|dmso|untreated|unperturbed|nonperturbed|unedited|unmodified|untransduced|nontransduced"
    r"|uninfected|parental|wildtype|wt"
)
_FILL = (
    r"grna|crrna|rna|sg|sh|si|guides?|oligos?|probe|region|site|locus|seq(?:uence)?"
    r"|cells?|human|mouse|vector|plasmid|pool|only|and|for|none|treated|negative"
)
# No more words than these: what can be parted in two ways would take twice the time for each.
_IS_CONTROL = re.compile(rf"(?:{_FILL}){{0,6}}(?:{_CONTROL})(?:{_CONTROL}|{_FILL}){{0,8}}")
_NEVER_NUMBERED = frozenset({"wt", "ntg", "scr", "ctr", "ev"})
"""WT1 and CTR9 are genes, and not a first wild type or a ninth control."""

CALLED_LIKE_A_CONTROL = frozenset({"CTRL", "CNTRL"})
"""Symbols of genes: chymotrypsin like, centriolin."""

_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec|m[aä]r|mrz|mai|okt|dez|[a-z]*uary|march"
    r"|april|june|july|august|[a-z]*ember|october)"
)
_FRENCH = "mars|avr|juin|juil|d[eé]c|f[eé]vr?"
"""Behind a number only: Mars-1 is rather a gene."""
_DATE = re.compile(
    rf"\d{{1,2}}[-./ ]*(?:{_MONTH}|{_FRENCH})(?:[-./ ,]+\d{{2,4}})?"  # 1-Mar, 01-Mar-23
    rf"|{_MONTH}[-./ ]+(?:\d{{1,2}}|\d{{4}})(?:[-./ ,]+\d{{2,4}})?"  # Mar-01, Mar 2001
    r"|\d{4}([-./])\d{1,2}\1\d{1,2}(?:[T ][\d:.+Z-]+)?"  # 2023-03-01 00:00:00
    r"|\d{1,2}([-./])\d{1,2}\2(?:\d{2}|\d{4})(?:[T ][\d:.+Z-]+)?"  # 3/1/2023
    r"|\d{1,4}[-/]\d{1,2}",  # 03-01, 2023-03
    re.I,
)
_SYNONYM_LIKE_A_DATE = re.compile(r"(?:APR|DEC|MAR|NOV|OCT|SEP)-[1-9]\d?")
"""OCT-4 and its like are former names; a spreadsheet writes Oct-04 or 4-Oct."""

_NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d*)?(?:e[+-]?\d+)?", re.I)
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
_QUOTED = re.compile(r"b?(['\"])(.*)\1")


def clean(label: str) -> str:
    """Return a label without what cannot be seen.

    Blanks of any kind at both ends go, those within become one; so do marks such as that of byte
    order, quotes around the whole (also of Python's bytes), and other dashes become hyphens.
    """
    seen = "".join(letter for letter in label if unicodedata.category(letter) != "Cf")
    quoted = _QUOTED.fullmatch(" ".join(seen.translate(_DASHES).split()))
    return quoted[2].strip() if quoted else " ".join(seen.translate(_DASHES).split())


def is_nothing(label: str) -> bool:
    """Whether a clean label says that there is no perturbation, or not a known one.

    `UNK` is a gene, as it stands here in capitals.
    """
    letters = re.sub(r"[\W_]+", "", label)
    if not letters or label == "NaT" or _ERROR.fullmatch(label) or _HOW_MANY.fullmatch(label):
        return True
    if label == "UNK":
        return False
    words = re.findall(r"[^\W\d_]+", label.casefold())
    return (
        letters.casefold() in NOTHING
        or bool(_NOTHING_BEGINS.fullmatch(letters.casefold()))
        or (len(words) > 1 and all(word in NOTHING for word in words))
    )


def is_control(label: str) -> bool:
    """Whether a clean label is a usual name of a control, numbered or not.

    What is in `CALLED_LIKE_A_CONTROL`, in capitals, is a gene; a control of that name has to be
    named by the user.
    """
    if label in CALLED_LIKE_A_CONTROL or "*" in label:
        return False
    # A number within a word is part of it: NT5C is a gene.
    parts = [part.rstrip("0123456789") for part in re.split(r"[\W_]+", label.casefold())]
    # A letter by itself counts guides: NTC-g1, Nontargeting_12_A.
    letters = "".join(part for part in parts if len(part) != 1)
    if letters == "nc":  # but not within a word: NCS1
        return True
    if not _IS_CONTROL.fullmatch(letters):
        return False
    return letters not in _NEVER_NUMBERED or not re.search(r"\d", label)


def is_date(label: str) -> bool:
    """Whether a clean label is what a spreadsheet makes of MARCH1 or SEPT2."""
    return bool(_DATE.fullmatch(label)) and not _SYNONYM_LIKE_A_DATE.fullmatch(label)


def is_number(label: str) -> bool:
    """Whether a clean label is a number, such as of a row or an Entrez id."""
    return bool(_NUMBER.fullmatch(label))
