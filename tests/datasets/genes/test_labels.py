"""The look at labels: what is a gene, what is left out and why, what is one gene."""

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.datasets.genes.label import EXCLUSIONS
from perturb_evals.datasets.genes.labels import look_at, odd_names
from perturb_evals.datasets.genes.ncbi import Aliases
from perturb_evals.datasets.genes.words import clean


def words(text: str) -> list[str]:
    """Labels that stand apart by two blanks or a line break."""
    return re.split(r"  |\n", text.strip("\n"))


ALIASES = Aliases(
    current={
        name: (number,)
        for number, name in enumerate(
            words(
                """
AARS1  GARS1  GART  SEPTIN2  SEPTIN6  MARCHF1  H2AX  ELOC  GATA1  KLF1  MYC  CDK1  HSPA5
HSPA8  RPL3  RPL5  TP53  HLA-A  HLA-B  NKX2-1  NKX2-5  MT-ND1  NT5C  NT5E  WT1  CTR9  NTS
SCRT1  CTRL  CNTRL  UNK  FEB1  LUC7L  RPS10  NUDT3  RPS10-NUDT3  INS  IGF2  CD3E  MCS+9.7
ERN1  EIF2AK3  KRTAP5-1  C1ORF43  ATF6  SPI1  SGK1  SHH  GFPT1  MULTI1  SAFB  NEGR1
"""
            ),
            start=1,
        )
    },
    synonyms={
        "AARS": (1,),
        "GARS": (2, 3),
        "SEPT2": (4, 5),
        "MARCH1": (6,),
        "H2AFX": (7,),
        "TCEB1": (8,),
        "PERK": (41,),
        "IRE1": (40,),
        "OCT-4": (9,),
        "NAN": (10,),
        "NT3": (11,),
    },
)
GENES = ["GATA1", "KLF1", "MYC", "CDK1", "HSPA5", "HSPA8", "RPL3", "RPL5", "TP53"]


def reason(label: str, *others: str, **known) -> str | None:
    """Why a label is left out beside other ones."""
    return look_at([label, *others], **known).labels[0].left_out


def gene(label: str, *others: str, **known) -> str:
    return look_at([label, *others], **known).labels[0].gene


# Words for nothing, for a control; dates; numbers. With and without the table.

NOTHING = """nan|NaN|None|NA|N/A|n/a|null|NULL|<NA>|*|-|?|.|multiplet|Multiplet|doublet|unassigned
|Unassigned|not assigned|ambiguous|unknown|Unknown|Negative|no_guide|noGuide|None |NaT|undetermined
|unassigned_cell|no guide assigned|<none>|None;None|nan_nan|NA_NA|doublet_1|Doublet-CDK1_MYC
|multi-guide|ambiguous_2|#N/A|#NAME?|#REF!|inf|unknown_target|no sgRNA|0 guides|unlabeled|mixture
|multiple|No call|not detected|other|b'nan'|''|nan+ctrl|*+ctrl|None+ctrl|nan_ctrl|unassigned|nan
"""
CONTROLS = """non-targeting|Non-Targeting|non_targeting|nontargeting|NonTargeting0012|NT|nt|NTC
|NT1|sgNT-2|NTC_1|ctrl|Ctrl|CTRL1|control_3|Control|Negative Control|neg_ctrl_12|NegCtrl0|NEGCTRL10
|negative-control-2|safe-targeting|safe_targeting_4|Safe|safe harbor|scrambled|scramble_2|AAVS1
|sgAAVS1-1|intergenic_112|INTERGENIC1|luciferase|GFP|EGFP|sgGFP|LacZ|mCherry|untreated|DMSO|WT
|wild-type|unperturbed|non-targeting_00023|10700_non-targeting_non-targeting_non-targeting
|non-targeting_1|non-targeting_2|ONE_NON-GENE_SITE_4|NO_SITE_3|non-targeting+ctrl|ctrl+NTC|mock
|NT-sgRNA-1|NTC-g1|Neg. control|neg control #3|NC|NC_3|ctrl_ctrl|Scr|scrbl|shScramble|shLuc|siNT
|Nontargeting_12_A|NonTargetingControlGuideForHuman_0001|random_1|olfactory|no treatment|EV
|none (control)|unmodified|empty vector|mock-treated|sgROSA26|ROSA26-2|Luciferase_sg2|CTR
|non\u2011targeting|non-targeting control guide 00412|Non-target|NT_0001|no-target"""
DATES = """1-Mar|2-Sep|Mar-01|Sep-02|01-Mar|1-MAR|Mar-1|MAR-01|1-Dec|Dec-01|2019-03-01 00:00:00
|2023-03-01|2001-03-01T00:00:00|3/1/2023|01.03.2023|1-Mar-23|01-Mar-2023|Mar 1|1. Mrz|Okt 04|1-Dez
|1-mar|7Sep|1 mars|03-01|2023-03|Mar 01, 2023|Sep-2019|March-01|2/3/19
|10-Sep|Sept-9|Mar-2001|September 2|5-Mai|11-Oct"""
NUMBERS = "0|17|3368|7157|1.0|-1|12.5|1e5|2.31E+13|1,234|0007"


