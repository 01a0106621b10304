"""What a comparison needs of a run's samples, from their summaries: no log is loaded whole."""

import gc
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from inspect_ai.log import EvalLog, EvalSampleSummary, read_eval_log_sample_summaries
from inspect_ai.scorer import SampleScore

from perturb_evals.logs.headers import LogsError, log_name, named
from perturb_evals.logs.unpacked import LogTooLargeError, check_summaries


@dataclass(frozen=True, eq=False)
class Samples:
    """The samples of a run.

    Attributes:
        scores: Unreduced scores, by sample id and epoch.
        answered: Answers with a score: sample ids with one of the run's epochs, each counted once.
        prompts: Hashes of the prompt templates used, sorted.
        calls: Turns that models took.
        retries: Samples begun again after an error.
        model_seconds: Working time, summed.
        summaries: Summaries of genes that a model wrote: how many were `asked` for, `kept` from
            earlier, and `unusable`, as the scores' metadata count them; empty for none.
    """

    scores: list[SampleScore]
    answered: int
    prompts: tuple[str, ...]
    calls: int
    retries: int
    model_seconds: float
    summaries: Mapping[str, int] = field(default_factory=dict)


def read_samples(log: EvalLog) -> Samples:
    """Read the summaries of a run.

    Args:
        log: Its header.

    Raises:
        LogsError: The log cannot be read, or a sample has several scores or a score of another
            scorer than its header says.
    """
    with _uncollected():
        return _read(log)


def read_summaries(location: str) -> list[EvalSampleSummary]:
    """Read the summaries of a log as they are.

    Raises:
        LogTooLargeError: They would unpack to more than summaries have.
        Exception: They cannot be read: of zip, JSON or pydantic.
    """
    check_summaries(location)
    return read_eval_log_sample_summaries(location)


def _read(log: EvalLog) -> Samples:
    assert log.results is not None
    scorer = log.results.scores[0].name
    try:
        summaries = read_summaries(log.location)
    except LogTooLargeError as error:
        raise LogsError(error.message) from error
    except Exception as error:  # of zip, JSON or pydantic
        raise LogsError(
            f"The samples of {log_name(log.location)} cannot be read: {named(error)}."
        ) from error
    summaries.sort(key=lambda sample: (str(sample.id), sample.epoch))
    scores = [_score(sample, scorer, log.location) for sample in summaries if sample.scores]
    epochs = range(1, (log.eval.config.epochs or 1) + 1)
    answered = {(str(s.id), s.epoch) for s in summaries if s.scores and s.epoch in epochs}
    prompts = {(score.score.metadata or {}).get("prompt", "") for score in scores}
    return Samples(
        scores=scores,
        answered=len(answered),
        prompts=tuple(sorted(prompts - {""})),
        calls=sum(sample.turn_count or 0 for sample in summaries if sample.model_usage),
        retries=sum(sample.retries or 0 for sample in summaries),
        model_seconds=sum(sample.working_time or 0.0 for sample in summaries),
        summaries=_summed((score.score.metadata or {}).get("summaries") for score in scores),
    )


def _summed(counts: Iterable[object]) -> dict[str, int]:
    """Return the sums of counts by name; what is no such count counts nothing."""
    found: Counter[str] = Counter()
    for one in counts:
        if isinstance(one, Mapping):
            found.update({str(k): n for k, n in one.items() if type(n) is int and n >= 0})
    return dict(found)


def _score(sample: EvalSampleSummary, scorer: str, location: str) -> SampleScore:
    if not sample.scores or scorer not in sample.scores:
        raise LogsError(
            f"{log_name(location)}, sample {sample.id}: expected a score of {scorer}, got "
            f"{', '.join(sample.scores or {}) or 'none'}."
        )
    # The same few names stand in every sample of every log.
    about = {key: _shared(value) for key, value in sample.metadata.items()}
    score = sample.scores[scorer]
    return SampleScore(score=score, sample_id=sys.intern(str(sample.id)), sample_metadata=about)


def _shared(value: object) -> object:
    return sys.intern(value) if isinstance(value, str) else value


@contextmanager
def _uncollected() -> Iterator[None]:
    """Leave the search for cycles for later: among new objects it takes a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
