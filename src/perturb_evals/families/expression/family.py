"""The family of predicted expression: LangPert's task."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Metric, SampleScore, Scorer
from inspect_ai.solver import TaskState

from perturb_evals.datasets.benchmark import board_key
from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.genes.symbol_codes import codes_in
from perturb_evals.datasets.options import one_of, refuse_unknown
from perturb_evals.datasets.screens.benchmark import expression_benchmark
from perturb_evals.datasets.screens.evidence import HeldOut, expression_evidence, fold_of
from perturb_evals.datasets.screens.exchange import vectors_exchanged
from perturb_evals.datasets.screens.predictions_file import ExpressionError
from perturb_evals.datasets.screens.samples import held_out_samples
from perturb_evals.families.asked_again import AskedAgain
from perturb_evals.families.board import Control, OlderMetrics, OpenedTrack, Parts
from perturb_evals.families.expression.audit import TestedNamesAudit
from perturb_evals.families.expression.demo import ExpressionDemo
from perturb_evals.families.expression.published import beside_screen
from perturb_evals.families.expression.references import GRAPH, TRACK, computed_rows
from perturb_evals.families.expression.reply_fault import reply_fault
from perturb_evals.families.expression.versions import older_metrics
from perturb_evals.families.family import Asking, Family
from perturb_evals.families.faults import expected, shown
from perturb_evals.families.outcome import MeanOutcome
from perturb_evals.families.published import PublishedLine
from perturb_evals.families.references import BoardAtHand, LackingReference, Reference
from perturb_evals.families.sent import Sent, SentPrompt
from perturb_evals.replies.expression import ExpressionReply
from perturb_evals.replies.reply import attached
from perturb_evals.scorers.expression.expression import expression
from perturb_evals.scorers.expression.predicted import predict
from perturb_evals.scorers.expression.results import regression, scored_vectors
from perturb_evals.solvers.asking.kept import Told
from perturb_evals.solvers.asking.tokens import prompt_tokens, prose_tokens
from perturb_evals.solvers.expression.baselines import (
    mean_effect,
    no_change,
    oracle_neighbors,
    random_neighbors,
)
from perturb_evals.solvers.expression.gene_baselines import (
    embedding_neighbors,
    gaussian_process,
    graph_neighbors,
)
from perturb_evals.solvers.expression.nearest_perturbations import (
    nearest_perturbations,
    shuffled,
)
from perturb_evals.solvers.expression.neighbor_ensemble import neighbor_ensemble
from perturb_evals.solvers.expression.prompts import REVIEW, NeighborPrompt
from perturb_evals.solvers.expression.replay import (
    VALUES,
    ReplayedExpression,
    oddities,
    replay_expression,
)
from perturb_evals.tasks.langpert import langpert

LIST_TOKENS, REASONING_TOKENS, SIMILARITIES_TOKENS = 60, 160, 100
"""Parts of an answer with ten neighbors."""


class Expression(Family):
    """Predicted vectors, ranked by the error over the most changed genes."""

    tasks: ClassVar = {langpert: "expression"}
    solvers = (
        nearest_perturbations,
        neighbor_ensemble,
        mean_effect,
        no_change,
        random_neighbors,
        graph_neighbors,
        embedding_neighbors,
        gaussian_process,
        oracle_neighbors,
        replay_expression,
    )
    asks = (nearest_perturbations,)
    asks_on = True
    scorer_name = "expression"
    headline = "mae_top20"
    headline_words = "mean absolute error, top 20 genes"
    companion = "mae_top20_no_target"
    companion_words = "without the perturbed gene"
    better = "lower"
    unit = "perturbations"
    parts = ("task", "context", "data", "split", "fold", "train", "rank", "metric_version")
    zero = Control("the training mean", method="mean_effect")
    one = Control("the oracle", method="oracle_neighbors")
    floor: ClassVar = {TRACK: Control("neighbors in a gene graph", method=GRAPH)}
    tracks: ClassVar = {
        TRACK: OpenedTrack(
            "the training perturbations",
            "Systems that were allowed to read the training perturbations of the screen.",
        )
    }
    answer_arguments = ("k", "aliases")
    summary = "screens"
    data_arguments = ("screen", "perturbation_column", "control", "cell_line")
    replay_solver = "replay_expression"
    replay_arguments = ("values",)
    demo = ExpressionDemo()

    def scorer(self) -> Scorer:
        """Return the scorer of predicted vectors."""
        return expression()

    def fault(self, about: Mapping[str, Any]) -> str:
        """Return a track that a screen does not have, or a number of perturbations that is none."""
        number = about.get("n_perturbations")
        if not isinstance(number, int) or number < 1:
            return f"expected n_perturbations from 1; got {shown(number)}."
        if about.get("evidence", TRACK) != TRACK or about.get("evidence_lines"):
            return expected("the track of a screen", (TRACK,), about.get("evidence"))
        return ""

    def outcome(self, scores: list[SampleScore], board: Parts) -> MeanOutcome:
        """Return the headline score of every perturbation.

        Raises:
            ValueError: Scores of another metric version than the board's.
        """
        table = scored_vectors(scores)
        if table.version != (said := board["metric_version"]):
            raise ValueError(
                f"its scores are of metric version {table.version}, its board is of {said}: they "
                "were computed again by another version of this package. Rank the log as it was, "
                "or run the task anew."
            )
        by_pert = table.by_perturbation()
        first = tuple(table.scores.groupby("pert")["id"].first().sort_index())

        def of(name: str, companion: MeanOutcome | None = None) -> MeanOutcome:
            values = by_pert[name].to_numpy(dtype=float)
            return MeanOutcome(tuple(map(str, by_pert.index)), values, first, companion)

        return of(self.headline, of(self.companion))

    def metric(self, task_args: Mapping[str, Any], n_questions: int) -> Metric:
        """Return the metric."""
        return regression(asked=n_questions)

    def asked_again(self, task: str, args: dict[str, Any], about: Mapping[str, Any]) -> AskedAgain:
        """Choose the folds again."""
        k = args.pop("k")
        run = expression_benchmark(**args)
        samples = held_out_samples(run.folds, k, run.aliases)
        facts, said = run.metadata(task), about["board"]
        if self.older_metrics(said):
            # An old log stays on its own board, which is held against the data all the same.
            board = {**facts["board"], "metric_version": said["metric_version"]}
            facts |= {"board": board, "board_key": board_key(board)}
        return AskedAgain(
            facts,
            {str(sample.id): sample for sample in samples},
            TestedNamesAudit(codes_in(about)),
        )

    def references(self, of: BoardAtHand) -> list[Reference | LackingReference]:
        """Compute the control, the training mean, the neighbors in a gene graph and the oracle."""
        return computed_rows(of, self.headline, self.companion)

    def published(self, board: Parts) -> tuple[PublishedLine, ...]:
        """Return LangPert's tables for the screen and size of the training sets."""
        return beside_screen(board)

    def older_metrics(self, board: Parts) -> OlderMetrics | None:
        """Return what version 1 computed otherwise."""
        return older_metrics(board)

    def oddities(self, counts: Mapping[str, float]) -> tuple[str, ...]:
        """Return how many predictions do not follow the screen, or do at another scale."""
        said = {"unlike_screen": "unlike the screen", "other_scale": "on another scale"}
        return tuple(
            f"{counts[name]:.0f} predictions {words}"
            for mark, words in said.items()
            if counts.get(name := f"n_{mark}")
        )

    def lost_metrics(self, scores: Sequence[SampleScore]) -> tuple[str, ...]:
        """Return `mean_k` where Inspect left lists of neighbors, above 1 KB, out of summaries."""
        cut = any(isinstance((s.score.metadata or {}).get("neighbors"), str) for s in scores)
        return ("mean_k",) if cut else ()

    def in_log(self, output: ModelOutput) -> bool:
        """Whether an answer is no predicted vector, which no log keeps."""
        return attached(output, ExpressionReply).method != "vector"

    def left(self, state: TaskState) -> list[float]:
        """Return the predicted vector, which the scorer makes where the solver did not."""
        return [float(value) for value in predict(state).vector]

    def checked_with(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is given, beside one fold of the demo world."""
        return {"screen": "demo", "fold": 0, **given}

    @contextmanager
    def exchanged(
        self, task: str, args: Mapping[str, Any], folder: Path
    ) -> Iterator[dict[str, Any]]:
        """Exchange the expression of the test perturbations of a fold."""
        known = inspect.signature(expression_benchmark).parameters
        run = expression_benchmark(**{name: args[name] for name in args if name in known})
        if len({held_out.fold for held_out in run.folds}) > 1:
            raise ArgumentError(
                "a solver is checked on one fold, as what is tested in one is trained on in the "
                f"others; got fold={args.get('fold', 'all')}."
            )
        with vectors_exchanged(run.folds[0]):
            yield dict(args)

    def reply_fault(self, solver: str, given: Mapping[str, Any], output: ModelOutput) -> str:
        """Return that a solver predicts in another way than it does; the truth is the oracle's."""
        if solver not in [own.__name__ for own in self.solvers]:
            looks_up = attached(output, ExpressionReply).method == "oracle"
            return "has the truth looked up, as the oracle does." if looks_up else ""
        return reply_fault(solver, solver == nearest_perturbations.__name__, given, output)

    def sent(
        self, solver: str, given: Mapping[str, Any], about: Mapping[str, Any], told: Told
    ) -> Sent | None:
        """Return the question with its candidates, as it is sent."""
        held_out, target = HeldOut.from_metadata(about), str(about["pert"])
        evidence, similarities = expression_evidence(held_out), given["aggregation"] == "similarity"
        k = about["k"] if given["k"] is None else given["k"]
        prompt = NeighborPrompt(given["variant"], evidence.cell_line, int(k), similarities)
        candidates = evidence.perturbations
        if given["order"] == "shuffled":
            candidates = shuffled(candidates, given["seed"], held_out, target)
        asked = SentPrompt(prompt.render(target, candidates), {"prompt": prompt.hash})
        return Sent((asked,), metadata={})

    def check_predictions(self, path: Path, task: str, given: Mapping[str, str]) -> str:
        """Take every vector of the task's default run from a file."""
        run = expression_benchmark(
            given.get("screen", "replogle_k562"),
            perturbation_column=given.get("perturbation_column"),
            control=given.get("control"),
            cell_line=given.get("cell_line"),
            aliases="none",
        )
        try:
            values = one_of("values", given.get("values", VALUES[0]), VALUES)
            replayed = [ReplayedExpression(held_out, path, values) for held_out in run.folds]
        except ExpressionError as error:
            raise ValueError(str(error)) from error
        n, n_genes = run.n_questions, len(run.screen.genes)
        odd = oddities(replayed)
        return (
            f"Each of the {n} perturbations has one finite vector of {n_genes} genes. {odd}".strip()
        )

    def asking(
        self,
        task: str,
        task_args: dict[str, Any],
        solver_args: dict[str, Any],
        reply_tokens: int | None,
        solver: str | None = None,
    ) -> Asking:
        """Count the perturbations and their prompts; a model that refines is asked twice."""
        args = dict(task_args)
        given = {"variant": "full", "k": args.pop("k", 10), **solver_args}
        for values, function in ((args, expression_benchmark), (given, nearest_perturbations)):
            known = inspect.signature(function).parameters
            refuse_unknown({name: values[name] for name in values.keys() - known}, function)
        nearest_perturbations(**given)  # refuses what is not allowed
        similarities = given.get("aggregation") == "similarity"
        if reply_tokens is None:
            reply_tokens = LIST_TOKENS + SIMILARITIES_TOKENS * similarities
            reply_tokens += REASONING_TOKENS * (given["variant"] != "no_reasoning")
        run = expression_benchmark(**args)
        prompt = NeighborPrompt(given["variant"], run.screen.cell_line, given["k"], similarities)
        tokens = 0.0
        for held_out in run.folds:
            candidates = expression_evidence(held_out).perturbations
            for target in fold_of(held_out).test:
                tokens += prompt_tokens(prompt.render(target, candidates), candidates)
        n = run.n_questions
        if given["variant"] != "refine":
            return Asking(n, n, tokens, reply_tokens)
        again = tokens + n * (reply_tokens + prose_tokens(len(REVIEW)))
        return Asking(n, 2 * n, tokens + again, reply_tokens)
