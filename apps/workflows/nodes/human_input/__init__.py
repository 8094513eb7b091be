"""Asks a person."""

from .node import HumanInput as HumanInput