def listed(text: str) -> list[str]:
    return text.replace("\n", "").split("|")


@pytest.mark.each("aliases", [None, ALIASES])
@pytest.mark.each(
    ("label", "expected"),
    [(label, "nothing") for label in listed(NOTHING) if label != "nan_ctrl"]
    + [(label, "other_control") for label in listed(CONTROLS)]
    + [(label, "date") for label in listed(DATES)]
    + [(label, "number") for label in listed(NUMBERS)],
)
def test_what_is_no_gene_is_left_out_under_its_reason(label, expected, aliases):
    assert reason(label, *GENES, symbols=GENES, aliases=aliases) == expected


@pytest.mark.each("aliases", [None, ALIASES])
@pytest.mark.each(
    "label",
    words(
        """
AARS1  HLA-A  HLA-DRB1  NKX2-1  NKX2-5  MT-ND1  NT5C  NT5E  NT5C2  WT1  CTR9  NTS  SCRT1
CTRL  CNTRL  UNK  FEB1  LUC7L  MARCH1  SEPT2  MARC1  DEC1  OCT-4  C1orf43  C9ORF16
AC118549.1  CD3E  H2AFX  KRTAP5-1  ERVK3-1  Gata1  gata1  SGK1  SHH  SIRT1  SAFB  NEGR1
GFPT1  MULTI1  P1  A  B  G1  X1  NANOG  NONO  NULLP  NOL7  NAT10  ENSG00000102145  7SK
5S_rRNA  TRNA1  RNA5S9  GUIDE  ATF6  CONT1  CTSB  SCRIB  INTS15  POS1  KO1  EMPTY1  MIXL1
OTUB1  BLANKY  SG1  GAPDH  ACTB  DOK1  DUX4  NCOR1  NTRK1  NT5DC2  NTN4  LACTB  RFPL1  NEFL
CTLA4  CONTR1  MARCHF1  SEPTIN2  MARS1  JUNB  JUN-D  FEBA1  APRT  DECR1  OCTN1  NOVA1  AUGA1
Mar1  MAR1  Sept7  NCS1  NCRNA00250  MARS1
"""
    ),
)
def test_names_of_genes_stay(label, aliases):
    look = look_at([label, *GENES], symbols=GENES, aliases=aliases).labels[0]
    assert (look.left_out, look.name, look.gene) == (None, label, label)


def test_a_current_symbol_wins_over_suspicion():
    known = ["NAN1", "SAFE", "DMSO1", "2-Sep"]
    aliases = Aliases(current={name.upper(): (at,) for at, name in enumerate(known)}, synonyms={})
    assert reason("2-Sep", aliases=aliases) is None
    assert reason("2-Sep") == "date"
    said = look_at(["CTRL", *GENES]).remarks
    assert said == ("'CTRL' is taken for the gene of that name, not for a control.",)


