"""Genes: symbols and synonyms, texts, vectors, graphs."""
