"""For work on the product itself: error pages with tracebacks."""

from .base import *  # noqa: F403

DEBUG = True
