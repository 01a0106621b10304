"""All samples of a run, the same parts of each held against what repeats them."""

from inspect_ai.log import EvalLog, EvalSample, EvalSampleSummary

from perturb_evals.leaderboard.submission.agreement.parts import RunParts, SampleParts
from perturb_evals.leaderboard.submission.agreement.tally import Agreement, Tally
from perturb_evals.leaderboard.submission.checks import Check


class EachSample:
    """One kind of parts, in all samples.

    Args:
        log: The header of the run.

    Attributes:
        name: Of the check.
        agreements: Its table.
    """

    name: str
    agreements: tuple[Agreement[SampleParts], ...]

    def __init__(self, log: EvalLog) -> None:
        self._run = RunParts(log)
        self._tally = Tally(self.name, self.agreements, "samples")

    def read(self, summary: EvalSampleSummary, sample: EvalSample) -> None:
        """Hold a sample, see `hold`."""
        self.hold(SampleParts(self._run, summary, sample))

    def hold(self, parts: SampleParts) -> None:
        """Hold its parts against what repeats them."""
        self._tally.hold(parts, parts.place)

    def check(self) -> Check:
        """Return what was found."""
        return self._tally.check()
