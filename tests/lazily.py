"""Modules that are loaded when they are first used: a vendor's SDK takes seconds, in each process of a run."""

import importlib
from typing import Any


class _Later:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("_"):  # pytest asks this of everything that it finds in a module of tests
            raise AttributeError(attribute)
        return getattr(importlib.import_module(self._name), attribute)


def lazily(name: str) -> Any:
    """What stands for the module."""
    return _Later(name)
