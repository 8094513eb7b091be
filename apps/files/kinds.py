"""Kinds of files by their extension, and how large each may be (service API 5.1)."""

from typing import Final

from django.conf import settings

_EXTENSIONS: Final = {
    "image": "jpg jpeg png webp gif svg",
    "audio": "mp3 m4a wav amr mpga",
    "video": "mp4 mov mpeg webm",
}
_KINDS: Final = {extension: kind for kind, words in _EXTENSIONS.items() for extension in words.split()}


def kind_of(extension: str) -> str:
    """image, audio, video, or document for all others; `extension` in lower case, without the dot."""
    return _KINDS.get(extension, "document")


def limit_mb(extension: str) -> int:
    """How many megabytes a file with this extension may have."""
    limits = {
        "image": settings.UPLOAD_IMAGE_FILE_SIZE_LIMIT,
        "audio": settings.UPLOAD_AUDIO_FILE_SIZE_LIMIT,
        "video": settings.UPLOAD_VIDEO_FILE_SIZE_LIMIT,
    }
    return int(limits.get(kind_of(extension), settings.UPLOAD_FILE_SIZE_LIMIT))
