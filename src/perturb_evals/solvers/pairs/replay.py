"""Replay: anybody's predictions from a file, run, logged and ranked as a model's answers are."""

from pathlib import Path

from inspect_ai.solver import Solver, solver

from perturb_evals.datasets.options import file_path, named_arguments
from perturb_evals.datasets.pairs.evidence import PairsEvidence
from perturb_evals.datasets.pairs.load import cell_lines
from perturb_evals.datasets.pairs.predictions_file import PredictionsError, read_predictions
from perturb_evals.solvers.pairs.baselines import numeric


class Replayed:
    """Predictions for the test pairs of one table, checked against them.

    Args:
        evidence: Names the table.
        path: The predictions file.

    Raises:
        PredictionsError: The file is bad, or has a pair that is not in the table's test split.
    """

    def __init__(self, evidence: PairsEvidence, path: Path) -> None:
        self.path = path
        rows = read_predictions(path, evidence.cell_line, cell_lines(evidence.dataset))
        self.scores: dict[tuple[str, str], float] = {
            (pert, gene): score for pert, gene, score in rows.itertuples(index=False)
        }
        self.pairs = evidence.question_pairs()
        unknown = [pair for pair in self.scores if pair not in self.pairs]
        if unknown:
            pert, gene = unknown[0]
            raise PredictionsError(
                f"{path}: {len(unknown)} pairs are not test questions of {evidence.cell_line} "
                f"{evidence.kind}, the first is pert={pert}, gene={gene}. Name the line of each "
                "row in a column cell_line, or leave these rows out."
            )

    def score(self, pert: str, gene: str) -> float:
        """Return the prediction for a pair.

        Raises:
            PredictionsError: The file has none.
        """
        if (pert, gene) not in self.scores:
            lacking = len(self.pairs) - len(self.scores)
            raise PredictionsError(
                f"{self.path}: no prediction for pert={pert}, gene={gene}; the file lacks "
                f"{lacking} of the table's {len(self.pairs)} test questions. Every question that "
                "is asked needs a row."
            )
        return self.scores[pert, gene]


@solver
@named_arguments
def replay(file: str) -> Solver:
    """Answer from a file with the columns pert, gene, score (and cell_line).

    Args:
        file: A .csv, .tsv, .parquet or .jsonl file. Duplicate, unknown, missing and non-finite
            rows end the run with a message that names them.

    Raises:
        ValueError: There is no such file.
    """
    path = file_path("file", file)
    return numeric("replay", lambda evidence: Replayed(evidence, path))
