"""The biology behind the demo world: who belongs to which complex, what responds with what.

Memberships are textbook facts. `LOADINGS` states which programmes a knock-down moves and in which
direction; the sign follows known biology (below), the size is a plain guess. Gene symbols are HGNC.
Some of what the loadings say, with its reason:

- Proteasome loss stabilises NFE2L1, which raises every proteasome gene, and also NRF2 and p53.
- Uncharged tRNA, ER stress and mitochondrial stress all meet in ATF4 (integrated stress response).
- Unfinished ribosomes free RPL5/RPL11 to block MDM2 (p53 rises); RPL5 and RPL11, whose loss
  prevents this, are not perturbed here.
- Less sterol activates SREBP2; without SCAP, its proteases or SREBF2 the same genes fall.
- NMD and the exosome degrade transcripts with premature stops and snoRNA hosts: without
  them these build up.
- Complex I uses oxygen: without it less HIF; a V-ATPase stop starves iron enzymes: more HIF.
"""


def _genes(symbols: str) -> tuple[str, ...]:
    return tuple(symbols.split())


COMPLEXES: dict[str, tuple[str, ...]] = {
    "proteasome": _genes(
        "PSMA1 PSMA3 PSMA4 PSMA5 PSMA6 PSMA7 PSMB1 PSMB2 PSMB3 PSMB6 PSMC1 PSMC2 PSMC4 PSMD1 "
        "PSMD6 PSMD11"
    ),
    "ribosome_large": _genes(
        "RPL3 RPL4 RPL6 RPL7 RPL8 RPL9 RPL10A RPL13 RPL18 RPL23 RPL24 RPL27 RPL34 RPL37A"
    ),
    "ribosome_small": _genes(
        "RPS2 RPS3 RPS3A RPS5 RPS6 RPS8 RPS9 RPS11 RPS13 RPS14 RPS15A RPS18 RPS19 RPS24"
    ),
    "eif3": _genes("EIF3A EIF3B EIF3C EIF3D EIF3E EIF3F EIF3G EIF3H EIF3I EIF3M"),
    "trna_synthetases": _genes(
        "AARS1 CARS1 DARS1 EPRS1 FARSA FARSB GARS1 HARS1 IARS1 KARS1 LARS1 NARS1 QARS1 RARS1 "
        "SARS1 TARS1"
    ),
    "mediator": _genes(
        "MED1 MED4 MED6 MED7 MED8 MED9 MED10 MED11 MED12 MED14 MED17 MED20 MED22 MED24"
    ),
    "integrator": _genes(
        "INTS1 INTS2 INTS3 INTS4 INTS5 INTS6 INTS7 INTS8 INTS9 INTS10 INTS11 INTS14"
    ),
    "nmd": _genes("UPF1 UPF2 SMG1 SMG5 SMG6 SMG7 SMG8 SMG9"),
    "mito_ribosome": _genes(
        "MRPL3 MRPL4 MRPL10 MRPL11 MRPL13 MRPL17 MRPL20 MRPL22 MRPL37 MRPL44 MRPS2 MRPS5 MRPS14 "
        "MRPS22 MRPS27 MRPS34"
    ),
    "spliceosome": _genes(
        "SF3A1 SF3A2 SF3A3 SF3B1 SF3B2 SF3B5 SNRPD1 SNRPD2 SNRPD3 SNRPE SNRPF PRPF8 SNRNP200 "
        "EFTUD2 AQR PRPF19"
    ),
    "er_translocation_folding": _genes(
        "HSPA5 SEC61A1 SEC61G SEC63 SRP14 SRP54 SRP68 SRP72 SRPRA SRPRB SPCS2 SPCS3"
    ),
    "cholesterol_synthesis": _genes(
        "HMGCR HMGCS1 MVK PMVK MVD IDI1 FDPS FDFT1 SQLE LSS CYP51A1 NSDHL HSD17B7"
    ),
    "srebp_activation": _genes("SCAP SREBF2 MBTPS1 MBTPS2"),
    "anaphase_promoting_complex": _genes(
        "ANAPC2 ANAPC4 ANAPC5 ANAPC10 ANAPC11 CDC16 CDC23 CDC27 CDC20"
    ),
    "replication_helicase": _genes(
        "MCM2 MCM3 MCM4 MCM5 MCM6 MCM7 CDC45 GINS1 GINS2 GINS3 GINS4 MCM10"
    ),
    "copi": _genes("ARCN1 COPA COPB1 COPB2 COPE COPG1 COPZ1"),
    "tric_chaperonin": _genes("TCP1 CCT2 CCT3 CCT4 CCT5 CCT6A CCT7 CCT8"),
    "rna_exosome": _genes("EXOSC2 EXOSC3 EXOSC4 EXOSC5 EXOSC6 EXOSC7 EXOSC8 EXOSC9 DIS3"),
    "complex_i": _genes(
        "NDUFA8 NDUFA9 NDUFA13 NDUFB10 NDUFB11 NDUFC2 NDUFS1 NDUFS2 NDUFS3 NDUFS5 NDUFS7 NDUFS8 "
        "NDUFV1"
    ),
    "v_atpase": _genes(
        "ATP6V1A ATP6V1B2 ATP6V1C1 ATP6V1D ATP6V1E1 ATP6V1F ATP6V1H ATP6V0B ATP6V0C ATP6V0D1 "
        "ATP6AP1"
    ),
    "cohesin": _genes("SMC1A SMC3 RAD21 STAG2 NIPBL MAU2"),
}
"""Perturbed genes by complex or pathway; every gene stands in exactly one."""

