"""Replay: strict about every row, and what is logged is what stands in the file."""

import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from inspect_ai.log import EvalLog

from perturb_evals.datasets.pairs.evidence import PairsEvidence, pairs_evidence
from perturb_evals.datasets.pairs.load import load_table
from perturb_evals.datasets.pairs.predictions_file import PredictionsError
from perturb_evals.metrics.pairs.auroc import auroc_per_gene
from perturb_evals.metrics.pairs.predictions import Predictions
from perturb_evals.solvers.pairs.replay import Replayed, replay
from perturb_evals.tasks.perturbqa import perturbqa_de, perturbqa_direction

DEMO = ("demo_a", "demo_b", "demo_c")
SUFFIXES = ("csv", "tsv", "parquet", "jsonl")


def evidence(line: str = "demo_a", kind: str = "direction") -> PairsEvidence:
    return pairs_evidence("demo", line, kind, "none", DEMO)


def questions(line: str = "demo_a", kind: str = "direction") -> pd.DataFrame:
    """The test pairs of a demo table with scores drawn by lot."""
    test = load_table("demo", line, kind).split("test")
    rng = random.Random(f"{line}/{kind}")
    return test[["pert", "gene"]].assign(score=[rng.gauss(0, 3) for _ in range(len(test))])


def save(frame: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".jsonl":
        rows = [json.dumps(row) for row in frame.to_dict("records")]
        path.write_text("\n".join(rows), encoding="utf-8")
    else:
        frame.to_csv(path, sep="," if path.suffix == ".csv" else "\t", index=False)
    return path


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_run_scores_what_stands_in_the_file(
    evaluate: Callable[..., EvalLog], tmp_path: Path, suffix: str
):
    frame = questions()
    path = save(frame.sample(frac=1, random_state=0), tmp_path / f"mine.{suffix}")
    log = evaluate(perturbqa_direction(dataset="demo", genes=8), solver=replay(str(path)))
    assert log.status == "success", log.error
    assert log.samples is not None
    in_file = {(pert, gene): score for pert, gene, score in frame.itertuples(index=False)}
    rows = []
    for sample in log.samples:
        pert, gene = sample.metadata["pert"], sample.metadata["gene"]
        score = sample.scores["p_positive"].value
        assert score == in_file[pert, gene]
        rows.append((pert, gene, sample.target == "Increase", score))
    assert len(rows) > 20
    headline = auroc_per_gene(Predictions(*zip(*rows, strict=True)))
    assert log.results.scores[0].metrics["auroc_per_gene"].value == headline
    assert log.eval.solver == "perturb_evals/replay"
    assert log.eval.solver_args["file"] == str(path)


def test_a_file_for_all_questions_serves_a_part_of_them(
    evaluate: Callable[..., EvalLog], tmp_path: Path
):
    path = save(questions(kind="de"), tmp_path / "mine.csv")
    log = evaluate(perturbqa_de(dataset="demo", genes=3), solver=replay(str(path)))
    assert log.status == "success", log.error


def test_one_file_for_all_lines(evaluate: Callable[..., EvalLog], tmp_path: Path):
    frames = [questions(line).assign(cell_line=line) for line in DEMO]
    path = save(pd.concat(frames), tmp_path / "mine.csv")
    for line, frame in zip(DEMO, frames, strict=True):
        replayed = Replayed(evidence(line), path)
        for pert, gene, score, _ in frame.itertuples(index=False):
            assert replayed.score(pert, gene) == score


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.head(1), "no prediction for pert="),
        (lambda f: pd.concat([f, f.head(1)]), "a pair that stands here twice"),
        (lambda f: f.assign(score=float("nan")), "a score that is not a finite number"),
        (lambda f: f.assign(score="high"), "a score that is not a finite number"),
        (lambda f: f.rename(columns={"score": "p"}), "expected the columns pert, gene and score"),
        (lambda f: f.rename(columns={"pert": "gene", "gene": "pert"}), "are not test questions"),
        (lambda f: f.assign(gene=f["gene"].str.lower()), "are not test questions of demo_a"),
        (lambda f: f.assign(cell_line="demo_b"), "no predictions for demo_a"),
        (lambda f: f.assign(cell_line="demo_z"), r"unknown cell lines .*demo_z"),
        (lambda f: f.head(0), "no predictions for demo_a"),
    ],
    ids=[
        *("missing", "duplicate", "not finite", "no number", "wrong column", "swapped"),
        *("unknown", "other line", "unknown line", "empty"),
    ],
)
def test_a_run_ends_at_a_file_that_is_not_right(
    evaluate: Callable[..., EvalLog], tmp_path: Path, change, message: str
):
    path = save(change(questions()), tmp_path / "mine.csv")
    task = perturbqa_direction(dataset="demo", genes=1)
    log = evaluate(task, solver=replay(str(path)), max_samples=1)
    assert log.status == "error"
    assert str(path) in log.error.message
    assert re.search(message, log.error.message)


