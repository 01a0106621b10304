"""Logs of solvers that ask a model, forged in what they sent, recorded and counted beside it.

A forged part is made to agree with all its copies in a log, as whoever forges one would do, so it
is held here against what the solver writes itself.
"""

from itertools import count

import pytest
from inspect_ai.event import ModelEvent
from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries
from inspect_ai.model import (
    ChatMessageAssistant,
    ChatMessageTool,
    ChatMessageUser,
    ModelOutput,
    ModelUsage,
    get_model,
)

from perturb_evals.datasets.pairs.load import load_table
from perturb_evals.leaderboard.submission.agreement.conversations import SENT
from perturb_evals.leaderboard.submission.agreement.outputs import Outputs
from perturb_evals.leaderboard.submission.agreement.parts import RunParts, SampleParts
from perturb_evals.leaderboard.submission.board import asked_again
from perturb_evals.leaderboard.submission.evidence_audit import Prompts
from perturb_evals.models.recorder import RECORDER
from perturb_evals.replies.reply import KEY
from perturb_evals.solvers.pairs.agent.lab_agent import lab_agent
from perturb_evals.solvers.pairs.ask import ask
from perturb_evals.solvers.pairs.no_cot import llm_no_cot
from perturb_evals.solvers.pairs.no_retrieval import llm_no_retrieval
from perturb_evals.solvers.pairs.summer import summer


def numbered():
    """A model that gives no answer twice."""
    numbers = count()

    def answer(messages, tools, tool_choice, config):
        said = f"Thought {next(numbers)}.\nANSWER: Yes"
        output = ModelOutput.from_content("numbered", said)
        output.usage = ModelUsage()  # else Inspect counts tokens, for which it needs a network
        return output

    return get_model("mockllm/model", custom_outputs=answer)


@pytest.fixture(scope="module")
def runs(run_few, few):
    """Honest runs; do not change them."""

    def run(solver, model=None):
        log = run_few(solver, task=few(evidence="within"), model=model or numbered(), limit=1)
        assert log.status == "success", log.error
        summaries = read_eval_log_sample_summaries(log.location)
        return read_eval_log(log.location, resolve_attachments="full"), summaries[0]

    return {
        "two": run(llm_no_retrieval()),
        "rows": run(llm_no_cot()),
        "summer": run(summer()),
        "codes": run(summer(control="anonymised")),
        "shuffled": run(summer(control="shuffled_evidence")),
        "plain": run(ask()),
        "acts": run(lab_agent(), RECORDER),
        "acts swapped": run(lab_agent(control="swapped"), RECORDER),
        "acts coded": run(lab_agent(control="anonymised"), RECORDER),
        "acts shuffled": run(lab_agent(control="shuffled_evidence"), RECORDER),
    }


@pytest.fixture
def held(runs):
    """Forge the one sample of a run, and hold what it sent: what was found, by part."""

    def held(name, change):
        log, summary = runs[name]
        log = log.model_copy(deep=True)
        (sample,) = log.samples
        change(log, sample)
        parts = SampleParts(RunParts(log), summary, sample)
        found = {one.part: one.hold(parts) for one in (*SENT, *Outputs(log).agreements)}
        return {part: said for part, said in found.items() if isinstance(said, str)}

    return held


@pytest.fixture
def audited(runs):
    """Forge the one sample of a run, and audit it."""

    def audited(name, change):
        log, summary = runs[name]
        sample = log.samples[0].model_copy(deep=True)
        change(log, sample)
        check = Prompts(asked_again(log).audit, records=True)
        check.read(summary, sample)
        return check.check()

    return audited


def calls(sample):
    return [event for event in sample.events if isinstance(event, ModelEvent)]


def reply(sample):
    return sample.output.metadata[KEY]


def reword(call, change):
    call.input = [m.model_copy(update={"content": change(m.text)}) for m in call.input]


def nothing(log, sample):
    pass


def another_answer_before(log, sample):
    reply(sample)["before"][0][0] = "ANSWER: No"


def another_end_before(log, sample):
    reply(sample)["before"][0][1] = "max_tokens"


