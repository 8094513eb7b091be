"""Periodic tasks: name and seconds between runs."""

SCHEDULE = {"logs.reap_runs": 10}
