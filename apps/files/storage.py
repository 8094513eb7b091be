"""Where the bytes of uploads lie: the one module that reads and writes them, whatever STORAGE_TYPE is."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final, cast

from django.core.files.base import File
from django.core.files.storage import default_storage

from .backends.contract import Backend, Stored
from .errors import FileMissing, StorageUnavailable

log = logging.getLogger(__name__)
_UNREADABLE: Final = "The file storage cannot be reached. Please try again."


def write(key: str, data: IO[bytes]) -> None:
    """Stores bytes under a new key; nothing stays behind where that fails. Raises StorageUnavailable."""
    try:
        default_storage.save(key, File(data))
    except _backend().failures as error:
        log.warning("a file could not be stored: %s", type(error).__name__)
        delete(key)
        raise StorageUnavailable from error


def read(key: str) -> bytes:
    """The bytes under a key. Raises FileMissing, StorageUnavailable."""
    with open_file(key) as file:
        return bytes(file.read())


def open_file(key: str) -> "File[bytes]":
    """The file under a key, there to its end; whoever asks closes it.

    One from elsewhere is fetched first, into FILE_UPLOAD_TEMP_DIR where it is large: what is being sent to somebody
    cannot break off halfway.

    Raises:
        FileMissing, StorageUnavailable.
    """
    with _translated():
        file = default_storage.open(key)
        assert file.file is not None  # looking at it fetches it
        return file


def exists(key: str) -> bool:
    """Whether there are bytes under a key. Raises StorageUnavailable."""
    with _translated():
        return default_storage.exists(key)


def delete(key: str) -> None:
    """Removes the bytes under a key, if they are there.

    Their row has gone before, so that a store that is away is no error to anyone: `fsck` finds what it keeps.
    """
    try:
        default_storage.delete(key)
    except _backend().failures as error:
        log.warning("the bytes %s stay in storage until `fsck --repair`: %s", key, type(error).__name__)


def list_keys(prefix: str = "") -> Iterator[Stored]:
    """All files whose keys begin so, in any order, as they are listed. Raises StorageUnavailable."""
    with _translated():
        yield from _backend().list_keys(prefix)


def presigned_address(key: str, *, disposition: str, mime_type: str, expires_s: int) -> str:
    """An address at the store itself, good for some seconds; "" where files lie on disk.

    Args:
        disposition, mime_type: the headers the store is to send.
    """
    return _backend().address(key, disposition=disposition, mime_type=mime_type, expires_s=expires_s)


def _backend() -> Backend:
    return cast(Backend, default_storage)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _backend().missing as error:
        raise FileMissing from error
    except _backend().failures as error:
        log.warning("the file storage failed: %s", type(error).__name__)
        raise StorageUnavailable(_UNREADABLE) from error
