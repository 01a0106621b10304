"""Every file the package can use, one row each: where it is, what it must be, whose it is."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from perturb_evals.datasets.errors import DataError


@dataclass(frozen=True)
class Source:
    """One data file.

    Attributes:
        name: Path of the file in the mirror layout, with forward slashes, which is also its path in
            the cache, e.g. `perturbqa/k562-de.csv`.
        url: Address, pinned to a revision where there is a checksum; None where no public address
            of exactly this file is known, so that it has to be put into the mirror folder.
        sha256: Expected checksum, 64 lower-case hexadecimal digits; None where the publisher gives
            none or the file changes. Then the first one seen counts (trust on first use).
        size: Expected size in bytes, None where it is not known.
        licence: Licence of the file, in a word or two.
        citation: What to cite when the file is used.
        terms: What has to be known beside the name of the licence; empty for nothing.
    """

    name: str
    url: str | None
    sha256: str | None
    size: int | None
    licence: str
    citation: str
    terms: str = ""

    @property
    def licence_in_full(self) -> str:
        """The licence with its terms, as logs and boards show it."""
        return f"{self.licence}: {self.terms}" if self.terms else self.licence


PERTURBQA_COMMIT = "df2fe3a7802f2a46a43876b4f8674734aad3a30a"
PERTURBQA_FILES = """
e6ab095f3f970bb29f48427414904136785e8cd4945496f8d9a8fa6eab35ee67  3203066  k562-de.csv
a66a86aac5db458e0703bccf7f2d638769400a7ccb9f2615cd9421c106b748ca  3777332  rpe1-de.csv
f94045fb44dcca4af9c69bee5c87de624590061a1123d55d9ee42a9c1ca97932  2567354  hepg2-de.csv
cf993f77015bd7df9d71ce9cf1170f6c8e64a571dc6f9ba0aef411ffb103eec5        -  jurkat-de.csv
84a0bc9631b33b8720663ed69506a316dad0f686a51f702f277914cc722000f4   401361  k562-dir.csv
25fa0b37c7e86cd73e8135b83513ea9d96c55e5a6c3f222ffbb531b91ab0fb0c   532606  rpe1-dir.csv
8c642ab6e6996887dce6c774d5fc58546970ba9216a636c7547b5039062a2cc3   356655  hepg2-dir.csv
8e17055a5bbf8c2751317db5284a9e793a2dc5aaccef0afbcdaf87daabc45709        -  jurkat-dir.csv
d51faff9a337d111ff2f0858890bbf3207669925f26c0ba75164bc7217872c54  1078975  k562_set-de.csv
3298d18708d82bd0852e9f6a91b9c5b56a000a2183375457143ccab7f218cb7f   587375  k562_set-dir.csv
dd6368b07d81fa134cd0e9558f81f44b809015193bc2350c1367c4d9b925e066     7717  k562_set-mapping.json
b930662f0226d2bc394f00b2f0eea083aad5f3c3d316cfdf330390e9aa3bf2f4     9300  k562_pert-gse.json
718f85e2cbecf58faa57eb710a709a26a6f6cef95354237fce514d83327b62ae    12640  k562_gene-gse.json
"""
"""SHA-256, size in bytes (- where it is not known) and name of each file at that commit."""


PERTURBQA_TERMS = (
    "the repository of PerturbQA is under the Genentech Non-Commercial Software License 1.0; its "
    "README puts the tables under CC BY 4.0, which the README of its data distribution does not"
)


def _perturbqa(line: str) -> Source:
    sha256, size, file = line.split()
    return Source(
        name=f"perturbqa/{file}",
        url=(
            "https://raw.githubusercontent.com/genentech/PerturbQA/"
            f"{PERTURBQA_COMMIT}/perturbqa/datasets/{file}"
        ),
        sha256=sha256,
        size=None if size == "-" else int(size),
        licence="non-commercial",
        terms=PERTURBQA_TERMS,
        citation=(
            "Wu et al., Contextualizing biological perturbation experiments through language, "
            "ICLR 2025, arXiv:2502.21290"
        ),
    )


def _gears(file: str, datafile: int) -> Source:
    return Source(
        name=f"gears/{file}",
        url=f"https://dataverse.harvard.edu/api/access/datafile/{datafile}",
        sha256=None,
        size=None,
        licence="CC BY 4.0",
        citation=(
            "Replogle et al., Mapping information-rich genotype-phenotype landscapes with "
            "genome-scale Perturb-seq, Cell 2022; as curated by Roohani et al., Predicting "
            "transcriptional outcomes of novel multigene perturbations with GEARS, Nature "
            "Biotechnology 2023"
        ),
    )


def _ncbi(file: str, folder: str, citation: str) -> Source:
    return Source(
        name=f"genes/{file}",
        url=f"https://ftp.ncbi.nlm.nih.gov/gene/DATA/{folder}{file}",
        sha256=None,  # rewritten every day
        size=None,
        licence="public domain",
        citation=citation,
    )


STRING_CITATION = "Szklarczyk et al., The STRING database in 2023, Nucleic Acids Research 2023"


def _string(file: str) -> Source:
    return Source(
        name=f"string/9606.{file}.v12.0.txt.gz",
        url=f"https://stringdb-downloads.org/download/{file}.v12.0/9606.{file}.v12.0.txt.gz",
        sha256=None,  # none is published
        size=None,
        licence="CC BY 4.0",
        citation=STRING_CITATION,
    )


_ROWS = (
    *map(_perturbqa, PERTURBQA_FILES.strip().splitlines()),
    _ncbi(
        "Homo_sapiens.gene_info.gz",
        "GENE_INFO/Mammalia/",
        "NCBI Gene, gene_info: Brown et al., Gene: a gene-centered information resource at NCBI, "
        "Nucleic Acids Research 2015",
    ),
    # NCBI's file holds the genes of all organisms; the column #tax_id tells which.
    _ncbi(
        "gene_summary.gz",
        "",
        "NCBI RefSeq, gene summaries: O'Leary et al., Reference sequence (RefSeq) database at "
        "NCBI, Nucleic Acids Research 2016",
    ),
    Source(
        name="graphs/stringdb.csv.gz",
        url=None,
        sha256="9c5a012f176b224bf853064ff3e84a6d4a190161ae5f4ae8d6ba8f5e92118063",
        size=183938,
        licence="CC BY 4.0",
        citation=STRING_CITATION,
    ),
    Source(
        name="graphs/reactome.csv.gz",
        url=None,
        sha256="023ce2bf272a9865123a6887927d9dedbbc125ac9a5ae3d2f4c4fa01a34465ec",
        size=61068,
        licence="CC0",
        citation="Milacic et al., The Reactome Pathway Knowledgebase 2024, Nucleic Acids Research "
        "2024",
    ),
    _string("protein.links"),
    _string("protein.info"),
    _gears("replogle_k562_essential.zip", 7458695),
    _gears("replogle_rpe1_essential.zip", 7458694),
)

SOURCES: Mapping[str, Source] = {row.name: row for row in _ROWS}


def find_source(name: str, sources: Mapping[str, Source] = SOURCES) -> Source:
    """The row of a file by its name, exactly as listed (`perturbqa/k562-de.csv`).

    Raises:
        DataError: No such file is known; the message names the closest ones.
    """
    if name in sources:
        return sources[name]
    # Compared by the last part too, so that `K562-de.csv` finds `perturbqa/k562-de.csv`.
    wanted = {known: known for known in sources} | {
        known.split("/")[-1]: known for known in sources
    }
    close = difflib.get_close_matches(name.lower(), wanted, n=6)
    matches = list(dict.fromkeys(wanted[match] for match in close))[:3]
    hint = f"Close to it: {', '.join(matches)}." if matches else f"Known: {', '.join(sources)}."
    raise DataError(f"Unknown data file {name!r}. {hint} `perturb-evals data list` shows all.")
