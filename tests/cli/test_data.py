"""`perturb-evals data`: what is printed, where, and the exit codes."""

import gzip
import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from perturb_evals.cli import data as cli_data
from perturb_evals.cli.main import main
from perturb_evals.datasets.files.sources import SOURCES, Source

Run = Callable[..., int]
RIGHT = b"pert,gene,label,split\n"


def a_source(name: str, content: bytes = RIGHT, url: str = "http://127.0.0.1:9/x") -> Source:
    sha256 = hashlib.sha256(content).hexdigest()
    return Source(name, url, sha256, len(content), "CC BY 4.0", "Wu et al., 2025")


@pytest.fixture
def run() -> Run:
    """The command line, in this process."""

    return lambda *words: main(["data", *words])


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mirror with one right file, one wrong and one missing; the table knows just these."""
    folder = tmp_path / "mirror"
    (folder / "perturbqa").mkdir(parents=True)
    (folder / "perturbqa/right.csv").write_bytes(RIGHT)
    (folder / "perturbqa/wrong.csv").write_bytes(RIGHT + b"AAMP,ATP5IF1,1,train\n")
    names = [f"perturbqa/{name}.csv" for name in ("right", "wrong", "missing")]
    monkeypatch.setattr(cli_data, "SOURCES", {name: a_source(name) for name in names})
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(folder))
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("perturb_evals.datasets.files.fetch.RETRY_WAITS", ())
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return folder


def rows(text: str) -> list[list[str]]:
    """The words of each line that is about a file."""
    return [line.split() for line in text.splitlines() if "perturbqa/" in line]


def test_list_shows_where_every_file_is(run: Run, mirror: Path, capsys: pytest.CaptureFixture):
    cached = mirror.parent / "cache/perturbqa/missing.csv"
    assert run("list") == 0
    assert ["perturbqa/missing.csv", "not", "here", "0", "CC", "BY", "4.0"] in rows(
        capsys.readouterr().out
    )
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"x" * 1_234_567)
    assert run("list") == 0
    out = capsys.readouterr().out
    assert rows(out) == [
        ["perturbqa/right.csv", "mirror", "0", "CC", "BY", "4.0"],
        ["perturbqa/wrong.csv", "mirror", "0", "CC", "BY", "4.0"],
        ["perturbqa/missing.csv", "cache", "1,235", "CC", "BY", "4.0"],
    ]
    # Whole, on one line each, so that they can be copied.
    lines = out.splitlines()
    assert f"mirror  {mirror}" in lines
    assert f"cache   {mirror.parent / 'cache'}" in lines
    assert lines.count("cite    Wu et al., 2025") == 1


def test_list_takes_names_and_licences_as_text(
    run: Run, mirror: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    name = "perturbqa/[red]a[/red][/b]:dna:.csv"
    monkeypatch.setattr(cli_data, "SOURCES", {name: a_source(name)})
    assert run("list") == 0
    assert name in capsys.readouterr().out


def test_list_tells_of_a_dangling_link(run: Run, mirror: Path, capsys: pytest.CaptureFixture):
    (mirror / "perturbqa/missing.csv").symlink_to(mirror / "nowhere")
    assert run("list") == 0
    assert rows(capsys.readouterr().out)[2][:3] == ["perturbqa/missing.csv", "mirror", "unreadable"]


def test_the_real_list_fits_in_80_columns_without_a_terminal(tmp_path: Path):
    code = "import sys; from perturb_evals.cli.main import main; sys.exit(main(['data', 'list']))"
    unwanted = {"PERTURB_EVALS_DATA", "COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE"}
    env = {key: value for key, value in os.environ.items() if key not in unwanted}
    env |= {"PERTURB_EVALS_CACHE": str(tmp_path), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    # Without fine lines in ASCII the table has bars.
    table = [line for line in done.stdout.splitlines() if line.startswith("|") and "/" in line]
    assert len(table) == len(SOURCES)
    for line, source in zip(table, SOURCES.values(), strict=True):
        assert len(line) <= 80
        assert source.name in line
        assert source.licence in line
    assert "PERTURB_EVALS_DATA is not set" in done.stdout
    (terms,) = [line for line in done.stdout.splitlines() if line.startswith("terms")]
    assert terms.startswith("terms   non-commercial: ")


def test_verify_counts_and_fails_on_a_wrong_file(
    run: Run, mirror: Path, capsys: pytest.CaptureFixture
):
    assert run("verify") == 1
    out = capsys.readouterr().out
    assert "right     perturbqa/right.csv  (mirror)" in out
    assert "WRONG     perturbqa/wrong.csv: " in out
    seen = hashlib.sha256((mirror / "perturbqa/wrong.csv").read_bytes()).hexdigest()
    assert seen in out
    assert hashlib.sha256(RIGHT).hexdigest() in out
    assert "not here  perturbqa/missing.csv" in out
    assert "1 right, 1 wrong, 1 not here" in out


def test_verify_forgives_absent_files_unless_they_are_named(
    run: Run, mirror: Path, capsys: pytest.CaptureFixture
):
    (mirror / "perturbqa/wrong.csv").write_bytes(RIGHT)
    assert run("verify") == 0
    assert "2 right, 0 wrong, 1 not here" in capsys.readouterr().out
    assert run("verify", "perturbqa/right.csv") == 0
    assert "1 right, 0 wrong, 0 not here" in capsys.readouterr().out
    assert run("verify", "perturbqa/right.csv", "perturbqa/missing.csv") == 1
    assert "1 right, 0 wrong, 1 not here" in capsys.readouterr().out


def test_verify_checks_the_cache_too(run: Run, mirror: Path, capsys: pytest.CaptureFixture):
    cached = mirror.parent / "cache/perturbqa/missing.csv"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"half a fi")
    assert run("verify", "perturbqa/missing.csv") == 1
    assert "WRONG     perturbqa/missing.csv" in capsys.readouterr().out


def test_fetch_prints_paths_and_downloads(
    run: Run, mirror: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(RIGHT)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/x"
        names = ["perturbqa/right.csv", "perturbqa/missing.csv"]
        table = {name: a_source(name, url=url) for name in names}
        monkeypatch.setattr(cli_data, "SOURCES", table)
        assert run("fetch") == 0
        out, err = capsys.readouterr()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    cached = mirror.parent / "cache/perturbqa/missing.csv"
    assert out.splitlines() == [str(mirror / "perturbqa/right.csv"), str(cached)]
    assert err == ""
    assert cached.read_bytes() == RIGHT


def test_fetch_fails_with_a_message_and_keeps_stdout_clean(
    run: Run, mirror: Path, capsys: pytest.CaptureFixture
):
    assert run("fetch", "perturbqa/right.csv", "perturbqa/wrong.csv") == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == [str(mirror / "perturbqa/right.csv")]
    assert "perturbqa/wrong.csv" in err
    assert "way out" in err


@pytest.fixture
def unpublished(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mirror with a file that has no published checksum; another one has no address either."""
    table = {
        name: replace(a_source(name), **changes)
        for name, changes in (
            ("perturbqa/right.csv", {"sha256": None}),
            ("perturbqa/missing.csv", {"url": None}),
        )
    }
    monkeypatch.setattr(cli_data, "SOURCES", table)
    return mirror


