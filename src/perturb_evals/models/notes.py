"""What the scripted model has read: which genes work together, and what their loss moves.

Written from general biological knowledge and from nothing else in this package; the notes are meant
to be those of an informed but mediocre reader, so much is missing and some of it is crude. One note
begins at the margin, its fields stand between bars. Symbols are shell patterns: `PSM[A-G]*` stands
for all proteasome subunits.
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

REMEMBERED = 20_000
"""So many symbols are looked up once only: one prompt may list a thousand candidates."""

# name | how its loss moves programmes, from -1 (down) to +1 (up) | symbols | `dispensable` where
# cells grow on without it. The first note that lists a gene counts.
_PERTURBATIONS = """
SREBP activation | SREBP -0.95 | SREBF1 SREBF2 SCAP MBTPS1 MBTPS2 | dispensable
cholesterol synthesis | SREBP +0.9 | HMGCR HMGCS1 ACAT2 MVK PMVK MVD IDI1 FDPS FDFT1 SQLE LSS
  CYP51A1 TM7SF2 MSMO1 NSDHL HSD17B7 EBP SC5D DHCR7 DHCR24
the proteasome | proteasome +0.95 heat-shock +0.85 NRF2 +0.6 unfolded-protein +0.45 ATF4 +0.6 p53
  +0.5 | PSM[A-G]* ADRM1 POMP SEM1
proteasome gene control | proteasome -0.8 | NFE2L1 DDI2 NGLY1 | dispensable
p97 | unfolded-protein +0.75 proteasome -0.4 | VCP UFD1 NPLOC4
aminoacyl-tRNA synthesis | ATF4 +0.9 | [ACDEFGHIKLMNPQRSTVWY]ARS1 [ACDEFGHIKLMNPQRSTVWY]ARS EPRS
  EPRS1 FARSA FARSB AIMP1 AIMP2 EEF1E1
mitochondrial tRNA charging | ATF4 +0.65 | ?ARS2
the mitochondrial ribosome | ATF4 +0.65 mitochondrial-DNA -0.6 hypoxia +0.4 | MRPL* MRPS* DAP3
  PTCD3 MTIF2 TUFM TSFM GFM1 ERAL1 MTG2
the respiratory chain | ATF4 +0.6 hypoxia +0.5 | NDUF* UQCR* COX[4-8]* COX1[0-9]* SDH[A-D] ATP5*
  CYC1 FOXRED1 TIMMDC1
mitochondrial protein import | ATF4 +0.75 mitochondrial-chaperone +0.6 | TIMM* TOMM* PMPCA PMPCB
  DNAJC19 PAM16 GRPEL1 HSPA9 HSPD1 HSPE1 LONP1 CLPX
iron-sulphur cluster assembly | iron +0.6 ATF4 +0.5 | NFS1 ISCU FXN LYRM4 HSCB GLRX5 FDX2 FDXR
  NUBP1 CIAO*
mitochondrial transcript maintenance | mitochondrial-DNA -0.9 ATF4 +0.5 | LRPPRC SLIRP POLRMT TFAM
  TFB2M MTPAP SUPV3L1 PNPT1 FASTKD*
ribosome assembly | p53 +0.85 S-phase -0.4 | POLR1* NOP* UTP* WDR12 WDR36 WDR43 WDR74 WDR75 FBL
  DKC1 NOL* BOP1 PES1 RRP* RRS1 NIP7 BYSL TSR1 LTV1 RIOK* DDX10 DDX18 DDX21 DDX47 DDX49 DDX56
  NAT10 HEATR1 IMP3 IMP4 NLE1
the ribosome | p53 +0.8 ribosomal-protein +0.55 erythroid -0.6 MYC +0.4 | RPL* RPS[0-9]* RPSA
  RACK1
eIF3 | ribosomal-protein -0.4 ATF4 -0.4 | EIF3*
eIF2 activation | ATF4 +0.9 | EIF2B* EIF2S*
ATF4 | ATF4 -0.9 | ATF4 EIF2AK4 CEBPG | dispensable
nonsense-mediated decay | RNA-decay +0.9 ATF4 +0.6 | UPF1 UPF2 UPF3B SMG[1-9]* NBAS ETF1 GSPT1
  CASC3
the RNA exosome | RNA-decay +0.75 histone +0.4 | EXOSC* DIS3 MTREX SKIV2L2 ZCCHC8 RBM7 ZFC3H1 C1D
  MPHOSPH6
the spliceosome | p53 +0.55 G2/M -0.45 RNA-decay +0.5 | SF3* SNRP* PRPF* U2AF* SRSF* LSM[2-8]
  SNRNP* EFTUD2 AQR BUD31 CDC5L CDC40 CRNKL1 DHX8 DHX15 DHX38 RBM8A RBM17 RBM22 SART1 SART3 SLU7
  SYF2 XAB2 USP39 PLRG1 ISY1 DDX46 PHF5A
