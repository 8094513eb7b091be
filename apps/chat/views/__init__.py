"""Console pages of a turn."""
