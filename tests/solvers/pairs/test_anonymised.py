"""Texts under `anonymised`: no name stays in them, and codes lead back."""

import asyncio
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from perturb_evals.datasets.genes.cards import gene_cards
from perturb_evals.datasets.genes.ncbi import human_aliases
from perturb_evals.datasets.genes.symbol_codes import codes_in, decoded
from perturb_evals.datasets.pairs.evidence import pairs_evidence
from perturb_evals.families.pairs.sent import WRITERS
from perturb_evals.solvers.pairs.summaries import UNKNOWN, Summaries
from perturb_evals.solvers.pairs.view import Control, View
from perturb_evals.solvers.pairs.written import Writer, Written

CODE = re.compile(r"\bG\d{3}\b")


def view(
    pert: str, gene: str, control: Control | None = "anonymised", dataset: str = "perturbqa"
) -> View:
    about = {"pert": pert, "gene": gene, "cell_line": "k562", "kind": "de", "dataset": dataset}
    return View(about, control)


def stands(name: str, text: str) -> bool:
    """Whether a name stands in a text as a word, or a part of one between marks."""
    return re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", text) is not None


@pytest.mark.each(
    "written",
    [
        "GATA1",
        "Gata1",
        "GATA-1",
        "GATA 1",
        "gata1",
        "GATA_1",
        "NF-E1",
        "NFE1",
        "nf-e1",
        "hGATA1",
        "GATA1s",
        "ERYF1-dependent",
        "(GATA1)",
        "GATA1/GATA2",
        "GATA binding protein 1",
        "GATA-binding protein 1",
        "gata binding protein 1",
        "erythroid transcription factor",
        "TP53",
        "p53",
        "P53",
        "Tp53",
        "tumor protein p53",
        "Tumor protein P53",
        "cellular tumor antigen p53",
        "BCC7",
        "MDM2",
        "Mdm2",
        "HLA-DRA",
        "C1orf112",
        "CDK1; MIM 116940",
    ],
)
def test_a_name_is_replaced_in_any_usual_spelling(real_data: Path, written: str) -> None:
    shown = view("GATA1", "TP53")
    text = shown.text("GATA1", f"It acts with {written}, they say.")
    left = CODE.sub("", text)
    wanted = r"It acts with [-(/]*(dependent)?[)]?, they say\."
    assert re.fullmatch(wanted, left), text
    assert CODE.search(text)


@pytest.mark.each(
    "text",
    [
        "A set of genes at rest, and a cat for max effect.",
        "DNA, RNA, mRNA, ATP-binding, 40S, 60S, G1/S, E3 ligase, 5' end, 2-oxoglutarate.",
        "The proteasome, a complex of alpha and beta subunits (see above).",
        "no description is known.",
    ],
)
def test_words_of_the_language_stay(real_data: Path, text: str) -> None:
    assert view("SET", "REST").text("SET", text) == text


@pytest.mark.each(
    "pert, gene", [("SET", "REST"), ("REST", "SET"), ("MICE1", "SET"), ("CAT", "MAX")]
)
def test_symbols_that_are_words_are_replaced_where_they_are_written_as_symbols(
    real_data: Path, pert: str, gene: str
) -> None:
    shown = view(pert, gene)
    assert shown.text(pert, f"Of {pert} and {gene}.") == "Of G001 and G002."


@pytest.mark.each("symbol", ["AARS2", "AARS", "RPL3", "C1orf112", "PSMA1", "TWISTNB"])
def test_the_full_name_in_front_is_left_out(real_data: Path, symbol: str) -> None:
    card = gene_cards([symbol])[symbol]
    said = " It makes a protein." if symbol == "AARS2" else ""
    shown = view(symbol, "TP53").text(symbol, f"{card.full_name}.{said}")
    assert shown == (said.strip() or UNKNOWN)


