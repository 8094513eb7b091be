"""Runs code."""

from .node import Code as Code
