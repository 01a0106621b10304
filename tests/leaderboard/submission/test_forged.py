"""Logs that contradict themselves are refused, and the words say what contradicts what.

Each begins with an honest run and is written by Inspect's own functions, so that its archive is
whole; what it says of its scores is made to fit, as whoever forges a log would do.
"""

import json
import zipfile
from datetime import timedelta

import pytest
from inspect_ai.event import (
    ModelEvent,
    SampleInitEvent,
    ScoreEvent,
    SpanBeginEvent,
    StateEvent,
)
from inspect_ai.log import (
    EvalPlanStep,
    EvalRetryError,
    EvalSampleLimit,
    ProvenanceData,
    edit_score,
)
from inspect_ai.model import (
    ChatMessageSystem,
    ChatMessageUser,
    ContentImage,
    ContentText,
    ModelConfig,
    ModelOutput,
    ModelUsage,
)
from inspect_ai.scorer import SampleScore, ScoreEdit
from inspect_ai.tool import ToolInfo

from perturb_evals.leaderboard.submission.agreement import members
from perturb_evals.replies.pairs import PairsReply
from perturb_evals.replies.reply import attach
from perturb_evals.scorers.pairs.results import classification

NUMBER = {"form": "label", "score": 0.93, "prompt": ""}


def calls(sample):
    return [event for event in sample.events if isinstance(event, ModelEvent)]


def events(sample, kind):
    return [event for event in sample.events if isinstance(event, kind)]


def fit(log):
    """Make events, counts and metrics those of scores and samples that were changed."""
    for sample in log.samples:
        for event in events(sample, ScoreEvent):
            event.score = sample.scores["p_positive"]
    results = log.results
    results.total_samples = results.completed_samples = len(log.samples)
    results.scores[0].scored_samples = len(log.samples)
    scores = [
        SampleScore(score=s.scores["p_positive"], sample_id=s.id, sample_metadata=s.metadata)
        for s in log.samples
    ]
    for name, value in classification(asked=log.eval.metadata["n_questions"])(scores).items():
        if name in results.scores[0].metrics:
            results.scores[0].metrics[name].value = value


def right(sample):
    """Make the score that of a right answer."""
    score = sample.scores["p_positive"]
    score.value = 1.0 if sample.target == "Yes" else 0.0
    score.metadata = {**score.metadata, "abstained": None, "route": "text"}


def answers_right(log):
    for sample in log.samples:
        sample.output.completion = f"Answer: {sample.target}"
        right(sample)
    fit(log)


def answers_and_messages_right(log):
    for sample in log.samples:
        sample.output.completion = f"Answer: {sample.target}"
        sample.messages[-1].content = f"Answer: {sample.target}"


def answers_and_calls_right(log):
    for sample in log.samples:
        sample.output.completion = f"Answer: {sample.target}"
        calls(sample)[-1].output.completion = f"Answer: {sample.target}"
        sample.messages[-1].content = f"Answer: {sample.target}"


def numeric_notes(log):
    for sample in log.samples:
        score = 0.93 if sample.target == "Yes" else 0.07
        attach(sample.output, PairsReply(score=score))
        sample.scores["p_positive"].value = score
    fit(log)


def no_notes(log):
    del log.samples[0].output.metadata["perturb_evals"]


def another_number(log):
    attach(log.samples[1].output, PairsReply(score=0.93))


def reply_of_expression(**said):
    def change(log):
        reply = log.samples[0].output.metadata["perturb_evals"]
        reply |= said

    return change


def oracle_by_another(log):
    rename_solver(log, "mine")
    reply_of_expression(method="oracle")(log)


def numbers_in_words_too(log):
    for sample in log.samples:
        score = 0.93 if sample.target == "Yes" else 0.07
        said = f"constant: score {score:.4g} for Yes"
        sample.output = ModelOutput.from_content("perturb_evals/constant", said)
        attach(sample.output, PairsReply(score=score))
        sample.scores["p_positive"].value = score
    fit(log)


def no_states(log):
    sample = log.samples[0]
    sample.events = [event for event in sample.events if not isinstance(event, StateEvent)]


def another_form(log):
    log.samples[0].output.metadata["perturb_evals"]["form"] = "probability"


