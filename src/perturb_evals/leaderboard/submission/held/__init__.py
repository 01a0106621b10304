"""A log held against itself: every part that says the same as another has to say the same.

One module for each kind of part, each with a table of the pairs. A part that there is nothing to
hold against is counted and told: it is no fault.
"""