def no_answer_before(log, sample):
    del reply(sample)["before"]


def one_answer_more(log, sample):
    reply(sample)["before"].append(["ANSWER: No", "stop"])


def an_answer_before(log, sample):
    reply(sample)["before"] = [["ANSWER: No", "stop"]]


def another_prompt(log, sample):
    for call in calls(sample):
        reword(call, lambda text: f"{text} It is Yes.")


def the_last_answer_before(log, sample):
    reply(sample)["before"][0][0] = calls(sample)[1].output.completion


def a_call_less(log, sample):
    sample.events.remove(calls(sample)[0])


def a_conversation_more(log, sample):
    call = calls(sample)[1].model_copy(deep=True)
    reword(call, lambda text: "The answer is Yes.")
    sample.events.append(call)


def another_second_prompt(log, sample):
    reword(calls(sample)[1], lambda text: f"{text} It is Yes.")


def conversations_exchanged(log, sample):
    first, second = calls(sample)
    first.input, second.input = second.input, first.input


def goes_on(log, sample):
    call = calls(sample)[1]
    call.input = [
        *call.input,
        ChatMessageAssistant(content="ANSWER: No"),
        ChatMessageUser(content="It is Yes."),
    ]


def a_message_more(log, sample):
    sample.messages.append(ChatMessageUser(content="It is Yes."))


def a_message_less(log, sample):
    del sample.messages[0]


def a_row_more(log, sample):
    line, pert, _, label = reply(sample)["shown"][0]
    reply(sample)["shown"].append([line, pert, "MYC", label])


def a_row_less(log, sample):
    reply(sample)["shown"].pop()


def no_rows(log, sample):
    del reply(sample)["shown"]


def another_label(log, sample):
    row = reply(sample)["shown"][0]
    row[3] = 1 - row[3]


def another_order(log, sample):
    reply(sample)["shown"].reverse()


def another_row_in_the_prompt(log, sample):
    reword(calls(sample)[0], lambda text: text.replace("ANSWER: Yes", "ANSWER: No"))


def codes_exchanged(log, sample):
    codes = sample.metadata["symbol_codes"]
    first, second = list(codes)[:2]
    codes[first], codes[second] = codes[second], codes[first]


def no_codes(log, sample):
    del sample.metadata["symbol_codes"]


def codes_of_nothing(log, sample):
    sample.metadata["symbol_codes"] = {"MYC": "G001"}


def more_metadata(log, sample):
    sample.metadata["hint"] = "Yes"


def with_argument(**given):
    def change(log, sample):
        log.plan.steps[0].params |= given

    return change


def as_if_one_word(log, sample):
    reply(sample)["form"] = "logprobs"


def submits_otherwise(log, sample):
    sample.output.choices[0].message.content = sample.output.completion = "Certainly so."


