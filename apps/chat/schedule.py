"""Periodic tasks: name and seconds between runs."""

# Makes good a wake-up that was lost, and a fill that was killed.
SCHEDULE = {
    "demo.fill": 30.0,
    "chat.resume_runs": 10.0,
}
