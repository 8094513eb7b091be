"""Takes one of several ways."""

from .node import IfElse as IfElse