FORGED = [
    ("two", another_answer_before, "earlier answers", "the text of answer 1 in the reply says"),
    ("two", another_end_before, "earlier answers", "the end of answer 1 in the reply says 'max_"),
    ("two", no_answer_before, "earlier answers", "begin 2 conversations, the reply has 0 of them"),
    ("two", one_answer_more, "earlier answers", "begin 2 conversations, the reply has 2 of them"),
    ("two", the_last_answer_before, "earlier answers", "'Thought 1."),
    ("two", a_call_less, "earlier answers", "begin 1 conversations, the reply has 1 of them"),
    ("two", a_call_less, "prompt", "the first call says "),
    ("two", a_conversation_more, "prompt", "sends 2 prompts, the calls begin with 3."),
    ("two", another_second_prompt, "prompt", "the begin of conversation 2 says "),
    ("two", conversations_exchanged, "prompt", "the first call says "),
    ("two", goes_on, "messages beside it", "in one message, a call has 'ANSWER: No' too."),
    ("two", a_message_more, "messages", "what no call was sent: 'It is Yes.'."),
    ("two", a_message_less, "messages", "of a call is not in the conversation."),
    ("rows", a_row_more, "prompt", "'shown' of the reply says "),
    ("rows", a_row_less, "prompt", "'shown' of the reply says "),
    ("rows", no_rows, "prompt", "'shown' of the reply says nothing"),
    ("rows", another_label, "prompt", "'shown' of the reply says "),
    ("rows", another_order, "prompt", "'shown' of the reply says "),
    ("rows", another_row_in_the_prompt, "prompt", "the first call says "),
    ("rows", as_if_one_word, "prompt", "'form' of the reply says 'logprobs', the solver 'label'."),
    ("rows", as_if_one_word, "reply", "with answer='label', its reply has 'logprobs'."),
    ("rows", more_metadata, "prompt", "'hint' of the sample's metadata says 'Yes', the solver "),
    ("codes", codes_exchanged, "prompt", "'symbol_codes' of the sample's metadata is another one"),
    ("codes", no_codes, "prompt", "'symbol_codes' of the sample's metadata says nothing"),
    ("codes", with_argument(control=None), "prompt", "the first call says "),
    ("codes", with_argument(control="swapped"), "prompt", "the first call says "),
    ("codes", with_argument(seed=9), "prompt", "the first call says "),
    ("shuffled", with_argument(control=None), "prompt", "the first call says "),
    ("summer", with_argument(control="anonymised"), "prompt", "the first call says "),
    ("summer", with_argument(control="swapped"), "prompt", "the first call says "),
    ("summer", with_argument(control="wrong_line"), "prompt", "the first call says "),
    ("summer", with_argument(control="shuffled_evidence"), "prompt", "the first call says "),
    ("summer", with_argument(budget=1), "prompt", "the first call says "),
    ("summer", codes_of_nothing, "prompt", "'symbol_codes' of the sample's metadata says "),
    ("plain", with_argument(control="anonymised"), "prompt", "the first call says "),
    ("plain", an_answer_before, "earlier answers", "1 conversations, the reply has 1 of them"),
    ("acts", another_prompt, "prompt", "the first call says "),
    ("acts", submits_otherwise, "output", "'Certainly so.', which the model neither said last nor"),
]


ACTS = ["acts", "acts swapped", "acts coded", "acts shuffled"]


@pytest.mark.each("name", ["two", "rows", "summer", "codes", "shuffled", "plain", *ACTS])
def test_the_runs_are_honest(held, audited, name):
    assert held(name, nothing) == {}
    assert audited(name, nothing).outcome == "pass"


@pytest.mark.each(("name", "change", "part", "words"), FORGED)
def test_what_was_not_sent_so_is_told(held, name, change, part, words):
    found = held(name, change)
    assert words in found.get(part, ""), found


@pytest.mark.each("change", [a_row_more, another_label])
def test_a_record_that_is_no_training_row_is_audited(audited, change):
    check = audited("rows", change)
    assert (check.outcome, " (recorded, of demo_a)" in check.said) == ("fail", True), check.said


def test_a_row_that_is_shown_and_not_recorded_is_audited(audited):
    check = audited("summer", a_row_less)
    assert (check.outcome, ", which is not recorded" in check.said) == ("fail", True), check.said


# Planted leaks


def untrained(sample, *, of_the_question):
    """A row of the test split: that of the question, or one of other genes."""
    about = sample.metadata
    rows = load_table(about["dataset"], about["cell_line"], about["kind"]).split("test")
    own = (rows["pert"] == about["pert"]) & (rows["gene"] == about["gene"])
    named = (rows["pert"] == about["pert"]) | (rows["gene"] == about["gene"])
    row = rows[own if of_the_question else ~named].iloc[0]
    return row["pert"], row["gene"], int(row["label"])


def in_the_prompt(said, place, *, of_the_question):
    """Put a row of the test split into the prompt, by codes where it has them."""

    def change(log, sample):
        pert, gene, label = untrained(sample, of_the_question=of_the_question)
        codes = sample.metadata.get("symbol_codes", {})
        for name in (pert, gene):
            if codes:
                codes.setdefault(name, f"G{len(codes) + 1:03d}")
        words = {"outcome": ("unchanged", "changed")[label], "verdict": ("No", "Yes")[label]}
        row = said.format(pert=codes.get(pert, pert), gene=codes.get(gene, gene), **words)
        reword(calls(sample)[-1], lambda text: place(text, row))

    return change


