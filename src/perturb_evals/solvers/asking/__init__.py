"""What all solvers that ask a model share."""
