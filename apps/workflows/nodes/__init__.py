"""The kinds of nodes; a further folder here is a further kind."""
