"""Finds passages of knowledge."""

from .node import KnowledgeRetrieval as KnowledgeRetrieval
