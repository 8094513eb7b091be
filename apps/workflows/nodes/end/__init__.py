"""Where a workflow ends."""

from .node import End as End
