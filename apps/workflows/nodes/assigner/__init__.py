"""Changes variables that last."""

from .node import Assigner as Assigner
