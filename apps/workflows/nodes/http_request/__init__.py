"""Calls an address."""

from .node import HttpRequest as HttpRequest
