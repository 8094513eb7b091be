"""Console pages of an app's log and figures."""
