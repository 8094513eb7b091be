"""What runs on models."""