def test_a_missing_row_is_named_and_counted(tmp_path: Path):
    frame = questions()
    replayed = Replayed(evidence(), save(frame.iloc[2:], tmp_path / "mine.csv"))
    pert, gene, _ = next(frame.itertuples(index=False))
    with pytest.raises(PredictionsError, match=f"pert={pert}, gene={gene}; .* lacks 2 of") as e:
        replayed.score(pert, gene)
    assert f"the table's {len(frame)} test questions" in str(e.value)


def test_unknown_rows_are_named_and_counted(tmp_path: Path):
    extra = pd.DataFrame({"pert": ["XX", "YY"], "gene": ["NA", "NA"], "score": [0.1, 0.2]})
    path = save(pd.concat([questions(), extra]), tmp_path / "mine.csv")
    with pytest.raises(PredictionsError, match=r"2 pairs .* the first is pert=XX, gene=NA"):
        Replayed(evidence(), path)


def test_a_training_pair_is_no_question(tmp_path: Path):
    train = load_table("demo", "demo_a", "direction").split("train")
    row = train[["pert", "gene"]].head(1).assign(score=0.5)
    path = save(pd.concat([questions(), row]), tmp_path / "mine.csv")
    with pytest.raises(PredictionsError, match="1 pairs are not test questions"):
        Replayed(evidence(), path)


@pytest.mark.parametrize("suffix", [*SUFFIXES, "xlsx"])
def test_a_path_that_leads_nowhere(tmp_path: Path, suffix: str):
    path = tmp_path / f"nowhere.{suffix}"
    with pytest.raises(PredictionsError, match=f"nowhere.{suffix}: ") as caught:
        Replayed(evidence(), path)
    assert "Errno" not in str(caught.value)
    with pytest.raises(ValueError, match=r"^file must be .*; got .*there is no file"):
        replay(str(path))
    with pytest.raises(ValueError, match="that is a folder"):
        replay(str(tmp_path))


def test_gene_symbols_that_look_like_missing_values(
    put_tables: Callable[..., Path], tmp_path: Path, evaluate: Callable[..., EvalLog]
):
    genes = ["NA", "NaN", "null", "None", "nan", "1e5"]
    rows = [
        (pert, gene, label, split)
        for label, split in ((0, "train"), (0, "test"), (1, "test"))
        for pert in ([f"{split}{label}"] if split == "train" else [f"P{label}", f"Q{label}"])
        for gene in genes
    ]
    columns = ["pert", "gene", "label", "split"]
    put_tables({("k562", "de"): pd.DataFrame(rows, columns=columns)})
    test = load_table("perturbqa", "k562", "de").split("test")
    assert set(test["gene"]) == set(genes)
    frame = test.assign(score=[at / 7 for at in range(len(test))])[["pert", "gene", "score"]]
    expected = {(pert, gene): score for pert, gene, score in frame.itertuples(index=False)}
    evidence = pairs_evidence("perturbqa", "k562", "de", "none", ("k562",))
    for suffix in SUFFIXES:
        path = save(frame, tmp_path / f"mine.{suffix}")
        assert Replayed(evidence, path).scores == expected
    log = evaluate(perturbqa_de(), solver=replay(str(path)))
    assert log.status == "success", log.error
    assert log.samples is not None
    found = {
        (sample.metadata["pert"], sample.metadata["gene"]): sample.scores["p_positive"].value
        for sample in log.samples
    }
    assert found == expected


def test_a_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evaluate):
    monkeypatch.setenv("HOME", str(tmp_path))
    save(questions(kind="de"), tmp_path / "mine.csv")
    log = evaluate(perturbqa_de(dataset="demo", genes=1), solver=replay("~/mine.csv"))
    assert log.status == "success", log.error
