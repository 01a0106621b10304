"""`perturb-evals curve` with real runs on a small screen."""

import inspect_ai
import numpy as np
import pytest
from anndata import read_h5ad
from inspect_ai.log import list_eval_logs, read_eval_log

from perturb_evals.cli.main import main
from perturb_evals.datasets.screens.evidence import expression_evidence, fold_of, split_of
from perturb_evals.datasets.screens.load import load_screen
from perturb_evals.tasks.langpert import langpert


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("curve")


@pytest.fixture(autouse=True)
def own_cache(folder, monkeypatch):
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(folder / "cache"))
    load_screen.cache_clear()
    yield
    load_screen.cache_clear()


@pytest.fixture
def curve(small_screen, folder, tmp_path):
    """Run the command on the small screen, with the logs of the tests before."""

    def curve(*words, logs=folder / "logs"):
        common = ("--screen", str(small_screen), "-T", "aliases=none", "--log-dir", str(logs))
        return main(["curve", *common, "-o", str(tmp_path / "plots" / "curve"), *words])

    return curve


def headers(logs):
    return [read_eval_log(info, header_only=True) for info in list_eval_logs(str(logs))]


def rows(shown):
    """Size, value, interval and training sets of each row of the table."""
    found = []
    for line in shown.splitlines():
        words = line.replace("[", "").replace("]", "").replace(",", "").split()
        if len(words) >= 6 and words[-1].endswith("/seed0"):
            found.append((int(words[-6]), *map(float, words[-5:-2]), words[-1]))
    return found


DEMO = ("--screen", "demo", "--solver", "perturb_evals/no_change")
MODEL = ("--model", "mockllm/model", "--sizes", "4")
ORACLE = ("--solver", "oracle_neighbors", "-S", "k=2")


def test_missing_sizes_are_run_and_all_are_shown(curve, folder, tmp_path, capsys):
    logs = folder / "logs"
    assert curve(*ORACLE, "--sizes", "4") == 0
    assert curve(*ORACLE, "--sizes", "8,4") == 0
    shown = capsys.readouterr().out
    found = {log.eval.task_args["n_train"]: log for log in headers(logs)}
    assert len(headers(logs)) == len(found) == 2  # size 4 was not run again
    expected = []
    for size in (4, 8):
        log = found[size]
        assert log.eval.solver == "perturb_evals/oracle_neighbors"  # no prefix is needed
        assert log.eval.tags == ["oracle_neighbors"]
        assert log.eval.solver_args_passed == {"k": 2}
        metrics = {name: m.value for name, m in log.results.scores[0].metrics.items()}
        value, lower, upper = (
            round(metrics[f"mae_top20{end}"], 3) for end in ("", "_lower", "_upper")
        )
        expected.append((size, value, lower, upper, f"{size}x1/seed0"))
    assert rows(shown)[-2:] == expected
    plots = tmp_path / "plots"
    assert sorted(plots.iterdir()) == [plots / "curve.png", plots / "curve.svg"]
    assert (plots / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (plots / "curve.svg").read_text(encoding="utf-8")


def test_a_second_system_joins_the_first(curve, folder, capsys):
    assert curve(*ORACLE, "--sizes", "4") == 0
    solver = ("--solver", "perturb_evals/random_neighbors", "-S", "k=2")
    assert curve(*solver, "--sizes", "4,8", "--repeats", "2") == 0
    shown = capsys.readouterr().out
    table = shown[shown.rindex("mae_top20 on small") :]
    # The better system stands first.
    assert table.index("oracle_neighbors") < table.index("random_neighbors")
    assert [row[-1] for row in rows(table)][-2:] == ["4x2/seed0", "8x2/seed0"]

    assert main(["curve", str(folder / "logs"), "-o", str(folder / "again" / "curve")]) == 0
    assert rows(capsys.readouterr().out) == rows(table)


@pytest.mark.slow
def test_other_training_sets_are_a_line_of_their_own(curve, tmp_path, capsys):
    oracle = (*ORACLE, "--sizes", "4")
    for words in ((), ("-T", "seed=1"), ("--repeats", "2")):
        assert curve(*oracle, *words, logs=tmp_path / "logs") == 0
    shown = capsys.readouterr()
    table = shown.out[shown.out.rindex("mae_top20 on small") :]
    for cut in ("x1/seed0", "x1/seed1", "x2/seed0"):
        assert f"oracle_neighbors, k=2, train={cut}" in table
        assert f"4{cut}" in table
    assert "passed by" not in shown.err


@pytest.mark.slow
def test_settings_of_generation_tell_real_runs_of_one_model_apart(small_screen, tmp_path, capsys):
    for number, settings in enumerate(({"temperature": 0.0}, {"temperature": 1.0})):
        inspect_ai.eval(
            langpert(screen=str(small_screen), n_train=4, aliases="none"),
            model="perturb_scripted/biologist",
            log_dir=str(tmp_path / "logs"),
            display="none",
            log_realtime=False,
            max_connections=number + 5,
            **settings,
        )
    assert main(["curve", str(tmp_path / "logs"), "-o", str(tmp_path / "curve")]) == 0
    shown = capsys.readouterr()
    for temperature in ("0.0", "1.0"):
        assert f"temperature={temperature} " in shown.out
    assert "passed by" not in shown.err


def test_a_run_that_fails_is_told_and_taken_up_again(curve, tmp_path, capsys):
    logs, vectors = tmp_path / "logs", tmp_path / "vectors.npz"
    vectors.write_bytes(b"not yet")
    given = ("-S", f"embedding={vectors}", "-S", "aliases=none")
    embedding = ("--solver", "perturb_evals/embedding_neighbors", *given)
    assert curve(*embedding, "--sizes", "8", logs=logs) == 1
    said = capsys.readouterr().err
    assert "A run did not end with success" in said
    assert "Call again to go on." in said
    names = np.array([f"P{i:02d}" for i in range(20)])
    np.savez(vectors, symbols=names, vectors=np.random.default_rng(1).normal(size=(20, 3)))
    assert curve(*embedding, "--sizes", "8", logs=logs) == 0
    assert "success" in {log.status for log in headers(logs)}


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "give logs to read, or a --screen to run on"),
        (["--sizes", "4", "x.eval"], 2, "--sizes is for runs: name a --screen too"),
        (["-S", "k=4", "x.eval"], 2, "-S is for runs"),
        (["x.eval"], 1, "There is no log file or folder at 'x.eval'"),
        (["--screen", "demo"], 2, "name a --solver, or the --model that the task's own"),
        ([*DEMO], 2, "give --sizes: there is no default for demo"),
        ([*DEMO, "--sizes", "4;8"], 2, "--sizes expects whole numbers with commas"),
        ([*DEMO, "--sizes", "999"], 1, "n_train must be from 1 to 192"),
        ([*DEMO, "--sizes", "4", "-T", "sed=1"], 2, "Did you mean seed"),
        ([*DEMO, "--sizes", "4", "-T", "n_train=5"], 2, "-T n_train is not for curves: use --size"),
        ([*DEMO, "--sizes", "4", "-T", "repeats=5"], 2, "use --repeats"),
        ([*DEMO, "--sizes", "4", "-T", "screen=x"], 2, "use --screen"),
        ([*DEMO, "--sizes", "4", "-S", "k=4"], 2, "There is no argument k."),
        ([*DEMO[:2], *MODEL, "-S", "no=1"], 2, "There is no argument no."),
        ([*DEMO[:3], "no_such", "--sizes", "4"], 2, "no_such"),
        ([*DEMO, "--sizes", "4", "--repeats", "0"], 2, "repeats must be 1 or more"),
    ],
)
def test_errors_say_what_to_do(words, code, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["curve", *words]) == code
    assert message in capsys.readouterr().err


