"""Files of graphs."""

import gzip
from pathlib import Path

import pandas as pd
import pytest


@pytest.fixture
def write(tmp_path: Path):
    def write(content: str | pd.DataFrame, name: str = "mine.csv") -> str:
        path = tmp_path / name
        if isinstance(content, pd.DataFrame):
            content.to_parquet(path)
        elif name.endswith(".gz"):
            path.write_bytes(gzip.compress(content.encode()))
        else:
            path.write_text(content, encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty mirror and an empty cache; the mirror is returned."""
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    monkeypatch.setenv("PERTURB_EVALS_DATA", str(mirror))
    monkeypatch.setenv("PERTURB_EVALS_CACHE", str(tmp_path / "cache"))
    return mirror
