"""Where a flow begins."""

from .node import Start as Start
