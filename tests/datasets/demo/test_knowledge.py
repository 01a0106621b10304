"""What is known of the demo world's genes: memberships, incomplete and partly wrong."""

import ast
import hashlib
import itertools
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from perturb_evals.datasets.demo import knowledge
from perturb_evals.datasets.demo.facts import BACKGROUND, COMPLEXES
from perturb_evals.datasets.demo.knowledge import HUBS, demo_pairs, demo_texts
from perturb_evals.datasets.demo.world import (
    DEMO_LINES,
    attainable_scores,
    demo_tables,
    demo_world,
)
from perturb_evals.datasets.genes.graphs import load_graph

GOLDEN = "51798ded6b3bc08b98baa109c9296963f1f1d55ac6e5bff1897e67d2fb9cdd06"
COMPLEX_OF = {gene: name for name, members in COMPLEXES.items() for gene in members}
WITHIN = {
    tuple(sorted(pair))
    for members in COMPLEXES.values()
    for pair in itertools.combinations(members, 2)
}


def knowledge_hash() -> str:
    content = demo_pairs().to_csv(index=False, lineterminator="\n") + repr([*demo_texts().items()])
    return hashlib.sha256(content.encode()).hexdigest()


def test_hash_is_golden_also_in_another_process() -> None:
    assert knowledge_hash() == GOLDEN
    code = (
        "import hashlib; from perturb_evals.datasets.demo.knowledge import demo_pairs, demo_texts;"
        "content = demo_pairs().to_csv(index=False, lineterminator='\\n')"
        " + repr([*demo_texts().items()]); print(hashlib.sha256(content.encode()).hexdigest())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == GOLDEN


def test_it_is_made_from_memberships_alone() -> None:
    tree = ast.parse(Path(knowledge.__file__).read_text("utf-8"))
    read = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module.startswith("perturb_evals")
        for alias in node.names
    }
    assert read == {"BACKGROUND", "COMPLEXES"}


def test_pairs_are_incomplete_and_partly_wrong() -> None:
    pairs = [*demo_pairs().itertuples(index=False, name=None)]
    assert len({*pairs}) == len(pairs)
    assert all(a < b for a, b in pairs)
    genes = Counter(gene for pair in pairs for gene in pair)
    assert {*genes} <= {*COMPLEX_OF, *BACKGROUND}
    right = WITHIN & {*pairs}
    assert 0.15 < len(right) / len(WITHIN) < 0.35
    without_hubs = {pair for pair in pairs if not {*HUBS} & {*pair}}
    assert 0.3 < 1 - len(right) / len(without_hubs) < 0.6
    assert {gene for gene, _ in genes.most_common(len(HUBS))} == {*HUBS}
    alone = {*COMPLEX_OF} - {gene for pair in right for gene in pair}
    assert 20 < len(alone) < 80


def test_a_frame_may_be_changed_and_texts_may_not() -> None:
    changed = demo_pairs()
    changed["gene_a"] = "X"
    assert "X" not in {*demo_pairs()["gene_a"]}
    with pytest.raises(TypeError):
        demo_texts()["UBC"] = "x"  # type: ignore[index]


def test_texts_tell_some_complexes_and_not_others() -> None:
    texts = demo_texts()
    assert {*texts} <= {*COMPLEX_OF}
    assert 0.6 < len(texts) / len(COMPLEX_OF) < 0.8
    told = [COMPLEX_OF[gene].replace("_", " ") in text for gene, text in texts.items()]
    assert 0.5 < np.mean(told) < 0.7
    assert all(3 <= len(text.split()) <= 30 for text in texts.values())


def test_it_takes_milliseconds() -> None:
    start = time.process_time()
    knowledge._pairs.__wrapped__()
    knowledge.demo_texts.__wrapped__()
    assert time.process_time() - start < 0.1  # about 5 ms


def knn(line: str, task: str, weight: np.ndarray) -> float:
    table = demo_tables()[line, task]
    place = {pert: row for row, pert in enumerate(demo_world().perts)}
    rows = {name: table[table["split"] == name] for name in ("train", "test")}
    known = {
        gene: ([place[pert] for pert in own["pert"]], (own["label"] - own["label"].mean()).array)
        for gene, own in rows["train"].groupby("gene")
    }
    scores = []
    for pert, gene in zip(rows["test"]["pert"], rows["test"]["gene"], strict=True):
        places, centred = known.get(gene, ([], np.empty(0)))
        w = weight[place[pert], places]
        scores.append((w @ np.asarray(centred)) / (w.sum() + 0.1))
    return per_gene(rows["test"], np.array(scores))


def per_gene(test: pd.DataFrame, score: np.ndarray) -> float:
    """Mean over genes of the chance that a positive outscores a negative, ties one half."""
    values = []
    for _, rows in test.assign(score=score).groupby("gene"):
        positive = rows["label"].to_numpy() == 1
        if 0 < positive.sum() < len(rows):
            scores = rows["score"].to_numpy()
            ahead = np.subtract.outer(scores[positive], scores[~positive])
            values.append((np.sign(ahead).mean() + 1) / 2)
    return float(np.mean(values))


def weights(permute: int | None = None) -> np.ndarray:
    graph, perts = load_graph("string", simulated=True), demo_world().perts
    row = {symbol: at for at, symbol in enumerate(graph.symbols)}
    known = np.zeros((len(perts), len(graph.symbols)))
    for at, pert in enumerate(perts):
        if pert in row:
            known[at] = graph.neighborhoods[[row[pert]]].toarray()[0]
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), max_df=0.05)
    text = words.fit_transform([demo_texts().get(pert, "") for pert in perts])
    similar = (known @ known.T) ** 2 + 0.5 * (text @ text.T).toarray() ** 2
    if permute is None:
        return similar
    order = np.random.default_rng(permute).permutation(len(perts))
    return similar[np.ix_(order, order)]


@pytest.mark.parametrize("task", ["de", "direction"])
def test_a_knn_over_it_beats_chance_and_does_not_reach_what_is_attainable(task: str) -> None:
    found = {line: knn(line, task, weights()) for line in DEMO_LINES}
    assert 0.6 < found["demo_a"] < 0.76
    for line, value in found.items():
        table = demo_tables()[line, task]
        test = table[table["split"] == "test"].reset_index(drop=True)
        best = per_gene(test, attainable_scores(line, task)["score"].to_numpy())
        assert 0.6 < value < best - 0.1
    permuted = [knn(line, task, weights(seed)) for line in DEMO_LINES for seed in range(2)]
    assert np.mean(permuted) == pytest.approx(0.5, abs=0.05)
