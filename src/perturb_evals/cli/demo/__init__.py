"""`perturb-evals demo`."""