Integrator | early-response +0.7 histone +0.5 | INTS* ASUN
Mediator | erythroid -0.65 hepatocyte -0.65 early-response -0.5 SREBP -0.45 | MED[0-9]* CDK8 CCNC
RNA polymerase II | early-response -0.5 histone -0.4 | POLR2* GTF2* TAF[0-9]* TBP SUPT5H SUPT6H
  SUPT16H SSRP1 PAF1 CTR9 CDK7 CDK9 CCNT1 CCNH
3' end processing | histone +0.6 | CPSF* CSTF* FIP1L1 WDR33 NUDT21 SYMPK PCF11 CLP1 PABPN1 NELF*
ER protein folding and entry | unfolded-protein +0.85 ATF4 +0.5 | HSPA5 HSP90B1 PDIA4 PDIA6 SEC61*
  SEC62 SEC63 SRP[0-9]* SRPRA SRPRB SSR[1-4] SPCS* DDOST DAD1 RPN[12] STT3A OSTC DNAJB11 ALG*
  DPAGT1 PMM2 GFPT1 UFM1 UFL1 UBA5 DDRGK1 EMC[0-9]*
COPI and COPII traffic | unfolded-protein +0.85 ATF4 +0.5 SREBP +0.4 | COPA COPB1 COPB2 COPE COPG1
  COPZ1 ARCN1 SEC13 SEC16A SEC23* SEC24* SEC31A SAR1A TRAPPC* GBF1 ARF4 STX5 YKT6 NAPA NSF USO1
  SCFD1
ER stress sensing | unfolded-protein -0.7 | ERN1 XBP1 ATF6 EIF2AK3 | dispensable
TRiC | heat-shock +0.7 tubulin -0.6 | CCT[2-8] CCT6A TCP1 PFDN*
HSF1 | heat-shock -0.8 | HSF1 | dispensable
the V-ATPase | SREBP +0.7 iron +0.7 lysosome +0.7 hypoxia +0.5 | ATP6V* ATP6AP1 ATP6AP2 CCDC115
  TMEM199 VMA21 WDR7 RNASEK
APC/C | G2/M +0.8 | ANAPC* CDC16 CDC20 CDC23 CDC26 CDC27 FZR1 UBE2C UBE2S
chromosome segregation | G2/M +0.7 p53 +0.5 | PLK1 AURKA AURKB INCENP BIRC5 CDCA8 KIF11 KIF18A TTK
  BUB1* NDC80 NUF2 SPC2* CENP* DSN1 MIS12 TPX2 CKAP5 TUBG1 TUBGCP* HAUS* ESPL1 SMC2 SMC4 NCAP*
  KNL1
cohesin | erythroid -0.5 G2/M +0.45 | SMC1A SMC3 RAD21 STAG2 NIPBL MAU2
DNA replication | p53 +0.75 S-phase +0.5 histone +0.5 | MCM* ORC* GINS* CDC6 CDC7 CDC45 CDT1 POLA*
  POLD* POLE* PRIM* RFC* PCNA RPA* RRM1 RRM2 TYMS TIMELESS TOPBP1 CHEK1 ATR WDHD1 DBF4 DONSON
  CHAF1* TOP2A
the start of the cell cycle | S-phase -0.7 G2/M -0.55 MYC -0.6 | CDK4 CDK6 CCND* E2F1 E2F3 SKP2
  CDK2 CCNE1 MYC MAX
p53 | p53 -0.9 | TP53 | dispensable
p53 restraint | p53 +0.9 | MDM2 MDM4 USP7 PPM1D
silencing of repeats | interferon +0.7 | SETDB1 ATF7IP MPHOSPH8 TASOR PPHLN1 DNMT1 UHRF1 ADAR
  TRIM28 MORC2 | dispensable
interferon signalling | interferon -0.8 | STAT1 STAT2 IRF9 JAK1 TYK2 IFNAR1 IFNAR2 IRF3 MAVS |
  dispensable
erythroid gene control | erythroid -0.9 | GATA1 TAL1 LDB1 LMO2 KLF1 GFI1B ZFPM1
KEAP1 | NRF2 +0.95 | KEAP1 CUL3 | dispensable
the nuclear pore | heat-shock +0.4 | NUP[0-9]* XPO1 KPNB1 RAN RANGAP1 RCC1 NXF1
"""

# name | the way it usually moves when something is wrong with a cell | symbols | a word of the cell
# line's description without which it is silent. A gene may belong to several.
_PROGRAMMES = """
SREBP | up | LDLR INSIG1 HMGCR HMGCS1 SQLE IDI1 FDFT1 FDPS LSS CYP51A1 MSMO1 NSDHL SC5D DHCR7
  DHCR24 MVD MVK EBP ACAT2 PCSK9 STARD4 SREBF2 FADS1 FADS2 FASN SCD ACLY TMEM97
