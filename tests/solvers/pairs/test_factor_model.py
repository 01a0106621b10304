"""The factor model as a baseline, and what answers where no line knows the knock-down."""

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from inspect_ai.log import EvalLog

from perturb_evals.datasets.demo.knowledge import demo_pairs, demo_texts
from perturb_evals.datasets.demo.world import demo_tables
from perturb_evals.datasets.evidence import EvidenceError
from perturb_evals.datasets.files.sources import SOURCES
from perturb_evals.datasets.pairs.evidence import pairs_evidence
from perturb_evals.methods.factor_model import FactorModel
from perturb_evals.solvers.pairs.factor_model import SETTINGS, by_factors, factor_model
from perturb_evals.solvers.pairs.knn import by_knowledge
from perturb_evals.solvers.pairs.knowledge import Knowledge
from perturb_evals.solvers.pairs.transfer import training_triples
from perturb_evals.tasks.perturbqa import perturbqa_direction

STRING = "graphs/stringdb.csv.gz"
LINES = ("k562", "rpe1", "hepg2")


@pytest.fixture
def unknown(
    put_tables: Callable[..., Any],
    put_knowledge: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> set[str]:
    """The demo world as PerturbQA's; no line has trained on half of the tested knock-downs."""
    names = dict(zip(("demo_a", "demo_b", "demo_c"), LINES, strict=True))
    tables = {(names[line], kind): rows for (line, kind), rows in demo_tables().items()}
    asked = tables["k562", "direction"]
    tested = sorted(set(asked["pert"][asked["split"] == "test"]))[::2]
    for (line, kind), rows in tables.items():
        if line != "k562":
            tables[line, kind] = rows[~rows["pert"].isin(tested)]
    pairs = demo_pairs().itertuples(index=False, name=None)
    folder = put_tables(tables)
    content = gzip.compress(Path(put_knowledge(folder, pairs, demo_texts())).read_bytes())
    (folder / "graphs").mkdir()
    (folder / STRING).write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    source = replace(SOURCES[STRING], sha256=sha256, size=len(content))
    monkeypatch.setitem(SOURCES, STRING, source)
    return set(tested)


def test_it_abstains_where_no_line_knows_the_knock_down_or_another_method_answers(
    unknown: set[str], evaluate: Callable[..., EvalLog]
):
    def run(**given: Any) -> EvalLog:
        task = perturbqa_direction(
            cell_line="k562", evidence="cross", evidence_lines=",".join(LINES), genes=6
        )
        log = evaluate(task, solver=factor_model(**given))
        assert log.status == "success", log.error
        return log

    silent, answered = run(), run(fallback="graph_knn")
    silenced = [sample for sample in silent.samples if sample.metadata["pert"] in unknown]
    assert 0 < len(silenced) < len(silent.samples)
    for sample in silent.samples:
        score = sample.scores["p_positive"]
        known = sample.metadata["pert"] not in unknown
        assert score.metadata.get("abstained") == (None if known else "no_evidence")
        assert score.metadata["route"] == "numeric"
    share = len(silenced) / len(silent.samples)
    results = {name: found.value for name, found in silent.results.scores[0].metrics.items()}
    assert results["abstained_no_evidence"] == pytest.approx(share)
    assert "read_from_fallback" not in results
    evidence = pairs_evidence("perturbqa", "k562", "direction", "cross", LINES)
    knn = by_knowledge(evidence, Knowledge())
    before = {sample.id: sample.scores["p_positive"].value for sample in silent.samples}
    for sample in answered.samples:
        score, pert = sample.scores["p_positive"], sample.metadata["pert"]
        if pert in unknown:
            assert score.value == knn.score(pert, sample.metadata["gene"])
            assert score.metadata["route"] == "fallback"
            assert sample.output.completion.endswith(", by graph_knn")
        else:
            assert score.value == before[sample.id]
    results = {name: found.value for name, found in answered.results.scores[0].metrics.items()}
    assert results["coverage"] == 1
    assert results["read_from_fallback"] == pytest.approx(share)
    assert results["read_from_numeric"] == pytest.approx(1 - share)


def test_it_is_the_factor_model_of_all_open_lines():
    evidence = pairs_evidence("demo", "demo_b", "direction", "cross", ("demo_b", "demo_a"))
    pairs = sorted(evidence.question_pairs())
    rows = training_triples(evidence)
    assert set(rows.contexts) == {"demo_a", "demo_b"}
    assert len(rows) == len(evidence.own()) + len(evidence.others())
    model, found = FactorModel(rows, SETTINGS["direction"]), by_factors(evidence)
    asked = pd.DataFrame(pairs, columns=["perturbation", "readout"]).assign(context="demo_b")
    expected = dict(zip(pairs, model.predict(asked).tolist(), strict=True))
    known = [pair for pair in pairs if found.informed(*pair)]
    assert 10 < len(known) < len(pairs)
    for pair in known:
        assert 0 < found.score(*pair) < 1
        assert found.score(*pair) == pytest.approx(expected[pair], abs=1e-11)
    assert {found.score(*pair) for pair in set(pairs) - set(known)} == {None}
    assert by_factors(evidence, seed=1).score(*known[0]) != found.score(*known[0])


def test_it_needs_the_rows_of_other_lines():
    within = pairs_evidence("demo", "demo_b", "de", "within", ("demo_b",))
    with pytest.raises(EvidenceError, match="evidence=within does not allow"):
        by_factors(within)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"fallback": "knn"}, "fallback must be one of none, graph_knn; got 'knn'."),
        ({"seed": "a"}, "seed must be a whole number"),
        ({"rank": 3}, "There is no argument rank."),
    ],
)
def test_a_wrong_argument_is_told_in_one_line(given: dict[str, Any], said: str):
    with pytest.raises(ValueError, match=said) as caught:
        factor_model(**given)
    assert "\n" not in str(caught.value)
