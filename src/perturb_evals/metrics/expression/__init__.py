"""Metrics of predicted expression."""
