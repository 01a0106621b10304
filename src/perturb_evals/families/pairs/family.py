"""The family of yes/no questions about a perturbation and a gene: PerturbQA's tasks."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from inspect_ai.dataset import Sample
from inspect_ai.log import EvalSample, EvalSampleSummary
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Metric, SampleScore, Scorer

from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.genes.symbol_codes import codes_in
from perturb_evals.datasets.options import one_of, refuse_unknown
from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.datasets.pairs.evidence import screen_of_sets
from perturb_evals.datasets.pairs.exchange import labels_exchanged
from perturb_evals.datasets.pairs.own_tables import is_folder, is_own, located
from perturb_evals.datasets.pairs.predictions_file import PredictionsError
from perturb_evals.datasets.pairs.questions import VERDICTS
from perturb_evals.datasets.pairs.samples import question_samples
from perturb_evals.families.asked_again import AskedAgain
from perturb_evals.families.board import Control, OpenedTrack, Parts
from perturb_evals.families.family import Asking, Family
from perturb_evals.families.pairs.audit import RowsAudit
from perturb_evals.families.pairs.demo import PairsDemo
from perturb_evals.families.pairs.estimate import asking_of
from perturb_evals.families.pairs.log_faults import header_fault, reply_fault
from perturb_evals.families.pairs.looked_up import looked_up_fault
from perturb_evals.families.pairs.outcome import AnswersOutcome, answers_outcome
from perturb_evals.families.pairs.published import beside_pairs, published_data
from perturb_evals.families.pairs.references import computed_rows
from perturb_evals.families.pairs.sent import sent
from perturb_evals.families.pairs.tasks import KIND_OF_TASK, TASKS
from perturb_evals.families.published import PublishedLine
from perturb_evals.families.references import BoardAtHand, LackingReference, Reference
from perturb_evals.families.sent import Sent
from perturb_evals.metrics.pairs.predictions import ABSTENTIONS
from perturb_evals.replies.pairs import ANSWER_FORMS, PairsReply
from perturb_evals.replies.reply import attached
from perturb_evals.scorers.pairs.p_positive import p_positive
from perturb_evals.scorers.pairs.results import classification
from perturb_evals.solvers.asking.kept import Told
from perturb_evals.solvers.pairs.agent.lab_agent import lab_agent
from perturb_evals.solvers.pairs.ask import ask
from perturb_evals.solvers.pairs.baselines import (
    constant,
    gene_frequency,
    perturbation_rate,
    random_scores,
    same_pair,
)
from perturb_evals.solvers.pairs.combined import combined
from perturb_evals.solvers.pairs.contrast import contrast
from perturb_evals.solvers.pairs.factor_model import factor_model
from perturb_evals.solvers.pairs.graph_factor import graph_factor
from perturb_evals.solvers.pairs.knn import cross_line_knn, graph_knn
from perturb_evals.solvers.pairs.lpm import lpm
from perturb_evals.solvers.pairs.no_cot import llm_no_cot
from perturb_evals.solvers.pairs.no_retrieval import llm_no_retrieval
from perturb_evals.solvers.pairs.replay import Replayed, replay
from perturb_evals.solvers.pairs.retrieval.baselines import contrast_vote, retrieval_only
from perturb_evals.solvers.pairs.summer import summer
from perturb_evals.solvers.pairs.transfer_baselines import (
    additive,
    conserved,
    cross_context_ridge,
)

CHECKED_GENES = 8
"""Genes on which a solver is checked, where nothing else is said."""


class Pairs(Family):
    """Answers about pairs, ranked by per-gene AUROC."""

    tasks: ClassVar = {task: said for task, (_, said) in TASKS.items()}
    solvers = (
        ask,
        llm_no_cot,
        llm_no_retrieval,
        summer,
        contrast,
        lab_agent,
        constant,
        random_scores,
        gene_frequency,
        perturbation_rate,
        same_pair,
        cross_line_knn,
        graph_knn,
        graph_factor,
        factor_model,
        combined,
        additive,
        conserved,
        cross_context_ridge,
        lpm,
        retrieval_only,
        contrast_vote,
        replay,
    )
    asks = (ask, llm_no_cot, llm_no_retrieval, summer, contrast)
    agents = (lab_agent,)
    scorer_name = "p_positive"
    headline = "auroc_per_gene"
    headline_words = "per-gene AUROC"
    better = "higher"
    unit = "questions"
    selected = True
    parts = ("task", "context", "data", "questions", "abstention", "metric_version")
    zero = Control("guessing", value=0.5)
    one = Control("perfect", value=1.0)
    floor: ClassVar = {
        "none": zero,
        "within": Control("a gene graph and the own line", method="graph_factor"),
        "cross": Control("a gene graph and all lines", method="combined"),
    }
    tracks: ClassVar = {
        "none": OpenedTrack("no training rows", "Systems that read no training rows."),
        "within": OpenedTrack(
            "training rows of the own line",
            "Systems that were allowed to read training rows of the evaluated line.",
        ),
        "cross": OpenedTrack(
            "training rows of {lines}",
            "Systems that were allowed to read training rows of other lines too.",
        ),
    }
    control_argument = "control"
    controls: ClassVar = {
        "anonymised": "neutral codes for the names of genes",
        "swapped": "perturbation and readout exchanged",
        "wrong_line": "another cell line described",
        "shuffled_evidence": "outcomes dealt out anew among the rows shown; their share stays",
    }
    always = ("gene_frequency", "perturbation_rate")
    summary = "cell lines and tasks"
    data_arguments = ("dataset", "cell_line")
    replay_solver = "replay"
    replay_hint = "Add -T evidence=within or cross if the method read training rows."
    demo = PairsDemo()
    board_sets: ClassVar = {
        "standard": {
            line: {"cell_line": line, "genes": 100, "seed": 0}
            for line in ("k562", "rpe1", "hepg2", "jurkat")
        },
        "demo": {
            line: {"dataset": "demo", "cell_line": line, "genes": 20, "seed": 0}
            for line in ("demo_a", "demo_b")
        },
    }

    def scorer(self) -> Scorer:
        """Return the scorer of answers about pairs."""
        return p_positive()

    def fault(self, about: Mapping[str, Any]) -> str:
        """Return what is wrong with policy, questions, holdout, track, dataset or cell lines."""
        return header_fault(about, tuple(self.tracks))

    def outcome(self, scores: list[SampleScore], board: Parts) -> AnswersOutcome:
        """Return the answers, sorted."""
        return answers_outcome(scores, "lowest" if board["abstention"] == "lowest" else "half")

    def metric(self, task_args: Mapping[str, Any], n_questions: int) -> Metric:
        """Return the metric with the run's question set and policy."""
        return classification(task_args["questions"], task_args["abstention"], asked=n_questions)

    def asked_again(self, task: str, args: dict[str, Any], about: Mapping[str, Any]) -> AskedAgain:
        """Choose the questions again."""
        args.pop("answer", None)
        policy = args.pop("abstention")
        if is_own(named := args["dataset"]):
            found, was_a_folder = located(named), str(about.get("dataset")).endswith("/")
            if found is None or (was_a_folder and not is_folder(found)):
                raise DataError(f"The folder {named} of the log's own tables is not here.")
        asked = pairs_benchmark(KIND_OF_TASK[task], **args)
        samples = question_samples(asked.rows, asked.evidence)
        return AskedAgain(
            asked.metadata(task, abstention=policy),
            {str(sample.id): sample for sample in samples},
            RowsAudit(asked.evidence, codes_in(about)),
        )

    def references(self, of: BoardAtHand) -> list[Reference | LackingReference]:
        """Compute the methods that every board of pairs has."""
        return computed_rows(KIND_OF_TASK[str(of.parts["task"])], of)

    def published(self, board: Parts) -> tuple[PublishedLine, ...]:
        """Return PerturbQA's Table 1 for the cell line and kind of question."""
        return beside_pairs(KIND_OF_TASK[str(board["task"])], board)

    def public_since(self, board: Parts) -> date | None:
        """Return when PerturbQA's tables became public, where the board's data are those."""
        if not published_data(board, KIND_OF_TASK[str(board["task"])]):
            return None
        return super().public_since(board)

    def repeats(self, context: str) -> bool:
        """Whether a table is a screen cut by another split."""
        return screen_of_sets(context) is not None

    def same_fact(self, part: str, said: object, expected: object) -> bool:
        """Whether a log says the same; where a user's tables stand is no matter, their hash is."""
        return said == expected or (part == "dataset" and is_own(said) and is_own(expected))

    def label_fault(self, summary: EvalSampleSummary, sample: Sample) -> str:
        """Return a label in a score that is not that of the task's target."""
        kind = (sample.metadata or {})["kind"]
        label = int(sample.target == VERDICTS[kind].positive)
        for score in (summary.scores or {}).values():
            if (said := (score.metadata or {}).get("label")) != label:
                return f"the label is {said!r}, not {label}."
        return ""

    def checked_with(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is given, beside a few genes of the demo world with all evidence open."""
        few = {} if {"genes", "questions", "holdout"} & given.keys() else {"genes": CHECKED_GENES}
        demo = {"dataset": "demo", "evidence": "cross"}
        return {**(demo if given.get("dataset", "demo") == "demo" else {}), **few, **given}

    @contextmanager
    def exchanged(
        self, task: str, args: Mapping[str, Any], folder: Path
    ) -> Iterator[dict[str, Any]]:
        """Exchange the labels of test rows."""
        kind = KIND_OF_TASK[task]
        known = inspect.signature(pairs_benchmark).parameters
        asked = pairs_benchmark(kind, **{name: args[name] for name in args if name in known})
        evidence = asked.evidence
        with labels_exchanged(evidence.dataset, evidence.cell_line, kind, folder) as dataset:
            yield {**args, "dataset": dataset}

    def reply_fault(self, solver: str, given: Mapping[str, Any], output: ModelOutput) -> str:
        """Return that a solver without a model has no number, or one with a model has."""
        if solver not in [own.__name__ for own in self.solvers]:
            return ""
        asking = [own.__name__ for own in (*self.asks, *self.agents)]
        return reply_fault(solver in asking, given, output)

    def sent(
        self, solver: str, given: Mapping[str, Any], about: Mapping[str, Any], told: Told
    ) -> Sent | None:
        """Return the prompts of a solver that asks."""
        return sent(solver, given, about, told)

    def looked_up_fault(self, solver: str, given: Mapping[str, Any], sample: EvalSample) -> str:
        """Hold the rows in the replies of tools."""
        return looked_up_fault(given, sample) if solver == lab_agent.__name__ else ""

    def counted_calls(self, output: ModelOutput) -> int:
        """Return how many summaries a reply counts, asked for or kept."""
        counts = attached(output, PairsReply).summaries
        return sum(counts.get(name, 0) for name in ("asked", "kept"))

    def earlier_answers(self, output: ModelOutput) -> Sequence[tuple[str, str]]:
        """Return the answers to the same question asked in other ways."""
        return attached(output, PairsReply).before

    def check_predictions(self, path: Path, task: str, given: Mapping[str, str]) -> str:
        """Score every question of the task's default run from a file of pairs and scores."""
        dataset, line = given.get("dataset", "perturbqa"), given.get("cell_line")
        asked = pairs_benchmark(KIND_OF_TASK[task], dataset=dataset, cell_line=line)
        try:
            replayed = Replayed(asked.evidence, path)
            for pert, gene in zip(asked.rows["pert"], asked.rows["gene"], strict=True):
                replayed.score(pert, gene)
        except PredictionsError as error:
            raise ValueError(str(error)) from error
        more = len(replayed.scores) - len(asked.rows)
        rest = f"; {more} more are questions of questions=all." if more else "."
        return f"Each of the {len(asked.rows)} scored questions has one finite score{rest}"

    def asking(
        self,
        task: str,
        task_args: dict[str, Any],
        solver_args: dict[str, Any],
        reply_tokens: int | None,
        solver: str | None = None,
    ) -> Asking:
        """Count the questions and the characters of their rendered prompts."""
        if solver_args and solver is None:
            raise ValueError(
                f"{task} has all its arguments under -T; got -S {solver_args}. Those of another "
                "solver go with --solver."
            )
        args = dict(task_args)
        form = one_of("answer", args.pop("answer", "label"), ANSWER_FORMS)
        one_of("abstention", args.pop("abstention", "half"), ABSTENTIONS)
        known = inspect.signature(pairs_benchmark).parameters
        refuse_unknown({name: args[name] for name in args.keys() - known}, pairs_benchmark)
        asked = pairs_benchmark(KIND_OF_TASK[task], **args)
        if solver is None:
            return asking_of(asked, ask, {"answer": form})
        own = {made.__name__: made for made in (*self.asks, *self.agents)}
        return asking_of(asked, own[solver], solver_args)
