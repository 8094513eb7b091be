"""Writes that span the apps a turn runs through."""
