"""Requests about sound in OpenAI's protocol: recordings to text, text to speech. No I/O."""

import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from apps.models.contracts import AudioFile, Endpoint, ModelSpec, Transcript

from ._answers import whole_count

# The speech API reads 4,096 characters at once, its newest model 2,000 tokens; scripts of one token a character fit.
MAX_CHARACTERS: Final = 2000
LONGEST_S: Final = 7 * 86_400.0  # no recording that is taken in is near it
_CUT: Final = re.compile(r".*(?:[.!?](?=\s)|[。！？；\n])|.*(?=\s)", re.DOTALL)
# What may stand in a quoted file name is escaped as browsers do it (WHATWG HTML, "multipart/form-data").
_ESCAPES: Final = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})

# 0.2 s of silence, 8 kHz, 8 bit: the shortest recording that providers take is 0.1 s.
SILENCE: Final = AudioFile(
    "silence.wav",
    "audio/wav",
    b"RIFF\x64\x06\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00"
    b"data\x40\x06\x00\x00" + b"\x80" * 1600,
)


def transcription_body(endpoint: Endpoint, model: ModelSpec, audio: AudioFile) -> tuple[str, bytes]:
    """Content type and body of a transcription request (multipart/form-data, RFC 7578)."""
    boundary = secrets.token_hex(16)
    mime_type = re.sub(r"[^\w.+;=/ -]", "", audio.mime_type, flags=re.ASCII)
    fields = {"response_format": "json", **endpoint.options["transcription_extra"], "model": model.name}
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    head = f'Content-Disposition: form-data; name="file"; filename="{audio.name.translate(_ESCAPES)}"\r\n'
    parts.append(f"{head}Content-Type: {mime_type}\r\n\r\n".encode() + audio.data)
    line = f"--{boundary}\r\n".encode()
    body = b"".join(line + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", body


def read_transcript(answer: Mapping[str, Any]) -> Transcript:
    """With the length or the tokens that OpenAI's `usage` states, or the length that its long form states."""
    usage = answer.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    return Transcript(
        str(answer["text"]),
        _seconds(counts.get("seconds")) or _seconds(answer.get("duration")),
        whole_count(counts.get("input_tokens")),
        whole_count(counts.get("output_tokens")),
    )


def _seconds(value: Any) -> float | None:
    """A length as a server states it; older ones write it as text. None for what is none."""
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return seconds if 0 < seconds <= LONGEST_S else None


def speech_body(endpoint: Endpoint, model: ModelSpec, text: str, voice: str) -> bytes:
    """The body of a speech request; MiniMax's own form is its "T2A v2" (platform.minimax.io, November 2026)."""
    options = endpoint.options
    voice = voice or options["default_voice"]
    body: dict[str, Any] = {"model": model.name, "input": text, "voice": voice, "response_format": "mp3"}
    if options["speech_style"] == "minimax":
        body = {"model": model.name, "text": text, "stream": False, "output_format": "hex"}
        body |= {"voice_setting": {"voice_id": voice}, "audio_setting": {"format": "mp3"}}
    return orjson.dumps({**body, **options["speech_extra"]})


def read_speech(answer: Any) -> bytes:
    """The sound in MiniMax's answer. Raises ValueError: there is none."""
    sound = bytes.fromhex(answer["data"]["audio"])
    if not sound:
        raise ValueError("the speech is empty")
    return sound


def spoken_parts(text: str, most: int = MAX_CHARACTERS) -> Iterator[str]:
    """A text in parts that can be spoken by one request each, cut after a sentence, else between two words."""
    text = text.strip()
    while len(text) > most:
        match = _CUT.match(text[:most])
        length = match.end() if match and match.end() else most
        yield text[:length].strip()
        text = text[length:].strip()
    if text:
        yield text
