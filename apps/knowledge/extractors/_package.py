"""Office documents and e-books: ZIP archives of XML parts."""

import io
import posixpath
import zipfile
from typing import Final
from urllib.parse import unquote
from zlib import error as ZlibError

from apps.knowledge.errors import UnreadableFile

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BROKEN: Final = (zipfile.BadZipFile, ZlibError, EOFError, NotImplementedError, OSError, ValueError)
# What all parts read may unpack to. No honest file of an upload's size comes near it.
_MAX_UNPACKED: Final = 300 * 2**20
_MAX_PARTS: Final = 20_000


class Package:
    """An archive whose parts are read one by one, never unpacked to disk.

    Args:
        kind: what the file should be, for sentences.

    Raises:
        UnreadableFile: no ZIP archive, encrypted, or with absurdly many parts.
    """

    def __init__(self, data: bytes, kind: str) -> None:
        self._kind, self._left = kind, _MAX_UNPACKED
        if data.startswith(_OLE):
            raise UnreadableFile(
                f"This is no {kind} file: it is protected by a password, or in an older Office format. "
                f"Open it, and save it without a password as {kind}."
            )
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except _BROKEN as error:
            raise self.damaged() from error
        self.names = frozenset(self._archive.namelist())
        if len(self.names) > _MAX_PARTS:
            raise UnreadableFile(f"The file consists of more than {_MAX_PARTS:,} parts.")

    def damaged(self) -> UnreadableFile:
        """The error for a part that is missing or senseless."""
        return UnreadableFile(f"This is no {self._kind} file, or it is damaged.")

    def read(self, name: str) -> bytes:
        """A part's bytes. Raises UnreadableFile: missing, broken, encrypted, or too large with those before."""
        try:
            info = self._archive.getinfo(name)
            if info.flag_bits & 1:
                raise UnreadableFile("The file is encrypted. Save it without a password and upload it again.")
            self._left -= info.file_size  # no more than that is ever unpacked
            if self._left < 0:
                raise UnreadableFile(f"The file unpacks to more than {_MAX_UNPACKED >> 20} MB.")
            return self._archive.read(info)
        except (KeyError, RuntimeError, *_BROKEN) as error:
            raise self.damaged() from error


def resolve(base: str, target: str) -> str:
    """The part that a link within part `base` names. It is only ever looked up in the archive's own list."""
    path = unquote(target.partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), path)).lstrip("/")
