"""Does the same until a condition holds."""

from .node import Loop as Loop