def another_choice(log):
    sample = log.samples[0]
    sample.output = calls(sample)[0].output.model_copy(deep=True)
    sample.output.metadata = {"perturb_evals": {"form": "label", "score": None, "prompt": "x"}}
    sample.output.choices[0].stop_reason = "max_tokens"


def another_completion(log):
    sample = log.samples[0]
    outputs = [sample.output.model_dump(), calls(sample)[0].output.model_dump()]
    for output in outputs:
        output["completion"] = "Answer: No"
    sample.output, calls(sample)[0].output = map(ModelOutput.model_validate, outputs)


def made_up_output(log):
    sample = log.samples[0]
    sample.output.choices[0].message.id = "another"


def too_long(log):
    output = log.samples[0].output
    output.choices[0].message.content = output.completion = ""
    output.choices[0].stop_reason = "model_length"


def no_prompts(log):
    for sample in log.samples:
        for call in calls(sample):
            call.input = []


def no_calls(log):
    for sample in log.samples:
        sample.events = [event for event in sample.events if not isinstance(event, ModelEvent)]


def no_events(log):
    log.samples[2].events = []


def no_messages(log):
    log.samples[0].messages = log.samples[0].messages[1:]


def other_prompt(log):
    call = calls(log.samples[0])[0]
    call.input = [call.input[0].model_copy(update={"content": "Hello."})]


def an_answer_more(log):
    message = log.samples[0].messages[-1]
    log.samples[0].messages.append(message.model_copy(update={"id": "x", "content": "Yes"}))


def no_usage(log):
    log.samples[0].model_usage = {}


def more_usage(log):
    usage = next(iter(log.samples[0].model_usage.values()))
    usage.output_tokens += 7


def usage_without_model(log):
    for sample in log.samples:
        sample.model_usage = {"maker/model": ModelUsage(input_tokens=5, total_tokens=5)}
    log.stats.model_usage = {"maker/model": ModelUsage(input_tokens=15, total_tokens=15)}


def another_model(log):
    log.eval.model = "openai/gpt-6"


def another_model_and_usage(log):
    log.eval.model = "openai/gpt-6"
    for of in (log.stats, *log.samples):
        of.model_usage = {"openai/gpt-6": next(iter(of.model_usage.values()))}


def another_model_in_usage(log):
    log.stats.model_usage = {"openai/gpt-6": next(iter(log.stats.model_usage.values()))}


def another_model_in_a_call(log):
    calls(log.samples[0])[0].model = "openai/gpt-6"


def another_role(log):
    log.eval.model_roles = {"critic": ModelConfig(model="openai/gpt-6")}


def a_model_without_calls(log):
    log.eval.model = "openai/gpt-6"
    rename_solver(log, "mine")


def rename_solver(log, name):
    log.eval.solver, log.plan.steps[0].solver = None, name
    for sample in log.samples:
        for event in events(sample, SpanBeginEvent):
            if event.type == "solver":
                event.name = name


def asks_without_a_model(log):
    rename_solver(log, "perturb_evals/ask")
    log.plan.steps[0].params = {"answer": "label"}


def computes_with_a_model(log):
    rename_solver(log, "perturb_evals/constant")


def a_namesake(log):
    rename_solver(log, "constant")


def another_solver_in_the_plan(log):
    log.plan.steps[0].solver = "mine"


def another_solver_in_the_header(log):
    log.eval.solver = "perturb_evals/random_scores"


def another_argument(log):
    log.eval.solver_args = {"power": 5.0}


def another_task_argument(log):
    log.eval.task_args_passed["genes"] = 3


def another_track(log):
    log.eval.metadata["evidence"] = "none"
    log.eval.task_args["evidence"] = log.eval.task_args_passed["evidence"] = "none"
    for sample in log.samples:
        sample.metadata["evidence"] = "none"
        for event in events(sample, SampleInitEvent):
            event.sample.metadata["evidence"] = "none"


def one_epoch(log):
    log.samples = [sample for sample in log.samples if sample.epoch == 1]
    log.eval.config.epochs = 1
    fit(log)


def one_epoch_but_for_the_header(log):
    log.samples = [sample for sample in log.samples if sample.epoch == 1]
    fit(log)


