"""The pages of the documentation."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRITTEN = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in WRITTEN}


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def pages() -> dict[str, str]:
    """Text of README, CONTRIBUTING and docs/, by path from the root."""
    return PAGES


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for a `page` each of them, with its text."""
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", PAGES.items(), ids=PAGES)
