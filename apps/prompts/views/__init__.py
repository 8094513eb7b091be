"""Console pages of apps."""
