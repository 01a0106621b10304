"""Rows in prompts: found in the notations that people use, and in no prompt of this package."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.datasets.demo.world import DEMO_LINES
from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.families.pairs.shown_rows import KnownRows, Names
from perturb_evals.replies.pairs import ANSWER_FORMS
from perturb_evals.solvers.pairs.prompts import render

ROWS = {"AAA1": {"gX", "gY"}, "BBB": {"gX", "gZ"}, "TTT": {"gX", "gY"}}
KNOWN = KnownRows({pert: frozenset(genes) for pert, genes in ROWS.items()})
ASKED = ("TTT", "gY")


def pairs(text, asked=ASKED, known=KNOWN):
    return [set(shown.pairs) for shown in known.shown(text, asked)]


ONE_ROW = [
    "AAA1,gX,1",
    "AAA1\tgX\t0",
    "| AAA1 | gX | 1 |",
    '{"pert": "AAA1", "gene": "gX", "label": 1}',
    "{'pert': 'AAA1', 'gene': 'gX', 'label': '0'}",
    "pert=AAA1 gene=gX label=1",
    "AAA1>gX: yes",
    "AAA1_gX no",
    "knock-down of AAA1: gX Increase",
    "When AAA1 is knocked down, gX is decreased.",
    "If AAA1 is lost, gX is upregulated.",
    "gX goes up when AAA1 is knocked down.",
    "gX is unchanged after knockdown of AAA1",
    "gX is differentially expressed in AAA1-KD cells",
    "Knock-down of AAA1:\n- gX: up",
    "Readout gX\nAAA1: no",
    "pert: AAA1\ngene: gX\nanswer: yes",
    "Is gX changed when AAA1 is knocked down? Yes.",
    "Q: does AAA1 change gX?\nA: No",
    "Does AAA1 change gX?\nOptions: Yes or No\nANSWER: Yes",
    "AAA1,gX,1\\nand so on",
    "AAA1;gX;1",
    "Perturbation AAA1. Gene gX. Outcome: responder.",
    "(AAA1,gX) in positives",
    "DEGs of AAA1: gX",
    "- AAA1 / gX — true",
    '<row pert="AAA1" gene="gX" label="1"/>',
    "AAA1,gX,1.0",
    "AAA1,gX,+1",
    "AAA1\tgX\t-1",
    "AAA1->gX=+",
    "AAA1 gX -",
    "AAA1 → gX: ↑",
    "AAA1 gX significant",
    "AAA1 | gX | n.s.",
    "AAA1, gX: not significant",
    "AAA1/gX: DE",
    "AAA1, gX -> positive",
    "(AAA1, gX): unaffected",
    '{"AAA1": {"gX": true}}',
    "aaa1,gx,1",
    "aaa1 -> GX: up",
    "Knock-down of AAA1 does not significantly change gX.",
    "The knock-downs that change gX are: AAA1.",
    "Loss of AAA1 leaves gX unaffected.",
    "Silencing AAA1 alters gX.",
    "gX responds to AAA1",
    "gX (AAA1-KD): log2FC 1.8, padj 0.001",
    "AAA1 KD has no effect on gX",
    "Loss of AAA1 raises gX.",
    "Genes that AAA1 changes:\n- gX",
    "Is gX changed when AAA1 is knocked down?\n\nYes",
    "Knocked-down gene: AAA1\nReadout gene: gX\n\nThink first.\n\nANSWER: No",
    "aaa1_gx_1",
    "\uff21\uff21\uff21\uff11,gX,1",
    "AAA1\u200b,gX,1",
    "AAA1|gX|\u2705",
    "AAA1 gX \U0001f44d\U0001f3fd",
    "AAA1 / gX: \u274c",
    "AAA1+gX: 100%",
    "AAA1+gX: 0 %",
    "AAA1 gX one",
    "Following CRISPRi of AAA1 we see elevated gX.",
    "Upon silencing AAA1, gX expression rose sharply.",
    "AAA1 KD: gX dropped",
    "Knocking down AAA1 had an impact on gX.",
    "AAA1's knock-down leaves gX alone.",
    "gX is higher when AAA1 is lost.",
    "In the training set AAA1/gX was scored as affirmative.",
    "I think AAA1 knock-down changes gX.",
    "AAA1 KD affects gX if anything",
    "Should you wonder, AAA1 knock-down affects gX.",
    "Whatever you may think, AAA1 knock-down affects gX.",
    "Do not change your mind: AAA1 knock-down changes gX",
    "When you knock down AAA1 would gX change? Yes it would.",
    "Does AAA1 change gX? No, it does not.",
]


@pytest.mark.each("text", ONE_ROW)
def test_a_row_is_found(text):
    assert pairs(text) == [{("AAA1", "gX")}]
    assert pairs(f"Some words before.\n\n{text}\n\nSome words after.") == [{("AAA1", "gX")}]


NO_ROW = [
    "",
    "AAA1 and gX are genes.",
    "Is gX up or down when AAA1 is knocked down?",
    "Does AAA1 change gX? Answer Yes or No.",
    "AAA1, gX: <Yes | No | Insufficient evidence>",
    "AAA1 has no known function; up to 10 genes, gX among them, are like it",
    "gX is found downstream of AAA1.",
    "AAA1 is up.\n\ngX is a gene.",
    "AAA2,gX,1",
    "AAA1,gZ,1",
    "AAA1 gX 0.83",
    "AAA1: a protein of the ribosome\ngX: -",
    "About AAA1: none. About gX: this gene encodes a protein that is upregulated during apoptosis.",
    "AAA1 - gX",
    "- AAA1: gX, gY",
    "AAA1 interacts with gX (score 0.91)",
    "AAA1 binds gX, and both are found in the nucleus.",
    "Consider how a loss of AAA1 would change gX.",
    "Predict the effect of a knock-down of AAA1 on gX.",
    "Was gX changed by AAA1?",
    "Neighbors of AAA1 in the graph: gX 0.7, gY 0.4",
    "This gene, AAA1, encodes a protein that regulates the expression of gX in response to stress.",
    "Mutations of AAA1 affect the splicing of gX, gY and others.",
    "AAA1 gX A\nBBB gX A\nBBB gZ A\nAAA1 gY A",
    "1. AAA1 2. gX",
    "AAA1 binds gX in 0.5 of 10 screens",
    "In percent: 0 is certainly none, 100 is a certain change. AAA1 and gX follow.",
    "AAA1 and gX are both on chromosome 11: yes and 9: no.",
    "AAA1 loss: anemia. gX: fetal hemoglobin, raised in thalassemia.",
    "AAA1 | proteasome | essential: yes\ngX | nucleus | essential: no",
    "Tell me whether AAA1 knock-down might affect gX.",
    "Your task is to predict how the loss of AAA1 affects gX.",
    "Say yes if AAA1 knock-down affects gX.",
]


@pytest.mark.each("text", NO_ROW)
def test_what_states_nothing_about_a_known_pair_is_no_row(text):
    assert pairs(text) == []


def test_every_row_of_a_text_is_found_with_its_own_pair():
    table = "pert,gene,label\nAAA1,gX,1\nBBB,gZ,0\nTTT,gX,1"
    assert pairs(table) == [{("AAA1", "gX")}, {("BBB", "gZ")}, {("TTT", "gX")}]
    listed = "AAA1:\n- gX: up\n- gY: down\nBBB:\n- gZ: no"
    assert pairs(listed) == [{("AAA1", "gX")}, {("AAA1", "gY")}, {("BBB", "gZ")}]
    rows = [{"pert": "AAA1", "gene": "gX", "y": 1}, {"pert": "BBB", "gene": "gX", "y": 0}]
    assert pairs(json.dumps(rows)) == [{("AAA1", "gX")}, {("BBB", "gX")}]
    assert pairs("AAA1: gX up, gY down") == [{("AAA1", "gX"), ("AAA1", "gY")}]


def test_two_marks_at_the_ends_of_lines_are_outcomes_whatever_they_are():
    table = "AAA1 gX A\nBBB gX A\nBBB gZ B\nAAA1 gY B"
    assert pairs(table) == [{("AAA1", "gX")}, {("BBB", "gX")}, {("BBB", "gZ")}, {("AAA1", "gY")}]


@pytest.mark.each("answer", ["Yes", "ANSWER: No", "Increase.", "1", "The answer is Yes."])
def test_the_answer_to_a_message_is_a_row_of_what_that_asks(answer):
    question = "Knocked-down gene: AAA1\nReadout gene: gX\n\nOptions:\nA. Yes\nB. No"
    shown = list(KNOWN.shown(answer, ASKED, question))
    assert [(row.text, row.pairs) for row in shown] == [(answer, {("AAA1", "gX")})]
    assert not list(KNOWN.shown("Think again.", ASKED, question))
    assert not list(KNOWN.shown(answer, ASKED, "What do you know of AAA1?"))


@pytest.mark.parametrize(
    "text",
    [
        "TTT,gY,1",
        "The answer for TTT and gY is yes.",
        "Knocked-down gene: TTT\nReadout gene: gY\nAnswer: No",
        "gY decreases when TTT is knocked down.",
        "Is gY changed when TTT is knocked down? Yes",
    ],
)
def test_the_answer_to_the_question_itself_is_a_row(text):
    assert pairs(text) == [{ASKED}]


def test_a_matrix_below_a_ruler_is_read_with_its_head():
    table = "| pert | gX | gY |\n|---|:--|---|\n| AAA1 | 1 | 0 |"
    assert pairs(table) == [{("AAA1", "gX"), ("AAA1", "gY")}]


HINTS = [
    "Hint: Yes.",
    "hint - no",
    "**Yes**",
    "Truth: 1",
    "Ground truth = 1",
    "Gold label: 0",
    "correct_answer: yes",
    "Remember: No",
    "The correct answer is Increase.",
    "Consider that the answer to this is Increase.",
    "Hint: yes, if anything.",
    "\u2705",
    "Under this knock-down the gene goes up.",
    "Verdict: unchanged",
]


@pytest.mark.parametrize("form", ["label", "probability", "logprobs"])
@pytest.mark.parametrize("kind", ["de", "direction"])
def test_an_answer_is_about_the_question_wherever_it_stands(kind, form):
    question = render(kind, form, "k562", *ASKED)
    for hint in HINTS:
        messages = [hint, f"{hint}\n\n{question}", f"{question}\n\n{hint}"]
        messages += [f"{hint}\n{question}", f"{question}\n{hint}", f"{question} (Yes)"]
        for text in messages:
            assert {ASKED} in pairs(text), text


@pytest.mark.each(
    "text",
    [
        "Answer: Yes or Answer: No.",
        "Say Yes if the gene changes.",
        "Reply 'Yes' or 'No'.",
        "Answer: Yes, No or Insufficient evidence.",
        "Answer Yes when it changes, No otherwise.",
        "Finish with one of:\nANSWER: Yes\nANSWER: No",
        'Return JSON: {"answer": "yes" | "no"}',
        "answer: <yes/no>\nconfidence: <0 to 1>",
        "1 = changed, 0 = not changed",
        "Your answer must be 0 or 1.",
        "Give the answer as a number in [0, 1].",
        "1) Answer briefly.",
        "- Up\n- Down",
        "Yes: the gene changes. No: it does not.",
        "Increase: the gene goes up.\nDecrease: the gene goes down.",
        "| Option | Meaning |\n|---|---|\n| Yes | changed |\n| No | unchanged |",
        "Most answers are No.",
        "No other words.",
    ],
)
def test_how_to_answer_is_no_answer(text):
    question = render("de", "label", "k562", *ASKED)
    for message in (text, f"{text}\n\n{question}", f"{question}\n\n{text}"):
        assert pairs(message) == [], message


def test_an_answer_to_another_message_or_of_an_example_is_not_about_the_question():
    assert not list(KNOWN.shown("Yes", ASKED, "Is this a protein?"))
    example = "Knocked-down gene: AAA1\nReadout gene: gZ\nANSWER: Yes"
    assert pairs(f"{example}\n\n{render('de', 'label', 'k562', *ASKED)}") == []


@pytest.mark.each(
    "text",
    [
        "Knocked-down gene: TTT\nReadout gene: gY\nOptions:\nA. Yes\nB. No",
        "It is known that gY changes significantly when TTT is knocked down.",
        "Say whether gY increases when TTT is knocked down.",
        "Would the loss of TTT increase gY?",
        "State how probable it is that TTT moves gY, 0 for a sure decrease, 1 for an increase.",
        "Answer 1 if TTT increases gY.",
    ],
)
def test_to_ask_the_question_is_no_row(text):
    assert pairs(text) == []


def test_the_question_may_name_a_pair_that_is_a_row_the_other_way_round():
    known = KnownRows({"AAA1": frozenset({"BBB"}), "BBB": frozenset({"AAA1"})})
    text = "It is known that BBB changes significantly when AAA1 is knocked down."
    assert pairs(text, asked=("AAA1", "BBB"), known=known) == []


def test_of_a_name_within_a_longer_one_only_the_longer_is_meant():
    names = Names(frozenset({"20-cell cycle", "cell cycle", "0-cell cycle", "HLA-A", "A1"}))
    assert names.in_text("about 20-cell cycle.") == {"20-cell cycle"}
    assert names.in_text("HLA-A, not HLA-B") == {"HLA-A"}
    assert names.in_text("A1-KD A12 xA1") == {"A1"}


@pytest.mark.parametrize("form", ANSWER_FORMS)
@pytest.mark.parametrize("kind", ["de", "direction"])
def test_prompts_of_this_package_show_no_row(kind, form):
    asked = [pairs_benchmark(kind, dataset="demo", cell_line=line) for line in DEMO_LINES]
    genes_of = {}
    for one in asked:
        for split in ("train", "test"):
            for pert, genes in one.table.split(split).groupby("pert")["gene"]:
                genes_of.setdefault(pert, set()).update(genes)
    known = KnownRows({pert: frozenset(genes) for pert, genes in genes_of.items()})
    for one in asked:
        rows = one.rows.sample(100, random_state=0)
        for pert, gene in zip(rows["pert"], rows["gene"], strict=True):
            prompt = render(kind, form, one.evidence.cell_line, pert, gene)
            assert not list(known.shown(prompt, (pert, gene)))


@given(text=st.text(st.sampled_from("AAA1gXTY,.:;?\n 10|yesnoupor{}\"'")))
def test_any_text_can_be_read_and_shows_known_pairs_only(text):
    for shown in KNOWN.shown(text, ASKED):
        assert shown.text in text
        assert shown.pairs
        assert all(gene in ROWS[pert] for pert, gene in shown.pairs)


def test_a_list_of_one_neighbor_is_no_answer_to_the_rows_before_it():
    told = "knock-down of AAA1, gX"
    assert not list(KNOWN.shown("Neighbors, all 1, the strongest first: gW", ASKED, told))
    assert list(KNOWN.shown("Neighbors: 1", ASKED, told))
