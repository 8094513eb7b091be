"""Periodic tasks: name and seconds between runs."""

SCHEDULE = {"workflows.forget_firings": 3600.0}
