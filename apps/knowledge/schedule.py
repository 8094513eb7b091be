"""Periodic tasks: name and seconds between runs."""

# Finds what a lost wake-up, a dead worker or a provider's rate limit left behind.
# The other makes and drops indexes of bases that have grown or shrunk.
SCHEDULE = {"knowledge.index": 10.0, "knowledge.tend_indexes": 15.0}
