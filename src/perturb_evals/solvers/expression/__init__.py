"""Solvers that predict expression."""
