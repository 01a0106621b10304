"""The demo world: a small CRISPRi screen, simulated from facts about complexes and pathways.

Three made-up cell lines, 240 real perturbed genes, 600 real readout genes. The way of a number:
facts -> the response of each complex -> true effects -> noisy halves -> tables of PerturbQA's form.
Everything follows from one seed, so the world is the same everywhere and needs no file. It shows
how the evaluation works; it says nothing about real cells.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perturb_evals.datasets.demo.exchange import DEMO_WORLD, exchanged_world
from perturb_evals.datasets.demo.facts import BACKGROUND, COMPLEXES, LOADINGS, PROGRAMMES
from perturb_evals.datasets.exchange import instead_of

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

SEED = 4
DEMO_LINES: tuple[str, ...] = ("demo_a", "demo_b", "demo_c")
SIMULATED = ("demo", *DEMO_LINES)
"""Contexts of boards about the demo: its screen and its lines. No data of a user is called so."""
DEMO_CELL_LINE_DESCRIPTIONS: dict[str, str] = {
    line: f"{line}, a simulated human cell line of the demo world, not a real one (its genes and "
    "complexes are real and respond as in a generic, growing human cell)"
    for line in DEMO_LINES
}

EFFECT_SIZE = 0.085  # natural log units per unit of loading
THRESHOLD = 3.6  # |z| from which a gene counts as differentially expressed
# Now and then the cells of one guide shift a whole programme by chance (their state, an off-target
# effect): both halves show it, no knowledge foretells it.
SHIFT_RATE = 0.05
SHIFT_SIZE = 2.0  # standard deviation, in units of loading

MAX_POSITIVES = 8  # rows per perturbation; PerturbQA caps near 20
NEGATIVES_RESPONSIVE = 6  # negatives in genes that many perturbations move, so that these genes ...
NEGATIVES_QUIET = 42  # ... hold both classes; and in genes that hardly any perturbation moves
# Of every 20 perturbations in the order of the complexes, each line tests these three: so it tests
# members of every larger complex, and the other lines train on what one line tests.
TESTED = {"demo_a": (0, 7, 13), "demo_b": (2, 9, 15), "demo_c": (4, 11, 18)}


@dataclass(frozen=True, eq=False)
class DemoWorld:
    """The simulated screen. Arrays are read-only; effects are changes in natural log expression.

    Attributes:
        lines: The l cell lines.
        perts: The p perturbed genes.
        genes: The g readout genes; some are perturbed genes too.
        complex_of: The complex or pathway of every perturbed gene.
        programme_of: The programme of every readout gene that has one.
        effects: (l, p, g) true effects, without noise.
        halves: (l, 2, p, g) observed effects in two replicate halves with independent noise.
        se: (l, g) standard error of the mean of the two halves.
        shift_sd: (g,) standard deviation of a gene's chance shift, where one happens.
        control: (l, g) log expression in control cells.
        tables: PerturbQA's tables, see `demo_tables`.
    """

    lines: tuple[str, ...]
    perts: tuple[str, ...]
    genes: tuple[str, ...]
    complex_of: dict[str, str]
    programme_of: dict[str, str]
    effects: Floats
    halves: Floats
    se: Floats
    shift_sd: Floats
    control: Floats
    tables: dict[tuple[str, str], pd.DataFrame]


def demo_tables() -> dict[tuple[str, str], pd.DataFrame]:
    """Return the tables by (cell line, `de` or `direction`): pert, gene, label 0/1, split.

    As in PerturbQA the direction rows are the DE positives (1 = up) with the same split, no row
    asks for a perturbation's own gene, and positives per perturbation are capped. Do not change
    the frames: they are shared.
    """
    return demo_world().tables


@lru_cache(maxsize=1)
def demo_hash() -> str:
    """Return the sha256 (hex) of all tables, written as CSV in a fixed order."""
    digest = hashlib.sha256()
    for (line, task), table in sorted(simulated_world().tables.items(), key=lambda item: item[0]):
        digest.update(f"{line} {task}\n".encode())
        digest.update(table.to_csv(index=False, lineterminator="\n").encode())
    return digest.hexdigest()


def demo_world() -> DemoWorld:
    """Return the simulated screen; the same object at every call.

    While a solver is checked, it is one in which the truth of test rows is exchanged.
    """
    description = instead_of(DEMO_WORLD)
    return simulated_world() if description is None else _exchanged(description)


@lru_cache(maxsize=1)
def _exchanged(description: str) -> DemoWorld:
    return exchanged_world(simulated_world(), description)


@lru_cache(maxsize=1)
def simulated_world() -> DemoWorld:
    """Simulate the screen, in well under 2 s, whatever stands in its place."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    complex_of = {pert: name for name, members in COMPLEXES.items() for pert in members}
    programme_of = {gene: name for name, members in PROGRAMMES.items() for gene in members}
    perts, genes = tuple(complex_of), (*programme_of, *BACKGROUND)
    n_lines, n_perts, n_genes = len(DEMO_LINES), len(perts), len(genes)
    in_complex = np.array([list(COMPLEXES).index(complex_of[pert]) for pert in perts])
    # A gene without a programme may stand anywhere: its weight is 0.
    in_programme = np.zeros(n_genes, dtype=np.intp)
    in_programme[: len(programme_of)] = [list(PROGRAMMES).index(p) for p in programme_of.values()]

    # Within a programme few genes respond much and many a little.
    weight = np.exp(1.3 * rng.standard_normal(n_genes) - 0.8)
    weight[len(programme_of) :] = 0
    effects = _true_effects(rng, in_complex, in_programme, weight)
    own = np.equal.outer(np.array(perts), np.array(genes))
    effects[:, own] = -1.5  # the knock-down itself

    control = np.maximum(0.1, 1.5 + rng.standard_normal(n_genes))
    control = control + 0.3 * np.abs(rng.standard_normal((n_lines, n_genes)))
    se = 0.06 + 0.08 * np.exp(-control)  # rarely seen genes are measured less well
    shift_sd = EFFECT_SIZE * SHIFT_SIZE * weight
    shift = rng.standard_normal((n_lines, n_perts, len(PROGRAMMES)))
    shift *= rng.random(shift.shape) < SHIFT_RATE
    seen = effects + shift[:, :, in_programme] * shift_sd
    noise = np.sqrt(2) * se[:, None, None] * rng.standard_normal((n_lines, 2, n_perts, n_genes))
    # Rounding keeps labels equal on machines whose exp() differs in the last bit.
    halves = np.round(seen[:, None] + noise, 6)
    z = halves.mean(axis=1) / se[:, None]

    tables = {}
    for index, line in enumerate(DEMO_LINES):
        tables[line, "de"], tables[line, "direction"] = _tables(
            rng, TESTED[line], np.array(perts), np.array(genes), z[index], own
        )
    for array in (effects, halves, se, shift_sd, control):
        array.setflags(write=False)
    return DemoWorld(
        lines=DEMO_LINES,
        perts=perts,
        genes=genes,
        complex_of=complex_of,
        programme_of=programme_of,
        effects=effects,
        halves=halves,
        se=se,
        shift_sd=shift_sd,
        control=control,
        tables=tables,
    )