def the_better_epoch_twice(log):
    first = {sample.id: sample for sample in log.samples if sample.epoch == 1}
    log.samples = [
        first[s.id] if s.epoch == 1 else first[s.id].model_copy(update={"epoch": 2})
        for s in log.samples
    ]
    log.stats.model_usage = {
        name: ModelUsage(
            **{
                kind: sum(getattr(s.model_usage[name], kind) or 0 for s in log.samples)
                for kind in ("input_tokens", "output_tokens", "total_tokens")
            }
        )
        for name in log.stats.model_usage
    }
    fit(log)


def a_transcript_twice(log):
    first, second = (sample for sample in log.samples if sample.id == log.samples[0].id)
    for name in ("output", "messages"):
        setattr(second, name, getattr(first, name))
    inits = events(second, SampleInitEvent)
    second.events = [*inits, *(e for e in first.events if not isinstance(e, SampleInitEvent))]


def a_sample_less(log):
    log.samples.pop()
    fit(log)


def a_sample_less_in_the_list(log):
    log.eval.dataset.sample_ids.pop()


def fewer_in_the_results(log):
    log.results.completed_samples -= 1


def fewer_questions(log):
    log.eval.dataset.samples -= 1


def another_key(log):
    log.eval.metadata["board_key"] = "perturbqa_de|k562"


def another_version(log):
    log.eval.packages["perturb-evals"] = "0.0.1"


def another_scorer(log):
    log.eval.scorers[0].name = "mine"


def another_headline(log):
    log.results.headline.metric = "accuracy"


def scores_without_events(log):
    for sample in log.samples:
        right(sample)


def no_score_events(log):
    sample = log.samples[0]
    sample.events = [event for event in sample.events if not isinstance(event, ScoreEvent)]


def another_target(log):
    sample = log.samples[0]
    sample.target = "No" if sample.target == "Yes" else "Yes"


def edited_score(log):
    edit = ScoreEdit(value=0.5, provenance=ProvenanceData(author="me", reason="looks right"))
    name = log.samples[0].id
    edit_score(log, name, "p_positive", edit, recompute_metrics=False, epoch=1)


def another_usage_when_scored(log):
    usage = ModelUsage(input_tokens=1, total_tokens=1)
    events(log.samples[0], ScoreEvent)[0].model_usage = dict.fromkeys(log.stats.model_usage, usage)


def another_input(log):
    log.samples[0].input = "Does the knock-down do anything at all?"


def another_gene(log):
    log.samples[0].metadata["gene"] = "MYC"


def choices(log):
    log.samples[0].choices = ["Yes", "No"]


def a_limit(log):
    log.samples[0].limit = EvalSampleLimit(type="token", limit=10)


def invalidated(log):
    log.samples[0].invalidation = ProvenanceData(author="me")


def ends_before_it_begins(log):
    log.stats.completed_at = "2020-01-01T00:00:00+00:00"


def sample_ends_before_it_begins(log):
    log.samples[0].completed_at = "2020-01-01T00:00:00+00:00"


def takes_longer_than_it_is(log):
    log.samples[0].total_time = 999.0


def asked_before_it_begins(log):
    call = calls(log.samples[0])[0]
    call.timestamp = call.timestamp - timedelta(days=1)


def another_temperature(log):
    for config in (log.eval.model_generate_config, log.plan.config):
        config.temperature = 0.0


def cached_calls(log):
    for sample in log.samples:
        calls(sample)[0].cache, sample.model_usage = "read", {}
    log.stats.model_usage = {}


def an_explanation(log):
    log.samples[0].scores["p_positive"].explanation = "Right."


def no_version(log):
    del log.eval.packages["inspect_ai"]


def another_step(log):
    log.plan.steps.append(EvalPlanStep(solver="mine"))


def no_spans(log):
    for sample in log.samples:
        sample.events = [e for e in sample.events if not isinstance(e, SpanBeginEvent)]


def fewer_calls(log):
    sample = log.samples[0]
    sample.model_usage = {}
    sample.events = [event for event in sample.events if not isinstance(event, ModelEvent)]


def hidden_usage(log):
    log.samples[0].error_retries = [EvalRetryError(message="", traceback="", traceback_ansi="")]
    for usage in log.stats.model_usage.values():
        usage.input_tokens -= 1


