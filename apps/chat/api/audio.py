"""Speech to text and text to speech (service API 6.7). Both APIs serve these views, each with its own admission."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any, Final

from channels.db import database_sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from apps.chat.attributing import attribute_access
from apps.chat.errors import AudioTooLarge, NoAudioUploaded, SpeechNotSupported, UnsupportedAudioType
from apps.common.api import View, json_response, service_view
from apps.common.bodies import read_multipart
from apps.common.errors import InvalidParam
from apps.common.paging import read_id
from apps.common.text import storable
from apps.files.errors import TooManyFiles
from apps.files.names import clean_name
from apps.logs.selectors import get_message
from apps.models.contracts import AudioFile
from apps.models.errors import ProviderNotInitialized
from apps.models.services.resolve import resolve_model
from apps.prompts.api.auth import Admission
from apps.prompts.callers import Access

MAX_AUDIO_BYTES: Final = 30 * 2**20
MAX_SPOKEN: Final = 50_000  # characters, an hour of speech
# The contract's, and what browsers and phones call the same formats.
AUDIO_TYPES: Final = frozenset(
    f"audio/{name}" for name in "mp3 mp4 mpeg mpga m4a x-m4a wav x-wav wave webm ogg amr".split()
)


def audio_to_text_view(admit: Admission) -> View:
    """POST audio-to-text."""

    @service_view("POST")
    async def audio_to_text(request: HttpRequest) -> HttpResponseBase:
        access, _ = await admit(request)
        attribute_access(access)
        _require(access, "speech_to_text", "Speech to text is not enabled")
        audio = await asyncio.to_thread(_read_audio, request)
        try:
            handle = await resolve_model(workspace_id=access.app.workspace_id, model_type="speech2text")
            text = await handle.transcribe(audio, str(access.caller.end_user_id))
        except (ProviderNotInitialized, NotImplementedError) as error:
            raise SpeechNotSupported from error
        return json_response({"text": text})

    return audio_to_text


def text_to_audio_view(admit: Admission) -> View:
    """POST text-to-audio: MP3, sent as it comes unless `streaming` is false."""

    @service_view("POST")
    async def text_to_audio(request: HttpRequest) -> HttpResponseBase:
        access, fields = await admit(request)
        attribute_access(access)
        feature = _require(access, "text_to_speech", "TTS is not enabled")
        text = await _text_to_say(access, fields)
        voice = fields.get("voice") or feature.get("voice") or ""
        if not isinstance(voice, str):
            raise InvalidParam("voice must be a string", params="voice")
        handle = await resolve_model(workspace_id=access.app.workspace_id, model_type="tts")
        try:
            speech = handle.speak(text, voice, str(access.caller.end_user_id))
        except NotImplementedError as error:
            raise ProviderNotInitialized("The workspace's speech model cannot speak. Choose another one.") from error
        first = await anext(speech, b"")  # what fails before it is an error of its own, not a broken answer
        sound = _from_first(first, speech)
        if fields.get("streaming") in (False, "false"):
            whole = b"".join([piece async for piece in sound])
            return HttpResponse(whole, content_type="audio/mpeg", headers={"Content-Length": len(whole)})
        return StreamingHttpResponse(sound, content_type="audio/mpeg")

    return text_to_audio


def _require(access: Access, feature: str, disabled: str) -> Mapping[str, Any]:
    """The settings of a feature that is on. Raises InvalidParam, NotPublished."""
    settings: Mapping[str, Any] = access.app.require_config().features[feature]
    if not settings.get("enabled"):
        raise InvalidParam(disabled)
    return settings


def _read_audio(request: HttpRequest) -> AudioFile:
    _, files = read_multipart(request)
    if not files or not files[0].size:
        raise NoAudioUploaded
    if len(files) > 1:
        raise TooManyFiles
    [file] = files
    mime_type = file.content_type or ""
    if mime_type.lower() not in AUDIO_TYPES:
        raise UnsupportedAudioType
    if (file.size or 0) > MAX_AUDIO_BYTES:
        raise AudioTooLarge
    return AudioFile(clean_name(file.name or ""), mime_type, file.read())


async def _text_to_say(access: Access, fields: Mapping[str, Any]) -> str:
    """The answer of the caller's own message, else the text given. Raises NotFound, InvalidParam."""
    message_id = read_id(fields, "message_id")
    if message_id is not None:
        message = await database_sync_to_async(get_message)(access=access, message_id=message_id)
        text: Any = message.answer
    else:
        text = fields.get("text")
    if not isinstance(text, str) or not (text := storable(text).strip()):
        raise InvalidParam("text is required", params="text")
    if len(text) > MAX_SPOKEN:
        raise InvalidParam(f"text must be at most {MAX_SPOKEN} characters.", params="text")
    return text


async def _from_first(first: bytes, speech: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(speech):
        yield first
        async for piece in speech:
            yield piece