def attainable_scores(cell_line: str, task: str) -> pd.DataFrame:
    """Score the test rows from the true effects: the ceiling for any prediction, up to luck.

    z is normal around effect / se with variance 1 or, where a chance shift happened (probability
    SHIFT_RATE), 1 + (shift_sd / se)^2. With t the DE threshold, `direction` is scored
    P(z > t) / P(|z| > t).
    `de` is scored P(|z| > t), lowered where a perturbation is expected to have more positives than
    the table keeps: a row that stands in the table is then more often a negative.

    Args:
        cell_line: One of `DEMO_LINES`.
        task: `de` or `direction`.

    Returns:
        Columns pert, gene, score in [0, 1]; the rows of the test split in the table's order.

    Raises:
        KeyError: There is no such table.
    """
    from scipy.special import ndtr

    world = demo_world()
    table = world.tables[cell_line, task]
    line = world.lines.index(cell_line)
    se = world.se[line]
    expected, sd = world.effects[line] / se, np.hypot(1, world.shift_sd / se)

    def beyond(distance: Floats) -> Floats:
        return np.asarray((1 - SHIFT_RATE) * ndtr(distance) + SHIFT_RATE * ndtr(distance / sd))

    up, down = beyond(expected - THRESHOLD), beyond(-expected - THRESHOLD)
    if task == "direction":
        score = up / (up + down)
    else:
        n_positive = (up + down).sum(axis=1, keepdims=True)
        kept = (up + down) * np.minimum(1, MAX_POSITIVES / n_positive)
        score = kept / (kept + 1 - up - down)
    test = table.loc[table["split"] == "test", ["pert", "gene"]].reset_index(drop=True)
    rows = pd.Index(world.perts).get_indexer(pd.Index(test["pert"]))
    columns = pd.Index(world.genes).get_indexer(pd.Index(test["gene"]))
    return test.assign(score=score[rows, columns])


