"""Ends a loop."""

from .node import LoopEnd as LoopEnd
