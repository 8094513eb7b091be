"""What a newcomer does first, one file a step."""
