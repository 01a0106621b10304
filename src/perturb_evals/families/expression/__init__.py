"""Expression vectors of perturbations of a screen."""
