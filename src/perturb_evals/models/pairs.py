"""Answer a question about two genes: an opinion from the notes, and reasoning that leads to it."""

import random
import re
from dataclasses import dataclass

from perturb_evals.models.notes import (
    Perturbation,
    Programme,
    perturbation_of,
    programmes_of,
    strongest,
)
from perturb_evals.models.phrases import THINKING, phrase
from perturb_evals.models.reading import PairQuestion

WORDS = {"de": ("Yes", "No"), "direction": ("Increase", "Decrease")}
"""The positive and the negative verdict of each kind of question."""

# Shares of beliefs that are turned round; of answers that refuse; of reasoned answers without a
# verdict; of last lines, and of one-word answers, that are not written as was asked for.
MISTAKES, REFUSALS, NO_VERDICT, UNTIDY, UNTIDY_WORD = 0.08, 0.01, 0.02, 1 / 8, 0.06

IGNORANCE = {0: 0.13, 1: 0.09, 2: 0.05}
"""Chance of "Insufficient evidence" by how many of the two genes are noted, without a rule."""

NO_P53 = re.compile(
    r"(\bno|without|lack\w*|lost|loss of) (functional )?p53|p53[- ](null|def|mut)", re.I
)


@dataclass(frozen=True)
class _Belief:
    """The probability of Yes or Increase, and what it rests on.

    Attributes:
        p: The probability, from 0.03 to 0.97; already turned round where it is a mistake.
        perturbation: The note on the knocked-down gene.
        programme: The programme of the readout gene that the loss moves most, or its first one.
        moved: How the loss moves it, from -1 to 1; 0 where nothing is known of it.
        silent: The programme should not be active in this cell line.
        mistaken: The probability was turned round.
        verdict: Its word.
    """

    p: float
    perturbation: Perturbation | None
    programme: Programme | None
    moved: float
    silent: bool
    mistaken: bool
    verdict: str


def answer_pair(question: PairQuestion, rng: random.Random) -> tuple[str, str, float]:
    """Answer a question about two genes.

    Args:
        question: The question.
        rng: Brings unsureness, mistakes, whims and the choice of phrases.

    Returns:
        The answer, a thinking part before it, mostly empty, and the probability of Yes or Increase
        that the answer stands for.
    """
    belief = _believe(question, rng)
    if question.form == "word":
        return _one_word(question, belief, rng), "", belief.p
    thinking = ""
    if rng.random() < THINKING:
        draft = rng.choice(WORDS[question.kind])  # may go against the answer
        thinking = phrase("pair draft", rng, draft=draft, **_fields(question, belief))
    return _reasoned(question, belief, rng), thinking, belief.p


def _believe(question: PairQuestion, rng: random.Random) -> _Belief:
    """Form an opinion from the notes, now and then the wrong one."""
    perturbation = perturbation_of(question.pert)
    programme, moved = strongest(perturbation, programmes_of(question.gene))
    silent = programme is not None and _is_silent(programme, question.cell_line)
    effect = -1.0 if question.own else moved / 5 if silent else moved
    lean = programme.lean if programme and not silent else 0
    if question.kind == "direction":
        p = 0.5 + 0.45 * effect if effect else 0.5 + 0.12 * lean
        p += rng.uniform(-0.06, 0.06)
    elif effect:
        p = 0.2 + 0.75 * abs(effect) + rng.uniform(-0.06, 0.06)
    else:
        hard = perturbation is not None and perturbation.essential
        p = 0.16 + 0.18 * (lean > 0) + 0.1 * hard + rng.uniform(-0.1, 0.1)
    mistaken = rng.random() < MISTAKES
    p = min(max(1 - p if mistaken else p, 0.03), 0.97)
    verdict = WORDS[question.kind][0 if p > 0.5 else 1]
    return _Belief(p, perturbation, programme, moved, silent, mistaken, verdict)


def _reasoned(question: PairQuestion, belief: _Belief, rng: random.Random) -> str:
    """Write the reasoning and the last line of a label or probability answer."""
    fields = _fields(question, belief)
    if rng.random() < REFUSALS:
        return phrase("refusal", rng, **fields)
    known = (belief.perturbation is not None) + (belief.programme is not None)
    certain = question.own or belief.moved != 0
    abstains = not certain and rng.random() < IGNORANCE[known]
    said = " ".join(phrase(name, rng, **fields) for name in _reasoning(question, belief))
    if abstains and question.form == "label":
        last = _last_line("Insufficient evidence", "C", rng)
        return f"{said} {phrase('insufficient', rng)}\n\n{last}"
    if rng.random() < NO_VERDICT:
        return f"{said} {phrase('undecided', rng)}"
    conclusion = phrase("conclusion", rng, **fields)
    conclusion += " " + phrase("firm" if abs(belief.p - 0.5) > 0.25 else "hedge", rng)
    if question.form == "probability":
        number = str(round(100 * belief.p))
        last = _last_line(number, f"{number}%", rng)
    else:
        last = _last_line(belief.verdict, "A" if belief.p > 0.5 else "B", rng)
    return f"{said}\n\n{conclusion}\n\n{last}"


def _one_word(question: PairQuestion, belief: _Belief, rng: random.Random) -> str:
    """Write the one word that was asked for, now and then not quite as it was asked for."""
    if rng.random() < REFUSALS:
        return phrase("refusal", rng, **_fields(question, belief))
    if rng.random() < UNTIDY_WORD:
        return rng.choice((f"{belief.verdict}.", f"**{belief.verdict}**", belief.verdict.lower()))
    return belief.verdict


def _is_silent(programme: Programme, cell_line: str) -> bool:
    if programme.needs == "p53":
        # A line without p53 names it too, to say that it is gone.
        return NO_P53.search(cell_line) is not None
    return programme.needs.lower() not in cell_line.lower()


def _reasoning(question: PairQuestion, belief: _Belief) -> list[str]:
    """Return the names of the phrases that lead to a belief."""
    names = ["opening", "place" if belief.perturbation else "no place"]
    if belief.perturbation and belief.perturbation.essential:
        names.append("essential")
    names.append("programme" if belief.programme else "no programme")
    if belief.silent:
        names.append("silent")
    if belief.mistaken:
        names.append(f"mistaken {belief.verdict}")
    elif question.own:
        names.append("own")
    elif belief.moved:
        names += ["rule", "weak rule"] if belief.verdict == "No" else ["rule"]
    else:
        names.append("no rule")
        if belief.programme and belief.programme.lean > 0 and not belief.silent:
            names.append("stress")
    return names


def _fields(question: PairQuestion, belief: _Belief) -> dict[str, str]:
    expected = {"Yes": "to change", "No": "to stay as it is", "Increase": "to go up"}
    return {
        "pert": question.pert,
        "gene": question.gene,
        "group": belief.perturbation.name if belief.perturbation else "nothing I can name",
        "programme": belief.programme.name if belief.programme else "",
        "moves": "raises" if belief.moved > 0 else "lowers",
        "line": question.cell_line.split(",")[0] or "this line",
        "expected": f"{question.gene} {expected.get(belief.verdict, 'to go down')}",
    }


def _last_line(verdict: str, other: str, rng: random.Random) -> str:
    """Write the last line; `other` is another way to put the verdict, such as its letter."""
    untidy = (
        f"**ANSWER: {verdict}**",
        f"ANSWER: **{verdict}**",
        f"ANSWER: {verdict}.",
        f"Answer: {verdict}",
        f"ANSWER: {other}",
    )
    return rng.choice(untidy) if rng.random() < UNTIDY else f"ANSWER: {verdict}"
