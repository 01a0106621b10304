"""Labelled pairs of genes: tables, questions, evidence."""
