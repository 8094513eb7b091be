"""What the command menu finds of models."""
