"""What this app keeps of published versions."""
