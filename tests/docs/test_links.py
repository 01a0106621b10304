"""Links inside the documentation lead somewhere, and the README stays short."""

import re
from pathlib import Path

LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
LONGEST_README = 120


def without_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(text: str) -> set[str]:
    """Return what GitHub makes of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(text), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
    return {f"#{name}" for name in plain}


def test_links_lead_somewhere(page: tuple[str, str], root: Path) -> None:
    name, text = page
    for link in LINK.finditer(without_blocks(text)):
        target, _, anchor = link["target"].partition("#")
        if target.startswith(("https://", "http://")):
            continue
        path = (root / name).parent / target if target else root / name
        assert path.exists(), f"{name}: there is no {target}"
        if anchor:
            found = anchors(path.read_text("utf-8"))
            assert f"#{anchor}" in found, f"{name}: {target} has no #{anchor}, but {sorted(found)}"


def test_every_page_is_reached_from_the_readme(pages: dict[str, str]) -> None:
    linked = set(re.findall(r"\]\(docs/([\w-]+\.md)", pages["README.md"]))
    index = set(re.findall(r"\]\(([\w-]+\.md)", pages["docs/README.md"]))
    written = {Path(name).name for name in pages if name.startswith("docs/")} - {"README.md"}
    assert linked == written
    assert index == written


def test_the_readme_is_short(pages: dict[str, str]) -> None:
    assert len(pages["README.md"].splitlines()) <= LONGEST_README