def above(text, row):
    return f"{row}\n\n{text}"


def among_the_rows(text, row):
    lines = text.split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith(("- knock-down of", "ANSWER: ")))
    return "\n".join([*lines[: at + 1], row, *lines[at + 1 :]])


def below(text, row):
    return f"{text}\n{row}"


ROW = "- knock-down of {pert}: {gene} {outcome}"
EXAMPLE = "Knocked-down gene: {pert}\nReadout gene: {gene}\nANSWER: {verdict}"


@pytest.mark.each("of_the_question", [True, False])
@pytest.mark.each(
    ("name", "said", "place"),
    [
        ("rows", EXAMPLE, above),
        ("rows", ROW, among_the_rows),
        ("summer", ROW, among_the_rows),
        ("summer", ROW + ", nearness 0.412", among_the_rows),
        ("summer", "When {pert} is knocked down, {gene} is {outcome}.", below),
        ("codes", ROW, among_the_rows),
        ("codes", ROW, below),
        ("codes", EXAMPLE, above),
        ("shuffled", ROW, among_the_rows),
        ("plain", ROW, above),
        ("two", "{gene}: {outcome} by the knock-down of {pert}", below),
    ],
)
def test_a_leak_in_a_prompt_is_audited(audited, runs, name, said, place, of_the_question):
    check = audited(name, in_the_prompt(said, place, of_the_question=of_the_question))
    assert check.outcome == "fail", check.said
    assert untrained(runs[name][0].samples[0], of_the_question=of_the_question)[0] in check.said


@pytest.mark.each("of_the_question", [True, False])
def test_a_tool_that_replies_with_a_row_of_the_test_split_is_audited(audited, of_the_question):
    def change(log, sample):
        pert, gene, label = untrained(sample, of_the_question=of_the_question)
        replies = [m for m in calls(sample)[-1].input if isinstance(m, ChatMessageTool)]
        said = f"knock-down of {pert}, {gene}: {('No', 'Yes')[label]}"
        replies[0].content = f"{replies[0].text}\n{said}"

    assert audited("acts", change).outcome == "fail"


@pytest.mark.each(("role", "outcome"), [("summarizer", "fail"), (None, "pass"), ("critic", "pass")])
def test_what_a_summarizer_wrote_is_shown_and_no_thought_of_the_model(audited, role, outcome):
    """A summary that states an outcome of a test pair is caught where the model is shown it."""

    def change(log, sample):
        pert, gene, label = untrained(sample, of_the_question=False)
        said = f"The loss of {pert} leaves {gene} {('unchanged', 'increased')[label]}."
        call = calls(sample)[0].model_copy(deep=True)
        reword(call, lambda text: "Write a note.")
        call.role, call.output = role, ModelOutput.from_content("writer", said)
        sample.events.insert(0, call)
        reword(calls(sample)[1], lambda text: f"About the gene:\n{said}\n\n{text}")

    assert audited("plain", change).outcome == outcome


# Tables of codes that are planted


def planted(table, *, where="sample"):
    """Plant a table of codes, of the names of a row of the test split."""

    def change(log, sample):
        pert, gene, _ = untrained(sample, of_the_question=False)
        codes = {said.format(pert, gene): code.format(pert, gene) for said, code in table.items()}
        if where == "run":
            log.eval.metadata["symbol_codes"] = codes
        else:
            sample.metadata["symbol_codes"] = codes
        if where == "begin":
            (begun,) = (e.sample for e in sample.events if e.event == "sample_init")
            begun.metadata = {**begun.metadata, "symbol_codes": codes}

    return change


def further_codes(more):
    def change(log, sample):
        sample.metadata["symbol_codes"] |= more

    return change


def another_code_of_the_question(log, sample):
    codes = sample.metadata["symbol_codes"]
    codes["MYC"] = codes.pop(sample.metadata["pert"])


