"""Does a log agree with itself? Every part is held against those that repeat it.

One module for each kind of part, each with a table of what is held. A part that there is nothing to
hold against is counted and told: it is no fault.
"""
