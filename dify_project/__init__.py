"""The project: settings, addresses, entry points and the supervisor behind `manage.py up`.

Nothing is imported here: the supervisor below this package must start without Django. `apps.py` loads Celery.
"""
