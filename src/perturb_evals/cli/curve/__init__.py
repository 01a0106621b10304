"""`perturb-evals curve`."""