PROGRAMMES: dict[str, tuple[str, ...]] = {
    "proteasome_subunits": _genes(
        "PSMA1 PSMA2 PSMA3 PSMA4 PSMA5 PSMA6 PSMA7 PSMB1 PSMB2 PSMB3 PSMB4 PSMB5 PSMB6 PSMB7 "
        "PSMC1 PSMC2 PSMC3 PSMC4 PSMC5 PSMC6 PSMD1 PSMD2 PSMD3 PSMD4 PSMD7 PSMD8 PSMD11 PSMD12 "
        "PSMD13 PSMD14 POMP"
    ),
    "unfolded_protein_response": _genes(
        "HSPA5 HSP90B1 DNAJB9 SDF2L1 PDIA4 PDIA6 HERPUD1 CRELD2 MANF DNAJC3 SEL1L HYOU1 CALR EDEM1 "
        "XBP1 SEC61B SYVN1 DNAJB11 CANX PDIA3"
    ),
    "atf4_targets": _genes(
        "DDIT3 ATF3 ATF4 ASNS TRIB3 CHAC1 SESN2 PSAT1 PHGDH SHMT2 MTHFD2 SLC7A11 SLC3A2 SLC7A5 "
        "CEBPB VLDLR DDIT4 PCK2 ALDH1L2 NUPR1 STC2 CTH SLC7A1 XPOT WARS1"
    ),
    "p53_targets": _genes(
        "CDKN1A MDM2 BBC3 BAX FAS ZMAT3 SESN1 TP53INP1 RRM2B FDXR GDF15 TNFRSF10B XPC DDB2 BTG2 "
        "AEN CCNG1 TP53I3 PHLDA3 TRIAP1"
    ),
    "cholesterol_srebp": _genes(
        "HMGCR HMGCS1 LDLR SQLE IDI1 INSIG1 FDFT1 FDPS LSS CYP51A1 MSMO1 SC5D DHCR7 DHCR24 MVD MVK "
        "STARD4 PCSK9 ACAT2 SREBF2 FADS1 FADS2 SCD FASN TMEM97 EBP"
    ),
    "heat_shock": _genes(
        "HSPA1A HSPA1B HSPA8 HSPH1 DNAJB1 DNAJA1 HSP90AA1 HSP90AB1 HSPD1 HSPE1 BAG3 HSPB1 CHORDC1 "
        "FKBP4 STIP1 HSPA4 HSPA4L AHSA1 CRYAB UBB"
    ),
    "histones": _genes("H1-2 H1-3 H1-4 H1-5 H2AC6 H2BC4 H2BC5 H2BC12 H2BC21 H3C2 H3C10 H4C3 H4C8"),
    "interferon": _genes(
        "ISG15 IFIT1 IFIT2 IFIT3 IFI6 IFI27 IFI44 IFI44L MX1 OAS1 OAS2 OAS3 STAT1 IRF7 IRF9 IFITM1 "
        "IFITM3 IFIH1 BST2 B2M HLA-A HLA-B HLA-C PSMB8 PSMB9 TAP1"
    ),
    "mito_encoded": _genes(
        "MT-ND1 MT-ND2 MT-ND3 MT-ND4 MT-ND5 MT-CO1 MT-CO2 MT-CO3 MT-ATP6 MT-CYB"
    ),
    "oxphos_nuclear": _genes(
        "NDUFA1 NDUFA4 NDUFB2 NDUFS6 COX4I1 COX5A COX5B COX6A1 COX6B1 COX6C COX7A2 COX7B COX7C "
        "COX8A UQCRB UQCRH UQCRQ UQCR10 ATP5F1B ATP5MC1"
    ),
    "mito_stress": _genes(
        "LONP1 HSPA9 CLPP CLPX DNAJA3 TIMM17A ATF5 SPG7 AFG3L2 GRPEL1 YME1L1 TRAP1"
    ),
    "ribosomal_proteins": _genes(
        "RPL3 RPL4 RPL5 RPL6 RPL7 RPL10 RPL11 RPL12 RPL13 RPL17 RPL19 RPL22L1 RPL26 RPL28 RPL29 "
        "RPL32 RPL35 RPL37 RPL41 RPLP0 RPLP1 RPS2 RPS4X RPS7 RPS10 RPS12 RPS16 RPS17 RPS19 RPS20 "
        "RPS21 RPS27 RPS27L RPS28 RPSA"
    ),
    "ribosome_biogenesis": _genes(
        "NOP56 NOP58 FBL NCL NPM1 DKC1 NOP16 POLR1B RRP9 RRP12 WDR43 BOP1 PES1 NOLC1 GNL3 GAR1 "
        "NHP2 MRTO4 PPAN MYC"
    ),
    "g2m": _genes(
        "CCNB1 CCNB2 CDC20 CDK1 TOP2A AURKA AURKB PLK1 BIRC5 CENPE CENPF CENPA KIF11 KIF20A KIF23 "
        "UBE2C TPX2 NUSAP1 HMMR BUB1 BUB1B TTK PTTG1 MKI67 CKS2 CDCA8 ASPM PRC1"
    ),
    "s_phase_e2f": _genes(
        "MCM2 MCM3 MCM4 MCM5 MCM6 MCM7 PCNA RRM2 TYMS DHFR CCNE1 CCNE2 CDC6 CDT1 E2F1 GINS2 UNG "
        "FEN1 CLSPN SLBP UHRF1 DTL TK1 HELLS"
    ),
    "erythroid": _genes(
        "HBG1 HBG2 HBA1 HBA2 HBZ HBE1 ALAS2 GYPA GYPB SLC25A37 KLF1 GATA1 EPOR TFRC AHSP BLVRB "
        "HMBS UROD SLC4A1 EPB42"
    ),
    "cytoskeleton_srf": _genes(
        "ACTA2 TAGLN MYL9 CNN1 CNN2 CCN1 CCN2 SERPINE1 THBS1 VIM TPM1 TPM2 ACTB ACTG1 FLNA VCL "
        "ANKRD1"
    ),
    "immediate_early": _genes(
        "FOS FOSB JUN JUNB EGR1 EGR2 IER2 IER3 IER5 DUSP1 KLF6 KLF10 ZFP36 NR4A1"
    ),
    "nfkb": _genes("NFKBIA CXCL8 CXCL1 CXCL2 CCL2 IL6 TNFAIP3 BIRC3 RELB NFKB2 ICAM1"),
    "lysosome_tfeb": _genes(
        "CTSD CTSB CTSL LAMP1 LAMP2 HEXA HEXB NPC1 NPC2 GRN PSAP GLA ASAH1 MCOLN1 SQSTM1 GPNMB "
        "TPP1 NEU1 CD63"
    ),
    "hypoxia_hif": _genes(
        "VEGFA CA9 ADM PDK1 BNIP3 BNIP3L EGLN3 ANKRD37 NDRG1 SLC2A1 PFKFB3 PFKFB4 LDHA PGK1 ALDOA "
        "ALDOC P4HA1 KDM3A ANGPTL4"
    ),
    "oxidative_nrf2": _genes(
        "NQO1 HMOX1 GCLM GCLC TXNRD1 SRXN1 OSGIN1 G6PD TXN PRDX1 FTH1 FTL ME1 PIR"
    ),
    "nmd_and_snorna_hosts": _genes(
        "GAS5 SNHG1 SNHG5 SNHG8 SNHG12 SNHG15 ZFAS1 EPB41L4A-AS1 GADD45A GADD45B TBL2 SRSF2 SRSF3 "
        "SRSF6 SRSF7 TRA2A TRA2B"
    ),
    "golgi_stress": _genes(
        "ARF4 KDELR2 KDELR3 CREB3 CREB3L2 GBF1 TMED2 TMED10 SEC24D SEC31A BET1 STX5 GOSR2"
    ),
}
"""Readout genes by the programme they respond with; every gene stands in exactly one."""