def test_a_folder_without_logs(tmp_path, capsys):
    assert main(["curve", str(tmp_path)]) == 1
    assert "There is no finished langpert run" in capsys.readouterr().err


def test_other_logs_in_the_folder_are_passed_by(curve, small_screen, tmp_path, capsys):
    logs = tmp_path / "logs"
    adata = read_h5ad(small_screen)
    adata.X = 2 * adata.X
    adata.write_h5ad(tmp_path / "other.h5ad")
    given = ("-T", "aliases=none", "--solver", "no_change", "--sizes", "4", "--log-dir", str(logs))
    other = ("--screen", str(tmp_path / "other.h5ad"), *given, "--repeats", "2", "-T", "seed=3")
    assert main(["curve", *other, "-o", str(tmp_path / "other")]) == 0
    passed = headers(logs)[0].eval.task_args_passed  # as `inspect eval` would pass them
    assert (passed["n_train"], passed["repeats"], passed["seed"]) == (4, 2, 3)
    (logs / "2026-01-01T00-00-00_langpert_cut.eval").write_bytes(b"PK")
    capsys.readouterr()
    assert curve("--solver", "mean_effect", "--sizes", "4", logs=logs) == 0
    shown = capsys.readouterr()
    assert "mae_top20 on small" in shown.out
    assert "passed by: 1 logs, other screens, data or splits" in shown.err
    assert "passed by: 1 logs, It cannot be read: " in shown.err


@pytest.mark.slow
def test_a_screen_that_changed_is_run_anew(tmp_path, small_screen, capsys):
    logs, screen = tmp_path / "logs", tmp_path / "mine.h5ad"
    words = ("--screen", str(screen), "--solver", "no_change", "--sizes", "4", "-T", "aliases=none")
    shown = []
    for factor, n_logs in ((1, 1), (2, 2), (2, 2), (1, 2)):
        adata = read_h5ad(small_screen)
        adata.X = adata.X * np.float32(factor)
        adata.write_h5ad(screen)
        for cached in (load_screen, split_of, fold_of, expression_evidence):
            cached.cache_clear()
        assert main(["curve", *words, "--log-dir", str(logs), "-o", str(tmp_path / "plot")]) == 0
        assert len(headers(logs)) == n_logs
        shown.append(rows(capsys.readouterr().out)[-1][1])
    assert shown[0] == shown[3]
    assert shown[1] == shown[2] == pytest.approx(2 * shown[0], abs=0.002)