def a_hint(log):
    sample = log.samples[0]
    text = f"{sample.messages[0].text}\nHint: {sample.target}."
    sample.messages[0].content = text
    for call in calls(sample):
        call.input = [call.input[0].model_copy(update={"content": text})]


def a_message_more(kind):
    """A hint before the question, in the conversation and in what was sent."""

    def change(log):
        for sample in log.samples:
            hint = kind(content=f"The answer is {sample.target}.", id=f"hint {sample.uuid}")
            sample.messages.insert(0, hint)
            for call in calls(sample):
                call.input = [hint, *call.input]

    return change


def a_picture(log):
    for call in calls(log.samples[0]):
        text = ContentText(text=call.input[0].text)
        call.input[0].content = [text, ContentImage(image="data:image/png;base64,AAAA")]


def a_tool(log):
    calls(log.samples[0])[0].tools = [ToolInfo(name="yes", description="It is the answer.")]


def of_another(change):
    """A solver that is not of this package, whose numbers are better than it gave."""

    def changed(log):
        rename_solver(log, "mine")
        numbers_in_words_too(log)
        for sample in log.samples:
            change(sample)
        fit(log)

    return changed


def without_states(sample):
    sample.events = [event for event in sample.events if not isinstance(event, StateEvent)]


def states_elsewhere(sample):
    for event in events(sample, StateEvent):
        event.span_id = None


def states_of_nothing(sample):
    for event in events(sample, StateEvent):
        for change in event.changes:
            change.path = "/nowhere/0/x"


def states_replaced(sample):
    for event in events(sample, StateEvent):
        for change in event.changes:
            change.op, change.path = "replace", "/nothing"


def state_of_the_begin(sample):
    """No change is told, as if the output had been there."""
    (begun,) = events(sample, SampleInitEvent)
    begun.state = {**begun.state, "output": sample.output.model_dump(mode="json")}
    for event in events(sample, StateEvent):
        event.changes = []


def another_request(log):
    for sample in log.samples:
        calls(sample)[0].call.request["messages"][0]["content"] = "Other words entirely"


def a_request_in_parts(log):
    """As some servers are asked, with a line less."""
    lines = calls(log.samples[0])[0].input[0].text.splitlines()
    parts = [{"text": line} for line in lines[:-1]]
    calls(log.samples[0])[0].call.request = {"contents": [{"role": "user", "parts": parts}]}


def a_limit_of_two(log):
    log.eval.config.limit = 2


def a_limit_of_some(log):
    log.eval.config.limit = (1, 2)


def the_best_epoch(log):
    log.results.scores[0].reducer = "max"


def a_role_in_the_header(log):
    log.stats.role_usage = {"critic": ModelUsage(input_tokens=5, total_tokens=5)}


def a_role_in_all(log):
    a_role_in_the_header(log)
    log.samples[0].role_usage = log.stats.role_usage


def results_twice(log):
    log.results.scores.append(log.results.scores[0].model_copy(deep=True))


def asked_by_the_scorer(log):
    sample = log.samples[0]
    calls(sample)[0].span_id = events(sample, ScoreEvent)[0].span_id


def no_span_of_a_scorer(log):
    sample = log.samples[0]
    sample.events = [e for e in sample.events if getattr(e, "type", None) != "scorer"]


def another_answer(log):
    score = log.samples[0].scores["p_positive"]
    score.answer = "No" if score.answer == "Yes" else "Yes"
    fit(log)


def a_version_of_the_task(version):
    def change(log):
        log.eval.task_version = version

    return change


