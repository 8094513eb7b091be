"""One `up`, or one command with a server of its own, per storage folder. The kernel drops the lock with its holder."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Holder:
    """Who uses the storage: `url` is empty unless it is an `up`."""

    pid: int
    what: str
    url: str = ""


class StorageLock:
    """An exclusive lock on `run/lock` below the storage folder, with its holder's name inside."""

    def __init__(self, storage: Path) -> None:
        self._path = storage / "run" / "lock"
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether we have it."""
        return self._descriptor is not None

    def acquire(self, what: str, url: str = "") -> bool:
        """Takes the lock without waiting; False: somebody has it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(asdict(Holder(os.getpid(), what, url))).encode(), 0)
        self._descriptor = descriptor
        return True

    def holder(self) -> Holder:
        """Who has it; meaningful after a failed `acquire`."""
        try:
            return Holder(**json.loads(self._path.read_text()))
        except (OSError, ValueError, TypeError):
            return Holder(0, "another process")

    def release(self) -> None:
        """Gives it back."""
        if self._descriptor is not None:
            os.truncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None
