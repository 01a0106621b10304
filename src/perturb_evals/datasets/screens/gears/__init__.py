"""Screens as GEARS keeps them: zips of cells."""
