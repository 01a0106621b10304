"""The gallery of prompts against the prompts."""

import importlib.util
from pathlib import Path


def test_the_gallery_is_what_the_code_sends(root: Path, pages: dict[str, str]) -> None:
    spec = importlib.util.spec_from_file_location("prompts", root / "examples" / "prompts.py")
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    made = example.gallery()
    for section in made.split("\n## "):
        assert section in pages["docs/prompts.md"], "python examples/prompts.py > docs/prompts.md"
    assert made == pages["docs/prompts.md"]
