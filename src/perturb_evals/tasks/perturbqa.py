"""PerturbQA's two questions about a pair of genes, as Inspect tasks.

Wu et al., "Contextualizing biological perturbation experiments through language", ICLR 2025,
https://arxiv.org/abs/2502.21290.

    inspect eval perturb_evals/perturbqa_de -T cell_line=k562 --model openai/gpt-4o-mini
    inspect eval perturb_evals/perturbqa_direction -T cell_line=rpe1 -T evidence=cross \
        --solver perturb_evals/cross_line_knn --model none/none
"""

from inspect_ai import Task, task
from inspect_ai.log import HeadlineMetric

from perturb_evals.datasets.options import one_of, refuse_unknown
from perturb_evals.datasets.pairs.benchmark import PairsBenchmark, pairs_benchmark
from perturb_evals.datasets.pairs.evidence import Track
from perturb_evals.datasets.pairs.questions import Holdout, QuestionSet
from perturb_evals.datasets.pairs.samples import question_samples
from perturb_evals.metrics.pairs.predictions import ABSTENTIONS, Abstention
from perturb_evals.replies.pairs import AnswerForm
from perturb_evals.scorers.pairs.p_positive import answers_view, p_positive
from perturb_evals.scorers.pairs.results import classification
from perturb_evals.solvers.pairs.ask import ask

VERSION = "1-A"
HEADLINE = HeadlineMetric(score="p_positive", metric="auroc_per_gene")


@task
def perturbqa_de(
    dataset: str = "perturbqa",
    cell_line: str | None = None,
    evidence: Track = "none",
    evidence_lines: str | list[str] | None = None,
    questions: QuestionSet = "scored",
    genes: int | None = None,
    seed: int = 0,
    answer: AnswerForm = "label",
    abstention: Abstention = "half",
    holdout: Holdout = "perturbation",
    **unknown: object,
) -> Task:
    """Is gene G differentially expressed when P is knocked down in cell line C?

    Args:
        dataset: perturbqa, or demo: a simulated screen that needs no data, or your own tables: a
            folder, or org/name on Hugging Face, with <line>-de.csv and <line>-dir.csv (.parquet).
        cell_line: k562 (default), rpe1, hepg2, jurkat or k562_set; for the demo world demo_a
            (default), demo_b or demo_c; of your own tables the only one by default.
        evidence: Training rows that a solver may read: none, within (the evaluated line's) or
            cross (other lines' too). Systems are ranked within one track.
        evidence_lines: For cross, the lines of genes to read, separated by commas; all by default.
        questions: scored (the rows of genes with both classes, the only ones that move the
            headline) or all.
        genes: Ask a random sample of this many scored genes, with all their rows.
        seed: Seed of that sample, and of the genes that holdout=both hides.
        answer: How the default solver asks: label, probability or logprobs.
        abstention: half (every pair with an abstention counts one half) or lowest (abstentions
            rank below all answers).
        holdout: perturbation (as the split has it) or both: readout genes too are unseen. A random
            quarter of the scored genes, by the seed, is asked about, and no solver may read a row
            of theirs in any table. Another board.
        unknown: Nothing: an argument of another name is refused, where Inspect would only warn.
    """
    refuse_unknown(unknown, perturbqa_de)
    asked = pairs_benchmark(
        "de", dataset, cell_line, evidence, evidence_lines, questions, genes, seed, holdout
    )
    return _task("perturbqa_de", asked, questions, answer, abstention)


@task
def perturbqa_direction(
    dataset: str = "perturbqa",
    cell_line: str | None = None,
    evidence: Track = "none",
    evidence_lines: str | list[str] | None = None,
    questions: QuestionSet = "scored",
    genes: int | None = None,
    seed: int = 0,
    answer: AnswerForm = "label",
    abstention: Abstention = "half",
    holdout: Holdout = "perturbation",
    **unknown: object,
) -> Task:
    """Does gene G, known to respond, increase or decrease when P is knocked down in cell line C?

    Args:
        dataset: perturbqa, or demo: a simulated screen that needs no data, or your own tables: a
            folder, or org/name on Hugging Face, with <line>-de.csv and <line>-dir.csv (.parquet).
        cell_line: k562 (default), rpe1, hepg2, jurkat or k562_set; for the demo world demo_a
            (default), demo_b or demo_c; of your own tables the only one by default.
        evidence: Training rows that a solver may read: none, within (the evaluated line's) or
            cross (other lines' too). Systems are ranked within one track.
        evidence_lines: For cross, the lines of genes to read, separated by commas; all by default.
        questions: scored (the rows of genes with both classes, the only ones that move the
            headline) or all.
        genes: Ask a random sample of this many scored genes, with all their rows.
        seed: Seed of that sample, and of the genes that holdout=both hides.
        answer: How the default solver asks: label, probability or logprobs.
        abstention: half (every pair with an abstention counts one half) or lowest (abstentions
            rank below all answers).
        holdout: perturbation (as the split has it) or both: readout genes too are unseen. A random
            quarter of the scored genes, by the seed, is asked about, and no solver may read a row
            of theirs in any table. Another board.
        unknown: Nothing.
    """
    refuse_unknown(unknown, perturbqa_direction)
    asked = pairs_benchmark(
        "direction", dataset, cell_line, evidence, evidence_lines, questions, genes, seed, holdout
    )
    return _task("perturbqa_direction", asked, questions, answer, abstention)


def _task(
    name: str,
    asked: PairsBenchmark,
    questions: QuestionSet,
    answer: AnswerForm,
    abstention: Abstention,
) -> Task:
    one_of("abstention", abstention, ABSTENTIONS)
    return Task(
        dataset=question_samples(asked.rows, asked.evidence),
        solver=ask(answer),
        scorer=p_positive(),
        metrics=[classification(questions, abstention, asked=asked.n_questions)],
        headline_metric=HEADLINE,
        version=VERSION,
        viewer=answers_view(),
        metadata=asked.metadata(name, abstention=abstention),
    )
