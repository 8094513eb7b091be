"""Pages in front of the console and around all apps."""
