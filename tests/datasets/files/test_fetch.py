"""Fetching for real: a loopback server, temporary folders, broken downloads, two processes."""

import errno
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.files import checksums
from perturb_evals.datasets.files import fetch as fetching
from perturb_evals.datasets.files.fetch import cache_folder, fetch, file_sha256, locate, verify
from perturb_evals.datasets.files.sources import SOURCES, Source

NAME = "perturbqa/tiny-de.csv"
CONTENT = b"pert,gene,label,split\n" + b"AAMP,ATP5IF1,1,train\n" * 20_000  # about 420 kB
REAL_MIRROR = os.environ.get("PERTURB_EVALS_DATA")  # the tests below have mirrors of their own


class Server:
    """A loopback server; each request is answered by the next of `answers`, the last one again."""

    def __init__(self) -> None:
        self.answers: list[str] = ["whole"]
        self.hits = 0
        self.together = threading.Barrier(2)
        self.release = threading.Event()
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with outer._lock:
                    answer = outer.answers[min(outer.hits, len(outer.answers) - 1)]
                    outer.hits += 1
                outer.reply(self, answer)

            def log_message(self, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/tiny-de.csv"

    def reply(self, request: BaseHTTPRequestHandler, answer: str) -> None:
        if answer.isdigit():
            request.send_error(int(answer))
            return
        body, half = CONTENT, len(CONTENT) // 2
        if answer == "other":
            body = b"<html>please log in to this network</html>"
        request.send_response(200)
        if answer != "whole-no-length":
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        try:
            if answer == "truncated":
                body = body[:half]
            elif answer == "stalled":
                request.wfile.write(body[:half])
                self.release.wait(20)
                body = body[half:]
            elif answer == "together":
                # Both downloads are half-way at the same time, or the test fails.
                request.wfile.write(body[:half])
                self.together.wait(20)
                body = body[half:]
            request.wfile.write(body)
        except (ConnectionError, threading.BrokenBarrierError):
            pass

    def close(self) -> None:
        self.release.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def source(server: Server) -> Source:
    return Source(
        NAME, server.url, hashlib.sha256(CONTENT).hexdigest(), len(CONTENT), "CC0", "Nobody, 2024"
    )


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, no mirror, no proxy, no waiting between attempts."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(folder))
    monkeypatch.delenv("PERTURB_EVALS_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(fetching, "RETRY_WAITS", (0.0, 0.0))
    return folder


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "mirror"
    (folder / "perturbqa").mkdir(parents=True)
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(folder))
    return folder


def files_in(folder: Path) -> list[str]:
    """Every file below a folder, hidden ones too."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir())


def failure(source: Source) -> str:
    """The message of the fetch that must fail, checked for what every message must hold."""
    with pytest.raises(DataError) as caught:
        fetch(source.name, {source.name: source})
    text = str(caught.value)
    for part in (source.name, source.url, source.sha256, "PERTURB_EVALS_DATA"):
        assert part in text
    # Who has set the variable is not told to set it.
    assert ("PERTURB_EVALS_DATA=" in text) != bool(os.environ.get("PERTURB_EVALS_DATA"))
    return text


CHILD = """
import json, sys
import perturb_evals.datasets.files.fetch as module
from perturb_evals.datasets.files.sources import Source
from perturb_evals.datasets.errors import DataError
module.RETRY_WAITS = ()
source = Source(**json.loads(sys.argv[1]))
try:
    print(module.fetch(source.name, {source.name: source}))
except DataError as error:
    sys.exit(f"DataError: {error}")
"""


def child(source: Source, before: str = "", **options: object) -> subprocess.Popen[str]:
    """A process of its own that fetches the file."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    command = [sys.executable, "-c", before + CHILD, json.dumps(asdict(source))]
    return subprocess.Popen(command, **pipes)


def wait_for_half(cache: Path) -> None:
    """Until a download is half-way and waits for a server that is `stalled`."""
    end = time.monotonic() + 20
    while sum((cache / name).stat().st_size for name in files_in(cache)) < 100_000:
        assert time.monotonic() < end, "the download did not start in time"
        time.sleep(0.01)
    time.sleep(0.1)  # into the system call that waits, where a signal wakes it at once


# --- what works ---------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["whole", "whole-no-length"])
def test_download_once_then_cache(server: Server, source: Source, cache: Path, answer: str):
    server.answers = [answer]
    path = fetch(NAME, {NAME: source})
    assert path == cache / NAME
    assert path.read_bytes() == CONTENT
    assert files_in(cache) == [NAME]
    assert fetch(NAME, {NAME: source}) == path
    assert server.hits == 1


def test_a_download_has_the_permissions_of_any_new_file(source: Source, tmp_path: Path):
    (tmp_path / "plain").touch()
    path = fetch(NAME, {NAME: source})
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_the_mirror_comes_before_cache_and_network(
    server: Server, source: Source, cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    fetch(NAME, {NAME: source})
    (tmp_path / "mirror/perturbqa").mkdir(parents=True)
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(tmp_path / "mirror"))
    assert locate(source) == ("cache", cache / NAME)
    (tmp_path / "mirror" / NAME).write_bytes(CONTENT)
    assert locate(source) == ("mirror", tmp_path / "mirror" / NAME)
    assert fetch(NAME, {NAME: source}) == tmp_path / "mirror" / NAME
    assert server.hits == 1


def test_a_file_that_the_mirror_lacks_is_downloaded_into_the_cache(
    source: Source, mirror: Path, cache: Path
):
    assert fetch(NAME, {NAME: source}) == cache / NAME
    assert files_in(mirror) == []


def test_the_path_stays_right_when_the_working_folder_changes(
    source: Source, mirror: Path, monkeypatch: pytest.MonkeyPatch
):
    (mirror / NAME).write_bytes(CONTENT)
    monkeypatch.chdir(mirror.parent)
    monkeypatch.setenv("PERTURB_EVALS_DATA", "mirror")
    path = fetch(NAME, {NAME: source})
    monkeypatch.chdir("/")
    assert path.read_bytes() == CONTENT


def test_an_empty_mirror_variable_is_an_unset_one(
    source: Source, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PERTURB_EVALS_DATA", "")
    assert fetch(NAME, {NAME: source}) == cache / NAME


def test_without_a_variable_the_cache_is_the_system_folder(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PERTURB_EVALS_CACHE")
    assert cache_folder().name == "perturb-evals"
    assert cache_folder().is_absolute()


def test_an_unchanged_file_is_hashed_once(
    source: Source, mirror: Path, monkeypatch: pytest.MonkeyPatch
):
    (mirror / NAME).write_bytes(CONTENT)
    reads = []
    hash_file = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda *a: reads.append(1) or hash_file(*a))
    for _ in range(5):
        fetch(NAME, {NAME: source})
    assert len(reads) == 1
    os.utime(mirror / NAME, ns=(1, 1))
    fetch(NAME, {NAME: source})
    assert len(reads) == 2


def test_two_processes_at_once(server: Server, source: Source, cache: Path):
    server.answers = ["together"]
    both = [child(source), child(source)]
    results = [process.communicate(timeout=30) for process in both]
    assert [process.returncode for process in both] == [0, 0], results
    assert [out.strip() for out, _ in results] == [str(cache / NAME)] * 2
    assert server.hits == 2  # neither was served by the other's file: they did overlap
    assert (cache / NAME).read_bytes() == CONTENT
    assert files_in(cache) == [NAME]


def test_nothing_is_printed_without_a_terminal(source: Source):
    process = child(source)
    assert process.communicate(timeout=30)[1] == ""


@pytest.mark.parametrize("size", [len(CONTENT), None], ids=["size-known", "size-unknown"])
def test_a_terminal_gets_a_progress_bar_on_stderr(source: Source, size: int | None):
    pty = pytest.importorskip("pty", reason="no pseudo-terminals on this system")
    named = replace(source, name="perturbqa/a[red]b.csv", size=size)  # not markup
    master, slave = pty.openpty()
    env = os.environ | {"TERM": "xterm", "COLUMNS": "80"}
    process = child(named, stderr=slave, env=env)
    os.close(slave)
    screen = b""
    try:
        while piece := os.read(master, 4096):
            screen += piece
    except OSError:  # Linux answers with EIO, not with an empty read, when the other end is closed
        pass
    os.close(master)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out.strip().endswith("a[red]b.csv")
    text = screen.decode()
    assert "perturbqa/a[red]b.csv" in text
    assert "━" in text
    assert "420.0/420.0 kB" in text


# --- what goes wrong on the way -----------------------------------------------------------------


def test_wrong_checksum(server: Server, source: Source, cache: Path):
    server.answers = ["other"]
    text = failure(source)
    wrong = b"<html>please log in to this network</html>"
    assert hashlib.sha256(wrong).hexdigest() in text
    assert f"({len(wrong)} bytes)" in text
    assert f"({len(CONTENT)} bytes)" in text
    assert files_in(cache) == []
    assert server.hits == 1


def test_truncated_download(server: Server, source: Source, cache: Path):
    server.answers = ["truncated"]
    text = failure(source)
    half = len(CONTENT) // 2
    assert f"{half} bytes read, {len(CONTENT) - half} more expected" in text
    assert files_in(cache) == []
    assert server.hits == 3


@pytest.mark.parametrize("trouble", ["truncated", "500", "503", "429"])
def test_a_passing_trouble_is_overcome(server: Server, source: Source, trouble: str):
    server.answers = [trouble, trouble, "whole"]
    assert fetch(NAME, {NAME: source}).read_bytes() == CONTENT
    assert server.hits == 3


@pytest.mark.parametrize(("status", "attempts"), [("404", 1), ("403", 1), ("500", 3), ("503", 3)])
def test_http_errors(server: Server, source: Source, cache: Path, status: str, attempts: int):
    server.answers = [status]
    assert f"HTTP {status}" in failure(source)
    assert files_in(cache) == []
    assert server.hits == attempts


def test_no_network(source: Source, cache: Path):
    with socket.socket() as taken:  # bound, but nobody listens: the connection is refused
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/tiny-de.csv"
        text = failure(replace(source, url=url))
    assert "refused" in text
    assert f"<folder>/{NAME}" in text
    assert files_in(cache) == []


def test_a_name_that_does_not_resolve(source: Source, cache: Path):
    text = failure(replace(source, url="http://no-such-host.invalid/tiny-de.csv"))
    assert "no-such-host.invalid" in text
    assert files_in(cache) == []


def test_a_silent_server_is_given_up(
    server: Server, source: Source, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(fetching, "READ_TIMEOUT", 0.1)
    server.answers = ["stalled"]
    assert "timed out" in failure(source)
    assert files_in(cache) == []
    assert server.hits == 3


def test_full_disk(source: Source, cache: Path):
    # The system refuses to write past 100 kB, as it does on a full disk (EFBIG for ENOSPC).
    pytest.importorskip("resource", reason="no resource limits on this system")
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
    process = child(source, before=limit)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    for part in ("DataError", NAME, source.url, source.sha256, os.strerror(errno.EFBIG)):
        assert part in err
    assert "PERTURB_EVALS_CACHE" in err
    assert "PERTURB_EVALS_DATA=" in err
    assert "Traceback" not in err
    assert files_in(cache) == []


def test_a_cache_that_cannot_be_made(source: Source, cache: Path):
    cache.write_text("a file where the folder should be", encoding="utf-8")
    text = failure(source)
    assert str(cache) in text
    assert "PERTURB_EVALS_CACHE" in text
    assert cache.read_text(encoding="utf-8") == "a file where the folder should be"


def test_a_folder_where_the_cached_file_should_be(source: Source, cache: Path):
    (cache / NAME).mkdir(parents=True)
    assert "cannot be written" in failure(source)
    assert files_in(cache) == []


def test_ctrl_c_leaves_nothing(server: Server, source: Source, cache: Path):
    server.answers = ["stalled"]
    # A shell in the background starts its processes deaf to Ctrl-C.
    process = child(source, "import signal; signal.signal(2, signal.default_int_handler)\n")
    wait_for_half(cache)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in err
    assert files_in(cache) == []


def test_a_killed_download_is_never_trusted(server: Server, source: Source, cache: Path):
    server.answers = ["stalled", "whole"]
    process = child(source)
    wait_for_half(cache)
    process.kill()
    process.communicate(timeout=30)
    assert not (cache / NAME).exists()
    assert locate(source) is None
    assert fetch(NAME, {NAME: source}).read_bytes() == CONTENT


# --- what is wrong on the disk ------------------------------------------------------------------


def test_a_wrong_file_in_the_mirror_is_an_error(
    server: Server, source: Source, mirror: Path, cache: Path
):
    cache.joinpath("perturbqa").mkdir(parents=True)
    (cache / NAME).write_bytes(CONTENT)  # a right file elsewhere does not hide the wrong one
    (mirror / NAME).write_bytes(CONTENT[:-1])
    text = failure(source)
    assert hashlib.sha256(CONTENT[:-1]).hexdigest() in text
    assert f"put the right file at {mirror / NAME}" in text
    assert server.hits == 0
    assert (mirror / NAME).read_bytes() == CONTENT[:-1]


@settings(max_examples=30, deadline=None)
@given(content=st.binary(max_size=200), other=st.binary(max_size=200))
def test_verify_is_true_to_every_byte(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, other: bytes
):
    path = tmp_path_factory.mktemp("verify") / "x"
    expected = Source("x", "", hashlib.sha256(content).hexdigest(), None, "", "")
    path.write_bytes(content)
    verify(expected, path)
    path.unlink()
    path.write_bytes(other)
    os.utime(path, ns=(1, 1))
    if other == content:
        verify(expected, path)
    else:
        with pytest.raises(DataError, match=hashlib.sha256(other).hexdigest()):
            verify(expected, path)


def test_a_change_in_the_mirror_is_noticed_in_the_same_process(source: Source, mirror: Path):
    (mirror / NAME).write_bytes(CONTENT)
    fetch(NAME, {NAME: source})
    (mirror / NAME).write_bytes(CONTENT.replace(b"1,train", b"0,train", 1))
    os.utime(mirror / NAME, ns=(1, 1))
    failure(source)


@pytest.mark.parametrize("kind", ["folder", "dangling-link", "file-as-parent"])
def test_what_stands_in_the_mirror_but_is_no_file_is_an_error(
    server: Server, source: Source, mirror: Path, kind: str
):
    if kind == "folder":
        (mirror / NAME).mkdir()
    elif kind == "dangling-link":
        (mirror / NAME).symlink_to(mirror / "nowhere.csv")
    else:
        (mirror / "perturbqa").rmdir()
        (mirror / "perturbqa").touch()
    assert "cannot be read" in failure(source)
    assert server.hits == 0


@pytest.mark.parametrize("kind", ["absent", "file"])
def test_a_mirror_that_is_no_folder_is_an_error(
    server: Server, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
):
    place = tmp_path / "elsewhere"
    if kind == "file":
        place.touch()
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(place))
    with pytest.raises(DataError) as caught:
        fetch(NAME, {NAME: source})
    assert "PERTURB_EVALS_DATA" in str(caught.value)
    assert str(place) in str(caught.value)
    assert {"absent": "does not exist", "file": "is not a folder"}[kind] in str(caught.value)
    assert server.hits == 0


def test_a_wrong_file_in_the_cache_is_replaced_with_a_warning(
    server: Server, source: Source, cache: Path, logged: Any
):
    path = fetch(NAME, {NAME: source})
    edited = CONTENT + b"AAMP,ATP5IF1,0,test\n"
    path.write_bytes(edited)
    assert fetch(NAME, {NAME: source}).read_bytes() == CONTENT
    (record,) = [r for r in logged.records if r.name == "perturb_evals.datasets.files.fetch"]
    assert hashlib.sha256(edited).hexdigest() in record.getMessage()
    assert str(path) in record.getMessage()
    assert "downloaded anew" in record.getMessage()
    assert server.hits == 2
    assert files_in(cache) == [NAME]


def test_a_wrong_file_in_the_cache_is_not_used_when_the_network_is_gone(
    server: Server, source: Source
):
    path = fetch(NAME, {NAME: source})
    path.write_bytes(b"half")
    server.answers = ["404"]
    assert "HTTP 404" in failure(source)


# --- files without a published checksum, or without an address ------------------------------------


@pytest.fixture
def unpublished(source: Source) -> Source:
    """The same file, of which no checksum is published."""
    return replace(source, sha256=None)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_the_first_download_is_recorded_and_then_counts(
    server: Server, unpublished: Source, cache: Path
):
    path = fetch(NAME, {NAME: unpublished})
    record = path.with_name("tiny-de.csv.sha256")
    assert record.read_text(encoding="utf-8") == f"{sha256(CONTENT)}  tiny-de.csv\n"
    assert files_in(cache) == [NAME, f"{NAME}.sha256"]
    assert fetch(NAME, {NAME: unpublished}) == path
    assert verify(unpublished, path) == file_sha256(path) == sha256(CONTENT)
    assert server.hits == 1


def test_a_file_that_left_its_record_is_downloaded_anew(
    server: Server, unpublished: Source, cache: Path, logged: Any
):
    path = fetch(NAME, {NAME: unpublished})
    path.write_bytes(b"half")
    with pytest.raises(DataError, match=sha256(b"half")):
        verify(unpublished, path)
    assert fetch(NAME, {NAME: unpublished}).read_bytes() == CONTENT
    assert "downloaded anew" in logged.text
    assert server.hits == 2


def test_a_publisher_who_changed_the_file_is_told_of(
    server: Server, unpublished: Source, cache: Path
):
    path = fetch(NAME, {NAME: unpublished})
    path.unlink()
    server.answers = ["other"]
    with pytest.raises(DataError) as caught:
        fetch(NAME, {NAME: unpublished})
    text = str(caught.value)
    assert "not the expected one" in text
    assert f"sha256 {sha256(CONTENT)}, the first one seen" in text
    assert f"to accept another, remove {path}.sha256" in text
    assert files_in(cache) == [f"{NAME}.sha256"]
    path.with_name("tiny-de.csv.sha256").unlink()
    assert fetch(NAME, {NAME: unpublished}).read_bytes() != CONTENT


@pytest.mark.parametrize("record", ["", "not a checksum\n", "ABCD" * 16])
def test_a_broken_record_is_an_error(unpublished: Source, record: str):
    path = fetch(NAME, {NAME: unpublished})
    path.with_name("tiny-de.csv.sha256").write_text(record, encoding="utf-8")
    with pytest.raises(DataError, match=r"tiny-de\.csv\.sha256 does not begin .*; remove it"):
        fetch(NAME, {NAME: unpublished})


def test_the_mirror_gives_the_file_as_it_is(server: Server, unpublished: Source, mirror: Path):
    (mirror / NAME).write_bytes(b"the file of another day")
    assert fetch(NAME, {NAME: unpublished}) == mirror / NAME
    assert files_in(mirror) == [NAME]  # nothing is written into a mirror
    assert server.hits == 0


def test_a_record_in_the_mirror_counts(unpublished: Source, mirror: Path):
    (mirror / NAME).write_bytes(CONTENT)
    (mirror / f"{NAME}.sha256").write_text(f"{sha256(CONTENT)}  tiny-de.csv\n", encoding="utf-8")
    fetch(NAME, {NAME: unpublished})
    (mirror / NAME).write_bytes(b"the file of another day")
    with pytest.raises(DataError, match="not the expected one"):
        fetch(NAME, {NAME: unpublished})


@pytest.mark.parametrize("name", ["gears/tiny.zip", "genes/tiny.gz"])
def test_a_page_that_asks_to_log_in_is_not_trusted(
    server: Server, unpublished: Source, cache: Path, name: str
):
    server.answers = ["other"]
    named = replace(unpublished, name=name)
    with pytest.raises(DataError, match=rf"the download is no \.{name.split('.')[1]} file"):
        fetch(name, {name: named})
    assert files_in(cache) == []


def test_a_failed_download_says_that_no_checksum_is_published(server: Server, unpublished: Source):
    server.answers = ["404"]
    with pytest.raises(DataError, match="expected: any file, since no checksum is published"):
        fetch(NAME, {NAME: unpublished})


def test_a_file_without_an_address_has_to_be_in_the_mirror(
    source: Source, mirror: Path, cache: Path
):
    placed = replace(source, url=None)
    with pytest.raises(DataError) as caught:
        fetch(NAME, {NAME: placed})
    for part in ("no public address", sha256(CONTENT), f"put the right file at {mirror / NAME}"):
        assert part in str(caught.value)
    assert files_in(cache) == []
    (mirror / NAME).write_bytes(CONTENT)
    assert fetch(NAME, {NAME: placed}) == mirror / NAME


def test_a_big_file_is_hashed_once_on_a_machine(
    source: Source, mirror: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(checksums, "BIG", 1000)
    (mirror / NAME).write_bytes(CONTENT)
    before = "import perturb_evals.datasets.files.checksums as c\nc.BIG = 1000\n"
    silent = "c.sha256_of = None\n"  # calling it would fail
    for code in (before, before + silent):
        process = child(source, before=code)
        out, err = process.communicate(timeout=30)
        assert out.strip() == str(mirror / NAME), err
    # A new time stamp is a new file.
    os.utime(mirror / NAME, ns=(1, 1))
    process = child(source, before=before + silent)
    assert "not callable" in process.communicate(timeout=30)[1]


def test_a_big_download_is_not_hashed_again(
    source: Source, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(checksums, "BIG", 1000)
    path = fetch(NAME, {NAME: source})
    monkeypatch.setattr(checksums, "sha256_of", None)
    assert fetch(NAME, {NAME: source}) == path
    assert file_sha256(path) == source.sha256


def test_verify_reads_the_file_whatever_is_remembered(
    source: Source, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(checksums, "BIG", 1000)
    path = fetch(NAME, {NAME: source})
    stat = path.stat()
    path.write_bytes(CONTENT.replace(b"1,train", b"0,train", 1))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(DataError, match="not the expected one"):
        verify(source, path)


@pytest.mark.parametrize("entry", ["", "[]", "{}", '{"sha256": 1}'])
def test_a_damaged_memory_is_passed_by(
    source: Source, cache: Path, monkeypatch: pytest.MonkeyPatch, entry: str
):
    monkeypatch.setattr(checksums, "BIG", 1000)
    path = fetch(NAME, {NAME: source})
    (remembered,) = (cache / "hashes").iterdir()
    remembered.write_text(entry, encoding="utf-8")
    assert file_sha256(path) == source.sha256


def test_a_memory_that_cannot_be_written_only_costs_time(
    source: Source, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(checksums, "BIG", 1000)
    cache.mkdir()
    (cache / "hashes").touch()  # a file where the folder should be
    assert file_sha256(fetch(NAME, {NAME: source})) == source.sha256


def test_an_unknown_name_never_becomes_a_path(server: Server, source: Source, mirror: Path):
    (mirror / "secret.csv").write_bytes(CONTENT)
    for name in ("secret.csv", "../mirror/secret.csv", str(mirror / "secret.csv"), ""):
        with pytest.raises(DataError, match="Unknown data file"):
            fetch(name, {NAME: source})
    assert server.hits == 0


def test_the_real_files_are_found_in_the_mirror(monkeypatch: pytest.MonkeyPatch):
    if not REAL_MIRROR:
        pytest.skip("PERTURB_EVALS_DATA is not set: no real files to read")
    monkeypatch.setenv("PERTURB_EVALS_DATA", REAL_MIRROR)
    here = [name for name in SOURCES if Path(REAL_MIRROR, name).exists()]
    assert here
    for name in here:
        assert fetch(name) == Path(REAL_MIRROR, name).absolute()
