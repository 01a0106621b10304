"""Logs: which of them count as runs, and what a comparison needs of their samples."""