FORGED = [
    ("computes", a_version_of_the_task("9-Z"), "header", "'9-Z', the board has the metric version"),
    ("names", a_version_of_the_task("1-A"), "header", "task_version says '1-A', the board has the"),
    ("names", a_version_of_the_task("2"), "header", "task_version says '2', the board has the"),
    ("asks", a_limit_of_two, "header", "has a limit of 2 samples, and lists 3."),
    ("asks", a_limit_of_some, "header", "has a limit of 1 samples, and lists 3."),
    ("asks", the_best_epoch, "header", "are of all epochs, the results reduce them by 'max'."),
    ("asks", a_role_in_the_header, "header", "role_usage of the header has 5 input_tokens of 'c"),
    ("asks", a_role_in_all, "calls", "5 tokens of the role 'critic', and no call of the sample"),
    ("asks", results_twice, "header", "the results have the scores 'p_positive' 2 times."),
    ("asks", asked_by_the_scorer, "scorings", "call 1 is in the span of the scorer 'p_positive',"),
    ("asks", no_span_of_a_scorer, "scorings", "no span of a scorer holds the event that gave"),
    ("served", another_request, "calls", ", what the server was sent 'Other words entirely'."),
    ("served", a_request_in_parts, "calls", "a call's input says '"),
    ("asks", a_message_more(ChatMessageSystem), "outputs", "that of the header nothing."),
    ("asks", a_message_more(ChatMessageUser), "outputs", "asks in one message, the first call has"),
    ("asks", a_picture, "outputs", "in a message of the user that is text, the first call other"),
    ("asks", a_tool, "outputs", "the solver offers no tools, a call 'yes'."),
    ("computes", of_another(without_states), "outputs", "left an output, and no event says so."),
    ("computes", of_another(states_elsewhere), "outputs", "an output, and no event says so."),
    ("computes", of_another(states_of_nothing), "outputs", " cannot be made: 'add /nowhere/0/x'."),
    ("computes", of_another(states_replaced), "outputs", " cannot be made: 'replace /nothing'."),
    ("computes", of_another(state_of_the_begin), "outputs", "begin has an output already."),
    ("asks", answers_right, "outputs", "the output says 'Answer: "),
    ("asks", answers_and_messages_right, "outputs", ", its model event '"),
    ("served", answers_and_messages_right, "outputs", "its model event 'It is a gene of the nucl"),
    ("served", answers_and_calls_right, "calls", "the server's reply 'It is a gene of the nucl"),
    ("asks", numeric_notes, "outputs", "its reply is one that a method without a model gives: 0."),
    ("asks", no_notes, "outputs", "the solver 'ask' left no reply in its output."),
    ("computes", no_notes, "outputs", "the solver 'constant' left no reply in its output."),
    ("computes", another_number, "outputs", "in words, its reply has the number 0.93."),
    ("computes", numbers_in_words_too, "outputs", ", the state that its solver left '"),
    ("computes", no_states, "outputs", "the solver left an output, and no event says so."),
    ("asks", another_form, "outputs", "asks with answer='label', its reply has 'probability'."),
    ("served", another_choice, "outputs", "its stop_reason says 'max_tokens', that of its model"),
    ("asks", another_completion, "outputs", "the output says 'Answer: No', its message '"),
    ("asks", made_up_output, "outputs", "has another id than all answers."),
    ("served", too_long, "outputs", "says that the prompt was too long, its model event 'It is a"),
    ("asks", no_prompts, "calls", "call 1 has no prompt, and its output took "),
    ("asks", no_calls, "calls", " and no call of it in the sample has any."),
    ("asks", no_calls, "outputs", ", and no model was asked."),
    ("asks", no_calls, "header", "and no sample has a call of any, while the solver "),
    ("asks", no_events, "calls", "the sample has no event at all"),
    ("asks", no_messages, "outputs", " of a call is not in the conversation."),
    ("asks", other_prompt, "outputs", "its model event 'Hello.'."),
    ("mean", reply_of_expression(method="oracle"), "outputs", "its reply says 'oracle'."),
    ("names", reply_of_expression(method="oracle"), "outputs", "its reply says 'oracle'."),
    ("names", reply_of_expression(names=["X"]), "outputs", "as a method without a model does: ['X"),
    ("names", reply_of_expression(aggregation="ridge"), "outputs", "='mean', its reply 'ridge'."),
    ("names", reply_of_expression(reasks=9), "outputs", "2 times at most, its reply has 9."),
    ("mean", oracle_by_another, "outputs", "'mine' has the truth looked up, as the oracle does."),
    ("asks", cached_calls, "calls", "a call is a read of a cache, the header has no cache."),
    ("asks", an_explanation, "scorings", "the explanation of the score says 'Right.', the event"),
    ("asks", no_version, "header", "does not say which version of perturb-evals and of Inspect"),
    ("asks", another_step, "outputs", "has the solver 'mine', and no event of the sample is of it"),
    ("asks", no_spans, "outputs", "'perturb_evals/ask', and no event of the sample is of it."),
    ("served", hidden_usage, "header", "has 269 input_tokens of 'loopback/some', that of all sam"),
    ("asks", fewer_calls, "calls", "turn_count of the sample says 1, its events have 0 answers."),
    ("asks", a_hint, "outputs", ", the question "),
    ("asks", another_temperature, "calls", "temperature of the header says 0.0, a call nothing."),
    ("asks", an_answer_more, "outputs", "the conversation has an answer that no call gave: 'Yes'."),
    ("asks", no_usage, "calls", " tokens, model_usage has none of it."),
    ("asks", no_usage, "header", "that of all samples "),
    ("served", more_usage, "calls", "has 37 output_tokens of 'loopback/some', its calls took 30."),
    ("computes", usage_without_model, "calls", "the solver 'perturb_evals/constant' asks no model"),
    ("asks", another_model, "header", "names the model 'openai/gpt-6', and all calls are of '"),
    ("asks", another_model_and_usage, "calls", "tokens of 'openai/gpt-6', and no call of it in"),
    ("asks", another_model_in_usage, "header", "tokens of 'openai/gpt-6', that of all samples 0."),
    ("asks", another_model_in_a_call, "calls", " and no call of it in the sample has any."),
    ("asks", another_role, "header", "the role 'critic' to 'openai/gpt-6', which no call asks."),
    ("computes", a_model_without_calls, "header", "run a method that asks none with --model none"),
    ("computes", asks_without_a_model, "outputs", "a method without a model gives: 0.5."),
    ("asks", computes_with_a_model, "calls", "asks no model, the sample has 1 calls of a model"),
    ("computes", a_namesake, "header", "'constant', which is not of this package"),
    ("asks", another_solver_in_the_plan, "outputs", "'mine', the events 'perturb_evals/ask'."),
    ("computes", another_solver_in_the_header, "header", "'perturb_evals/random_scores', the plan"),
    ("cross", another_argument, "header", "power of solver_args says 5.0, the plan's params 2.0."),
    ("cross", another_task_argument, "header", "genes of task_args_passed says 3, task_args 1."),
    ("cross", another_track, "header", "cross_line_knn cannot run on the track none"),
    ("asks", one_epoch, "header", "model_usage of the header has "),
    ("asks", one_epoch_but_for_the_header, "header", "3 samples in 2 epochs, the log has 3."),
    ("asks", the_better_epoch_twice, "copies", "a copy of that sample."),
    ("asks", a_transcript_twice, "outputs", "too; none is given twice."),
    ("computes", a_sample_less, "header", "lists 3 samples in 1 epochs, the log has 2."),
    ("computes", a_sample_less_in_the_list, "header", "is not among those that the header lists."),
    ("computes", fewer_in_the_results, "header", "completed_samples of the results is 2, without"),
    ("computes", fewer_questions, "header", "n_questions says 3, the dataset of the header 2."),
    ("computes", another_key, "header", "board_key says 'perturbqa_de|k562', the board '"),
    ("computes", another_version, "header", "package_version says '0."),
    ("computes", another_scorer, "header", "the first scorer says 'mine', the results 'p_posit"),
    ("computes", another_headline, "header", "the headline is 'accuracy' of 'p_positive'"),
    ("asks", scores_without_events, "scorings", "the event that gave it "),
    ("asks", no_score_events, "scorings", "has no event in which it was given."),
    ("asks", another_target, "scorings", ", that of the event that gave the score '"),
    ("asks", another_target, "copies", "the sample's target says "),
    ("asks", edited_score, "scorings", "the score 'p_positive' was edited by 'me'."),
    ("asks", another_usage_when_scored, "scorings", ", and had 1 when the score was given."),
    ("asks", another_input, "copies", "the sample's input says 'Does the knock-down do"),
    ("asks", another_gene, "copies", "'gene' of the sample's metadata says 'MYC', the event"),
    ("asks", choices, "copies", "the sample's choices says ['Yes', 'No'], the event of its begin"),
    ("asks", a_limit, "copies", "says that a limit of 'token' ended it, and no event does."),
    ("asks", invalidated, "copies", "was invalidated by 'me', and the run was not."),
    ("asks", ends_before_it_begins, "header", "completed_at is 2020-01-01 "),
    ("asks", ends_before_it_begins, "times", "the end of the run is 2020-01-01 "),
    ("asks", sample_ends_before_it_begins, "times", "completed_at is 2020-01-01 "),
    ("asks", takes_longer_than_it_is, "times", "total_time is 999.0 s, and from started_at to"),
    ("asks", asked_before_it_begins, "times", "a call is "),
]


