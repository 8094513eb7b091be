"""Pages of models in the console's navigation."""
