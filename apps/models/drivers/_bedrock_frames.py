"""Frames of `application/vnd.amazon.eventstream`, cut out of bytes that come in parts of any size. No I/O.

A frame is a prelude (its length, that of its headers, a CRC-32 of both), headers, a payload and a CRC-32 of it all;
numbers are big-endian (AWS, "Amazon event stream specification", Smithy 2.0, read in November 2026).
"""

import struct
import zlib
from collections.abc import Mapping
from typing import Final, NamedTuple

from apps.models.contracts import Endpoint

from . import _problems

PRELUDE: Final = struct.Struct(">III")
MAX_FRAME_BYTES: Final = 16 * 2**20
_CRC_BYTES: Final = 4
_STRING: Final = 7
# Bytes of the values of other types; strings and byte arrays (6) say their length themselves.
_SIZES: Final = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}


class Frame(NamedTuple):
    """One message: its headers that are strings, by name (`:event-type`, …), and its payload."""

    headers: Mapping[str, str]
    payload: bytes


class FrameReader:
    """Keeps what is incomplete until its rest comes."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._rest = b""

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete. Raises ProviderBadAnswer: a checksum or a length is wrong."""
        data = self._rest + data
        frames, start = [], 0
        while len(data) - start >= PRELUDE.size:
            size, headers_size, crc = PRELUDE.unpack_from(data, start)
            # Checked before the length is believed: a wrong one would have us wait for bytes that never come.
            self._expect(zlib.crc32(data[start : start + 8]) == crc, "checksum")
            least = PRELUDE.size + headers_size + _CRC_BYTES
            self._expect(least <= size <= MAX_FRAME_BYTES, "length")
            end = start + size
            if len(data) < end:
                break
            frames.append(self._frame(data[start:end], PRELUDE.size + headers_size))
            start = end
        self._rest = data[start:]
        return frames

    def _frame(self, frame: bytes, payload_at: int) -> Frame:
        crc = int.from_bytes(frame[-_CRC_BYTES:], "big")
        self._expect(zlib.crc32(frame[:-_CRC_BYTES]) == crc, "checksum")
        try:
            headers = _headers(frame[PRELUDE.size : payload_at])
        except (IndexError, KeyError, UnicodeDecodeError) as error:
            raise _problems.bad_answer(self._endpoint, "a frame of the answer has broken headers") from error
        return Frame(headers, frame[payload_at:-_CRC_BYTES])

    def _expect(self, right: bool, what: str) -> None:
        if not right:
            raise _problems.bad_answer(self._endpoint, f"a frame of the answer has a wrong {what}")


def _headers(data: bytes) -> dict[str, str]:
    """Raises IndexError, KeyError or UnicodeDecodeError: they are broken."""
    headers, at = {}, 0
    while at < len(data):
        name_end = at + 1 + data[at]
        name, kind = data[at + 1 : name_end].decode(), data[name_end]
        at = name_end + 1
        if kind in _SIZES:
            at += _SIZES[kind]
            continue
        if kind not in (_STRING, _STRING - 1):
            raise KeyError(kind)
        end = at + 2 + (data[at] << 8 | data[at + 1])
        if kind == _STRING:
            headers[name] = data[at + 2 : end].decode()
        at = end
    if at != len(data):
        raise IndexError(at)
    return headers
