"""`perturb-evals calibrate`."""
