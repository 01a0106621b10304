from collections.abc import Iterator
from string import Formatter

from perturb_evals.models import neighbor_phrases

FIELDS = {"pert", "group", "names", "moves", "programme", "draft"}


def every_phrase() -> Iterator[str]:
    for name, value in vars(neighbor_phrases).items():
        if name.isupper():
            yield from (value,) if isinstance(value, str) else value


def test_phrases_have_no_field_that_is_not_filled_in() -> None:
    found = list(every_phrase())
    assert len(set(found)) == len(found) > 20
    used = {field for text in found for _, field, _, _ in Formatter().parse(text) if field}
    assert used == FIELDS


def test_phrases_are_whole_sentences() -> None:
    for text in every_phrase():
        assert text[0].isupper() or text.startswith("{")
        assert text[-1] in ".:"
