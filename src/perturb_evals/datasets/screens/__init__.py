"""Screens: perturbations x genes with a control, from pseudobulk or cells."""
