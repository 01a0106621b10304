"""How a prediction of expression is read and judged."""
