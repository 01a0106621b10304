"""Metrics of yes/no questions about pairs of genes."""