def _true_effects(
    rng: np.random.Generator, in_complex: Integers, in_programme: Integers, weight: Floats
) -> Floats:
    """Return (l, p, g) effects: what a complex does to a gene, times the knock-down's strength."""
    known = np.array([[LOADINGS[c].get(k, 0.0) for k in PROGRAMMES] for c in COMPLEXES])
    lines_perts = (len(DEMO_LINES), len(in_complex))

    # What is not known of the loadings: small ones, differences between lines and members.
    shared = known + 0.25 * rng.standard_normal(known.shape)
    by_line = shared + 0.2 * rng.standard_normal((len(DEMO_LINES), *known.shape))
    loading = by_line[:, in_complex] + 0.2 * rng.standard_normal((len(in_complex), known.shape[1]))
    # Every complex also moves some genes in its own way, in every line.
    private = 0.35 * rng.standard_normal((len(known), len(weight)))
    private *= np.exp(0.8 * rng.standard_normal(len(weight)))
    response = loading[:, :, in_programme] * weight + private[in_complex]
    response += 0.1 * rng.standard_normal((*lines_perts, len(weight)))

    strength = np.exp(0.3 * rng.standard_normal(len(in_complex)))
    strength *= rng.random(len(in_complex)) > 0.1  # some knock-downs change nothing else
    strength = strength * np.exp(0.2 * rng.standard_normal(lines_perts))
    return EFFECT_SIZE * strength[:, :, None] * response


def _tables(
    rng: np.random.Generator,
    tested: tuple[int, ...],
    perts: NDArray[np.str_],
    genes: NDArray[np.str_],
    z: Floats,
    own: NDArray[np.bool_],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sample rows from the (p, g) z values of a line; return its DE and its direction table."""
    positive = (np.abs(z) > THRESHOLD) & ~own
    negative = ~positive & ~own
    n_moving = positive.sum(axis=0)
    # The order of random numbers, not Generator.choice, whose draws may change between versions.
    order = rng.random(z.shape)
    chosen = (
        _first(order, positive, MAX_POSITIVES)
        | _first(order, negative & (n_moving >= 20), NEGATIVES_RESPONSIVE)
        | _first(order, negative & (n_moving <= 4), NEGATIVES_QUIET)
    )
    p, g = np.nonzero(chosen)
    de = pd.DataFrame(
        {
            "pert": perts[p].astype(object),
            "gene": genes[g].astype(object),
            "label": positive[p, g].astype("int8"),
            "split": np.where(np.isin(p % 20, tested), "test", "train").astype(object),
        }
    )
    direction = de.assign(label=(z[p, g] > 0).astype("int8"))[positive[p, g]]
    return de, direction.reset_index(drop=True)


def _first(order: Floats, pool: NDArray[np.bool_], n: int) -> NDArray[np.bool_]:
    """Mark, in every row, the n members of the pool that come first in the order, or all."""
    ranked = np.where(pool, order, np.inf)
    return np.asarray(pool & (ranked <= np.sort(ranked, axis=1)[:, [n - 1]]))
