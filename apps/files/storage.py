"""Where the bytes of uploads lie: Django's default storage, so that S3 or Azure Blob is a matter of settings."""

from typing import IO

from django.core.files.base import File
from django.core.files.storage import default_storage

from .errors import FileMissing, StorageUnavailable


def write(key: str, data: IO[bytes]) -> None:
    """Stores bytes under a new key; nothing stays behind where that fails. Raises StorageUnavailable."""
    try:
        default_storage.save(key, File(data))
    except OSError as error:
        delete(key)
        raise StorageUnavailable from error


def read(key: str) -> bytes:
    """The bytes under a key. Raises FileMissing."""
    with open_file(key) as file:
        return bytes(file.read())


def open_file(key: str) -> "File[bytes]":
    """The file under a key; whoever asks closes it. Raises FileMissing."""
    try:
        return default_storage.open(key)
    except FileNotFoundError as error:
        raise FileMissing from error


def exists(key: str) -> bool:
    """Whether there are bytes under a key."""
    return default_storage.exists(key)


def delete(key: str) -> None:
    """Removes the bytes under a key, if they are there."""
    default_storage.delete(key)