BLINDING = [
    {"ZQX1": "{0}", "ZQX2": "{1}"},
    {"{0}": "ZQX1", "{1}": "ZQX2"},
    {"ZQX1": "{0}"},
    {"ZQX2": "{1}"},
    {"perhaps": "No", "maybe": "Yes"},
    {"whether": "knock-down"},
    {"?": ": No", "??": ": Yes"},
    {"ZQX1": "{0}, {1}"},
    {"{1}": "{0}", "{0}": "{1}"},
    {"MYC": "G001"},
    {"a": "of"},
]


@pytest.mark.each("table", BLINDING)
@pytest.mark.each("name", ["acts", "acts swapped", "plain"])
@pytest.mark.each("where", ["sample", "begin", "run"])
def test_a_table_of_codes_without_its_control_is_told(held, name, table, where):
    assert "symbol_codes" in held(name, planted(table, where=where)).get("prompt", "")


@pytest.mark.each(
    "change",
    [
        no_codes,
        another_code_of_the_question,
        *(planted(table) for table in BLINDING),
        further_codes({"ZQX1": "MYC"}),
        further_codes({"ZQX1": "G99"}),
        further_codes({"ZQX1": "G999"}),
        further_codes({"whether it is": "G007"}),
        further_codes({"?": "G007"}),
        further_codes({"ZQX1": "No"}),
        further_codes({"ZQX1": "g001"}),
        further_codes({"ZQX1": " G001"}),
    ],
)
def test_codes_that_the_view_does_not_give_are_told(held, change):
    assert "symbol_codes" in held("acts coded", change).get("prompt", "")


@pytest.mark.each("table", BLINDING)
@pytest.mark.each("of_the_question", [True, False])
def test_a_table_of_codes_hides_no_row(audited, table, of_the_question):
    def change(log, sample):
        row = untrained(sample, of_the_question=of_the_question)
        codes = {said.format(*row): code.format(*row) for said, code in table.items()}
        said = f"knock-down of {row[0]}, {row[1]}: {('No', 'Yes')[row[2]]}"
        reword(calls(sample)[-1], lambda text: f"{text}\n{said}")
        sample.metadata["symbol_codes"] = codes

    assert audited("acts", change).outcome == "fail"


def test_rows_are_counted_once_whatever_is_coded(audited):
    def coded(log, sample):
        sample.metadata["symbol_codes"] = {"ZQX1": "training"}

    said = [audited("acts", change).said for change in (nothing, coded)]
    assert said[0] == said[1]


# Hypotheses in prompts of solvers that propose none


HYPOTHESES = [
    "the knock-down of {0} leaves the expression of {1} as it is",
    "the knock-down of {0} changes the expression of {1} significantly",
    "It was seen that the knock-down of {0} leaves the expression of {1} as it is.",
    "- the knock-down of {0} leaves the expression of {1} as it is.",
    "Known: the knock-down of {0} changes the expression of {1} significantly.",
    "{0} is a gene; the knock-down of {0} leaves the expression of {1} as it is.",
    "As published, the knock-down of {0} changes the expression of {1} significantly.",
    "Somebody proposes this hypothesis, which may be right or wrong: the knock-down of {0} leaves "
    "the expression of {1} as it is.",
    "Summary: the knock-down of {0} leaves the expression of {1} as it is, as we saw.",
    "(the knock-down of {0} changes the expression of {1} significantly)",
]


@pytest.mark.each("said", HYPOTHESES)
@pytest.mark.each("name", ["acts", "plain", "rows", "summer", "two"])
def test_what_one_solver_supposes_another_states(audited, name, said):
    def change(log, sample):
        pair = sample.metadata["pert"], sample.metadata["gene"]
        reword(calls(sample)[-1], lambda text: f"{said.format(*pair)}\n\n{text}")

    assert audited(name, change).outcome == "fail"


def test_a_sample_cut_after_its_first_hypothesis_states_nothing(audited):
    def cut(log, sample):
        second = calls(sample)[1]
        sample.events.remove(second)
        sample.messages = sample.messages[:2]

    assert audited("two", cut).outcome == "pass"


# Rows that tools told


def replies_of_tools(sample):
    inputs = [*(call.input for call in calls(sample)), sample.messages]
    return [m for messages in inputs for m in messages if isinstance(m, ChatMessageTool)]


