"""What runs at intervals for people and workspaces."""

SCHEDULE = {"workspaces.send_forgotten": 120.0}
