"""The fixed phrases that answers about similar knock-downs are made of.

`neighbor_prose` fills in their fields, beside the phrases about a knocked-down gene of `phrases`.
"""

DECLINED = (
    "I'm sorry, but I can't choose knock-downs in the place of {pert}. What its loss does should "
    "be measured, and I would not want an average of other genes to be taken for data."
)
OPEN = (
    "What that means beside the listed genes I would not say without data, so I name none of them.",
    "I cannot tell which of the listed genes would act like {pert}, and leave the list empty.",
)
OF_ONE_GROUP = (
    "From the list I put {names} beside it: losing another part of the same machine should look "
    "much the same.",
    "In the list the same can be said of {names}.",
    "What the loss of {pert} does should be seen with {names} too.",
)
OF_OTHER_GROUPS = (
    "Further off, losing {group} also {moves} {programme}, and so I add {names}.",
    "There is less in common with {group}, but {programme} should go the same way; hence {names}.",
)
OF_ONE_NAME = (
    "Going by the name alone I would put {names} beside it, which is weak ground.",
    "No more than the symbol speaks for {names}.",
)
ANY = (
    "With nothing better to go by I take {names}, whose loss is felt in any growing cell.",
    "I take {names} for want of a reason, as strong knock-downs share a general stress.",
)
CAREFUL = (
    "How strong each knock-down was is not known to me, which matters here.",
    "I hold all of this with some caution.",
    "Indirect effects may still set them apart.",
)
AGAIN = (
    "Once more, then, and with nothing but names of the list.",
    "Here is the choice again, kept to the list.",
)
OUT = (
    "On reflection {names} should not be among them.",
    "I take out {names}, which I named too quickly.",
)
IN = ("I had overlooked {names}.", "What was missing: {names}.")
KEPT = (
    "I have gone through the names again and stay with them.",
    "Looked at as a critic would, the choice still seems right to me.",
)
DRAFT = (
    "{pert} goes with {group}. A first draft would be {draft}, but let me go through the whole "
    "list before I answer."
)
BEFORE = ("Here is my choice:", "These are the knock-downs that I would use.")
"""What is written in front of an object although nothing else was asked for."""
