"""The fixed phrases that the answers are made of; `prose` fills in their fields."""

WORDS = {"de": ("Yes", "No"), "direction": ("Increase", "Decrease")}
"""The positive and the negative verdict of each kind of question."""

UNREADABLE = (
    "I am a scripted answerer, written for two kinds of question: whether, and in which direction, "
    "the expression of a readout gene changes when another gene is knocked down; and which listed "
    "knock-downs act most like that of a target gene. I do not find all parts of either here, so I "
    "leave this without an answer."
)

REFUSAL = (
    "I'm sorry, but I can't help with predicting the outcome of this experiment. The effect of "
    "knocking down {pert} on {gene} should be measured rather than guessed, and I would not want "
    "a guess of mine to be taken for data."
)

OPENINGS = (
    "Let me take the two genes in turn.",
    "I will start from what the knock-down removes and work towards the readout.",
    "First the perturbation, then the readout gene, then a path between them.",
    "What does this knock-down do to the cell, and does the readout gene notice?",
)
PERT_KNOWN = (
    "{pert} is noted under {group}, which {does}.",
    "{pert} belongs with {group}: it {does}.",
    "As far as I recall {pert} is part of {group}, and that {does}.",
)
PERT_UNKNOWN = (
    "I have no note on {pert} and cannot place it in a complex or a pathway.",
    "{pert} is not a gene that I can place, so what its loss does first is unclear to me.",
)
ESSENTIAL = (
    "Losing it slows growth, so a few indirect changes are to be expected as well.",
    "Cells can hardly do without it, and general stress comes on top of any direct effect.",
    "With partial knock-down, some of the function will remain.",
)
GENE_KNOWN = (
    "{gene} is one of {programme}. They answer to {answers_to}.",
    "On the other side, {gene} counts among {programme}; what matters there is {answers_to}.",
    "The readout, {gene}, goes with {programme}, which follow {answers_to}.",
)
GENE_UNKNOWN = (
    "As for {gene}, I do not know which programme controls it.",
    "{gene} is not in any programme that I know; most such genes stay flat in a screen like this.",
)
SILENT = (
    "In this cell line, as it is described, that programme should be largely silent.",
    "The description of the line speaks against that programme being active here.",
)
RULE = (
    "The rule I would use is that losing {group} {moves} {programme}, because {because}.",
    "There is a path: when {group} fails, {because}, which {moves} {programme}.",
)
OWN = "The readout is the knocked-down gene itself, and CRISPR interference lowers its transcript."
MISTAKE_DE_NO = (
    "There may be a path between the two, but I expect the remaining protein to buffer it.",
    "Compensation within the pathway probably hides whatever happens.",
)
MISTAKE_DE_YES = (
    "Even so, growth defects of this kind usually spread far, and I expect this gene to be caught.",
    "The two may well share a regulator, and then a significant change is likely.",
)
MISTAKE_DIRECTION = (
    "The demand for {gene} then changes and, as I see it, its transcript goes {way}.",
    "Taking feedback into account I come to the view that {gene} ends up going {way}.",
)
NO_RULE = (
    "I know of no direct path from one to the other and fall back on what is usual.",
    "Nothing I know links the two directly, so this rests on priors.",
)
STRESS = (
    "Genes that answer to stress do react to many knock-downs, though, and mostly upwards.",
    "It is an easily induced gene, which makes a rise less surprising than elsewhere.",
)
HEDGES = (
    "That said, indirect effects are hard to rule out.",
    "I hold this with some caution, since the screen measures late, after cells have adapted.",
    "Low counts could still hide or feign a change.",
    "How strong the knock-down was is not known to me, which matters here.",
)
FIRM = (
    "On balance this seems fairly clear to me.",
    "This fits what is usually seen in such screens.",
    "I do not see a strong argument against it.",
)
EXPECTED = {
    ("de", True): "a change of {gene} that is large enough to be called significant",
    ("de", False): "{gene} to stay within the noise of the control cells",
    ("direction", True): "{gene} to go up",
    ("direction", False): "{gene} to go down",
}
CONCLUSIONS = (
    "For {line} I therefore expect {expected}.",
    "So my reading for {line} is this: I expect {expected}.",
    "Taken together, and for {line} in particular, I would expect {expected}.",
)
UNDECIDED = (
    "Both outcomes seem possible and I cannot settle on one of them without seeing the data.",
    "One would have to look at the data here, and I leave it at that.",
)
INSUFFICIENT = (
    "What I know does not carry a conclusion in one sense or the other.",
    "That is too little to go by, and a guess would not be worth much.",
)
