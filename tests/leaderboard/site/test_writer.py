import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perturb_evals.leaderboard.entries import Entries
from perturb_evals.leaderboard.site.page import board_stem, system_stem

MEGABYTE = 1_000_000
WORDS = st.text(st.characters(exclude_categories=("Cs",)))


def pages(site: Path) -> list[Path]:
    return sorted(site.glob("*.html"))


def test_every_kind_of_page_is_there(harmful_site: Path) -> None:
    names = {page.name.split("-")[0].split(".")[0] for page in pages(harmful_site)}
    assert names == {"index", "board", "system", "compare", "memory", "methods", "data"}


def test_names_of_files_hold_no_text_of_logs(harmful_site: Path) -> None:
    for file in harmful_site.rglob("*"):
        if file.is_file() and file.name != ".perturb-evals-site":
            assert re.fullmatch(r"[a-z0-9-]+\.(html|css|js|svg|csv)", file.name), file


def test_every_link_leads_to_a_file_of_the_site(harmful_site: Path, seen: Any) -> None:
    ids = {}
    found = []
    for page in pages(harmful_site):
        html = seen(page.read_text("utf-8"))
        own = [a["id"] for _, a in html.elements if a.get("id")]
        assert len(own) == len(set(own)), page
        ids[page.name] = set(own)
        for tag, attributes in html.elements:
            for name in ("href", "src"):
                if attributes.get(name):
                    found.append((page.name, tag, str(attributes[name])))
    for page, tag, url in found:
        parts = urlsplit(url)
        assert parts.scheme in ("", "data"), (page, url)
        assert not parts.netloc, (page, url)
        if parts.scheme or parts.path.startswith("transcripts/"):
            continue
        target = parts.path or page
        assert (harmful_site / target).is_file(), (page, tag, url)
        if parts.fragment:
            assert parts.fragment in ids[target], (page, url)


def test_markup_of_logs_makes_no_element(harmful_site: Path, harm: str, seen: Any) -> None:
    shown = 0
    for page in pages(harmful_site):
        html = seen(page.read_text("utf-8"))
        assert [a.get("src") for a in html.all("script")] == ["site.js"], page
        assert all(str(a["src"]).startswith("plots/") for a in html.all("img")), page
        handlers = [n for _, attributes in html.elements for n in attributes if n.startswith("on")]
        assert not handlers, page
        assert not [a for _, a in html.elements if "style" in a], page
        shown += sum(harm in text for text in html.texts)
    # It is there as text, to be read.
    assert shown > 20


def test_markup_of_logs_makes_no_element_of_a_plot(harmful_site: Path) -> None:
    plots = list((harmful_site / "plots").iterdir())
    assert len(plots) > 10
    for plot in plots:
        text = plot.read_text("utf-8")
        assert "<script" not in text, plot
        assert "<img" not in text, plot
        assert "http" not in text.replace("http://www.w3.org/", ""), plot


def test_each_page_has_landmarks_a_policy_and_one_heading(harmful_site: Path, seen: Any) -> None:
    for page in pages(harmful_site):
        html = seen(page.read_text("utf-8"))
        tags = [tag for tag, _ in html.elements]
        assert [tags.count(tag) for tag in ("header", "main", "footer", "nav", "h1")] == [1] * 5
        assert html.all("html") == [{"lang": "en"}]
        policies = [a for a in html.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
        assert len(policies) == 1
        assert "default-src 'none'" in str(policies[0]["content"])
        assert "unsafe" not in str(policies[0]["content"])
        assert all(a.get("alt") for a in html.all("img"))
        assert tags.count("table") == tags.count("caption")
        assert all(a.get("scope") in ("col", "row", "rowgroup") for a in html.all("th"))


def test_folders_of_the_machine_are_not_shown(harmful_site: Path) -> None:
    for page in pages(harmful_site):
        text = page.read_text("utf-8")
        assert "/home/somebody" not in text, page
        assert "somewhere" not in text, page
    assert "other.eval" in (harmful_site / "data.html").read_text("utf-8")


def test_transcripts_are_linked_from_systems_and_discordant_questions(
    harmful_site: Path, seen: Any
) -> None:
    def links(kind: str) -> set[str]:
        found = [seen(p.read_text("utf-8")).all("a") for p in harmful_site.glob(f"{kind}-*.html")]
        urls = [str(a["href"]) for anchors in found for a in anchors]
        return {url for url in urls if url.startswith("transcripts/index.html#/logs/")}

    assert len(links("system")) == 6  # runs
    samples = [unquote(url) for url in links("compare")]
    assert samples
    for url in samples:
        assert re.search(r"\.eval/samples/sample/\S+>\S+/1/$", url), url


def test_equal_input_gives_equal_files(small: Any, small_site: Path, tmp_path: Path) -> None:
    again = small.write(tmp_path / "again", transcripts=None)
    first = {f.relative_to(small_site): f.read_bytes() for f in files(small_site)}
    assert {name.suffix for name in first} >= {".html", ".svg", ".csv"}
    assert first == {f.relative_to(again): f.read_bytes() for f in files(again)}


def test_without_transcripts_no_link_leads_to_them(small_site: Path) -> None:
    assert all("transcripts/" not in page.read_text("utf-8") for page in pages(small_site))


def test_names_that_cannot_be_written_are_replaced(small_site: Path) -> None:
    for file in files(small_site):
        file.read_text("utf-8")


def test_no_run_at_all_is_a_site_that_says_so(harmful: Any, tmp_path: Path) -> None:
    nothing = type(harmful)((), (), (), Entries((), (), (), ()))
    site = nothing.write(tmp_path / "site", transcripts=None)
    assert "There is no complete run" in (site / "index.html").read_text("utf-8")


@pytest.mark.slow
def test_fifty_runs_take_about_three_megabytes(fifty: Any, tmp_path: Path) -> None:
    assert len(fifty.entries.complete) == 50
    site = fifty.write(tmp_path / "site")
    size = sum(file.stat().st_size for file in files(site))
    assert size < 3.1 * MEGABYTE, f"{size:,} bytes"


def files(site: Path) -> list[Path]:
    return sorted(file for file in site.rglob("*") if file.is_file())


@given(WORDS, WORDS)
def test_names_of_pages_are_hashes(a: str, b: str) -> None:
    assert re.fullmatch(r"board-[0-9a-f]{10}", board_stem(a, b))
    assert re.fullmatch(r"system-[0-9a-f]{10}", system_stem("system", a))
    if a != b:
        assert system_stem("system", a) != system_stem("system", b)


def test_a_system_with_the_name_of_a_baseline_has_a_page_of_its_own() -> None:
    assert system_stem("system", "constant") != system_stem("baseline", "constant")
