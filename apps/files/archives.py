"""Several uploads as one zip file, made while it is sent."""

import asyncio
import zipfile
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import PurePosixPath
from typing import IO, Final, cast

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from . import storage
from .errors import FileMissing
from .models import UploadFile

_PIECE_BYTES: Final = 2**16


def zip_response(uploads: Sequence[UploadFile], *, name: str) -> StreamingHttpResponse:
    """A download of some uploads under their own names; equal ones are numbered.

    Raises:
        FileMissing: the bytes of one are gone.
    """
    if not all(storage.exists(upload.storage_key) for upload in uploads):
        raise FileMissing
    response = StreamingHttpResponse(_in_threads(_zip(uploads)), content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.zip") or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def unique_names(names: Sequence[str]) -> list[str]:
    """The names, each once, whatever its case: `a.txt`, `A (2).txt`."""
    taken: set[str] = set()
    unique = []
    for name in names:
        number, path, candidate = 1, PurePosixPath(name), name
        while candidate.lower() in taken:
            number += 1
            candidate = f"{path.stem} ({number}){path.suffix}"
        taken.add(candidate.lower())
        unique.append(candidate)
    return unique


class _Sink:
    """What the archive is written to; it cannot be wound back, and is emptied as it is sent."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None: ...

    def take(self) -> bytes:
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data


def _zip(uploads: Sequence[UploadFile]) -> Iterator[bytes]:
    sink = _Sink()
    names = unique_names([upload.name for upload in uploads])
    with zipfile.ZipFile(cast(IO[bytes], sink), "w") as archive:
        for name, upload in zip(names, uploads, strict=True):
            entry = zipfile.ZipInfo(name, upload.created_at.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            with storage.open_file(upload.storage_key) as source, archive.open(entry, "w") as target:
                while piece := source.read(_PIECE_BYTES):
                    target.write(piece)
                    yield sink.take()
    yield sink.take()


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        if piece:
            yield piece
