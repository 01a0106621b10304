"""The columns of all tables: a new one is one object here, and its place in a table of a page."""
