"""vdb_migrate under the name it has in older documentation."""

from .vdb_migrate import Command

__all__ = ["Command"]
