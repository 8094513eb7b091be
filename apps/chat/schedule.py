"""Periodic tasks: name and seconds between runs."""

# demo.fill makes good a wake-up that was lost, and a fill that was killed.
SCHEDULE = {
    "demo.fill": 30.0,
    # Fires schedules that are due and starts what they fired; the rows are the truth, so it may come late or twice.
    "chat.fire_triggers": 5.0,
    # Goes on with paused runs that nobody answers in time.
    "chat.resume_runs": 10.0,
}
