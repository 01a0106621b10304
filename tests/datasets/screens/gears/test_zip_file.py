"""The zip that GEARS publishes: one file of it is unpacked, and removed again."""

import zipfile
from pathlib import Path

import pytest

from perturb_evals.datasets.screens.gears.zip_file import unpacked
from perturb_evals.datasets.screens.screen import ScreenError

CONTENT = bytes(range(256)) * 1000


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def opened(path: Path) -> str:
    with pytest.raises(ScreenError) as caught, unpacked(path):
        raise AssertionError("nothing should be given")
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("folder", ["", "replogle_k562_essential/", "a/b/"])
def test_the_file_is_there_and_then_gone(tmp_path: Path, cache: Path, folder: str):
    members = {f"{folder}perturb_processed.h5ad": CONTENT, "__MACOSX/._perturb_processed.h5ad": b""}
    with unpacked(zipped(tmp_path / "cells.zip", **members)) as file:
        assert file.read_bytes() == CONTENT
        assert file.is_relative_to(cache)
    assert list(cache.iterdir()) == []


def test_it_is_removed_when_reading_fails(tmp_path: Path, cache: Path):
    path = zipped(tmp_path / "cells.zip", **{"perturb_processed.h5ad": CONTENT})
    with pytest.raises(OSError, match="of the reader"), unpacked(path):
        raise OSError("of the reader")  # passed on as it is
    assert list(cache.iterdir()) == []


def test_an_h5ad_is_given_as_it_is(tmp_path: Path, cache: Path):
    with unpacked(tmp_path / "cells.h5ad") as file:
        assert file == tmp_path / "cells.h5ad"
    assert not cache.exists()


def test_a_zip_without_the_file_or_with_two(tmp_path: Path, cache: Path):
    text = opened(zipped(tmp_path / "none.zip", **{"a.txt": b"", "b.h5ad": b""}))
    assert "expected one perturb_processed.h5ad in the zip, found 0 among a.txt, b.h5ad." in text
    assert "among no files" in opened(zipped(tmp_path / "empty.zip"))
    two = {f"{folder}/perturb_processed.h5ad": CONTENT for folder in "ab"}
    assert "found 2" in opened(zipped(tmp_path / "two.zip", **two))
    assert list(cache.iterdir()) == []


def test_a_damaged_zip(tmp_path: Path, cache: Path):
    path = zipped(tmp_path / "cells.zip", **{"perturb_processed.h5ad": CONTENT})
    content = bytearray(path.read_bytes())
    content[200] ^= 255
    path.write_bytes(content)
    assert "the zip is damaged" in opened(path)
    path.write_bytes(content[:300])
    assert "the zip is damaged" in opened(path)
    assert list(cache.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path, cache: Path):
    cache.touch()
    path = zipped(tmp_path / "cells.zip", **{"perturb_processed.h5ad": CONTENT})
    assert f"cannot be unpacked to {cache}" in opened(path)
