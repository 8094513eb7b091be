"""What other processes are told of workspaces, by `notify`."""

from typing import Final

WORKSPACE_TOPIC: Final = "workspace"  # one was closed or opened again; the id is its own
