"""What goes with a deleted app."""
