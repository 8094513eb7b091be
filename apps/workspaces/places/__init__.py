"""Pages of people and workspaces in the console's navigation."""
