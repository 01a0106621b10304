"""Genes that were renamed, as a reader who mixes up old and new papers would know them."""

_PAIRS = """
AARS1 AARS, CARS1 CARS, DARS1 DARS, EPRS1 EPRS, GARS1 GARS, HARS1 HARS, IARS1 IARS, KARS1 KARS,
LARS1 LARS, NARS1 NARS, QARS1 QARS, RARS1 RARS, SARS1 SARS, TARS1 TARS, VARS1 VARS, WARS1 WARS,
YARS1 YARS, ATP5F1A ATP5A1, ATP5F1B ATP5B, ATP5F1C ATP5C1, ATP5F1D ATP5D, ATP5PO ATP5O,
ATP5MC1 ATP5G1, COPB1 COPB, DIS3 RRP44, EIF3A EIF3S10, EIF3B EIF3S9, EIF3M PCID1, FDX2 FDX1L,
GINS4 SLD5, INTS11 CPSF3L, INTS13 ASUN, INTS14 VWA9, MED1 PPARBP, MED14 CRSP2, MED17 CRSP6,
MED22 SURF5, MED24 THRAP4, MTREX SKIV2L2, NOP53 GLTSCR2, NOP56 NOL5A, PAM16 MAGMAS, POLR1H ZNRD1,
RACK1 GNB2L1, SEM1 SHFM1, SRPRA SRPR, TASOR FAM208A, TENT4B PAPD5, UFD1 UFD1L, UTP4 CIRH1A,
WASHC5 KIAA0196
"""


def other_symbol(symbol: str) -> str | None:
    """Return the former symbol of a gene, or the current one for a former; None if not noted."""
    return _OTHER.get(symbol)


def _both_ways() -> dict[str, str]:
    former = dict(pair.split() for pair in _PAIRS.split(","))
    return former | {then: now for now, then in former.items()}


_OTHER = _both_ways()
