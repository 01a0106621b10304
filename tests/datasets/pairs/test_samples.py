"""Samples: readable ids, the label in the target and nowhere else."""

import json
from pathlib import Path

import pytest

from perturb_evals.datasets.pairs.benchmark import pairs_benchmark
from perturb_evals.datasets.pairs.samples import question_samples, record_to_sample

SHARED = {
    "dataset": "perturbqa",
    "cell_line": "k562",
    "kind": "de",
    "evidence": "cross",
    "evidence_lines": "k562,rpe1",
}


@pytest.mark.parametrize(
    ("kind", "label", "word"),
    [("de", 1, "Yes"), ("de", 0, "No"), ("direction", 1, "Increase"), ("direction", 0, "Decrease")],
)
def test_one_sample(kind: str, label: int, word: str):
    shared = {**SHARED, "kind": kind}
    sample = record_to_sample("AAMP", "ATP5IF1", label, shared)
    assert sample.id == f"k562/{kind}/AAMP>ATP5IF1"
    assert sample.target == word
    assert "knock-down of AAMP" in sample.input
    assert "ATP5IF1" in sample.input
    assert sample.metadata == {"pert": "AAMP", "gene": "ATP5IF1", **shared}
    assert "pert" not in shared


@pytest.mark.parametrize("kind", ["de", "direction"])
def test_the_label_is_in_the_target_only(kind):
    both = [record_to_sample("AAMP", "NA", label, {**SHARED, "kind": kind}) for label in (0, 1)]
    rest = [json.dumps(sample.model_dump(exclude={"target"}), sort_keys=True) for sample in both]
    assert rest[0] == rest[1]
    assert both[0].target != both[1].target


@pytest.mark.each("kind", ["de", "direction"])
@pytest.mark.each(
    ("track", "lines"), [("none", ""), ("within", "demo_b"), ("cross", "demo_b,demo_a,demo_c")]
)
def test_one_sample_a_row_in_the_order_of_the_rows(kind: str, track: str, lines: str):
    asked = pairs_benchmark(kind, dataset="demo", cell_line="demo_b", evidence=track)
    samples = question_samples(asked.rows, asked.evidence)
    assert samples.name == f"demo_b_{kind}"
    assert len(samples) == len(asked.rows)
    words = {"de": ["No", "Yes"], "direction": ["Decrease", "Increase"]}[kind]
    for sample, (pert, gene, label) in zip(
        samples, asked.rows.itertuples(index=False), strict=True
    ):
        assert sample.id == f"demo_b/{kind}/{pert}>{gene}"
        assert sample.target == words[label]
        assert sample.metadata == {
            "pert": pert,
            "gene": gene,
            "dataset": "demo",
            "cell_line": "demo_b",
            "kind": kind,
            "evidence": track,
            "evidence_lines": lines,
        }


def test_ids_are_unique_on_the_real_tables(real_data: Path):
    asked = pairs_benchmark("de", cell_line="k562", questions="all")
    samples = question_samples(asked.rows, asked.evidence)
    assert len({sample.id for sample in samples}) == len(samples) == 23_212
