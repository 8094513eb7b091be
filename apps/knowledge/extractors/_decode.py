"""Bytes to text without being told the encoding."""

import codecs
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

from apps.knowledge.errors import UnreadableFile

_MARKS: Final[Sequence[tuple[bytes, str]]] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# How much of a file decides about its encoding.
_SAMPLE_BYTES: Final = 200_000
# The share of characters beyond ASCII that must be ones people often write.
_PLAUSIBLE: Final = 0.8
# Below this share of bytes beyond ASCII most are signs and emoji, so half as many must be common characters.
_SPARSE_SHARE: Final = 0.03
_BINARY_SHARE: Final = 0.02
_UNKNOWN: Final = "The text's encoding was not recognised. Save the file as UTF-8 and upload it again."
_BINARY: Final = "The file holds binary data, not text."


def decode(data: bytes) -> str:
    """The text of a file: a byte order mark decides, else UTF-8 if valid, else the most plausible old encoding.

    Raises:
        UnreadableFile: no encoding gives plausible text, or the bytes are no text at all.
    """
    text = _decode(data)
    sample = text[:_SAMPLE_BYTES]
    odd = sum(1 for character in sample if character < " " and character not in "\t\n\r\f\0")
    if odd > len(sample) * _BINARY_SHARE:
        raise UnreadableFile(_BINARY)
    return text


def _decode(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(_guess(data[:_SAMPLE_BYTES]), "replace")


def _guess(sample: bytes) -> str:
    zeros = sample.count(0)
    if zeros > len(sample) * 0.3:
        return "utf-16-le" if sample[1::2].count(0) > zeros // 2 else "utf-16-be"
    best, score = max(((encoding, _score(sample, encoding)) for encoding in _candidates()), key=lambda item: item[1])
    sparse = sum(byte > 0x7F for byte in sample) < len(sample) * _SPARSE_SHARE
    if score >= (_PLAUSIBLE / 2 if sparse else _PLAUSIBLE):
        return best
    if _looks_western(sample):
        return "cp1252"
    raise UnreadableFile(_UNKNOWN)


def _score(sample: bytes, encoding: str) -> float:
    """The share of characters beyond ASCII that are common in the encoding's languages; 0 where it does not fit."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        text = decoder.decode(sample)  # a character cut off at the sample's end is no error
    except UnicodeDecodeError:
        return 0.0
    common = _candidates()[encoding]()
    foreign = [character for character in text if character > "\x7f"]
    return sum(character in common for character in foreign) / len(foreign) if foreign else 0.0


def _looks_western(sample: bytes) -> bool:
    """Mostly ASCII, with letters of windows-1252 between letters, and none of its five unused bytes."""
    high = [byte for byte in sample if byte > 0x7F]
    letters = sum(byte >= 0xC0 or byte in b"\x91\x92\x93\x94\x96\x97\xa0\xab\xbb" for byte in high)
    unused = any(byte in b"\x81\x8d\x8f\x90\x9d" for byte in high)
    return bool(high) and not unused and len(high) < len(sample) * 0.3 and letters > len(high) * 0.7


def _block(encoding: str, first: range, second: Sequence[int]) -> frozenset[str]:
    text = b"".join(bytes((high, low)) for high in first for low in second).decode(encoding, "ignore")
    return frozenset(text)


_KANA = frozenset(map(chr, range(0x3041, 0x30FF)))
# Punctuation and full-width forms; half-width kana are left out: they are what other encodings look like in Shift-JIS.
_PUNCTUATION = frozenset(
    chr(code)
    for low, high in (
        (0xB7, 0xB7),
        (0x2010, 0x203B),
        (0x2190, 0x2193),
        (0x3000, 0x303F),
        (0x30FB, 0x30FC),
        (0xFF01, 0xFF5E),
    )
    for code in range(low, high + 1)
)
_HIGH = range(0xA1, 0xFF)
_BIG5_SECOND = (*range(0x40, 0x7F), *_HIGH)
_SJIS_SECOND = (*range(0x40, 0x7F), *range(0x80, 0xFD))


@cache
def _simplified() -> frozenset[str]:
    return _block("gb2312", range(0xB0, 0xD8), _HIGH) | _PUNCTUATION


@cache
def _traditional() -> frozenset[str]:
    return _block("big5", range(0xA4, 0xC7), _BIG5_SECOND) | _PUNCTUATION


@cache
def _japanese() -> frozenset[str]:
    return _block("shift_jis", range(0x88, 0x98), _SJIS_SECOND) | _KANA | _PUNCTUATION


@cache
def _korean() -> frozenset[str]:
    return _block("euc_kr", range(0xB0, 0xC9), _HIGH) | _PUNCTUATION


@cache
def _candidates() -> dict[str, Callable[[], frozenset[str]]]:
    """Encodings before UTF-8 with the characters their languages use most (the standards' first levels)."""
    return {
        "euc_kr": _korean,  # first: its range lies within the next one's, so on a tie the narrower is meant
        "gb18030": _simplified,
        "big5": _traditional,
        "shift_jis": _japanese,
        "euc_jp": _japanese,
    }
