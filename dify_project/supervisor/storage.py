"""The storage folder: its private sub-folders and the keys generated into it."""

import os
import secrets
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from .environment import text
from .output import Problem

PRIVATE = ("keys", "files", "run", "tmp")
STALE_S = 86400.0  # no request takes a day: what is older was left by a process that was killed


def prepare(storage: Path) -> None:
    """Makes the folder and its private parts (mode 700), and the keys that nothing else sets (mode 600).

    Raises:
        Problem: the folder cannot be made or written.
    """
    try:
        storage.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in PRIVATE:
            folder = storage / name
            folder.mkdir(mode=0o700, exist_ok=True)
            folder.chmod(0o700)
        _forget_stale(storage / "tmp")
        if not text("SECRET_KEY"):
            ensure_key(storage / "keys" / "secret_key")
        if not text("SANDBOX_API_KEY"):
            ensure_key(storage / "keys" / "sandbox_key")
    except OSError as error:
        raise Problem(
            f"The storage folder {storage} cannot be used: {error.strerror}. Set STORAGE_LOCAL_PATH."
        ) from error


def _forget_stale(folder: Path) -> None:
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # several processes may share the storage
            if path.stat().st_mtime < time.time() - STALE_S:
                path.unlink()


def ensure_key(path: Path) -> None:
    """Writes a random key unless the file exists; appears whole or not at all, readable by its owner only."""
    if not path.exists():
        descriptor, temporary = tempfile.mkstemp(dir=path.parent)  # mode 600 by definition
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first: its key stands
            os.link(temporary, path)
        os.unlink(temporary)
    path.chmod(0o600)
