"""The demo world: a simulated screen that needs no data."""
