"""Which training rows are shown for a question, and what can be had of them without a model."""