def test_list_says_what_has_no_checksum_and_what_no_address(
    run: Run, unpublished: Path, capsys: pytest.CaptureFixture
):
    assert run("list") == 0
    lines = capsys.readouterr().out.splitlines()
    seen = hashlib.sha256(RIGHT).hexdigest()
    notes = [line for line in lines if line.startswith("note")]
    assert notes == [
        f"note    perturbqa/right.csv: no published checksum; seen {seen[:16]}...",
        "note    perturbqa/missing.csv: no public address; put it into a mirror folder",
    ]
    (unpublished / "perturbqa/right.csv").unlink()
    assert run("list") == 0
    assert "perturbqa/right.csv: no published checksum; not seen yet" in capsys.readouterr().out
    (unpublished / "perturbqa/right.csv").symlink_to(unpublished / "nowhere")
    assert run("list") == 0
    assert "perturbqa/right.csv: no published checksum; unreadable" in capsys.readouterr().out


def test_verify_never_calls_a_file_right_that_nothing_vouches_for(
    run: Run, unpublished: Path, capsys: pytest.CaptureFixture
):
    seen = hashlib.sha256(RIGHT).hexdigest()
    assert run("verify") == 0
    out = capsys.readouterr().out
    assert (
        f"seen      perturbqa/right.csv  (mirror; no published checksum; sha256 {seen})"
        in out.splitlines()
    )
    assert "0 right, 0 wrong, 1 not here, 1 without a published checksum" in out
    (unpublished / "perturbqa/right.csv.sha256").write_text("0" * 64, encoding="utf-8")
    assert run("verify") == 1
    assert "WRONG     perturbqa/right.csv: " in capsys.readouterr().out


def test_fetch_of_all_passes_over_what_has_no_address(
    run: Run, unpublished: Path, capsys: pytest.CaptureFixture
):
    assert run("fetch") == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [str(unpublished / "perturbqa/right.csv")]
    assert err == "perturbqa/missing.csv: no public address, passed over\n"
    assert run("fetch", "perturbqa/missing.csv") == 1
    assert "put the right file at" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["fetch", "verify"])
def test_an_unknown_name_is_exit_code_2(
    run: Run, mirror: Path, capsys: pytest.CaptureFixture, command: str
):
    # Also when the first name is fine: nothing is done by half.
    assert run(command, "perturbqa/right.csv", "rihgt.csv") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "'rihgt.csv'" in err
    assert "Close to it: perturbqa/right.csv" in err


