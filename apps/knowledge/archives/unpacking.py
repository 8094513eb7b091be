"""Reading an archive that may have been made by anybody. Entries are streams: nothing of it is named on disk.

Before anything is used, every entry is read once against the size and checksum of the manifest. How much may come out
of it is bounded by the file's own size.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, TypeVar
from zipfile import ZipFile, ZipInfo

from pydantic import BaseModel, ValidationError

from apps.common.encoding import dumps
from apps.common.errors import InvalidParam
from apps.common.packing import DAMAGED, MANIFEST, ArchiveInvalid, opened, verify
from apps.common.text import storable_json

from .shapes import DOCUMENTS, FORMAT, VERSION, Manifest

T = TypeVar("T", bound=BaseModel)
MAX_MANIFEST_BYTES: Final = 64 * 2**20
MAX_LINE_BYTES: Final = 16 * 2**20
MAX_ENTRIES: Final = 1_000_000
# Repetitive text shrinks to a twentieth; deflate's best on zeros is a thousandth.
MAX_RATIO: Final = 100
SMALL_BYTES: Final = 16 * 2**20  # so much may always come out
_NAMES: Final = re.compile(r"manifest\.json|documents\.jsonl|segments/\d{5}\.jsonl|vectors/\d{5}\.f16|files/\d{1,9}")


class Unpack:
    """An archive whose manifest has been read and whose entries are what it says."""

    def __init__(self, zip_file: ZipFile, manifest: Manifest) -> None:
        self._zip, self.manifest = zip_file, manifest
        self.parts = sorted(name[9:14] for name in manifest.files if name.startswith("segments/"))

    def lines(self, name: str, shape: type[T]) -> Iterator[T]:
        """An entry's lines. Raises ArchiveInvalid."""
        with self.open(name) as file:
            number = 0
            while text := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                if len(text) > MAX_LINE_BYTES:
                    raise ArchiveInvalid(f"{name}, line {number}: longer than {MAX_LINE_BYTES // 2**20} MB.")
                yield _read(text, shape, f"{name}, line {number}")

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """An entry's bytes as a stream. Raises ArchiveInvalid: there is none."""
        try:
            file = self._zip.open(name)
        except KeyError as error:
            raise ArchiveInvalid(f"{name} is missing.") from error
        with file:
            yield file


@contextmanager
def unpacking(path: Path) -> Iterator[Unpack]:
    """An archive, checked from end to end.

    Raises:
        InvalidParam: the file cannot be read.
        ArchiveInvalid: it is no archive, of another version, damaged, or made to do harm.
    """
    with opened(path) as zip_file:
        entries = _entries(zip_file, path.stat().st_size)
        manifest = _manifest(zip_file, entries)
        for name, entry in manifest.files.items():
            verify(zip_file, name, entry.size, entry.sha256)
        yield Unpack(zip_file, manifest)


def _entries(zip_file: ZipFile, archive_bytes: int) -> dict[str, ZipInfo]:
    """By name. Nothing of them has been unpacked yet."""
    infos = zip_file.infolist()
    entries = {info.filename: info for info in infos}
    if len(infos) > MAX_ENTRIES or len(entries) != len(infos):
        raise ArchiveInvalid("It holds too many files, or two of one name.")
    for info in infos:
        if not _NAMES.fullmatch(info.filename):
            raise ArchiveInvalid(f"It holds {info.filename[:100]!r}, which is no part of an archive.")
        if info.flag_bits & 1:
            raise ArchiveInvalid("It is encrypted.")
    if sum(info.file_size for info in infos) > max(SMALL_BYTES, MAX_RATIO * archive_bytes):
        raise ArchiveInvalid(f"Unpacked it would be more than {MAX_RATIO} times as large as the file.")
    return entries


def _manifest(zip_file: ZipFile, entries: dict[str, ZipInfo]) -> Manifest:
    if MANIFEST not in entries:
        raise ArchiveInvalid(f"This is no archive of a knowledge base: {MANIFEST} is missing.")
    if entries[MANIFEST].file_size > MAX_MANIFEST_BYTES:
        raise ArchiveInvalid(f"{MANIFEST} is too large.")
    try:
        text = zip_file.read(MANIFEST)
    except DAMAGED as error:
        raise ArchiveInvalid(f"{MANIFEST} is damaged.") from error
    head = _read(text, _Head, MANIFEST)
    if head.format != FORMAT:
        raise ArchiveInvalid("This is no archive of a knowledge base.")
    if head.version != VERSION:
        raise ArchiveInvalid(
            f"It is of version {head.version}, this product reads version {VERSION}; export it with a fitting one."
        )
    manifest = _read(text, Manifest, MANIFEST)
    if {MANIFEST, *manifest.files} != set(entries) or DOCUMENTS not in entries:
        raise ArchiveInvalid("It does not hold the files its manifest lists.")
    return manifest


class _Head(BaseModel):
    format: str = ""
    version: int = 0


def _read(text: bytes, shape: type[T], place: str) -> T:
    try:
        if b"\\u0000" in text:  # Postgres cannot hold it
            text = dumps(storable_json(json.loads(text))).encode()
        return shape.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"][:4])
        raise ArchiveInvalid(f"{place}: {field + ': ' if field else ''}{first['msg']}.") from error
    except (ValueError, RecursionError, InvalidParam) as error:
        raise ArchiveInvalid(f"{place} is not JSON that can be read.") from error
