"""`perturb-evals run`."""
