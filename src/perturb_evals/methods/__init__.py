"""Methods: arrays in, arrays out, nothing of Inspect."""
