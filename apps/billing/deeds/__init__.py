"""How what happens to budgets is told on the audit page."""
