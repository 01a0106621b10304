"""Whether a submitted run is what it says."""
