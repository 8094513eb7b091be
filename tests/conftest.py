"""Shared fixtures: a real Postgres with pgvector, a real server over HTTP."""
