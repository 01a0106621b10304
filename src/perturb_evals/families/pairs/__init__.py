"""Yes/no questions about a perturbation and a gene."""
