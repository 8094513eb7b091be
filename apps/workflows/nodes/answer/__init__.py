"""What a chatflow answers."""

from .node import Answer as Answer
