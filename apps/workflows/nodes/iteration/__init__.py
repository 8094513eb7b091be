"""Does the same for each item of a list."""

from .node import Iteration as Iteration
