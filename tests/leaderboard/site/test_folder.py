from pathlib import Path

import pytest

from perturb_evals.leaderboard.site.writer import MARKER, SiteError, whole_folder


def write(folder: Path, text: str) -> None:
    with whole_folder(folder) as part:
        (part / "page.html").write_text(text)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_it_appears_at_the_end_and_nothing_else_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "site"
    with whole_folder(folder) as part:
        (part / "page.html").write_text("one")
        assert not folder.exists()
    assert names(folder) == {"page.html", MARKER}
    assert names(folder.parent) == {"site"}


def test_an_empty_folder_and_a_site_of_ours_are_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    write(folder, "one")
    (folder / "old.html").write_text("old")
    write(folder, "two")
    assert (folder / "page.html").read_text() == "two"
    assert names(folder) == {"page.html", MARKER}
    assert names(tmp_path) == {"site"}


def test_a_folder_of_somebody_else_is_refused_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    with pytest.raises(SiteError, match="holds other files"):
        write(folder, "one")
    assert (folder / "thesis.tex").read_text() == "years of work"
    assert names(tmp_path) == {"site"}


def test_what_comes_while_it_is_written_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "site"

    def meanwhile() -> None:
        with whole_folder(folder):
            folder.mkdir()
            (folder / "thesis.tex").write_text("years of work")

    with pytest.raises(SiteError):
        meanwhile()
    assert names(folder) == {"thesis.tex"}


def test_a_file_and_a_link_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("file", "link"):
        with pytest.raises(SiteError, match="is no folder"):
            write(tmp_path / name, "one")
    assert (tmp_path / "file").read_text() == "kept"


def test_an_error_leaves_the_old_site_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    write(folder, "one")

    def half() -> None:
        with whole_folder(folder) as part:
            (part / "page.html").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert (folder / "page.html").read_text() == "one"
    assert names(tmp_path) == {"site"}
