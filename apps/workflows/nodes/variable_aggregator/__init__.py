"""The first variable that exists."""

from .node import VariableAggregator as VariableAggregator