BACKGROUND: tuple[str, ...] = _genes(
    "GAPDH PPIA TPI1 PKM ENO1 TUBA1A TUBA1B TUBB TUBB4B EEF1A1 EEF2 EIF4A1 EIF4G2 EIF5A PABPC1 "
    "HNRNPA1 HNRNPC HNRNPK HNRNPU YBX1 NONO SFPQ DDX5 DDX17 DDX39B ILF2 ILF3 XRCC5 XRCC6 PARP1 "
    "HMGB1 HMGB2 HMGN2 HMGA1 SET ANP32B STMN1 PTMA PTMS TMSB4X TMSB10 CFL1 PFN1 ARPC2 ARPC3 CAPZB "
    "MYL6 MYL12A S100A4 S100A6 S100A10 S100A11 ANXA1 ANXA2 ANXA5 LGALS1 LGALS3 CD44 CD47 CD81 CD9 "
    "ITGB1 ITGA4 BSG ATP1A1 ATP1B3 SLC25A3 SLC25A5 SLC25A6 VDAC1 VDAC2 VDAC3 TOMM7 TOMM20 TIMM13 "
    "TOMM22 PHB2 CYCS PRDX2 PRDX3 PRDX5 SOD1 GSTP1 GPX1 GPX4 PEBP1 DSTN YWHAE YWHAZ YWHAQ "
    "RAN RANBP1 NUTF2 KPNA2 KPNB1 CSE1L XPO1 RAC1 RHOA CDC42 ARF1 RAB1A RAB7A RAB11A SUMO2 UBC "
    "UBA52 UBE2D3 SKP1 CUL1 RBX1 COPS5 NEDD8 PAICS GART ATIC IMPDH2 NME1 NME2 ODC1 AMD1 "
    "LMNA LMNB1 CBX3 SMARCA4 TRIM28"
)
"""Readout genes without a programme."""

