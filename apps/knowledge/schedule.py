"""Periodic tasks: name and seconds between runs."""

# Finds what a lost wake-up, a dead worker or a provider's rate limit left behind.
SCHEDULE = {
    "knowledge.index": 10.0,
    "knowledge.change_indexes": 10.0,
    # Makes and drops indexes of bases that have grown or shrunk.
    "knowledge.tend_indexes": 15.0,
    "knowledge.crawl": 15.0,
    "knowledge.sync": 60.0,
    "knowledge.describe": 300.0,
}
