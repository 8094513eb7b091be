"""How large a picture is, read from its first bytes: nothing is decoded, here or by whoever would show it."""

import re
import struct
from typing import IO, Final

from apps.common.errors import PayloadTooLarge

MAX_PIXELS: Final = 100_000_000  # decoded, that is 400 MB
_HEADS: Final = re.compile(rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP", re.DOTALL)


def check_pixels(file: IO[bytes]) -> None:
    """Refuses a small file that unpacks to a huge picture; leaves the file at its beginning.

    Raises:
        PayloadTooLarge: PNG, JPEG, GIF or WebP of more than MAX_PIXELS.
    """
    is_picture = _HEADS.match(file.read(12)) is not None
    file.seek(0)
    if not is_picture:
        return
    width, height = _size(file)
    file.seek(0)
    if width * height > MAX_PIXELS:
        raise PayloadTooLarge(
            f"The picture has {width} x {height} pixels; at most {MAX_PIXELS // 10**6} million are taken. "
            "Scale it down and upload it again."
        )


def _size(file: IO[bytes]) -> tuple[int, int]:
    """Width and height; (0, 0) where the head is damaged, so that nothing can show it."""
    import imagesize

    head = file.read(10)
    if head.startswith(b"GIF") and len(head) == 10:  # the library takes these numbers for signed ones
        width, height = struct.unpack("<HH", head[6:])
        return width, height
    file.seek(0)
    try:
        width, height = imagesize.get(file)
    except (ValueError, OSError, IndexError, struct.error):
        return 0, 0
    return max(int(width), 0), max(int(height), 0)
