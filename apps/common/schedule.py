"""What runs at intervals for the common layer."""

SCHEDULE = {"common.prune_broker": 300.0}
