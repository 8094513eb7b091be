"""Asks a model."""

from .node import Llm as Llm
