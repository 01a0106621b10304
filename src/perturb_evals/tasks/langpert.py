"""LangPert's question as an Inspect task: the expression after an unseen perturbation.

"LangPert: LLM-driven contextual synthesis for unseen perturbation prediction": a model names the
training perturbations most like the unseen one, and their expression vectors are averaged.

    inspect eval perturb_evals/langpert -T screen=replogle_k562 --model openai/gpt-4o-mini
    inspect eval perturb_evals/langpert -T screen=my_screen.h5ad \
        --solver perturb_evals/graph_neighbors --model none/none
"""

from inspect_ai import Task, task
from inspect_ai.log import HeadlineMetric

from perturb_evals.datasets.errors import ArgumentError
from perturb_evals.datasets.options import refuse_unknown, whole_number
from perturb_evals.datasets.screens.benchmark import expression_benchmark
from perturb_evals.datasets.screens.samples import held_out_samples
from perturb_evals.scorers.expression.expression import expression, scores_view
from perturb_evals.scorers.expression.results import regression
from perturb_evals.solvers.expression.nearest_perturbations import nearest_perturbations

VERSION = "2-A"
HEADLINE = HeadlineMetric(score="expression", metric="mae_top20")


@task
def langpert(
    screen: str = "replogle_k562",
    fold: int | str = "all",
    n_train: int | None = None,
    repeats: int = 1,
    seed: int = 0,
    k: int = 10,
    split: str | None = None,
    perturbation_column: str | None = None,
    control: str | None = None,
    cell_line: str | None = None,
    aliases: str | None = None,
    **unknown: object,
) -> Task:
    """Which training perturbations act most like an unseen one? Their mean is its prediction.

    Args:
        screen: replogle_k562, replogle_rpe1, demo, or the path of a file: a pseudobulk .h5ad (one
            row a perturbation and a control row), or cells in GEARS's layout (.h5ad or .zip).
        fold: all, or the number of one fold, from 0.
        n_train: Only so many training perturbations, a nested random subset; all by default.
        repeats: With n_train, how many subsets are drawn for each fold.
        seed: Seed of the subsets.
        k: The most neighbors that a model is asked for and that count. Reference systems have a k
            of their own (-S k=...).
        split: A JSON file of folds with train and test; five folds by default. `perturb-evals
            split` prints one.
        perturbation_column: For a pseudobulk file, the column of obs that names the perturbation
            (default: perturbation, else the index).
        control: For a pseudobulk file, the name of the control row (default: control).
        cell_line: The cell line, for the prompt, where the file does not say it; for the demo
            world demo_a (default), demo_b or demo_c.
        aliases: ncbi or none: whether a name is also matched as a synonym (AARS1 for AARS), from
            NCBI's gene_info. Default: ncbi, none for the demo.
        unknown: Nothing: an argument of another name is refused, where Inspect would only warn.
    """
    refuse_unknown(unknown, langpert)
    if whole_number("k", k) < 1:
        raise ArgumentError(f"k must be at least 1; got {k}.")
    benchmark = expression_benchmark(
        screen,
        fold,
        n_train,
        repeats,
        seed,
        split,
        perturbation_column,
        control,
        cell_line,
        aliases,
    )
    return Task(
        dataset=held_out_samples(benchmark.folds, k, benchmark.aliases),
        solver=nearest_perturbations(),
        scorer=expression(),
        metrics=[regression(asked=benchmark.n_questions)],
        headline_metric=HEADLINE,
        version=VERSION,
        viewer=scores_view(),
        metadata=benchmark.metadata("langpert"),
    )
