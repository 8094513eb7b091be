"""What `manage.py up` and the container run with."""

from .base import *  # noqa: F403
