"""Word documents of 1997 to 2003 ([MS-DOC]: the FIB names the piece table, the piece table the text)."""

import io
import re
import struct
from collections.abc import Iterator
from typing import ClassVar, Final

from apps.knowledge.contracts import Extracted, Extractor, extractors
from apps.knowledge.errors import UnreadableFile

_SAVE_ANEW: Final = "Open it in Word or LibreOffice, save it as .docx and upload that."
_BROKEN: Final = f"This is no Word file of the old format (.doc), or it is damaged. {_SAVE_ANEW}"
_TOO_OLD: Final = f"The file is of Word 95 or older, which is not read. {_SAVE_ANEW}"
_LOCKED: Final = f"The file is protected by a password. {_SAVE_ANEW}"
_WORD, _WORD_97 = 0xA5EC, 0xC1
_ENCRYPTED, _TABLE_1 = 0x100, 0x200
_TEXT_LENGTH, _CLX = 0x4C, 0x1A2
_EIGHT_BIT: Final = 0x4000_0000
# Where a field begins, its code ends and its result begins, and it ends.
_FIELD: Final = re.compile("([\x13\x14\x15])")
_MARKS: Final = str.maketrans(
    {"\r": "\n", "\x0b": "\n", "\x0c": "\n", "\x1e": "-", "\x1f": None, "\x01": None, "\x08": None}
)


@extractors.register
class Doc(Extractor):
    """The body's paragraphs and tables; no headers, notes and text boxes."""

    key: ClassVar[str] = "doc"
    label: ClassVar[str] = "Word 97"
    extensions: ClassVar[frozenset[str]] = frozenset({"doc"})

    def extract(self, data: bytes) -> Extracted:
        """See the base class."""
        import olefile

        try:
            with olefile.OleFileIO(io.BytesIO(data)) as file:
                main = file.openstream("WordDocument").read()
                magic, version = struct.unpack_from("<HH", main, 0)
                if magic != _WORD or version < _WORD_97:
                    raise UnreadableFile(_BROKEN if magic != _WORD else _TOO_OLD)
                (flags,) = struct.unpack_from("<H", main, 0x0A)
                if flags & _ENCRYPTED:
                    raise UnreadableFile(_LOCKED)
                table = file.openstream("1Table" if flags & _TABLE_1 else "0Table").read()
            return Extracted(_readable("".join(_pieces(main, table))))
        except (OSError, struct.error, ValueError, IndexError) as error:
            raise UnreadableFile(_BROKEN) from error


def _pieces(main: bytes, table: bytes) -> Iterator[str]:
    """The text's pieces in order, up to the end of the body."""
    (left,) = struct.unpack_from("<I", main, _TEXT_LENGTH)
    start, size = struct.unpack_from("<II", main, _CLX)
    clx = table[start : start + size]
    while clx[0] == 1:  # formatting of pieces
        clx = clx[3 + struct.unpack_from("<H", clx, 1)[0] :]
    (length,) = struct.unpack_from("<I", clx, 1)
    count = (min(length, len(clx) - 5) - 4) // 12
    ends = struct.unpack_from(f"<{count + 1}I", clx, 5)
    for number in range(count):
        characters = min(max(ends[number + 1] - ends[number], 0), left)
        (place,) = struct.unpack_from("<I", clx, 5 + 4 * (count + 1) + 8 * number + 2)
        left -= characters
        if place & _EIGHT_BIT:
            offset = (place & ~_EIGHT_BIT) // 2
            yield main[offset : offset + characters].decode("cp1252", "replace")
        else:
            yield main[place : place + 2 * characters].decode("utf-16-le", "replace")


def _readable(text: str) -> str:
    text = "".join(_outside_of_codes(text)).translate(_MARKS)
    return text.replace("\x07\x07", "\n").replace("\x07", " | ")


def _outside_of_codes(text: str) -> Iterator[str]:
    """All but the codes of fields, which may lie within one another."""
    in_code: list[bool] = []
    for part in _FIELD.split(text):
        if part == "\x13":
            in_code.append(True)
        elif part == "\x14":
            in_code[-1:] = [False] * bool(in_code)
        elif part == "\x15":
            del in_code[-1:]
        elif not any(in_code):
            yield part
