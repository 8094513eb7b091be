"""ZIP files with a manifest of checksums: written one entry after the other, and read with suspicion.

Nothing but the piece at hand is in memory.
"""

import hashlib
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import IO, Any, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from .encoding import dumps
from .errors import AppError, InvalidParam

MANIFEST: Final = "manifest.json"
_PIECE_BYTES: Final = 2**16
_MODE: Final = 0o600 << 16
DAMAGED: Final = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


class ArchiveInvalid(AppError):
    """A file that is not what it should be, is damaged, or made to do harm."""

    code = "archive_invalid"
    default_message = "The file cannot be used."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(f"The file cannot be used. {message}" if message else None)


class Pack:
    """An archive being written. `files` holds size and checksum of each entry that is closed."""

    def __init__(self, zip_file: ZipFile) -> None:
        self._zip = zip_file
        self.files: dict[str, dict[str, Any]] = {}

    @contextmanager
    def entry(self, name: str, *, compressed: bool = True) -> Iterator[Callable[[bytes], None]]:
        """A new entry; the block calls what it is given with its bytes."""
        info = ZipInfo(name)
        info.compress_type = ZIP_DEFLATED if compressed else ZIP_STORED
        info.external_attr = _MODE
        digest, size = hashlib.sha256(), 0
        with self._zip.open(info, "w", force_zip64=True) as target:

            def write(data: bytes) -> None:
                nonlocal size
                digest.update(data)
                size += len(data)
                target.write(data)

            yield write
        self.files[name] = {"sha256": digest.hexdigest(), "size": size}

    def add_file(self, name: str, source: IO[bytes], *, compressed: bool = True) -> None:
        """A new entry with all bytes of a file."""
        with self.entry(name, compressed=compressed) as write:
            while piece := source.read(_PIECE_BYTES):
                write(piece)

    def add_json(self, name: str, value: Any) -> None:
        """A new entry with one JSON value."""
        with self.entry(name) as write:
            write(dumps(value).encode())


def line(value: Any) -> bytes:
    """One line of a JSON lines entry."""
    return dumps(value).encode() + b"\n"


@contextmanager
def packing(path: Path) -> Iterator[Pack]:
    """A new archive (mode 600), which appears under its name once the block has ended.

    Raises:
        InvalidParam: there is such a file, or it cannot be written.
    """
    if path.exists():
        raise InvalidParam(f"{path} exists already; name another file.", params="file")
    try:
        handle, temporary = mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise InvalidParam(f"{path} cannot be written: {error.strerror}.", params="file") from error
    try:
        with os.fdopen(handle, "wb") as file:
            with ZipFile(file, "w") as zip_file:
                yield Pack(zip_file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


@contextmanager
def opened(path: Path) -> Iterator[ZipFile]:
    """A ZIP file to be read. Raises InvalidParam: there is none, ArchiveInvalid: it is something else."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise InvalidParam(f"{path} cannot be read: {error.strerror}.", params="file") from error
    with file:
        try:
            zip_file = ZipFile(file)
        except DAMAGED as error:
            raise ArchiveInvalid("It cannot be opened as a ZIP file.") from error
        with zip_file:
            yield zip_file


def verify(zip_file: ZipFile, name: str, size: int, sha256: str) -> None:
    """Reads an entry from end to end. Raises ArchiveInvalid: it is not what the manifest says."""
    digest, left = hashlib.sha256(), size
    try:
        with zip_file.open(name) as file:
            while left >= 0 and (piece := file.read(_PIECE_BYTES)):
                digest.update(piece)
                left -= len(piece)
    except DAMAGED as error:
        raise ArchiveInvalid(f"{name} is damaged.") from error
    if left or digest.hexdigest() != sha256:
        raise ArchiveInvalid(f"{name} is damaged: its checksum is not the manifest's.")
