"""A family of questions: what the leaderboard and the command line need to know of its tasks.

The leaderboard holds no task's name. It asks the family of a board; a new family ranks, compares
and has pages as soon as one object says what stands here.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalSample, EvalSampleSummary
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Metric, SampleScore, Scorer
from inspect_ai.solver import Solver, TaskState

from perturb_evals.datasets.published import publication_date
from perturb_evals.families.asked_again import AskedAgain
from perturb_evals.families.board import Control, OlderMetrics, OpenedTrack, Parts
from perturb_evals.families.demo import Demo
from perturb_evals.families.how_known import HowKnown, how_known
from perturb_evals.families.outcome import Better, Outcome
from perturb_evals.families.published import PublishedLine
from perturb_evals.families.references import BoardAtHand, LackingReference, Reference
from perturb_evals.families.sent import Sent
from perturb_evals.solvers.asking.kept import Told


@dataclass(frozen=True)
class Asking:
    """What a run asks in one epoch.

    Attributes:
        questions: Number of samples.
        calls: Number of calls of the model, without what is asked again.
        input_tokens: Of all calls.
        reply_tokens: Of one reply, a guess from its form.
        notes: What else is to be said of the counts, a sentence each.
    """

    questions: int
    calls: int
    input_tokens: float
    reply_tokens: int
    notes: tuple[str, ...] = ()


class Family(ABC):
    """A kind of question with its own unit, answer and headline."""

    tasks: ClassVar[Mapping[Callable[..., Task], str]]
    """The task functions, each with what it asks in a few words."""
    solvers: ClassVar[tuple[Callable[..., Solver], ...]]
    """The solvers that go with them; the first is the tasks' own."""
    asks: ClassVar[tuple[Callable[..., Solver], ...]] = ()
    """Those of them that ask a model, and leave its answers as they are."""
    agents: ClassVar[tuple[Callable[..., Solver], ...]] = ()
    """Those of them in which a model calls tools; all others compute."""
    asks_on: ClassVar[bool] = False
    """Whether those that ask may go on with a conversation."""
    scorer_name: ClassVar[str]
    headline: ClassVar[str]
    """Name of the metric that ranks."""
    headline_words: ClassVar[str]
    companion: ClassVar[str] = ""
    """Name of a metric that stands beside the headline wherever that is shown, and never ranks;
    empty for none. Outcomes then have it too."""
    companion_words: ClassVar[str] = ""
    """What it is beside the headline, in a few words behind its value."""
    better: ClassVar[Better]
    unit: ClassVar[str]
    """What is asked, in the plural: questions, or perturbations."""
    selected: ClassVar[bool] = False
    """Whether questions may be selected by label, which a page then says."""
    parts: ClassVar[tuple[str, ...]]
    """Parts of a board, in their order."""
    zero: ClassVar[Control]
    """What has skill 0."""
    one: ClassVar[Control]
    """What has skill 1."""
    floor: ClassVar[Mapping[str, Control]] = {}
    """By track its reference: what value added is counted from, as a model that does no better
    adds nothing. It is named here beforehand: never the best on the test rows of a board. A track
    without one has no value added."""
    tracks: ClassVar[Mapping[str, OpenedTrack]]
    """Its tracks of evidence, from the fewest training rows to the most; the first is that of a
    run whose header names none."""
    answer_arguments: ClassVar[tuple[str, ...]] = ()
    """Arguments of a task that change answers and are no part of its board."""
    control_argument: ClassVar[str] = ""
    """The argument of a solver that takes something away from what is shown. A run with it is a
    control run: on its board, and never ranked. Empty where there is none."""
    controls: ClassVar[Mapping[str, str]] = {}
    """What each value of that argument does to a question, in a few words."""
    always: ClassVar[tuple[str, ...]] = ()
    """Methods whose rows every track shows, ranked or not."""
    summary: ClassVar[str]
    """What a summary over boards goes over."""
    data_arguments: ClassVar[tuple[str, ...]]
    """Arguments of a task that say which data are meant, for a file of predictions."""
    replay_solver: ClassVar[str]
    """The solver that replays a file of predictions."""
    replay_arguments: ClassVar[tuple[str, ...]] = ()
    """Arguments of that solver, besides the file, that say what the file holds."""
    replay_hint: ClassVar[str] = ""
    """What to add to the command that replays a file."""
    demo: ClassVar[Demo | None] = None
    """What `perturb-evals demo` runs; None for nothing."""
    board_sets: ClassVar[Mapping[str, Mapping[str, Mapping[str, Any]]]] = {}
    """What `perturb-evals run` asks, by name: for each context the arguments of all tasks."""

    @property
    def task_names(self) -> tuple[str, ...]:
        """Names of the tasks, without the package's prefix."""
        return tuple(task.__name__ for task in self.tasks)

    def words(self, task: str) -> str:
        """Return what a task asks, in a few words."""
        return next(said for made, said in self.tasks.items() if made.__name__ == task)

    @abstractmethod
    def scorer(self) -> Scorer:
        """Return the scorer of the tasks."""

    @abstractmethod
    def fault(self, about: Mapping[str, Any]) -> str:
        """Return why the data facts of a header are not such as its tasks write; empty if fine.

        Nothing is loaded. The parts of the board are those of `parts`.
        """

    @abstractmethod
    def outcome(self, scores: list[SampleScore], board: Parts) -> Outcome:
        """Return a run's outcome from its unreduced scores.

        Raises:
            ValueError: Scores that the board's scorer did not write.
        """

    @abstractmethod
    def metric(self, task_args: Mapping[str, Any], n_questions: int) -> Metric:
        """Return the metric of a run, as its task makes it."""

    @abstractmethod
    def asked_again(self, task: str, args: dict[str, Any], about: Mapping[str, Any]) -> AskedAgain:
        """Make a task again from the arguments in a log's header, and what it says of the data.

        Raises:
            DataError: The data cannot be had here.
            ValueError, KeyError, TypeError: Arguments that the task does not allow.
        """

    def references(self, of: BoardAtHand) -> Sequence[Reference | LackingReference]:
        """Compute the reference rows of a board, and say which of them cannot be.

        Raises:
            NoReferencesError: The data, or what the arguments ask, are not those of the board.
            DataError, ValueError, KeyError, TypeError: As `asked_again`.
        """
        return []

    def published(self, board: Parts) -> tuple[PublishedLine, ...]:
        """Return the published numbers that go beside a board, the best first."""
        return ()

    def older_metrics(self, board: Parts) -> OlderMetrics | None:
        """Return what sets a board of an older metric version apart; None for today's."""
        return None

    def public_since(self, board: Parts) -> date | None:
        """Return the day the data of a board became public; None where it is not known."""
        return publication_date(str(board["context"]))

    def how_known(self, board: Parts, symbols: Iterable[str]) -> HowKnown:
        """Return how well known some genes of a board are, from files that are here.

        Raises:
            DataError: They are not here, with how to get them; or they cannot be read.
        """
        return how_known(str(board["context"]), symbols)

    def repeats(self, context: str) -> bool:
        """Whether a context is another one cut anew, which a summary counts once."""
        return False

    def same_fact(self, part: str, said: object, expected: object) -> bool:
        """Whether a log says of a part of its facts, or of a sample's metadata, what data say."""
        return said == expected

    def label_fault(self, summary: EvalSampleSummary, sample: Sample) -> str:
        """Return where the scores of a sample hold another label than its task; empty if fine."""
        return ""

    def oddities(self, counts: Mapping[str, float]) -> tuple[str, ...]:
        """Return what a board should say of a run beside its numbers, in a few words each.

        Args:
            counts: What the run counted, see `Result.counts`.
        """
        return ()

    def lost_metrics(self, scores: Sequence[SampleScore]) -> tuple[str, ...]:
        """Return metrics that the summaries of a log do not hold enough for."""
        return ()

    def in_log(self, output: ModelOutput) -> bool:
        """Whether all that an answer is scored by stands in the log."""
        return True

    def left(self, state: TaskState) -> list[float]:
        """Return the numbers that are judged and that no log keeps, after a solver has answered."""
        return []

    def checked_with(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return those with which a solver is checked: those given, beside what keeps it short."""
        return dict(given)

    def exchanged(
        self, task: str, args: Mapping[str, Any], folder: Path
    ) -> AbstractContextManager[dict[str, Any]]:
        """Exchange the truth of a task's test rows, by whichever way it is read, for a while.

        The same questions are asked, with the same names; a solver that reads no truth is shown the
        same and answers the same.

        Args:
            task: Name of the task.
            args: Its arguments.
            folder: An empty folder, for files.

        Returns:
            What gives the arguments of the task; only those that name a user's data are others.

        Raises:
            ValueError, DataError: Arguments that are not allowed; data that cannot be had.
        """
        raise ValueError(f"The truth of {task} cannot be exchanged.")

    def reply_fault(self, solver: str, given: Mapping[str, Any], output: ModelOutput) -> str:
        """Return why an output holds a reply that its solver cannot have left; empty if it can.

        Args:
            solver: Its name; of another's solver only what none may say is told.
            given: Its arguments.
            output: Its output, as logged.

        Returns:
            Words that go on from the name of the solver.
        """
        return ""

    def sent(
        self, solver: str, given: Mapping[str, Any], about: Mapping[str, Any], told: Told
    ) -> Sent | None:
        """Return what one of its solvers that ask, or of its agents, sends about a sample.

        Args:
            solver: Its name.
            given: Its arguments.
            about: Metadata of the sample.
            told: Gives what models in roles answered; raises NotToldError for what they did not.

        Returns:
            Its prompts, of an agent the first; None where they cannot be written again.

        Raises:
            DataError: The data cannot be had here.
            NotToldError: The prompts show an answer that the log does not have.
        """
        return None

    def looked_up_fault(self, solver: str, given: Mapping[str, Any], sample: EvalSample) -> str:
        """Return what a tool of one of its agents told that is not as its reply records it.

        Args:
            solver: Its name.
            given: Its arguments.
            sample: The sample, with a reply.

        Returns:
            A sentence; empty for nothing, and for other solvers.
        """
        return ""

    def earlier_answers(self, output: ModelOutput) -> Sequence[tuple[str, str]]:
        """Return the answers that count beside an output, which the models gave before it.

        Returns:
            The text of each, and why it stopped, in Inspect's words.
        """
        return ()

    def counted_calls(self, output: ModelOutput) -> int:
        """Return how many calls of models in roles a reply counts."""
        return 0

    def check_predictions(self, path: Path, task: str, given: Mapping[str, str]) -> str:
        """Return what a file of predictions holds, in a sentence, if a run could replay it.

        Args:
            path: The file.
            task: Name of the task.
            given: Its `data_arguments`, and `replay_arguments`, that are not as by default.

        Raises:
            ValueError, DataError: What is wrong with it.
        """
        raise ValueError(f"{task} takes no file of predictions.")

    def asking(
        self,
        task: str,
        task_args: dict[str, Any],
        solver_args: dict[str, Any],
        reply_tokens: int | None,
        solver: str | None = None,
    ) -> Asking:
        """Count what a run asks of a model.

        Args:
            task: Name of the task.
            task_args: Its arguments.
            solver_args: Arguments of the solver.
            reply_tokens: Tokens of a reply; None for a guess.
            solver: Name of one of those that ask, or of an agent; None for the task's own.

        Raises:
            ValueError, DataError: Arguments that are not allowed; data that cannot be had.
        """
        raise ValueError(f"What {task} asks cannot be estimated.")