ATF4 | up | ASNS TRIB3 CHAC1 DDIT4 SESN2 PSAT1 PHGDH PSPH SHMT2 MTHFD2 ALDH1L2 ATF3 ATF5 CEBPB
  VLDLR SLC7A11 SLC7A5 SLC3A2 SLC7A1 STC2 NUPR1 JDP2 CARS1 AARS1 WARS1 GPT2 PCK2 CTH CBS FGF21
  ADM2 VEGFA PPP1R15A
unfolded-protein | up | HSPA5 DDIT3 HERPUD1 SDF2L1 DNAJB9 DNAJB11 DNAJC3 CRELD2 MANF PDIA3 PDIA4
  PDIA6 HSP90B1 XBP1 SEL1L SYVN1 HYOU1 CALR CANX EDEM1 SEC61B SEC61G DERL1 DERL3 SELENOK OSTC
  CREB3L2
heat-shock | up | HSPA1A HSPA1B HSPA8 HSPH1 DNAJA1 DNAJB1 DNAJB4 HSPB1 HSP90AA1 HSP90AB1 BAG3
  CHORDC1
proteasome | up | PSM[A-G]* POMP ADRM1 VCP
p53 | up | CDKN1A MDM2 GDF15 BAX BBC3 FAS TP53I3 TP53INP1 SESN1 ZMAT3 RPS27L PHLDA3 FDXR CCNG1 XPC
  RRM2B AEN TNFRSF10B PLK3 BTG2 TRIAP1 FUCA1 EDA2R | p53
interferon | up | IFI* ISG* IFIT* MX1 MX2 OAS* STAT1 IRF7 IRF9 B2M HLA-A HLA-B HLA-C BST2 PSMB8
  PSMB9 TAP1
RNA-decay | up | GAS5 SNHG* ZFAS1 EPB41L4A-AS1 GADD45A GADD45B UPP1 TBL2 SMG5 UPF1 CCNL1 MALAT1
  NEAT1 PVT1 OIP5-AS1
NRF2 | up | HMOX1 NQO1 GCLM GCLC TXNRD1 SRXN1 TXN SQSTM1 OSGIN1 G6PD PIR AKR1C* AKR1B10
early-response | up | FOS FOSB JUN JUNB EGR1 IER2 IER3 IER5 DUSP1 KLF6 KLF10 ZFP36 MYC NFKBIA
  CXCL* IL8 BTG1
lysosome | up | LAMP1 LAMP2 CTS? GLA GBA1 GBA NEU1 HEXA HEXB NPC1 NPC2 MCOLN1 ATP6V* GPNMB SQSTM1
  PSAP
iron | steady | TFRC SLC11A2 FTH1 FTL HAMP
mitochondrial-chaperone | up | HSPD1 HSPE1 HSPA9 LONP1 CLPP CLPX DNAJA3 GRPEL1 TIMM17A TIMM23
mitochondrial-DNA | down | MT-*
erythroid | down | HBA? HBB HBD HBE1 HBG? HBM HBQ1 HBZ ALAS2 HMBS UROD FECH GYPA GYPB GYPC
  SLC25A37 AHSP EPOR KLF1 GATA1 BLVRB PRDX2 SLC4A1 EPB42 SPTA1 TMCC2 CA1 CA2 APOC1 | erythroid
hepatocyte | down | ALB APO[ABCEHM]* AFP TTR SERPINA1 FGA FGB FGG TF AHSG FETUB RBP4 HNF4A | hepat
T-cell | down | CD3? TRAC TRBC* LCK CD2 CD5 CD7 TCF7 | T-cell
histone | steady | H1-* H1F* H2A* H2B* H3C* H3-* H4C* H4-* HIST*
G2/M | down | CCNB1 CCNB2 CCNA2 CDC20 PLK1 AURKA AURKB BUB1 CENPE CENPF CENPA KIF20A KIF20B KIF23
  KIF2C TOP2A MKI67 TPX2 UBE2C HMMR DLGAP5 PTTG1 CKS2 CKS1B NUSAP1 BIRC5 CDK1 ARL6IP1 HMGB2 ASPM
S-phase | down | MCM* PCNA GINS2 RRM1 RRM2 TYMS CDC6 CDT1 CCNE1 CCNE2 E2F1 SLBP CDC45 UNG CHAF1A
  CLSPN DUT FEN1 TK1 RFC* POLD* DHFR
ribosomal-protein | down | RPL* RPS[0-9]* RPSA EEF1* EEF2 TPT1
MYC | down | NCL NPM1 NOP* FBL DKC1 NOL* POLR1* ODC1 RRS1 NIP7 WDR43 LYAR RRP* BOP1 PES1 CAD
tubulin | steady | TUBA* TUBB*
hypoxia | up | LDHA PGK1 ENO1 ENO2 ALDOA ALDOC PDK1 BNIP3 BNIP3L CA9 ADM SLC2A1 SLC2A3 HK2 PFKFB*
  NDRG1
