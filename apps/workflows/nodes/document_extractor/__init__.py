"""Reads documents."""

from .node import DocumentExtractor as DocumentExtractor
