"""Pages of this app that the navigation leads to."""