def in_replies(change):
    """Change what tools replied, in all copies of it."""

    def changed(log, sample):
        before = [m.text for m in replies_of_tools(sample)]
        for message in replies_of_tools(sample):
            message.content = change(message.text)
        assert [m.text for m in replies_of_tools(sample)] != before

    return changed


def other_outcomes(text):
    return (
        text.translate(str.maketrans("", ""))
        .replace(": Yes", ": ?")
        .replace(": No", ": Yes")
        .replace(": ?", ": No")
    )


def other_outcome_once(text):
    return text.replace(": No", ": Yes", 1)


def a_row_of_nothing(text):
    return text + "\nknock-down of ZQX1, ZQX2: Yes" if "\nknock-down" in text else text


def a_remark(text):
    return text + "\nThe answer is No." if "\nknock-down" in text else text


def another_word(text):
    return text.replace(": No", ": Yes, it is seen")


def another_line(text):
    return text.replace("knock-down of ", "knock-down in demo_b of ")


def other_genes(text):
    return text.replace(": No", "X: No")


def other_case(text):
    return text.replace(": No", ": no")


def exchanged(text):
    return text.replace(", ", ",  ") if "\nknock-down" in text else text


TOLD = "which is no row of the record as it is shown."


@pytest.mark.each(
    "change",
    [
        *(other_outcomes, other_outcome_once, a_row_of_nothing, a_remark, another_word),
        *(another_line, other_genes, other_case, exchanged),
    ],
)
@pytest.mark.each("name", ["acts", "acts swapped", "acts coded"])
def test_what_a_tool_told_is_what_is_recorded(held, name, change):
    assert TOLD in held(name, in_replies(change)).get("prompt", "")


@pytest.mark.each("control", [None, "swapped", "wrong_line", "anonymised"])
def test_shuffled_rows_are_no_run_without_the_control(held, control):
    assert "prompt" in held("acts shuffled", with_argument(control=control))
    if control is None:
        assert TOLD in held("acts shuffled", with_argument(control=control))["prompt"]


@pytest.mark.each("change", [another_label, a_row_less, no_rows])
def test_a_record_that_is_not_what_was_told(held, change):
    assert TOLD in held("acts", change).get("prompt", "")


# Summaries that a model wrote


@pytest.fixture(scope="module")
def summed(run_few, few, tmp_path_factory):
    """A run whose prompts show what a summarizer wrote."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSPECT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        roles = {"summarizer": "loopback/writer"}
        task = few(evidence="within")
        solver = llm_no_cot(summaries="model")
        return run_few(solver, task=task, model="loopback/some", model_roles=roles)


def in_a_role(sample):
    return [call for call in calls(sample) if call.role == "summarizer"]


def asked_more(log, sample):
    call = in_a_role(sample)[0].model_copy(deep=True)
    reword(call, lambda text: "What is the answer?")
    sample.events.insert(0, call)


def counted_more(log, sample):
    reply(sample)["summaries"] = {"asked": 7}


def another_summary(log, sample):
    for call in calls(sample):
        if call.role is None:
            reword(
                call, lambda text: text.replace("A note of ", "The answer is Yes. A note of ", 1)
            )


@pytest.mark.each(
    ("change", "words"),
    [
        (nothing, ""),
        (asked_more, "asks no model of the role 'summarizer' 'What is the answer?', and a call"),
        (counted_more, "the reply counts 7 calls in roles, the sample has "),
        (another_summary, "the first call says "),
    ],
)
def test_what_a_summarizer_was_not_asked_or_did_not_write(summed, change, words):
    log = read_eval_log(summed.location, resolve_attachments="full")
    sample = next(one for one in log.samples if in_a_role(one))
    change(log, sample)
    summaries = read_eval_log_sample_summaries(summed.location)
    summary = next(one for one in summaries if one.id == sample.id)
    parts = SampleParts(RunParts(log), summary, sample)
    found = {one.part: one.hold(parts) for one in SENT}["prompt"]
    assert words in found if words else found is None, found
