"""Uses a tool."""

from .node import ToolNode as ToolNode
