"""Whatever happens to a file of the cache, the result is as of fresh files, or an error."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest

from perturb_evals.datasets.errors import DataError
from perturb_evals.datasets.files import checksums
from perturb_evals.datasets.files.fetch import file_sha256
from perturb_evals.datasets.genes import texts
from perturb_evals.datasets.genes.graphs.string_links import read_string_links
from perturb_evals.datasets.pairs.own_tables import _read, read_own
from perturb_evals.datasets.screens.load import ScreenRequest, load_screen

TEXTS = {f"G{n:02d}": f"word{n % 30} of kind{n % 7}" for n in range(60)}
DAMAGES = ("a bit is flipped", "a byte is another", "cut off", "longer", "zeros", "empty", "gone")


def forget() -> None:
    for remembered in (load_screen, texts._vectors, texts._words, _read, checksums._remembered):
        remembered.cache_clear()


@pytest.fixture
def world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put_knowledge: Callable[..., str]
) -> Iterator[Path]:
    """Sources of every kind of file that is made once and kept."""
    put_knowledge(tmp_path, [], TEXTS)
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(tmp_path))
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    values = np.random.default_rng(0).normal(2, 1, (9, 12)).astype(np.float32)
    obs = pd.DataFrame({"perturbation": ["control", *"ABCDEFGH"]}, index=list("123456789"))
    genes = pd.DataFrame(index=[f"G{n:02d}" for n in range(12)])
    anndata.AnnData(values, obs=obs, var=genes).write_h5ad(tmp_path / "mine.h5ad")
    proteins = [f"9606.ENSP{n}" for n in range(9)]
    linked = [f"{a} {b} 900" for a in proteins for b in proteins if a != b]
    (tmp_path / "links.txt").write_text(
        "\n".join(["protein1 protein2 combined_score", *linked, ""]), "utf-8"
    )
    named = [f"{protein}\tG{n}" for n, protein in enumerate(proteins)]
    (tmp_path / "info.txt").write_text(
        "\n".join(["#string_protein_id\tpreferred_name", *named, ""]), "utf-8"
    )
    (tmp_path / "own").mkdir()
    rows = [f"P{n % 6},R{n % 5},{n % 2},{'train' if n % 6 < 4 else 'test'}" for n in range(30)]
    (tmp_path / "own" / "mine-de.csv").write_text(
        "\n".join(["pert,gene,label,split", *rows, ""]), "utf-8"
    )
    forget()
    yield tmp_path
    forget()


def of_screen(world: Path) -> list[Any]:
    screen = load_screen(ScreenRequest(str(world / "mine.h5ad")))
    about = [screen.perturbations, screen.symbols, screen.fingerprint, screen.source_sha256]
    return [*about, screen.expression.tolist(), screen.control.tolist(), screen.de_order.tolist()]


def of_links(world: Path) -> list[Any]:
    pairs, sha256 = read_string_links(world / "links.txt", world / "info.txt", 700)
    return [pairs.to_dict("list"), sha256]


def of_vectors(world: Path) -> list[Any]:
    vectors = texts.text_vectors(3)
    return [vectors.symbols, vectors.matrix.tolist(), dict(vectors.facts), vectors.sha256]


def of_words(world: Path) -> list[Any]:
    words = texts.gene_words()
    return [words.symbols, words.weights.toarray().tolist(), words.sha256]


def of_table(world: Path) -> list[Any]:
    table = read_own(str(world / "own"), "mine", "de")
    return [table.sha256, table.rows.to_pydict()]


KINDS: dict[str, Callable[[Path], list[Any]]] = {
    "screens": of_screen,
    "string_links": of_links,
    "gene_text": of_vectors,
    "gene_words": of_words,
    "tables": of_table,
}


def damage(file: Path, how: str, draw: random.Random) -> None:
    content = bytearray(file.read_bytes())
    place = draw.randrange(len(content))
    match how:
        case "a bit is flipped":
            content[place] ^= 1 << draw.randrange(8)
        case "a byte is another":
            content[place] = (content[place] + draw.randrange(1, 256)) % 256
        case "cut off":
            del content[place:]
        case "longer":
            content += draw.randbytes(9)
        case "zeros":
            content[place : place + 512] = bytes(len(content[place : place + 512]))
        case "empty":
            content.clear()
    if how == "gone":
        file.unlink()
    else:
        file.write_bytes(content)


def hold(world: Path, kind: str, rounds: int) -> None:
    make, draw = KINDS[kind], random.Random(kind)
    fresh = make(world)
    for n in range(rounds):
        files = sorted(file for file in (world / "cache").rglob("*") if file.is_file())
        if kind == "tables":
            assert files == []  # nothing is kept that has no hash
            return
        assert {file.parent.name for file in files} == {kind}
        file, how = draw.choice(files), draw.choice(DAMAGES) if n % 2 else DAMAGES[0]
        damage(file, how, draw)
        forget()
        assert make(world) == fresh, (file, how)


@pytest.mark.each("kind", KINDS)
def test_a_damaged_file_never_gives_another_number(kind: str, world: Path) -> None:
    hold(world, kind, rounds=8)
    for file in sorted((world / "cache").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    forget()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_no_damage_of_many_gives_another_number(kind: str, world: Path) -> None:
    hold(world, kind, rounds=300)


def test_a_damaged_file_is_told_of_once(world: Path, logged: Any) -> None:
    fresh = of_screen(world)
    (file,) = (world / "cache" / "screens").glob("*.h5ad")
    damage(file, "a bit is flipped", random.Random(1))
    forget()
    assert of_screen(world) == fresh
    assert f"{file} cannot be used (it is not as it was written" in logged.text
    logged.records.clear()
    forget()
    assert of_screen(world) == fresh
    assert logged.text == ""


def test_what_is_remembered_of_a_big_file_is_held_too(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hash fixes boards: one that was damaged is computed again."""
    monkeypatch.setattr(checksums, "BIG", 1)
    fresh, draw = file_sha256(world / "mine.h5ad"), random.Random(2)
    (entry,) = (world / "cache" / "hashes").iterdir()
    for _ in range(100):
        damage(entry, DAMAGES[0], draw)
        forget()
        assert file_sha256(world / "mine.h5ad") == fresh
    digits = [n for n, letter in enumerate(entry.read_text("utf-8")) if letter in fresh]
    for n in digits:
        text = entry.read_text("utf-8")
        entry.write_text(text[:n] + ("0" if text[n] != "0" else "1") + text[n + 1 :], "utf-8")
        forget()
        assert file_sha256(world / "mine.h5ad") == fresh


def test_a_big_source_that_rotted_is_no_screen(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its size and time stamp are as they were, so that its hash is taken from memory."""
    monkeypatch.setattr(checksums, "BIG", 1)
    path = world / "mine.h5ad"
    file_sha256(path)
    stat = path.stat()
    damage(path, "a bit is flipped", random.Random(3))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(DataError, match="has another sha256 than when it was read first"):
        load_screen(ScreenRequest(str(path)))


def test_parts_of_killed_processes_are_swept_after_a_day(world: Path) -> None:
    of_links(world)
    folder = world / "cache" / "string_links"
    old, new = folder / f".{'0' * 32}.part.parquet", folder / f".{'1' * 32}.part.parquet"
    for part in (old, new):
        part.write_bytes(b"half")
    os.utime(old, (1, 1))
    (kept,) = folder.glob("[0-9a-f]*.parquet")
    kept.unlink()
    of_links(world)
    assert not old.exists()
    assert new.exists()
