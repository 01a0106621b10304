"""Lines of curves: properties of any set of runs. Runs are headers only; no log is read."""

from hypothesis import given
from hypothesis import strategies as st
from inspect_ai.log import EvalLog

from perturb_evals.cli.curve.lines import Run, lines
from perturb_evals.leaderboard.results.result import Protocol, Result

WHOLE_SIZE = 16


def run_of(method, train):
    protocol = Protocol(
        track="training",
        evidence_lines=[],
        answer="",
        epochs=1,
        solver=method,
        solver_args={},
        given={},
        prompts=[],
        model="none/none",
        settings={},
    )
    result = Result.model_construct(system=None, protocol=protocol, board={"train": train})
    size = WHOLE_SIZE if train == "all" else int(train.partition("x")[0])
    return Run(EvalLog.model_construct(), result, size)


cuts = st.builds(
    "{}x{}/seed{}".format,
    st.sampled_from([4, 8, WHOLE_SIZE]),
    st.integers(1, 2),
    st.integers(0, 1),
)
places = st.tuples(st.sampled_from(["mean_effect", "no_change"]), cuts | st.just("all"))
runs = st.lists(places, unique=True, max_size=12)


@given(runs, st.randoms(use_true_random=False))
def test_every_run_is_in_a_line_with_runs_of_its_system_and_cut_only(found, random):
    made = [run_of(method, train) for method, train in found]
    grouped = lines(made)
    for name, own in grouped.items():
        assert len({run.result.protocol.solver for run in own}) == 1
        assert name.partition(",")[0] == own[0].result.protocol.solver
        assert len({run.cut for run in own} - {"all"}) <= 1
        assert len({run.size for run in own}) == len(own)  # no two points above each other
    for run in made:
        times = sum(run in own for own in grouped.values())
        assert times == 1 if run.train != "all" else times >= 1
    random.shuffle(made)
    again = lines(made)
    assert {name: {run.train for run in own} for name, own in again.items()} == {
        name: {run.train for run in own} for name, own in grouped.items()
    }


@given(runs)
def test_the_cut_is_named_where_a_system_has_several_lines(found):
    grouped = lines([run_of(method, train) for method, train in found])
    for method in {method for method, _ in found}:
        own = [name for name in grouped if name.partition(",")[0] == method]
        assert own == [method] if len(own) == 1 else all(", train=" in name for name in own)


def test_the_cut_is_the_training_sets_without_their_size():
    assert run_of("no_change", "100x3/seed12").cut == "x3/seed12"
    assert run_of("no_change", "all").cut == "all"
    assert lines([]) == {}