# Joined names


@pytest.mark.each(
    "label",
    [
        *words(
            """
CDK1_MYC  HSPA5|HSPA8  RPL3,RPL5  KLF1;GATA1  CDK1+MYC  CDK1&MYC  CDK1/MYC  CDK1-MYC
CDK1--MYC  CDK1__MYC  CDK1::MYC  CDK1:MYC  CDK1.MYC  CDK1_MYC_TP53  CDK1+MYC+ctrl
CDK1+MYC+VCP  ctrl+CDK1+MYC  CDK1_sg1|MYC_sg2  CDK1_MYC_1  sgCDK1_sgMYC  CDK1|XYZ123
ABC1+DEF2  cdk1_myc  CDK1_P1|MYC_P1P2  CDK1 MYC  CDK1 + MYC  CDK1, MYC  CDK1 and MYC
CDK1 x MYC  CDK1~MYC  CDK1>MYC  CDK1^MYC  CDK1=MYC  CDK1\\MYC  CDK1 vs MYC  CDK1_and_MYC
('CDK1', 'MYC')  CDK1-KLF1_MYC  dual:CDK1:MYC  CDK1_KO+MYC_KO  CDK1_MYC_D7
"""
        ),
        " CDK1 ; MYC ",
    ],
)
def test_joined_names_are_left_out_as_such(label):
    assert reason(label, *GENES) == "combination"
    assert reason(label, *GENES, aliases=ALIASES) == "combination"


def test_a_joined_name_is_known_by_labels_by_readout_genes_or_by_the_table():
    assert reason("PERK_IRE1") is None
    assert reason("PERK_IRE1", "PERK", "IRE1") == "combination"
    assert reason("PERK_IRE1", symbols=["PERK", "IRE1"]) == "combination"
    assert reason("PERK_IRE1", aliases=ALIASES) == "combination"
    # A read-through gene is one, where the table knows it.
    assert reason("RPS10-NUDT3", "RPS10", "NUDT3", aliases=ALIASES) is None
    assert reason("MCS+9.7", aliases=ALIASES) is None


@pytest.mark.each(
    "label",
    [
        *words(
            """
MYC+ctrl  ctrl+MYC  MYC+control  MYC+Ctrl  MYC+CTRL1  MYC+non-targeting  MYC+ctrl+ctrl
MYC+MYC  MYC|non-targeting  MYC;NT  MYC_ctrl  ctrl_MYC  MYC_non-targeting  MYC|nan  MYC,None
nan|MYC  "MYC"  b'MYC'  MYC + ctrl
"""
        ),
        "  MYC",
        "MYC\xa0",
        "\ufeffMYC",
        "M\u200bYC",
    ],
)
def test_a_gene_beside_a_control_or_nothing_is_that_gene(label):
    look = look_at([label, *GENES], control="control").labels[0]
    assert (look.left_out, look.name, look.gene) == (None, "MYC", "MYC")


def test_the_control_that_was_named_is_one_whatever_it_is_called():
    look = look_at(["A+mine", "mine+B", "A+B", "MINE"], control="mine")
    assert [label.name for label in look.labels] == ["A", "B", "A+B", "MINE"]
    assert [label.left_out for label in look.labels] == [None, None, "combination", "other_control"]


# Guides


