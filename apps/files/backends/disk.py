"""STORAGE_TYPE=local: a folder."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from django.core.files.storage import FileSystemStorage

from .contract import Stored


class Disk(FileSystemStorage):
    """Files below `location`, named by their keys."""

    failures: ClassVar[tuple[type[Exception], ...]] = (OSError,)
    missing: ClassVar[tuple[type[Exception], ...]] = (FileNotFoundError,)

    def list_keys(self, prefix: str) -> Iterator[Stored]:
        """Every file whose key begins so."""
        top = Path(self.location)
        for folder, _, names in os.walk(top / Path(prefix).parent if "/" in prefix else top):
            for name in names:
                path = Path(folder, name)
                key = path.relative_to(top).as_posix()
                if key.startswith(prefix):
                    found = path.stat()
                    yield Stored(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def address(self, key: str, *, disposition: str, mime_type: str, expires_s: int) -> str:
        """None: the product sends the file itself."""
        return ""
