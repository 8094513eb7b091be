"""Where a round begins."""

from .node import IterationStart as IterationStart
