"""What a model was asked in the first sample of a run, as the run's log has it."""

from dataclasses import dataclass

from inspect_ai.log import read_eval_log_sample

from perturb_evals.leaderboard.entries import Entry
from perturb_evals.leaderboard.untrusted_text import cut
from perturb_evals.logs.headers import LogsError, log_name, named
from perturb_evals.logs.unpacked import LogTooLargeError, check_sample

LONGEST = 8000
"""Characters of a message that are kept: a list of a thousand candidates fits."""


@dataclass(frozen=True)
class FirstPrompt:
    """The messages to a model in one sample.

    Attributes:
        sample: Id of the sample.
        messages: Role and text of each message that the model did not write itself, in their
            order; a text over `LONGEST` characters is cut, and says how much is left out.
    """

    sample: str
    messages: tuple[tuple[str, str], ...]


def first_prompt(entry: Entry) -> FirstPrompt | None:
    """Read what was asked in the first sample of a run, by order of its questions.

    Args:
        entry: A system on a board.

    Returns:
        The prompt; None for a system that called no model.

    Raises:
        LogsError: The sample cannot be read.
    """
    result = entry.result
    if result is None or not result.usage.calls:
        return None
    sample_id = entry.outcome.sample_ids[0]
    try:
        check_sample(result.log, sample_id, epoch=1)
        sample = read_eval_log_sample(
            result.log,
            sample_id,
            epoch=1,
            resolve_attachments=True,
            exclude_fields={"events", "store"},
        )
    except LogTooLargeError as error:
        raise LogsError(f"{log_name(result.log)} is not read. {error.message}") from error
    except Exception as error:  # of zip, JSON or pydantic
        raise LogsError(
            f"Sample {sample_id} of {log_name(result.log)} cannot be read: {named(error)}."
        ) from error
    said = [(message.role, message.text) for message in sample.messages]
    return FirstPrompt(
        sample_id, tuple((role, cut(text, LONGEST)) for role, text in said if role != "assistant")
    )
