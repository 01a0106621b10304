"""Names of test perturbations that prompts show."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache

from inspect_ai.log import EvalSampleSummary
from inspect_ai.model import ModelOutput

from perturb_evals.datasets.screens.evidence import HeldOut, fold_of
from perturb_evals.families.asked_again import Prompt, Shown
from perturb_evals.families.names_in_text import Names


class TestedNamesAudit:
    """Finds names of the fold's other test perturbations; none of them is allowed."""

    what = "names of test perturbations"
    informants: Collection[str] = ()

    def __init__(self, symbols: Mapping[str, str]) -> None:
        self.symbols = symbols

    def shown(
        self,
        sample: EvalSampleSummary,
        prompts: Sequence[Prompt],
        output: ModelOutput,
        *,
        records: bool,
    ) -> Iterator[Shown]:
        """Find names; those that the model itself wrote before are left out."""
        tested = _tested(HeldOut.from_metadata(sample.metadata))
        for prompt in prompts:
            asked = frozenset({str(sample.metadata["pert"])})
            others = frozenset[str]()
            for read in filter(None, (prompt, prompt.as_sent)):
                others |= tested.in_text(read.text) - tested.in_text(read.before) - asked
            if others:
                yield Shown(", ".join(sorted(others)), len(others), allowed=False)


@lru_cache(maxsize=64)
def _tested(held_out: HeldOut) -> Names:
    return Names(frozenset(fold_of(held_out).test))