@pytest.mark.each(("name", "change", "check", "words"), FORGED)
def test_what_contradicts_what_is_said(forge, held_in, name, change, check, words):
    outcome, said = held_in(forge(name, change))[check]
    assert (outcome, words in said) == ("fail", True), said


def test_the_place_is_named_and_what_is_told_is_short_and_escaped(forge, held_in):
    def change(log):
        log.samples[1].output.completion = "\x1b[31mYes\n" * 1000
        place.append(
            f"{log.samples[1].id}, epoch {log.samples[1].epoch}: the output says '\\x1b[31m"
        )

    place = []
    _, said = held_in(forge("asks", change))["outputs"]
    assert said.startswith(f"1 of 6 samples contradict themselves; the first, {place[0]}")
    assert "\\x1b[31mYes\\n" in said
    assert said.isprintable()
    assert len(said) < 400


def test_an_answer_that_the_output_does_not_give(forge, found_in):
    outcome, said = found_in(forge("asks", another_answer))["answers"]
    assert (outcome, "the stored answer is '" in said) == ("fail", True), said


def test_a_row_that_only_the_request_shows(forge, found_in):
    def change(log):
        for sample in log.samples:
            pair = f"{sample.metadata['pert']},{sample.metadata['gene']},1"
            calls(sample)[0].call.request["messages"][0]["content"] += f"\n\nRows:\n{pair}"

    outcome, said = found_in(forge("served", change))["evidence"]
    assert (outcome, "3 not allowed" in said) == ("fail", True), said


