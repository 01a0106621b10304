"""The audit of prompts on real runs: honest solvers pass, those that show test rows are caught."""

import inspect_ai
import pytest
from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries
from inspect_ai.model import (
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.solver import solver

from perturb_evals.datasets.pairs.evidence import PairsEvidence, pairs_evidence
from perturb_evals.datasets.pairs.load import load_table
from perturb_evals.datasets.screens.evidence import HeldOut, fold_of
from perturb_evals.families.pairs.audit import allowed_pairs
from perturb_evals.leaderboard.submission.board import asked_again
from perturb_evals.leaderboard.submission.evidence_audit import Prompts
from perturb_evals.leaderboard.submission.samples import checked_samples
from perturb_evals.solvers.pairs.baselines import constant
from perturb_evals.solvers.pairs.prompts import render
from perturb_evals.tasks.langpert import langpert
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

SCRIPTED = "perturb_scripted/biologist"
WORDS = {"de": ("no", "yes"), "direction": ("down", "up")}


def lines(rows, kind):
    return "\n".join(
        f"{pert}, {gene}: {WORDS[kind][label]}"
        for pert, gene, label in rows[["pert", "gene", "label"]].itertuples(index=False)
    )


def question(about):
    return render(about["kind"], "label", about["cell_line"], about["pert"], about["gene"])


def shows(rows_of):
    """A solver that puts rows before the question."""

    @solver
    def show():
        async def solve(state, generate):
            rows = rows_of(state.metadata)
            shown = lines(rows, state.metadata["kind"])
            state.user_prompt.text = f"Known results:\n{shown}\n\n{question(state.metadata)}"
            return await generate(state)

        return solve

    return show()


def training_rows(metadata):
    own = PairsEvidence.from_metadata(metadata).own()
    return own[own["gene"] == metadata["gene"]].head(8)


def other_lines_rows(metadata):
    others = pairs_evidence("demo", "demo_a", metadata["kind"], "cross", ("demo_a", "demo_b"))
    own = PairsEvidence.from_metadata(metadata).own()
    known = set(zip(own["pert"], own["gene"], strict=True))
    rows = others.others()
    return rows[[pair not in known for pair in zip(rows["pert"], rows["gene"], strict=True)]].head(
        4
    )


def rows_of_the_test_split(metadata):
    rows = load_table("demo", "demo_a", metadata["kind"]).split("test")
    return rows[rows["gene"] == metadata["gene"]].head(2)


@pytest.fixture
def audit(tmp_path):
    def audit(task, solver=None, **options):
        (log,) = inspect_ai.eval(
            task,
            solver=solver,
            log_dir=str(tmp_path),
            display="none",
            log_realtime=False,
            score_display=False,
            **{"model": SCRIPTED, **options},
        )
        assert log.status == "success", log.error
        header = read_eval_log(log.location, header_only=True)
        summaries = read_eval_log_sample_summaries(log.location)
        (check,) = checked_samples(header, summaries, [Prompts(asked_again(header).audit)])
        return check

    return audit


def asked(kind="de", **args):
    task = perturbqa_de if kind == "de" else perturbqa_direction
    return task(dataset="demo", genes=2, **args)


def test_training_rows_are_allowed_within(audit):
    check = audit(asked(evidence="within"), shows(training_rows))
    assert check.outcome == "pass"
    assert " 0 not allowed" in check.said
    assert ": 0 rows shown" not in check.said


def test_training_rows_are_not_allowed_without_evidence(audit):
    from_within = shows(lambda about: training_rows({**about, "evidence": "within"}))
    check = audit(asked(evidence="none"), from_within)
    assert check.outcome == "fail"
    assert "epoch 1: " in check.said


@pytest.mark.parametrize("kind", ["de", "direction"])
@pytest.mark.parametrize("track", ["none", "within", "cross"])
def test_rows_of_the_test_split_are_allowed_nowhere(audit, kind, track):
    check = audit(asked(kind, evidence=track), shows(rows_of_the_test_split))
    assert check.outcome == "fail"


def test_rows_of_other_lines_need_their_track(audit):
    assert audit(asked(evidence="within"), shows(other_lines_rows)).outcome == "fail"
    opened = asked(evidence="cross", evidence_lines="demo_b")
    assert audit(opened, shows(other_lines_rows)).outcome == "pass"


@pytest.mark.parametrize("track", ["within", "cross"])
def test_rows_of_unseen_genes_are_allowed_in_no_track(audit, track):
    usual = shows(lambda about: past_the_door(about, about["gene"]))
    assert audit(asked(evidence=track), usual).outcome == "pass"
    check = audit(asked(evidence=track, holdout="both"), usual)
    assert check.outcome == "fail"
    assert " not allowed" in check.said
    # Rows of other genes may be shown beside them.
    unseen = asked(evidence=track, holdout="both")
    genes = PairsEvidence.from_metadata(unseen.dataset[0].metadata).own()["gene"]
    others = shows(lambda about: past_the_door(about, genes.iloc[0]))
    assert audit(unseen, others).outcome == "pass"


def past_the_door(metadata, gene):
    rows = load_table("demo", "demo_a", metadata["kind"]).split("train")
    return rows[rows["gene"] == gene].head(8)


@solver
def hidden(place):
    """A solver that asks with a row of the test split and cleans up behind itself."""

    async def solve(state, generate):
        about = state.metadata
        row = lines(rows_of_the_test_split(about), about["kind"])
        messages = {
            "system": [ChatMessageSystem(content=row), ChatMessageUser(content=question(about))],
            "example": [
                ChatMessageUser(content="What do you know?"),
                ChatMessageAssistant(content=row),
                ChatMessageUser(content=question(about)),
            ],
        }[place]
        state.output = await get_model().generate(messages)
        return state

    return solve


@pytest.mark.parametrize("place", ["system", "example"])
def tested_rows_in_calls_that_are_not_in_the_conversation_are_found(audit, place):
    assert audit(asked(), hidden(place)).outcome == "fail"


def test_what_the_model_wrote_is_no_row_when_it_is_shown_again(audit):
    @solver
    def second_thought():
        async def solve(state, generate):
            state.user_prompt.text = question(state.metadata)
            state = await generate(state)
            again = f"You said:\n{state.output.completion}\n\nAre you sure?"
            state.messages.append(ChatMessageUser(content=again))
            return await generate(state)

        return solve

    assert audit(asked(), second_thought(), epochs=2).outcome == "pass"


def repeat(messages, tools, tool_choice, config):
    output = ModelOutput.from_content("repeats", f"{messages[-1].text}\nANSWER: Yes")
    output.usage = ModelUsage()  # else Inspect counts tokens, for which it needs a network
    return output


@pytest.mark.parametrize(
    ("rows", "outcome"), [(rows_of_the_test_split, "fail"), (training_rows, "pass")]
)
def test_a_model_that_repeats_a_row_does_not_hide_it(audit, rows, outcome):
    repeats = get_model("mockllm/model", custom_outputs=repeat)
    assert audit(asked(evidence="within"), shows(rows), model=repeats).outcome == outcome


def test_without_a_model_there_are_no_prompts(audit):
    assert audit(asked(), constant()).outcome == "not applicable"


def test_a_row_in_one_prompt_of_all_is_found(audit):
    """A solver that shows a row to the last question alone."""
    last = list(asked().dataset)[-1]

    def once(metadata):
        rows = rows_of_the_test_split(metadata)
        return rows if metadata == last.metadata else rows.head(0)

    check = audit(asked(), shows(once))
    n = len(asked().dataset)
    assert check.outcome == "fail"
    assert check.said.startswith(f"{n} prompts of {n} samples: ")
    assert f"the first, in {last.id}, epoch 1: " in check.said


def test_prompts_of_calls_that_used_nothing_are_read(runs):
    """As of those answered from a cache."""
    log = read_eval_log(str(runs["scripted de"]), header_only=True)
    summaries = read_eval_log_sample_summaries(log.location)
    for summary in summaries:
        summary.model_usage = {}
    (check,) = checked_samples(log, summaries, [Prompts(asked_again(log).audit)])
    assert check.outcome == "pass"
    assert f"of {len(summaries)} samples" in check.said


def test_a_call_without_its_prompt_leaves_the_check_open(runs, rewrite, tmp_path):
    log, path = read_eval_log(str(runs["scripted de"])), tmp_path / "log.eval"
    log.samples[5].events, log.samples[5].messages = [], []
    rewrite(runs["scripted de"], path, samples=log.samples)
    summaries = read_eval_log_sample_summaries(str(path))
    header = read_eval_log(str(path), header_only=True)
    (check,) = checked_samples(header, summaries, [Prompts(asked_again(header).audit)])
    assert check.outcome == "not checked"
    place = f"{log.samples[5].id}, epoch {log.samples[5].epoch}"
    assert check.said == f"The log of {place} holds no prompt."


@solver
def lists_tested():
    """A solver that offers the fold's other test perturbations as candidates."""

    async def solve(state, generate):
        tested = fold_of(HeldOut.from_metadata(state.metadata)).test
        state.user_prompt.text = f"Which of {', '.join(tested)} is like {state.metadata['pert']}?"
        return await generate(state)

    return solve


def test_other_test_perturbations_are_no_candidates(audit):
    check = audit(langpert(screen="demo", fold=2), lists_tested(), limit=6)
    assert check.outcome == "fail"
    assert "names of test perturbations" in check.said


@pytest.mark.parametrize("track", ["none", "within", "cross"])
def test_allowed_pairs_are_those_of_the_training_rows(track):
    lines_open = {"none": (), "within": ("demo_a",), "cross": ("demo_a", "demo_b")}[track]
    evidence = pairs_evidence("demo", "demo_a", "de", track, lines_open)
    pairs = allowed_pairs(evidence)
    assert bool(pairs) == (track != "none")
    if track == "within":
        assert not pairs & evidence.question_pairs()


def sends(messages_of):
    """A solver that puts messages before the question."""

    @solver
    def send():
        async def solve(state, generate):
            state.messages = [
                *messages_of(state.metadata),
                ChatMessageUser(content=question(state.metadata)),
            ]
            return await generate(state)

        return solve

    return send()


def as_conversation(rows_of):
    """Rows as questions of the user, in the form that is used here, and answers in a word."""

    def messages(metadata):
        told = []
        for pert, gene, label in rows_of(metadata)[["pert", "gene", "label"]].to_numpy():
            asked = question({**metadata, "pert": pert, "gene": gene})
            word = ("No", "Yes")[label]
            told += [ChatMessageUser(content=asked), ChatMessageAssistant(content=word)]
        return told

    return sends(messages)


def test_rows_that_are_a_conversation_are_found(audit):
    check = audit(asked(evidence="none"), as_conversation(rows_of_the_test_split))
    assert check.outcome == "fail"
    assert " (of " in check.said
    open_rows = as_conversation(training_rows)
    assert audit(asked(evidence="within"), open_rows).outcome == "pass"


def coded(symbols, place):
    """A solver that shows rows of the test split under codes, and keeps the table of them."""

    @solver
    def code():
        async def solve(state, generate):
            about = dict(state.metadata)
            rows = rows_of_the_test_split(about)
            shown = "\n".join(
                f"{symbols[pert]}, {symbols[gene]}: {('no', 'yes')[label]}"
                for pert, gene, label in rows[["pert", "gene", "label"]].to_numpy()
            )
            asked = question({**about, **{k: symbols[about[k]] for k in ("pert", "gene")}})
            state.user_prompt.text = f"{shown}\n\n{asked}"
            if place == "sample":
                state.metadata["symbol_codes"] = symbols
            return await generate(state)

        return solve

    return code()


@pytest.mark.parametrize("place", ["sample", "run", "nowhere"])
def test_rows_under_codes_are_found_where_the_log_has_the_table(audit, place):
    table = load_table("demo", "demo_a", "de").split("test")
    names = sorted({*table["pert"], *table["gene"]})
    symbols = {name: f"G{number:04}" for number, name in enumerate(names)}
    task = asked(evidence="none")
    if place == "run":
        task.metadata["symbol_codes"] = symbols
    check = audit(task, coded(symbols, place))
    assert check.outcome == ("pass" if place == "nowhere" else "fail")
    if place != "nowhere":
        assert any(name in check.said for name in names)
