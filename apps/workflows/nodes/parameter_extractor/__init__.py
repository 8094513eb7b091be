"""Finds values in a text."""

from .node import ParameterExtractor as ParameterExtractor
