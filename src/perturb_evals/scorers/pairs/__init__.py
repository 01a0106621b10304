"""How an answer about a pair is read and judged."""
