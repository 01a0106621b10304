"""`perturb-evals check-solver`: whether a solver uses what it is judged by."""