@pytest.mark.each(
    "label",
    words(
        """
GATA1_sg1  GATA1_sg2  GATA1-sg1  GATA1_g1  GATA1-g2  GATA1_1  GATA1_12  GATA1-1  GATA1.2
GATA1_A  GATA1_gRNA3  GATA1_guide2  GATA1|guide2  GATA1|1  GATA1;sg2  GATA1_pDS255
GATA1_pBA123  GATA1_pMJ158  GATA1_P1  GATA1_P1P2  GATA1_P2_sg3
10005_GATA1_P1_ENSG00000102145  GATA1_ENSG00000102145  ENSG00000102145_GATA1  sgGATA1
sgGATA1-1  sgGATA1_2  shGATA1  sgRNA_GATA1_1  GATA1_KO  GATA1-KO  GATA1_KD  GATA1_CRISPRi
GATA1_ACGTACGTACGTACGTACGT  GATA1_+_48649470.23-P1P2  GATA1#2  GATA1_sg1|GATA1_sg2
GATA1_sg1+GATA1_sg2  GATA1_pDS1+ctrl  GATA1_guideA  GATA1:2  GATA1_sgRNA1  KO_GATA1
GATA1 sg1  GATA1 KO  GATA1_sgA  GATA1_1_2  GATA1_i1
GATA1_exon3  GATA1_TSS1  GATA1_48649470  chrX_GATA1_sg1  del_GATA1  GATA1_del  GATA1_R1  crGATA1
GATA1_sg1_rep2  GATA1 knockdown  GATA1 guide 3  GATA1 (sg1)
"""
    ),
)
def test_a_guide_is_its_gene(label):
    assert gene(label, "GATA1", *GENES) == "GATA1"
    assert gene(label, symbols=["GATA1"]) == "GATA1"
    assert gene(label, aliases=ALIASES) == "GATA1"
    look = look_at([label, "GATA1", "MYC", "KLF1_2"])
    assert look.same_gene == (tuple(sorted([look.labels[0].name, "GATA1"])),)


def test_guides_of_an_unknown_gene_are_told_by_what_they_share():
    look = look_at(["ABC_sg1", "ABC_sg2", "DEF_sg1", "XYZ_1", "XYZ_2"])
    assert look.same_gene == (("ABC_sg1", "ABC_sg2"), ("XYZ_1", "XYZ_2"))
    assert [label.gene for label in look.labels] == ["ABC", "ABC", "DEF_sg1", "XYZ", "XYZ"]


def test_a_numbered_series_is_no_gene_with_guides():
    for stem in ("gene", "guide", "pert", "P", "sg", "Q"):
        labels = [f"{stem}_{at}" for at in range(30)]
        assert look_at(labels).same_gene == ()
    assert look_at(["NKX2-1", "NKX2-5", "HLA-A", "HLA-B", "H2-K1", "H2-D1"]).same_gene == ()


# One gene under several names


def test_aliases_need_the_table():
    old = ["AARS", "MARCH1", "H2AFX", "TCEB1", "SEPT2", "GARS"]
    new = ["AARS1", "MARCHF1", "H2AX", "ELOC", "SEPTIN2", "GARS1"]
    labels = [*old, *new, "SEPTIN6", "GART", "MYC"]
    found = look_at(labels, aliases=ALIASES)
    expected = sorted(tuple(sorted(pair)) for pair in zip(old, new, strict=True))
    assert found.same_gene == tuple(expected)
    assert (
        "6 genes stand under several names, which stay on one side of every split (intervals count "
        "each name as a perturbation): 'AARS = AARS1'" in (found.remarks[0])
    )
    assert look_at(labels).same_gene == ()


def test_a_former_name_of_several_genes_goes_into_the_fold_of_all_of_them():
    """TAZ, now TAFAZZIN, was a name of WWTR1 too: only folds take them for one."""
    aliases = Aliases(
        current={"TAFAZZIN": (1,), "WWTR1": (2,), "MYC": (3,), "POU5F1P1": (4,), "POU5F1": (5,)},
        synonyms={"TAZ": (1, 2), "OCT4": (4, 5)},
    )
    look = look_at(["TAZ", "WWTR1", "MYC", "OCT4", "POU5F1"], aliases=aliases)
    assert look.same_gene == ()
    assert look.one_fold == (("OCT4", "POU5F1"), ("TAZ", "WWTR1"))
    (said,) = look.remarks
    assert "kept on one side with those that they may be: 'OCT4 ? POU5F1', 'TAZ ? WWTR1'" in said


