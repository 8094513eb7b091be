"""Console pages of workflows."""