metal | up | MT1? MT2A
respiration | down | NDUF* UQCR* COX[4-8]* ATP5*
"""

# Genes that were renamed, as a reader who mixes up old and new papers knows them: now, then.
_RENAMED = """
AARS1 AARS, CARS1 CARS, DARS1 DARS, EPRS1 EPRS, GARS1 GARS, HARS1 HARS, IARS1 IARS, KARS1 KARS,
LARS1 LARS, NARS1 NARS, QARS1 QARS, RARS1 RARS, SARS1 SARS, TARS1 TARS, VARS1 VARS, WARS1 WARS,
YARS1 YARS, ATP5F1A ATP5A1, ATP5F1B ATP5B, ATP5F1C ATP5C1, ATP5F1D ATP5D, ATP5PO ATP5O, ATP5MC1
ATP5G1, COPB1 COPB, DIS3 RRP44, EIF3A EIF3S10, EIF3B EIF3S9, EIF3M PCID1, FDX2 FDX1L, GINS4 SLD5,
INTS11 CPSF3L, INTS13 ASUN, INTS14 VWA9, MED1 PPARBP, MED14 CRSP2, MED17 CRSP6, MED22 SURF5, MED24
THRAP4, MTREX SKIV2L2, NOP53 GLTSCR2, NOP56 NOL5A, PAM16 MAGMAS, POLR1H ZNRD1, RACK1 GNB2L1, SEM1
SHFM1, SRPRA SRPR, TASOR FAM208A, TENT4B PAPD5, UFD1 UFD1L, UTP4 CIRH1A, WASHC5 KIAA0196
"""

_LEANS = {"up": 1, "steady": 0, "down": -1}


@dataclass(frozen=True, eq=False)
class Perturbation:
    """Genes of one task, how their loss moves programmes, and whether it slows growth."""

    name: str
    moves: dict[str, float]
    symbols: tuple[str, ...]
    essential: bool


@dataclass(frozen=True, eq=False)
class Programme:
    """Readout genes that move together.

    Attributes:
        name: As perturbations name it.
        lean: The way it usually moves when something is wrong: 1 up, -1 down, 0 neither.
        symbols: Shell patterns.
        needs: Stands in the description of a cell line where it is not silent; empty for all.
    """

    name: str
    lean: int
    symbols: tuple[str, ...]
    needs: str


@lru_cache(maxsize=REMEMBERED)
def perturbation_of(symbol: str) -> Perturbation | None:
    """Return the first note on what is lost when `symbol` is knocked down, None without one."""
    return next((note for note in PERTURBATIONS if _listed(symbol, note.symbols)), None)


@lru_cache(maxsize=REMEMBERED)
def programmes_of(symbol: str) -> tuple[Programme, ...]:
    """Return every programme that `symbol` is noted to belong to, in the order of the notes."""
    return tuple(note for note in PROGRAMMES if _listed(symbol, note.symbols))


def strongest(
    perturbation: Perturbation | None, programmes: tuple[Programme, ...]
) -> tuple[Programme | None, float]:
    """Return the programme that a loss moves most, and how: the first one and 0 if it moves none.

    Of equally strong effects the first counts; without programmes it is `None` and 0.
    """
    moves = perturbation.moves if perturbation else {}
    found = max(programmes, key=lambda note: abs(moves.get(note.name, 0.0)), default=None)
    return found, moves.get(found.name, 0.0) if found else 0.0


def _listed(symbol: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(symbol, pattern) for pattern in patterns)


def _fields(notes: str) -> list[list[str]]:
    """Split notes into their four fields, the last one empty where it is left out."""
    found = [note.split("|") for note in re.split(r"\n(?=\S)", notes.strip())]
    return [[field.strip() for field in (*note, "")[:4]] for note in found]


def _moves(field: str) -> dict[str, float]:
    words = field.split()
    return {name: float(effect) for name, effect in zip(words[::2], words[1::2], strict=True)}


PERTURBATIONS = tuple(
    Perturbation(name, _moves(moves), tuple(symbols.split()), essential=not dispensable)
    for name, moves, symbols, dispensable in _fields(_PERTURBATIONS)
)
PROGRAMMES = tuple(
    Programme(name, _LEANS[lean], tuple(symbols.split()), needs)
    for name, lean, symbols, needs in _fields(_PROGRAMMES)
)
_PAIRS = [pair.split() for pair in _RENAMED.split(",")]
RENAMED = dict(_PAIRS) | {then: now for now, then in _PAIRS}
"""The former symbol of a gene, and the current one of a former."""