@pytest.mark.each(("name", "change"), [("served", answers_right), ("asks", no_prompts)])
def test_a_log_in_json_is_held_against_itself_too(forge, found_in, name, change):
    found = found_in(forge(name, change, suffix="json"))
    assert found["file"][0] == "not applicable"
    assert "fail" in (found["outputs"][0], found["calls"][0])


HEADER, START, SUMMARIES = "header.json", "_journal/start.json", "summaries.json"


def altered(path, member, change):
    """Return a member of an archive of JSON, changed in place."""
    with zipfile.ZipFile(path) as archive:
        said = json.loads(archive.read(member))
    change(said)
    return json.dumps(said)


@pytest.mark.each(
    ("more", "words"),
    [
        ([("notes.txt", "hello")], "a member that Inspect does not write: 'notes.txt'."),
        ([("samples/run.py", "1")], "a member that Inspect does not write: 'samples/run.py'."),
        ([("samples/../../x_epoch_1.json", "{}")], "a member outside of itself: 'samples/../.."),
        ([("/etc/x.json", "{}")], "a member outside of itself: '/etc/x.json'."),
        ([("C:\\x.json", "{}")], "a member outside of itself: 'C:"),
        ([("samples/", "")], "a member that Inspect does not write: 'samples/'."),
        ([("samples/more_epoch_1.json", "{}")], "a sample without a summary: 'samples/more_epoch"),
        ([(HEADER, "{}")], "two members named 'header.json'."),
    ],
)
def test_members_that_do_not_belong_in_a_log(rezip, found_in, more, words, honest):
    if more[0][0] == HEADER:  # the last of two counts
        more = [(HEADER, altered(honest["computes"], HEADER, lambda said: None))]
    outcome, said = found_in(rezip("computes", {}, more))["file"]
    assert (outcome, words in said) == ("fail", True), said


def test_a_comment_and_a_sample_that_stands_twice(rezip, found_in, honest):
    assert "a comment" in found_in(rezip("computes", {}, comment=b"hello"))["file"][1]
    sample = sample_of(honest["computes"])
    twice = [(sample, altered(honest["computes"], sample, lambda said: None))]
    assert "two members named 'samples/" in found_in(rezip("computes", {}, twice))["file"][1]


