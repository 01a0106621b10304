"""All samples of a log, each read once, for the checks that need more than summaries."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from inspect_ai.log import (
    EvalLog,
    EvalSample,
    EvalSampleSummary,
    read_eval_log_samples_by_id,
    resolve_sample_attachments,
)

from perturb_evals.datasets.errors import DataError
from perturb_evals.leaderboard.submission.checks import Check
from perturb_evals.logs.unpacked import check_samples

BATCH = 50
"""Samples in memory at a time. Inspect reads the log's list of contents again for each batch: one
by one, as by `read_eval_log_samples`, a log of 2,246 questions takes five times as long."""


class SampleCheck(Protocol):
    """A check that is shown one sample after the other."""

    name: str

    def read(self, summary: EvalSampleSummary, sample: EvalSample) -> None:
        """Look at a sample.

        Args:
            summary: What metrics are made of, and what is compared with the questions of the task:
                id, metadata, target and scores are taken from here.
            sample: What is only in the full log: output, messages and events, with every text in
                its place. The texts that the log itself holds once are still its attachments.
        """

    def check(self) -> Check:
        """Return what was found in all samples."""


def checked_samples(
    log: EvalLog, summaries: Sequence[EvalSampleSummary], checks: Sequence[SampleCheck]
) -> list[Check]:
    """Show all samples of a log to some checks.

    Args:
        log: Its header.
        summaries: Those of all its samples.
        checks: Each is left alone from the first sample on that it cannot judge.

    Returns:
        What each of them found: `not checked` where its data cannot be had here, `fail` where the
        log, or a sample, is not as this package writes it.
    """
    ended: dict[str, Check] = {}
    try:
        for summary, sample in _read(log, summaries):
            going_on = [check for check in checks if check.name not in ended]
            if not going_on:
                break
            for check in going_on:
                try:
                    check.read(summary, sample)
                except DataError as error:
                    said = f"The data cannot be had here: {error}"
                    ended[check.name] = Check(check.name, "not checked", said)
                except Exception as error:  # a log may hold anything
                    ended[check.name] = _broken(check.name, f"{_place(summary)}: {error!r}")
    except Exception as error:  # of zip, JSON or pydantic, or a sample that is not there
        return [ended.get(check.name) or _broken(check.name, repr(error)) for check in checks]
    return [ended.get(check.name) or _ended(check) for check in checks]


def _ended(check: SampleCheck) -> Check:
    try:
        return check.check()
    except Exception as error:  # a log may hold anything
        return _broken(check.name, repr(error))


def _read(
    log: EvalLog, summaries: Sequence[EvalSampleSummary]
) -> Iterator[tuple[EvalSampleSummary, EvalSample]]:
    check_samples(log.location)
    for begin in range(0, len(summaries), BATCH):
        batch = summaries[begin : begin + BATCH]
        places = [(summary.id, summary.epoch) for summary in batch]
        samples = read_eval_log_samples_by_id(log.location, places)
        for summary, condensed in zip(batch, samples, strict=True):
            sample = resolve_sample_attachments(condensed, "full")
            sample.attachments = condensed.attachments
            if (sample.id, sample.epoch) != (summary.id, summary.epoch):
                raise ValueError(f"{_place(sample)} stands in the place of {_place(summary)}.")
            yield summary, sample


def _place(sample: EvalSampleSummary | EvalSample) -> str:
    return f"{sample.id}, epoch {sample.epoch}"


def _broken(name: str, what: str) -> Check:
    return Check(name, "fail", f"The log is not as this package writes it: {what}")
