"""Writes of triggers."""
