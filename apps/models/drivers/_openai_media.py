"""Moderation and pictures in OpenAI's protocol. No I/O."""

import base64
from collections.abc import Sequence
from typing import Any, Final

import orjson

from apps.models.contracts import Endpoint, ModelSpec, Picture, Verdict

# They always give base64 and refuse the field (OpenAI's API reference, "Create image", November 2026).
_ALWAYS_BASE64: Final = ("gpt-image-", "chatgpt-image-")
_SIGNS: Final = ((b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))


def moderation_body(model: ModelSpec, texts: Sequence[str]) -> bytes:
    """The body of a moderation request."""
    return orjson.dumps({"model": model.name, "input": list(texts)})


def read_verdicts(answer: Any, count: int) -> list[Verdict]:
    """A verdict for each text, with the categories that apply. Raises ValueError: not as many as texts."""
    results = answer["results"]
    if len(results) != count:
        raise ValueError(f"{len(results)} verdicts came back for {count} texts")
    return [
        Verdict(bool(row["flagged"]), tuple(name for name, applies in row["categories"].items() if applies))
        for row in results
    ]


def picture_body(endpoint: Endpoint, name: str, prompt: str, size: str, count: int) -> bytes:
    """The body of a request for pictures."""
    body = {"model": name, "prompt": prompt, "size": size, "n": count}
    wanted = endpoint.options["picture_format"]
    if wanted and not name.startswith(_ALWAYS_BASE64):
        body["response_format"] = wanted
    return orjson.dumps(body)


def read_pictures(answer: Any) -> list[Picture | str]:
    """The pictures, or the addresses where they lie. Raises ValueError: there are none."""
    found = [_picture(row) for row in answer["data"]]
    if not found:
        raise ValueError("no picture came back")
    return found


def picture(data: bytes) -> Picture:
    """A picture with the media type that its first bytes tell; PNG is the protocol's usual one."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Picture("image/webp", data)
    return Picture(next((kind for sign, kind in _SIGNS if data.startswith(sign)), "image/png"), data)


def _picture(row: Any) -> Picture | str:
    if row.get("b64_json"):
        return picture(base64.b64decode(row["b64_json"], validate=True))
    return str(row["url"])
