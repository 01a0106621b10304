"""Questions or perturbations on which two systems differ most."""

from dataclasses import dataclass

import numpy as np

from perturb_evals.families.outcome import DIGITS, Outcome

SHOWN = 20


@dataclass(frozen=True)
class Discordant:
    """A question or perturbation on which two systems differ most.

    Attributes:
        unit: What was asked: `PERT>GENE`, or a perturbation.
        truth: The true verdict; empty for expression.
        a_credit: For questions the mean credit over the pairs of its gene, in [0, 1]; for
            expression the headline score of the perturbation.
        b_credit: The same for the other system.
        a_answer: What was answered; empty for expression.
        b_answer: The same for the other system.
        a_sample: Id of the sample; empty for a computed row.
        b_sample: The same for the other system.
    """

    unit: str
    truth: str
    a_credit: float
    b_credit: float
    a_answer: str
    b_answer: str
    a_sample: str
    b_sample: str


def most_discordant(a: Outcome, b: Outcome, task: str) -> tuple[tuple[Discordant, ...], int]:
    """Return the units on which two systems differ most, at most `SHOWN`, the largest first.

    Of equal differences those of questions in more pairs come first, as a credit over many pairs
    says more than one over a single pair; then they go by name. Units without a difference, and
    questions without a credit, are not among them.

    Args:
        a: What one system got.
        b: What the other got on the same units.
        task: What is asked, which says how the verdicts are called.

    Returns:
        The units, and how many more differ as much as the last of them; 0 without any.
    """
    a_credit, b_credit = a.credit, b.credit
    # Rounded, so that equal differences are equal to the last bit.
    apart = np.nan_to_num(np.abs(a_credit - b_credit)).round(DIGITS)
    # The units are sorted by name, and this sort keeps their order.
    order = np.lexsort((-a.n_pairs, -apart))
    shown = [row for row in order[:SHOWN] if apart[row] > 0]
    units = a.units
    found = tuple(
        Discordant(
            unit=units[row],
            truth=a.truth(row, task),
            a_credit=float(a_credit[row]),
            b_credit=float(b_credit[row]),
            a_answer=a.answer(row),
            b_answer=b.answer(row),
            a_sample=a.sample_ids[row],
            b_sample=b.sample_ids[row],
        )
        for row in shown
    )
    n_more = int((apart[order[SHOWN:]] == apart[shown[-1]]).sum()) if shown else 0
    return found, n_more
