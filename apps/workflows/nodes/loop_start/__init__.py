"""Where a round of a loop begins."""

from .node import LoopStart as LoopStart
