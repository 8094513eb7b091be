"""How what members do is told on the audit page."""