def test_no_name_of_a_gene_survives_in_real_texts_and_codes_lead_back(real_data: Path) -> None:
    table = pd.read_csv(real_data / "perturbqa" / "k562-de.csv").sample(300, random_state=7)
    summaries = Summaries(pairs_evidence("perturbqa", "k562", "de", "none", ()))
    current = human_aliases().is_current
    for pert, gene in zip(table["pert"], table["gene"], strict=True):
        shown = view(pert, gene)
        texts = {}
        for symbol, part in ((pert, "perturbed"), (gene, "readout")):
            texts[symbol] = shown.text(symbol, summaries.at_hand(symbol, part))  # type: ignore[arg-type]
        symbols = codes_in({"symbol_codes": shown.codes})
        for text in texts.values():
            for card in gene_cards([pert, gene]).values():
                names = (card.name, card.symbol, card.full_name, *card.synonyms)
                assert not [name for name in names if len(name) > 1 and stands(name, text)], text
                assert not card.full_name or card.full_name.casefold() not in text.casefold()
            words = re.findall(r"(?<![^\W_])[A-Z][A-Z0-9]+(?![^\W_])", text)
            assert not [word for word in words if current(word) and not CODE.fullmatch(word)], text
            back = decoded(text, symbols)
            assert not CODE.search(back), back
            for code, symbol in symbols.items():
                assert stands(symbol, back) or not stands(code, text)


@pytest.mark.slow
@pytest.mark.parametrize("solver", WRITERS)
def test_no_name_of_a_question_survives_in_the_prompts_of_a_solver(
    real_data: Path, solver: str
) -> None:
    table = pd.read_csv(real_data / "perturbqa" / "k562-de.csv").query("split == 'test'")
    writer = WRITERS[solver]()(pairs_evidence("perturbqa", "k562", "de", "within", ("k562",)))
    asked = table.sample(300, random_state=5)[["pert", "gene"]].itertuples(index=False)
    for pert, gene in asked:
        shown = view(pert, gene)
        for written in asyncio.run(written_by(writer, shown)):
            text = written.text.replace(shown.line, "")  # K562 has a fusion with BCR
            for card in gene_cards([pert, gene]).values():
                names = (card.name, card.symbol, *card.synonyms)
                assert not [name for name in names if len(name) > 1 and stands(name, text)], text
            back = decoded(text, codes_in({"symbol_codes": shown.codes}))
            assert not CODE.search(back), back
            assert stands(pert, back)
            assert stands(gene, back)


async def written_by(writer: Writer, shown: View) -> Sequence[Written]:
    return await writer.write(shown)


def test_what_a_model_wrote_of_genes_loses_their_names_too(real_data: Path) -> None:
    rng = random.Random(5)
    table = pd.read_csv(real_data / "perturbqa" / "k562-de.csv").sample(60, random_state=3)
    spellings: list[Any] = [str, str.capitalize, lambda s: f"{s}-mediated", lambda s: f"({s})"]
    for pert, gene in zip(table["pert"], table["gene"], strict=True):
        if pert == gene:
            continue
        shown = view(pert, gene)
        written = " ".join(
            f"The loss of {rng.choice(spellings)(symbol)} stresses cells."
            for symbol in (pert, gene)
        )
        text = shown.text(pert, written)
        back = decoded(text, codes_in({"symbol_codes": shown.codes}))
        assert not [name for name in (pert, gene) if name.casefold() in text.casefold()]
        assert stands(pert, back)
        assert stands(gene, back)


def test_other_controls_leave_texts_as_they_are() -> None:
    for control in (None, "swapped", "wrong_line", "shuffled_evidence"):
        shown = view("SET", "TP53", control)  # type: ignore[arg-type]
        assert shown.text("SET", "SET acts with TP53.") == "SET acts with TP53."
        assert not shown.codes


def test_in_the_demo_world_what_looks_like_a_symbol_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PERTURB_EVALS_DATA", raising=False)
    monkeypatch.setenv("PERTURB_EVALS_CACHE", "/nonexistent")
    shown = view("PSMA1", "ACTB", dataset="demo")
    text = shown.text("PSMA1", "member of proteasome, with ACTB, PSMB-2 and DNA, ATF4.")
    assert text == "member of proteasome, with G002, G003 and DNA, G004."
