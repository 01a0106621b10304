"""What models in roles said in a run: other prompts of it may show that, wherever it was asked."""

from inspect_ai.event import ModelEvent
from inspect_ai.log import EvalLog, EvalSample, EvalSampleSummary
from inspect_ai.model import ModelOutput

from perturb_evals.families.sent import NotToldError
from perturb_evals.leaderboard.submission.checks import Check
from perturb_evals.leaderboard.submission.samples import checked_samples
from perturb_evals.logs.samples import read_summaries

Prompt = tuple[str, str]
"""A role, and what its model was asked in one message."""


class RoleAnswers:
    """The answers of models in roles, in all samples of a run; a run without roles is not read.

    Args:
        log: The header of the run.
    """

    name = "answers in roles"

    def __init__(self, log: EvalLog) -> None:
        self._answers: dict[Prompt, ModelOutput] = {}
        if log.eval.model_roles:
            checked_samples(log, read_summaries(log.location), [self])

    def read(self, summary: EvalSampleSummary, sample: EvalSample) -> None:
        """Keep the answers in a sample; of several to one prompt the first."""
        for event in sample.events:
            if isinstance(event, ModelEvent) and event.role and not event.error:
                self._answers.setdefault(prompt_of(event), event.output)

    def check(self) -> Check:
        """Return that they were read."""
        return Check(self.name, "pass", f"{len(self._answers)} answers.")

    def answer(self, role: str, prompt: str) -> ModelOutput:
        """Return what a model of a role answered.

        Raises:
            NotToldError: It was not asked that in this run.
        """
        if (role, prompt) not in self._answers:
            raise NotToldError(f"No model of the role {role} was asked {prompt!r:.80}.")
        return self._answers[role, prompt]


def prompt_of(call: ModelEvent) -> Prompt:
    """Return the role of a call, and all that it was sent."""
    return str(call.role), "\n".join(message.text for message in call.input)
