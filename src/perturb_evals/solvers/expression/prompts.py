"""The prompts that ask for neighbors: plain constants, put together in one place, named by a hash.

The candidates stand before the target, so that all prompts of a fold begin alike and a provider
that keeps prefixes reads the long list once (while its order is alphabetical).
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from perturb_evals.datasets.demo.world import DEMO_CELL_LINE_DESCRIPTIONS

Variant = Literal["full", "minimal", "no_reasoning", "refine"]
VARIANTS: tuple[Variant, ...] = get_args(Variant)

FEWEST = 5
"""Neighbors that are asked for at least, where `k` and the candidates allow."""

CELL_LINE_CONTEXT: dict[str, str] = {
    "k562": (
        "K562, from a chronic myeloid leukaemia. Knock-downs differ there mostly in what they do "
        "to ribosome biogenesis, transcription, mitochondria, stress responses, and the genes "
        "that these cells need for survival."
    ),
    "rpe1": (
        "RPE1, retinal pigment epithelium, near-diploid and not transformed. Knock-downs differ "
        "there mostly in what they do to cell polarity, cilia, the cell cycle, DNA repair, "
        "oxidative stress, and the metabolism of the retina."
    ),
    **{line: f"{text}." for line, text in DEMO_CELL_LINE_DESCRIPTIONS.items()},
}

SETTING = """\
In a pooled CRISPR screen, genes were knocked down one at a time, and the mean expression of the \
cells was measured for each knock-down."""

CELL_LINE = "Cell line: {context}"

CANDIDATES = "Genes with a measured knock-down ({n}):\n{candidates}"

TARGET = """\
Target gene: {target}

The knock-down of {target} was not measured. Its expression will be predicted as the mean over \
those of the listed genes that you name.

Of the listed genes, name {wanted} whose knock-down acts most like that of {target}, the most \
similar first. Weigh four things:
- Pathway: do both genes serve the same process or function?
- Partners: do their proteins bind each other, or sit in one complex?
- Regulation: are they expressed together, or under the same control?
- Outcome: would the loss of either one push the same genes up and down in these cells?

Being confident matters more than reaching the count: name fewer genes rather than fill up with \
guesses, but name at least one."""

MINIMAL_TARGET = """\
Target gene: {target}

Of the listed genes, name {wanted} whose knock-down changes expression most like that of {target}, \
the most similar first. Rather name fewer than guess, but at least one."""

FORMAT = """\
Reply with one JSON object and nothing else, in this form:
{form}
{keys}"""

# Names are dots here: an echo of the form names nothing.
PLAIN_ITEMS = '["...", "..."]'
SIMILARITY_ITEMS = (
    '[{"gene": "...", "similarity": <0 to 100>}, {"gene": "...", "similarity": <0 to 100>}]'
)

REASONING_KEY = (
    '"reasoning" comes first: in a few sentences, what the target does and why the genes that you '
    "choose act alike. "
)
KNN_KEY = (
    '"kNN" holds the chosen genes, the most similar first, each spelled as in the list, none twice.'
)
SIMILARITY_KEY = (
    ' "similarity" says how alike the two knock-downs act: 100 is the same effect, 0 an unrelated '
    "one."
)

REVIEW = """\
Before your choice is used, look at it again as a critic would. Take out each gene whose \
knock-down would move other genes, or the same genes the other way; a similar name or a loose \
relation is not enough. Put in what you overlooked in the list and what fits better. Set the order \
right. Then reply with the whole choice once more, changed or not, as one JSON object in the same \
form."""

REASK = """\
{problem}
Choose from the genes listed in my first message, spelled as they are there, and reply with one \
JSON object in the form that I asked for."""

NO_LIST = "I could not find a list of genes under the key kNN in your reply."
CUT_OFF = "Your reply ended before it named any gene. Keep it short."
EMPTY_LIST = "Your list of genes is empty. Name at least the one gene that comes closest."
NOT_LISTED = "None of these names is in the list: {names}."
TARGET_ITSELF = "The target cannot be its own neighbor: {names}."
SEVERAL_MEANT = "These names fit more than one gene of the list: {names}."


@dataclass(frozen=True)
class NeighborPrompt:
    """The prompt of one variant on one screen.

    Attributes:
        variant: `full`, `minimal` (no criteria, no context), `no_reasoning` (full, but the names
            only) or `refine` (full; `REVIEW` follows the answer).
        cell_line: Chooses the context: what is known of the line, the name alone of a line that is
            not known here, nothing where it is empty.
        k: The most neighbors that are asked for, at least 1.
        similarities: Whether each neighbor is to come with a similarity.
    """

    variant: Variant
    cell_line: str
    k: int
    similarities: bool = False

    def render(self, target: str, candidates: Sequence[str]) -> str:
        """Return the prompt for one target.

        Args:
            target: Symbol of the perturbation that was not measured.
            candidates: Symbols to choose from, in the order in which they are shown.

        Returns:
            The prompt. Symbols are inserted as they are; they are never interpreted.
        """
        return self._template.format(
            context=cell_line_context(self.cell_line),
            n=len(candidates),
            candidates=", ".join(candidates),
            target=target,
            wanted=wanted(self.k, len(candidates)),
            form=self._form,
            keys=self._keys,
        )

    @property
    def hash(self) -> str:
        """12 hex digits that name all that may be said but the target and the candidates."""
        said = [
            self._template,
            cell_line_context(self.cell_line) if CELL_LINE in self._template else "",
            wanted(self.k, self.k),
            self._form,
            self._keys,
            REVIEW if self.variant == "refine" else "",
            [REASK, NO_LIST, CUT_OFF, EMPTY_LIST, NOT_LISTED, TARGET_ITSELF, SEVERAL_MEANT],
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]

    @property
    def _template(self) -> str:
        if self.variant == "minimal":
            parts = [CANDIDATES, MINIMAL_TARGET, FORMAT]
        elif cell_line_context(self.cell_line):
            parts = [SETTING, CELL_LINE, CANDIDATES, TARGET, FORMAT]
        else:
            parts = [SETTING, CANDIDATES, TARGET, FORMAT]
        return "\n\n".join(parts)

    @property
    def _form(self) -> str:
        items = SIMILARITY_ITEMS if self.similarities else PLAIN_ITEMS
        reasoning = "" if self.variant == "no_reasoning" else '"reasoning": "...", '
        return f'{{{reasoning}"kNN": {items}}}'

    @property
    def _keys(self) -> str:
        reasoning = "" if self.variant == "no_reasoning" else REASONING_KEY
        return reasoning + KNN_KEY + (SIMILARITY_KEY if self.similarities else "")


def cell_line_context(cell_line: str) -> str:
    """Return what a prompt says about a cell line; empty where the line is not known."""
    return CELL_LINE_CONTEXT.get(cell_line.lower(), cell_line)


def wanted(k: int, n_candidates: int) -> str:
    """Return how many neighbors are asked for in words, e.g. `5 to 10`; `3` where k is 3."""
    most = min(k, n_candidates)
    return f"{FEWEST} to {most}" if most > FEWEST else str(most)


def quoted(names: Iterable[str]) -> str:
    """Return names as JSON strings, so that whatever they hold stays data."""
    return ", ".join(json.dumps(name, ensure_ascii=False) for name in names)
