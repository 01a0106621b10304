"""What all readers of text share."""
