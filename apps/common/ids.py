"""Identifiers that sort by time, so that rows written together lie together."""

import os
import time
import uuid


def new_id() -> uuid.UUID:
    """A version 7 UUID (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then random bits."""
    value = int.from_bytes((time.time_ns() // 1_000_000).to_bytes(6, "big") + os.urandom(10), "big")
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return uuid.UUID(int=value)


def parse_uuid(text: object) -> uuid.UUID | None:
    """The UUID a caller wrote, or None where it is not one."""
    if not isinstance(text, str) or len(text) > 45:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
