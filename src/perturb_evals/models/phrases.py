"""The fixed phrases that answers are made of, one a line behind its name.

The decisions of `pairs` and `neighbors` are drawn from the same generator as the phrases: one
variant more or less changes the answers that follow it.
"""

import random

THINKING = 0.15
"""Share of reasoned answers that show a thinking part."""

_PHRASES = """
unreadable: I am a scripted answerer, written for two kinds of question: whether, and in which \
direction, a gene changes when another is knocked down; and which listed knock-downs act most like \
that of a target gene. I do not find all parts of either here.
refusal: I'm sorry, but I can't help with predicting the outcome of this experiment. The effect of \
knocking down {pert} should be measured rather than guessed.
opening: Let me take the two genes in turn.
opening: I will start from what the knock-down removes and work towards the readout.
place: {pert} is noted under {group}.
place: {pert} belongs with {group}.
place: As far as I recall {pert} is part of {group}.
no place: I have no note on {pert} and cannot place it in a complex or a pathway.
no place: {pert} is not a gene that I can place, so what its loss does first is unclear to me.
essential: Losing it slows growth, so a few indirect changes are to be expected as well.
essential: Cells can hardly do without it, and general stress comes on top of any direct effect.
essential: With partial knock-down, some of the function will remain.
programme: {gene} belongs to the {programme} programme.
programme: On the other side, {gene} counts among the genes of the {programme} programme.
programme: The readout, {gene}, goes with the {programme} programme.
no programme: As for {gene}, I do not know which programme controls it.
no programme: {gene} is not in any programme that I know; most such genes stay flat.
silent: In this cell line, as it is described, that programme should be largely silent.
silent: The description of the line speaks against that programme being active here.
own: The readout is the knocked-down gene itself, and the knock-down lowers its transcript.
rule: The rule I would use is that losing {group} {moves} the {programme} programme.
rule: There is a path: when {group} fails, that {moves} the {programme} programme.
weak rule: The effect is weak, however, and may not reach significance.
no rule: I know of no direct path from one to the other and fall back on what is usual.
no rule: Nothing I know links the two directly, so this rests on priors.
stress: Genes that answer to stress do react to many knock-downs, though, and mostly upwards.
stress: It is an easily induced gene, which makes a rise less surprising than elsewhere.
mistaken No: There may be a path, but I expect the remaining protein to buffer it.
mistaken No: Compensation within the pathway probably hides whatever happens.
mistaken Yes: Growth defects of this kind usually spread far, and this gene should be caught.
mistaken Yes: The two may well share a regulator, and then a significant change is likely.
mistaken Increase: The demand for {gene} then rises and, as I see it, so does its transcript.
mistaken Increase: Taking feedback into account I come to the view that {gene} ends up higher.
mistaken Decrease: The demand for {gene} then falls and, as I see it, so does its transcript.
mistaken Decrease: Taking feedback into account I come to the view that {gene} ends up lower.
conclusion: For {line} I therefore expect {expected}.
conclusion: So my reading for {line} is this: I expect {expected}.
conclusion: Taken together, and for {line} in particular, I would expect {expected}.
firm: On balance this seems fairly clear to me.
hedge: That said, indirect effects are hard to rule out.
insufficient: What I know does not carry a conclusion in one sense or the other.
undecided: Both outcomes seem possible and I cannot settle on one of them without seeing the data.
pair draft: {pert} goes with {group}. My first thought is {draft}, but let me check what controls \
{gene} before I write the answer.
alike by group: From the list I put {names} beside it: losing another part should look the same.
alike by group: In the list the same can be said of {names}.
alike by group: What the loss of {pert} does should be seen with {names} too.
alike by programmes: Further off, losing {group} moves some of the same genes, so I add {names}.
alike by programmes: There is less in common with {group}, but enough to add {names}.
alike by name: Going by the name alone I would put {names} beside it, which is weak ground.
alike by name: No more than the symbol speaks for {names}.
alike by guess: With nothing better to go by I take {names}, whose loss is felt in any cell.
alike by guess: I take {names} for want of a reason, as strong knock-downs share a stress.
careful: How strong each knock-down was is not known to me, which matters here.
careful: I hold all of this with some caution.
careful: Indirect effects may still set them apart.
none alike: What that means beside the listed genes I would not say, so I name none of them.
none alike: I cannot tell which of the listed genes would act like {pert}.
again: Once more, then, and with nothing but names of the list.
again: Here is the choice again, kept to the list.
taken out: On reflection {names} should not be among them.
taken out: I take out {names}, which I named too quickly.
added: I had overlooked {names}.
added: What was missing: {names}.
kept: I have gone through the names again and stay with them.
kept: Looked at as a critic would, the choice still seems right to me.
neighbor draft: {pert} goes with {group}. A first draft would be {draft}, but let me go through \
the whole list before I answer.
before: Here is my choice:
before: These are the knock-downs that I would use.
"""

_VARIANTS: dict[str, list[str]] = {}
for _line in _PHRASES.strip().splitlines():
    _name, _, _phrase = _line.partition(": ")
    _VARIANTS.setdefault(_name, []).append(_phrase)


def phrase(name: str, rng: random.Random, **fields: str) -> str:
    """Return a variant of a phrase with its fields filled in; `rng` chooses where there are more.

    Fields are filled in once, so braces in a symbol of the prompt stay as they are.
    """
    variants = _VARIANTS[name]
    chosen = rng.choice(variants) if len(variants) > 1 else variants[0]
    return chosen.format(**fields)
