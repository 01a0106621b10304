"""Solvers of questions about pairs of genes."""