@pytest.mark.parametrize("command", ["list", "fetch", "verify"])
def test_a_mirror_that_does_not_exist_is_said_once(
    run: Run,
    mirror: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
    command: str,
):
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(mirror / "nowhere"))
    assert run(command) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("does not exist") == 1
    assert str(mirror / "nowhere") in err


def test_no_command_is_an_error_of_use(run: Run, capsys: pytest.CaptureFixture):
    with pytest.raises(SystemExit) as caught:
        run()
    assert caught.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


@pytest.fixture
def ncbi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mirror with small files of NCBI's and nothing else."""
    genes = {
        "Homo_sapiens.gene_info.gz": "#tax_id\tGeneID\tSymbol\tSynonyms\tdbXrefs\tdescription\t"
        "Symbol_from_nomenclature_authority\tOther_designations\n"
        "9606\t16\tAARS1\tAARS\t-\talanyl-tRNA synthetase 1\tAARS1\t-\n"
        "9606\t9\tONE\tP40\t-\tfirst\tONE\t-\n"
        "9606\t10\tTWO\tP40\t-\tsecond\tTWO\t-\n",
        "gene_summary.gz": "#tax_id\tGeneID\tSource\tSummary\n9606\t16\tRefSeq\tIt charges tRNA.\n",
    }
    mirror = tmp_path / "mirror"
    (mirror / "genes").mkdir(parents=True)
    for name, content in genes.items():
        (mirror / "genes" / name).write_bytes(gzip.compress(content.encode()))
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(mirror))
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")
    return mirror


def rows_of(text: str, table: str) -> list[list[str]]:
    """The cells of a table's rows, of how its names are found and of how many the graphs know."""
    lines = [line.replace(",", "") for line in text.splitlines() if not line.rstrip().endswith(":")]
    return [line.split() for line in lines if line.strip().startswith(f"{table} ")]


def test_genes_of_the_demo_need_no_graph_file(
    run: Run, ncbi: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    assert run("genes", "--dataset", "demo") == 0
    out = capsys.readouterr().out
    row, graphs = rows_of(out, "demo_a de")
    # Perturbations, readout genes; AARS1 is the one name that this small list of NCBI's has.
    assert row[2:9] == ["240", "590", "1", "0", "0", "790", "1"]
    assert int(graphs[2]) > 200
    assert "string: simulated" in out
    assert "stringdb" not in out
    listed = out[out.index("demo_a de, unknown (790):") :].split("demo_a direction")[0]
    names = listed.split(":", 1)[1].split()
    assert len(names) == 790
    assert names == sorted(names)
    assert "AARS1" not in names
    assert max(len(line) for line in listed.splitlines()) <= 80


def test_genes_of_own_tables_by_how_they_are_found(
    run: Run, ncbi: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "mine-de.csv").write_text(
        "pert,gene,label,split\nAARS,ONE,1,train\nAARS,NEW,0,train\nTWO,P40,1,test\n"
        "TWO,ONE,0,test\n[red]X,ONE,0,test\n",
        encoding="utf-8",
    )
    assert run("genes", "--dataset", str(folder)) == 0
    out = capsys.readouterr().out
    row = rows_of(out, "mine de")[0]
    assert row[2:] == ["3", "3", "2", "1", "1", "2", "1"]
    assert "mine de, unknown (2):\n  NEW [red]X\n" in out
    assert "mine de, of several genes (1):\n  P40\n" in out
    assert "string_links is not at hand: `perturb-evals data fetch string/9606" in out
    assert "reactome is not at hand: put graphs/reactome.csv.gz into the mirror folder" in out
    assert "licence  genes/gene_summary.gz: public domain" in out


def test_genes_of_tables_that_are_not_here(run: Run, ncbi: Path, capsys: pytest.CaptureFixture):
    assert run("genes") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "No table of this data set is on this machine" in err
    assert "k562 de is passed over: perturbqa/k562-de.csv is not on this machine" in err
    assert run("genes", "--dataset", "nowhere") == 2
    assert "'nowhere'" in capsys.readouterr().err


def test_genes_of_perturbqa(run: Run, real_data: Path, capsys: pytest.CaptureFixture):
    assert run("genes") == 0
    out = capsys.readouterr().out
    row, graphs = rows_of(out, "k562 de")
    perts, genes, current, former, several, unknown, summary = map(int, row[2:])
    string, _ = map(int, graphs[2:])
    assert (perts, genes) == (1_831, 4_136)
    assert several + unknown < 20 < former < 200 < current
    assert 3_000 < summary < current + former
    assert 1_400 < string < perts
    assert "graphs/stringdb.csv.gz: CC BY 4.0" in out
    assert "graphs/reactome.csv.gz: CC0" in out
    assert "string is not at hand" not in out
