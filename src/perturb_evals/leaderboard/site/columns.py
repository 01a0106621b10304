"""The columns of all tables: a heading and a sentence each, shown as tooltip and in the methods."""

from perturb_evals.leaderboard.site.table import Column


def _figure(name: str) -> tuple[str, ...]:
    return name, f"{name}_lower", f"{name}_upper"


RANK = Column(
    "Rank",
    "1 plus the number of systems whose paired 95% interval says that they are better. Equal ranks "
    "are ties. A dot marks all systems that the interval cannot tell from the best. A dash: not "
    "ranked, with the reason.",
    ("rank", "not_told_from_best", "why_unranked"),
    numeric=True,
)
SYSTEM = Column(
    "System",
    "The model or method, with what tells namesakes apart. Below it what it is: a model or another "
    "system, a baseline (a method of this package without a model), one that reads the truth, or a "
    "published number, which links to what differs in its protocol.",
    ("system", "kind"),
    heads=True,
)
HEADLINE = Column(
    "Headline",
    "The metric that ranks, with its 95% interval over perturbations.",
    _figure("headline"),
    numeric=True,
)
SKILL = Column(
    "Skill",
    "The headline on a scale with 0 the negative and 1 the positive control, with its 95% "
    "interval; not clipped.",
    _figure("skill"),
    numeric=True,
)
BEHIND = Column(
    "Behind best",
    "How far it is behind the best of the ranked, in units of the headline, with the paired 95% "
    "interval; positive is worse. A dash for the best.",
    _figure("behind_best"),
    numeric=True,
)
COVERAGE = Column(
    "Coverage",
    "Share of replies that gave an answer of their own. Computed rows have no replies.",
    ("coverage",),
    numeric=True,
)
CALLS = Column("Calls", "Turns that models took in all samples.", ("calls",), numeric=True)
TOKENS = Column(
    "Tokens", "Tokens of all kinds that models read and wrote.", ("tokens",), numeric=True
)
COST = Column(
    "Cost",
    "US dollars, where the prices of all models of the run are known; else a dash.",
    ("cost_usd",),
    numeric=True,
)
TIME = Column(
    "Time",
    "From the first sample to the last, waiting included.",
    ("wall_seconds",),
    numeric=True,
)
RELEASED = Column(
    "Released",
    "When the model was released, where Inspect's model data know it, and whether the data were "
    "public by then, so that it may have been trained on them.",
    ("released", "after_data"),
)
TASK = Column("Task", "What is asked.", ("task",))
CONTEXT = Column("Context", "Cell line or screen.", ("context",))
TRACK = Column(
    "Track",
    "Training rows that a system was allowed to read: none, within (the evaluated line's), cross "
    "(other lines' too), or training (of a screen).",
    ("track",),
)
METRIC = Column(
    "Headline metric", "The metric that ranks, and its direction.", ("headline_metric",)
)
QUESTIONS = Column(
    "Asked",
    "Questions, or perturbations of a screen, that every system answered.",
    ("n_units",),
    numeric=True,
)
SYSTEMS = Column("Ranked", "Systems that are ranked.", ("n_ranked",), numeric=True)
BEST = Column("Best", "The system with the best headline.", ("best_system",))
MEAN_SKILL = Column(
    "Mean skill",
    "Mean over all parts with its 95% interval; a dash for a system that lacks a part.",
    _figure("mean_skill"),
    numeric=True,
)
REASONS = Column(
    "Without an answer",
    "Share of replies without an answer of their own, by reason.",
    ("reasons",),
    wide=True,
)
STATUS = Column("Status", "How far the run came. Only complete runs are ranked.", ("status",))
REASON = Column("Reason", "Why it takes no part.", ("reason",), wide=True)
DATE = Column("Date", "When the run began (UTC).", ("date",))
LOG = Column("Log", "Name of the log file.", ("log",))
MODEL = Column("Model", "Name of the model; none/none for a method without one.", ("model",))
SOLVER = Column("Solver", "How answers were obtained.", ("solver",))
PUBLISHED_SYSTEM = Column("Published system", "Its name as the authors write it.", ("system",))
PUBLISHED_VALUE = Column(
    "Published value",
    "As published, with the standard error over folds where one is given.",
    ("value", "stderr"),
    numeric=True,
)
DIFFERENCE = Column(
    "How its protocol differs", "Why the number is not ranked here.", ("difference",), wide=True
)
SOURCE = Column("Source", "Where the number stands.", ("source",), wide=True)
METRIC_NAME = Column("Metric", "Its name in logs.", ("metric",))
METRIC_VALUE = Column(
    "Value", "With its 95% interval where it has one.", _figure("value"), numeric=True
)
PAIR = Column("A minus B", "The two systems of the pair, A first.", ("a", "b"))
PAIR_DIFFERENCE = Column(
    "Difference",
    "Headline of A minus that of B, with the paired 95% interval over perturbations.",
    _figure("difference"),
    numeric=True,
)
P_BOOTSTRAP = Column(
    "p, bootstrap",
    "Two-sided p of no difference, from the same resamples as the interval.",
    ("p_bootstrap",),
    numeric=True,
)
P_RANDOMISED = Column(
    "p, randomised",
    "Two-sided p from swapping the two systems' answers by perturbation.",
    ("p_randomised",),
    numeric=True,
)
P_HOLM = Column(
    "p, Holm",
    "The randomised p adjusted by Holm over all pairs of the comparison.",
    ("p_holm",),
    numeric=True,
)
ONLY_A = Column(
    "Only A",
    "Questions that A got and B missed: mean credit over the pairs of the gene above one half. For "
    "screens, perturbations on which A is better.",
    ("only_a",),
    numeric=True,
)
ONLY_B = Column("Only B", "The same with A and B exchanged.", ("only_b",), numeric=True)
BOTH = Column("Both", "Questions that both got. For screens, ties.", ("both",), numeric=True)
NEITHER = Column("Neither", "Questions that neither got.", ("neither",), numeric=True)
DETECTABLE = Column(
    "Detectable",
    "Smallest true difference that so many perturbations show with 80% power at p < .05.",
    ("detectable",),
    numeric=True,
)
UNIT = Column("Asked", "The question, perturbation > readout gene, or the perturbation.", ("unit",))
TRUTH = Column("Truth", "The true verdict.", ("truth",))
ANSWER_A = Column("Answer of A", "Its score, higher for the positive verdict.", ("a_answer",))
ANSWER_B = Column("Answer of B", "Its score, higher for the positive verdict.", ("b_answer",))
CREDIT_A = Column(
    "A got",
    "Mean credit over the pairs of the gene that the question is in, 1 for right; for screens the "
    "headline score of the perturbation.",
    ("a_credit",),
    numeric=True,
)
CREDIT_B = Column("B got", "The same for B.", ("b_credit",), numeric=True)
LICENCE = Column("Licence", "Licence of the data.", ("licence",))
CITATION = Column("Citation", "What to cite for the data.", ("citation",), wide=True)
DATA = Column("Data", "Beginning of the SHA-256 of the data.", ("data_sha256",))
BETTER = Column("Better", "Direction.", ("better",))
PERFECT = Column("Perfect", "Value of perfect predictions.", ("perfect",), numeric=True)
CONSTANT = Column(
    "Constant",
    "Value of one constant answer; a dash where it depends on the data.",
    ("constant",),
    numeric=True,
)
ABSTAINED = Column(
    "All abstained",
    "Value when every question is left without an answer; a dash where it depends "
    "on the data or is undefined.",
    ("all_abstained",),
    numeric=True,
)
UNDEFINED = Column(
    "Limits", "Where there is no value, or what is done there.", ("limits",), wide=True
)
MEAN_EFFECT = Column(
    "Training mean",
    "Value of the training mean; a dash where it depends on the data.",
    ("mean_effect",),
    numeric=True,
)
NO_CHANGE = Column(
    "No change",
    "Value of predicting the control; a dash where it depends on the data.",
    ("no_change",),
    numeric=True,
)
SUMMARY = Column("What it is", "In a sentence.", ("summary",), wide=True)
FORMULA = Column("Formula", "In the symbols given above the table.", ("formula",), wide=True)

EXPLAINED: tuple[Column, ...] = (
    RANK,
    SYSTEM,
    HEADLINE,
    SKILL,
    BEHIND,
    COVERAGE,
    CALLS,
    TOKENS,
    COST,
    TIME,
    RELEASED,
    TRACK,
    MEAN_SKILL,
    QUESTIONS,
    SYSTEMS,
    REASONS,
    STATUS,
    PUBLISHED_VALUE,
    PAIR_DIFFERENCE,
    P_BOOTSTRAP,
    P_RANDOMISED,
    P_HOLM,
    ONLY_A,
    ONLY_B,
    BOTH,
    NEITHER,
    DETECTABLE,
    ANSWER_A,
    CREDIT_A,
)
"""Those that the page of methods explains; the others say in their heading what they hold."""
