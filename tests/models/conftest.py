"""Pairs for the tests of the scripted model."""

import itertools

import pytest

from perturb_evals.datasets.demo.world import demo_world

PERTS = [
    *("PSMA1", "PSMD4", "RPL7", "RPS19", "EIF3B", "MED14", "INTS8", "UPF1", "MRPL10", "MRPS22"),
    *("SF3B1", "AARS1", "GARS1", "HSPA5", "SEC61A1", "SQLE", "HMGCR", "ANAPC4", "RAD21", "MCM3"),
    *("EXOSC4", "CCT3", "COPB1", "NDUFS1", "ATP6V1A", "NFS1", "GATA1", "KEAP1", "MDM2", "POLR1B"),
    *("ZNF999", "FAM000A", "KLHL99", "TMEM999"),
]
GENES = [
    *("LDLR", "INSIG1", "ASNS", "TRIB3", "PSMB5", "HSPA1B", "CDKN1A", "MDM2", "GAS5", "SNHG1"),
    *("HERPUD1", "DNAJB9", "TFRC", "HBG1", "CCNB1", "MCM5", "FOS", "RPL3", "MT-ND4", "HMOX1"),
    *("H2AC6", "ISG15", "NCL", "LDHA", "TUBA1B", "ABCD9", "LINC99999", "C9orf999", "ZNF998"),
]


@pytest.fixture
def pairs() -> list[tuple[str, str]]:
    """Some 1000 pairs of a perturbation and a gene, noted and not."""
    return list(itertools.product(PERTS, GENES))


@pytest.fixture
def listed() -> tuple[str, ...]:
    """The perturbed genes of the demo world, as a list to choose from."""
    return demo_world().perts