def test_genes_beside_a_gene_are_no_joined_names():
    for label in ("TP53-AS1", "GATA3-AS1", "MYC-DT", "HLA-A-AS1", "MYC-OT2"):
        look = look_at([label, "TP53", "GATA3", "MYC", "AS1"])
        assert look.labels[0].gene == label
        assert look.left_out == {}


def test_case_guides_and_aliases_are_one_group():
    labels = ["AARS", "aars", "AARS1_sg1", "AARS1_sg2", "MYC"]
    assert look_at(labels, aliases=ALIASES).same_gene == (tuple(sorted(labels[:-1])),)


# The whole look


def test_what_is_left_out_is_said_with_examples():
    look = look_at(["MYC", "nan", "None", "1-Mar", "NT", "7", "A+B", "nan"])
    assert look.left_out == {
        "combination": ("A+B",),
        "nothing": ("nan", "None"),
        "other_control": ("NT",),
        "date": ("1-Mar",),
        "number": ("7",),
    }
    assert look.remarks == (
        "1 label names several genes: 'A+B'.",
        "2 labels name no perturbation: 'nan', 'None'.",
        "1 label names another control: 'NT'.",
        "1 label is a date, which a spreadsheet makes of symbols such as MARCH1: '1-Mar'.",
        "1 label is a number, not a symbol: '7'.",
    )
    assert look.genes == {"MYC": "MYC"}
    assert look.refusal == ""


def test_labels_that_are_numbers_are_refused():
    said = look_at(map(str, range(20))).refusal
    assert said.startswith(
        "expected symbols of the perturbed genes, got numbers in 20 of 20 labels"
    )
    assert look_at(["1", "2", *GENES]).refusal == ""


def test_ensembl_ids_are_said():
    (said,) = look_at(["ENSG00000102145", "ENSG00000136997.3", "MYC"]).remarks
    assert said.startswith("2 perturbations named by Ensembl ids")


@given(
    st.lists(
        st.one_of(
            st.text(max_size=12),
            st.text("GATA1sgMYC_-+|.12 ", max_size=14),
            st.sampled_from([*GENES, *listed(CONTROLS), *listed(DATES), *listed(NOTHING)]),
        ),
        max_size=12,
    ),
    st.sampled_from([None, ALIASES]),
)
def test_every_label_is_kept_or_left_out_and_the_look_is_stable(labels, aliases):
    look = look_at(labels, symbols=["MYC"], aliases=aliases)
    assert [label.text for label in look.labels] == [clean(label) for label in labels]
    for label in look.labels:
        assert (label.left_out is None) == bool(label.gene)
        assert label.left_out in (None, *EXCLUSIONS)
    grouped = [name for group in look.same_gene for name in group]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) <= set(look.genes)
    # The order of the labels takes no part.
    again = look_at(labels[::-1], symbols=["MYC"], aliases=aliases)
    assert again.labels[::-1] == look.labels
    assert again.same_gene == look.same_gene


def test_the_names_of_perturbqa_are_all_genes(real_data):
    from perturb_evals.datasets.genes.ncbi import aliases_at_hand

    for line in ("k562", "rpe1", "hepg2"):
        table = pd.read_csv(real_data / "perturbqa" / f"{line}-de.csv", keep_default_na=False)
        for column in ("pert", "gene"):
            names = sorted(set(table[column]))
            look = look_at(names, aliases=aliases_at_hand())
            assert (look.left_out, look.same_gene) == ({}, ())
            assert [label.gene for label in look.labels] == names


def test_oddities_of_a_file_of_genes():
    assert odd_names(GENES) == ""
    said = odd_names([*GENES, "nan", "1-Mar", "17", "18"])
    assert said == (
        "among its 13 genes are 1 words for nothing ('nan'), 1 dates ('1-Mar'), "
        "2 numbers ('17', '18')."
    )