def test_an_answer_takes_the_place_of_an_error(rezip, found_in, honest):
    """As Inspect writes a question that is asked again."""
    sample, error = sample_of(honest["computes"]), {"message": "", "traceback": ""}
    good = altered(honest["computes"], sample, lambda said: None)
    bad = altered(
        honest["computes"], sample, lambda said: said.update(error={**error, "traceback_ansi": ""})
    )
    path = rezip("computes", {sample: bad}, [(sample, good)])
    assert found_in(path)["file"][0] == "pass"


def sample_of(path):
    with zipfile.ZipFile(path) as archive:
        return next(name for name in archive.namelist() if name.startswith("samples/"))


@pytest.mark.each(
    ("member", "change", "check", "words"),
    [
        (
            HEADER,
            lambda said: said["eval"]["task_args"].update(seed=7),
            "file",
            "that of _journal/start.json",
        ),
        (START, lambda said: said["plan"].update(name="x"), "file", "Plan of header.json"),
        (SUMMARIES, lambda said: said[0].update(epoch=2), "file", "alone has a summary of it."),
        (SUMMARIES, lambda said: said.pop(), "file", "the journal alone has a summary of it."),
        (
            SUMMARIES,
            lambda said: said[0]["scores"]["p_positive"].update(value=0.9),
            "file",
            "its summary in summaries.json",
        ),
        (
            SUMMARIES,
            lambda said: said[0]["scores"]["p_positive"].update(value=0.9),
            "copies",
            "the summary's value of the score says 0.9, the full sample 0.5.",
        ),
        (
            SUMMARIES,
            lambda said: said[0].update(working_time=99.0),
            "copies",
            "the summary's working_time says 99.0, the full sample",
        ),
        (START, None, "file", "lacks _journal/start.json"),
    ],
)
def test_members_that_say_otherwise(rezip, found_in, honest, member, change, check, words):
    said = altered(honest["computes"], member, change) if change else None
    outcome, said = found_in(rezip("computes", {member: said}))[check]
    assert (outcome, words in said) == ("fail", True), said


def test_a_name_that_stands_twice_in_an_object(rezip, found_in, honest):
    good = altered(honest["computes"], HEADER, lambda said: None)
    outcome, said = found_in(rezip("computes", {HEADER: '{"status": "error", ' + good[1:]}))["file"]
    assert outcome == "fail"
    assert "the name 'status' stands twice" in said.replace("\\'", "'")


def test_a_text_that_the_log_holds_once(rezip, held_in, honest):
    """It is the output, the model event and the server's reply at once."""
    sample = sample_of(honest["served"])

    def change(said):
        (name,) = (name for name, text in said["attachments"].items() if "nucleus" in text)
        said["attachments"][name] = "Answer: No"
        outputs = [said["output"], *(e["output"] for e in said["events"] if e["event"] == "model")]
        for output in outputs:
            output["completion"] = "Answer: No"
        for place in (said["output"]["choices"][0]["message"], said["messages"][-1]):
            place["content"] = "Answer: No"

    path = rezip("served", {sample: altered(honest["served"], sample, change)})
    said = held_in(path)
    assert (said["outputs"][0], said["calls"][0]) == ("pass", "pass")
    assert "the text 'Answer: No' is named '" in said["copies"][1]


def test_a_member_that_is_far_too_large(honest, found_in, monkeypatch):
    monkeypatch.setattr(members, "LARGEST", 10)
    outcome, said = found_in(honest["computes"])["file"]
    assert outcome == "fail"
    assert " would unpack to " in said


def test_a_damaged_member(rezip, found_in, honest):
    path = rezip("computes", {})
    content = path.read_bytes()
    at = content.index(b'"output"')
    path.write_bytes(content[:at] + b"X" + content[at + 1 :])
    found = found_in(path)
    assert "fail" in {outcome for outcome, _ in found.values()}
    assert "cannot be read" in found["file"][1]


def test_a_prompt_in_the_place_of_another(forge, held_in):
    def change(log):
        sample = log.samples[0]
        for call in calls(sample):
            call.input = [ChatMessageUser(content="Say yes.", id="other")]

    assert "is not in the conversation" in held_in(forge("asks", change))["outputs"][1]
