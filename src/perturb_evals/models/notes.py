"""Look up what the scripted model has read: notes on two genes and a rule between them.

The notes stand in `perturbations`, `programmes` and `rules`. They are written from general
biological knowledge and from nothing else in this package, and are meant to be those of an
informed but mediocre reader: much is missing and some of it is crude. Symbols are shell patterns,
so `PSM[A-G]*` stands for all proteasome subunits.
"""

from fnmatch import fnmatchcase
from functools import lru_cache

from perturb_evals.models.perturbations import PERTURBATIONS, Perturbation
from perturb_evals.models.programmes import PROGRAMMES, Programme
from perturb_evals.models.rules import RULES, Rule

REMEMBERED = 20_000
"""So many symbols are looked up once only: one prompt may list a thousand candidates."""


@lru_cache(maxsize=REMEMBERED)
def perturbation_of(symbol: str) -> Perturbation | None:
    """Return the first note on what is lost when `symbol` is knocked down, None without one."""
    return next((note for note in PERTURBATIONS if _listed(symbol, note.symbols)), None)


@lru_cache(maxsize=REMEMBERED)
def programmes_of(symbol: str) -> tuple[Programme, ...]:
    """Return every programme that `symbol` is noted to belong to, in the order of the notes."""
    return tuple(note for note in PROGRAMMES if _listed(symbol, note.symbols))


def rule_for(
    perturbation: Perturbation, programmes: tuple[Programme, ...]
) -> tuple[Rule, Programme] | None:
    """Return the strongest rule between them with its programme, or None if no rule is noted.

    Of equally strong rules it is the first, in the order of `programmes`.
    """
    found = [
        (rule, programme)
        for programme in programmes
        for rule in RULES
        if (rule.perturbation, rule.programme) == (perturbation.name, programme.name)
    ]
    return max(found, key=lambda pair: abs(pair[0].effect), default=None)


def _listed(symbol: str, patterns: str) -> bool:
    return any(fnmatchcase(symbol, pattern) for pattern in patterns.split())
