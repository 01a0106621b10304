import numpy as np
import pandas as pd
import pytest

from perturb_evals.datasets.errors import ArgumentError, DataError
from perturb_evals.methods.lpm.validation import held_out
from perturb_evals.methods.triples import Triples


def frame(rows: Triples) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "context": rows.contexts[rows.context],
            "perturbation": rows.perturbations[rows.perturbation],
            "readout": rows.readouts[rows.readout],
            "value": rows.value,
        }
    )


def test_whole_perturbations_of_the_target_contexts_are_kept_and_stay_in_others(rows, table):
    training, kept = held_out(rows, ("c2", "c0"), share=0.25)
    found = frame(kept)
    assert set(found["context"]) == {"c0", "c2"}
    chosen = found.groupby("context")["perturbation"].unique()
    assert chosen.map(len).to_dict() == {"c0": 3, "c2": 3}
    assert len(found) == 6 * 10
    joined = pd.concat([frame(training), found])
    pd.testing.assert_frame_equal(
        joined.sort_values(list(table)).reset_index(drop=True),
        table.sort_values(list(table)).reset_index(drop=True),
    )
    left = frame(training)
    assert not set(chosen["c0"]) & set(left.loc[left["context"] == "c0", "perturbation"])
    assert left.loc[left["context"] == "c1", "perturbation"].nunique() == 12


def test_the_draw_goes_by_its_seed(rows):
    one, same, other = (held_out(rows, ("c0",), seed=seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(one.perturbation, same.perturbation)
    assert not np.array_equal(np.unique(one.perturbation), np.unique(other.perturbation))


def test_only_what_another_context_has_is_kept(table):
    shared = table["perturbation"].isin(["P00", "P05"])
    rows = Triples.of(table[(table["context"] == "c0") | shared])
    _, kept = held_out(rows, ("c0",), share=0.99)
    assert set(frame(kept)["perturbation"]) == {"P00", "P05"}


def test_one_perturbation_always_stays(table):
    rows = Triples.of(table[table["perturbation"].isin(["P00", "P05"])])
    training, kept = held_out(rows, ("c0",), share=1.0)
    assert frame(training).query("context == 'c0'")["perturbation"].nunique() == 1
    assert frame(kept)["perturbation"].nunique() == 1


def test_what_cannot_be_validated_in_is_refused(table):
    rows = Triples.of(table[(table["context"] != "c0") | (table["perturbation"] == "P00")])
    with pytest.raises(DataError, match=r"in 'c0': it has 1 perturbation\. Expected two"):
        held_out(rows, ("c1", "c0"))
    alone = table.assign(perturbation=table["context"] + table["perturbation"])
    with pytest.raises(DataError, match="12 perturbations, none of which another context has"):
        held_out(Triples.of(alone), ("c0",))
    with pytest.raises(ArgumentError, match="no context 'c9' to validate in; the rows have c0, c1"):
        held_out(rows, ("c9",))
    with pytest.raises(ArgumentError, match="must differ; got c1, c1"):
        held_out(rows, ("c1", "c1"))