LOADINGS: dict[str, dict[str, float]] = {
    "proteasome": {
        "proteasome_subunits": 3.0, "heat_shock": 2.0, "atf4_targets": 1.0, "p53_targets": 1.0,
        "oxidative_nrf2": 1.0, "g2m": -1.0,
    },
    "ribosome_large": {
        "p53_targets": 2.0, "ribosomal_proteins": -1.5, "ribosome_biogenesis": -1.0,
        "erythroid": -1.0, "s_phase_e2f": -1.0,
    },
    "ribosome_small": {
        "p53_targets": 1.5, "ribosomal_proteins": -1.5, "ribosome_biogenesis": 1.0,
        "erythroid": -2.0, "s_phase_e2f": -0.7,
    },
    "eif3": {
        "ribosomal_proteins": 1.5, "s_phase_e2f": -1.5, "g2m": -1.0, "histones": -1.0,
        "atf4_targets": -0.7,
    },
    "trna_synthetases": {
        "atf4_targets": 3.0, "ribosome_biogenesis": -1.0, "cholesterol_srebp": -0.7, "g2m": -0.5,
    },
    "mediator": {
        "immediate_early": -1.5, "erythroid": -1.5, "interferon": -1.0, "cholesterol_srebp": -1.0,
        "cytoskeleton_srf": -0.8,
    },
    "integrator": {
        "immediate_early": 2.0, "nfkb": 1.0, "histones": -1.5, "p53_targets": 0.7,
        "erythroid": -0.7,
    },
    "nmd": {
        "nmd_and_snorna_hosts": 3.0, "atf4_targets": 1.2, "immediate_early": 0.5,
    },
    "mito_ribosome": {
        "atf4_targets": 1.7, "mito_stress": 1.2, "mito_encoded": 1.0, "oxphos_nuclear": -1.2,
        "erythroid": -1.0,
    },
    "spliceosome": {
        "nmd_and_snorna_hosts": 1.2, "p53_targets": 1.0, "g2m": -1.7, "histones": 1.0,
        "ribosome_biogenesis": -0.7, "s_phase_e2f": -0.7,
    },
    "er_translocation_folding": {
        "unfolded_protein_response": 3.0, "atf4_targets": 1.0, "golgi_stress": 0.5,
        "cholesterol_srebp": -0.5,
    },
    "cholesterol_synthesis": {
        "cholesterol_srebp": 3.0, "lysosome_tfeb": 0.5, "g2m": -0.5,
    },
    "srebp_activation": {
        "cholesterol_srebp": -3.0, "unfolded_protein_response": -0.5,
    },
    "anaphase_promoting_complex": {
        "g2m": 2.2, "s_phase_e2f": -1.2, "histones": -1.2, "p53_targets": 0.7,
    },
    "replication_helicase": {
        "p53_targets": 1.5, "histones": -2.0, "s_phase_e2f": 1.5, "g2m": -1.2, "interferon": 0.5,
    },
    "copi": {
        "golgi_stress": 2.5, "unfolded_protein_response": 1.5, "cholesterol_srebp": 1.0,
        "atf4_targets": 0.7,
    },
    "tric_chaperonin": {
        "heat_shock": 2.2, "cytoskeleton_srf": 1.5, "g2m": -1.0, "erythroid": -0.5,
    },
    "rna_exosome": {
        "nmd_and_snorna_hosts": 1.7, "ribosome_biogenesis": 1.2, "p53_targets": 1.0,
        "ribosomal_proteins": -0.7,
    },
    "complex_i": {
        "oxphos_nuclear": -1.5, "atf4_targets": 1.5, "hypoxia_hif": -1.7, "mito_encoded": 1.0,
        "mito_stress": 0.5,
    },
    "v_atpase": {
        "lysosome_tfeb": 2.2, "cholesterol_srebp": 1.5, "hypoxia_hif": 1.7, "oxidative_nrf2": 0.7,
    },
    "cohesin": {
        "interferon": 1.5, "erythroid": -1.5, "g2m": 1.0, "cytoskeleton_srf": 0.8,
        "p53_targets": 0.5,
    },
}  # fmt: skip
"""What the knock-down of a complex does to a programme: signed, 3 is strongest, absent is 0."""
