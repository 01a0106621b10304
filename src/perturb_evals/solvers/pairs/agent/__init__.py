"""An agent that looks up evidence with tools before it answers about a pair of genes."""
