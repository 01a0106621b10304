"""Columns about two systems held against each other, and about what they differ on."""

from perturb_evals.leaderboard.comparison import ComparedPair
from perturb_evals.leaderboard.site.table import (
    Cell,
    Column,
    figure,
    figures,
    number,
    numbers,
    text,
)
from perturb_evals.leaderboard.text import MINUS, count, decimal, p_value


def pair_name(pair: ComparedPair) -> str:
    """Return a pair as text: A minus B."""
    return f"{pair.a.name} {MINUS} {pair.b.name}"


def _pair(pair: ComparedPair) -> Cell:
    name = pair_name(pair)
    note = "their answers rank alike" if pair.alike else ""
    return Cell(name, (pair.a.name, pair.b.name), name.casefold(), note, log=True)


PAIR = Column("A minus B", "The two systems of the pair, A first.", ("a", "b"), _pair)
PAIR_DIFFERENCE = figures(
    "Difference",
    "Headline of A minus that of B, with the paired 95% interval over perturbations.",
    "difference",
    lambda pair: figure(pair.difference, beside=pair.a.figure.value),
)
P_BOOTSTRAP = numbers(
    "p, bootstrap",
    "Two-sided p of no difference, from the same resamples as the interval.",
    "p_bootstrap",
    p_value,
)
P_RANDOMISED = numbers(
    "p, randomised",
    "Two-sided p from swapping the two systems' answers by perturbation.",
    "p_randomised",
    p_value,
)
P_HOLM = numbers(
    "p, Holm",
    "The randomised p adjusted by Holm over all pairs of the comparison.",
    "p_holm",
    p_value,
)
ONLY_A = numbers(
    "Only A",
    "Questions that A got and B missed: mean credit over the pairs of the gene above one half. For "
    "screens, perturbations on which A is better.",
    "only_a",
    count,
)
ONLY_B = numbers("Only B", "The same with A and B exchanged.", "only_b", count)
BOTH = numbers("Both", "Questions that both got. For screens, ties.", "both", count)
NEITHER = numbers("Neither", "Questions that neither got.", "neither", count)
DETECTABLE = numbers(
    "Detectable",
    "Smallest true difference that so many perturbations show with 80% power at p < .05.",
    "detectable",
    decimal,
)
UNIT = Column(
    "Asked",
    "The question, perturbation > readout gene, or the perturbation.",
    ("unit",),
    lambda row: text(row.unit),
)
TRUTH = Column("Truth", "The true verdict.", ("truth",), lambda row: text(row.truth))
ANSWER_A = Column(
    "Answer of A",
    "Its score, higher for the positive verdict.",
    ("a_answer",),
    lambda row: text(row.a_answer),
    legend=True,
)
ANSWER_B = Column(
    "Answer of B",
    "Its score, higher for the positive verdict.",
    ("b_answer",),
    lambda row: text(row.b_answer),
)
CREDIT_A = Column(
    "A got",
    "Mean credit over the pairs of the gene that the question is in, 1 for right; for screens the "
    "headline score of the perturbation.",
    ("a_credit",),
    lambda row: number(row.a_credit, decimal),
    numeric=True,
    legend=True,
)
CREDIT_B = Column(
    "B got",
    "The same for B.",
    ("b_credit",),
    lambda row: number(row.b_credit, decimal),
    numeric=True,
)
