"""What budgets may be about."""
