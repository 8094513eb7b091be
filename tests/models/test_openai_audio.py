"""Speech in both directions against a real server of the protocol (APP-29, APP-30)."""

from typing import Any

import pytest

from apps.models.catalogue import get_provider
from apps.models.contracts import AudioFile, ModelSpec, Transcript
from apps.models.drivers._openai_audio import MAX_CHARACTERS, SILENCE, read_transcript, spoken_parts, transcription_body
from apps.models.errors import ProviderBadAnswer, ProviderUnavailable
from tests.fakes.upstream import Upstream
from tests.fakes.wire import serving

from .helpers import KEY, driver, endpoint

HEARS = ModelSpec("whisper-1", "speech2text")
ODD_LENGTHS: tuple[Any, ...] = ("x", -1, 0, 1e300, None, [], "nan")
SAYS = get_provider("openai").specs["tts", "tts-1"]


async def spoken(where, text: str = "Hello.", voice: str = "nova", model: ModelSpec = SAYS) -> list[bytes]:
    return [part async for part in driver().speak(where, model, text, voice)]


async def test_app_29_a_recording_is_sent_as_a_form_and_comes_back_as_text(upstream: Upstream) -> None:
    audio = AudioFile('a"b\r\nc.wav', "audio/wav", b"RIFF....")
    heard = await driver().transcribe(endpoint(upstream.base_url), HEARS, audio)
    assert heard.text.startswith("transcript of ")
    sent = upstream.last()[0]
    assert sent["path"] == "/v1/audio/transcriptions"
    assert sent["headers"]["authorization"] == f"Bearer {KEY}"
    assert 'name="model"\r\n\r\nwhisper-1\r\n' in sent["body"]
    assert 'name="file"; filename="a%22b%0D%0Ac.wav"\r\nContent-Type: audio/wav\r\n\r\nRIFF....\r\n' in sent["body"]


@pytest.mark.parametrize(
    ("counted", "found"),
    [
        ({}, ()),
        ({"usage": {"type": "duration", "seconds": 12}}, (12.0,)),
        ({"usage": {"type": "tokens", "input_tokens": 9, "output_tokens": 2}}, (None, 9, 2)),
        ({"duration": 8.47, "segments": []}, (8.47,)),
        ({"duration": "8.47"}, (8.47,)),
        *[({"duration": odd, "usage": odd}, ()) for odd in ODD_LENGTHS],
        ({"usage": {"seconds": -3, "input_tokens": -1, "output_tokens": "2"}}, ()),
    ],
)
def test_what_was_heard_comes_with_what_was_counted(counted, found) -> None:
    assert read_transcript({"text": "a", **counted}) == Transcript("a", *found)


@pytest.mark.parametrize(
    ("data", "length_s"), [(SILENCE.data, 0.2), (b"x" * 8_000, 2), (b"RIFF", 0), (b"RIFF" + bytes(96), 0.025)]
)
def test_how_long_a_recording_is_about(data: bytes, length_s: float) -> None:
    assert AudioFile("a", "audio/wav", data).length_s == pytest.approx(length_s, abs=0.01)


async def test_app_30_speech_comes_as_a_stream_of_mp3(upstream: Upstream) -> None:
    parts = await spoken(endpoint(upstream.base_url))
    assert parts[0].startswith(b"\xff\xfb")
    assert len(b"".join(parts)) == 40 * 417
    assert upstream.last()[0]["body"] == {
        "model": "tts-1", "input": "Hello.", "voice": "nova", "response_format": "mp3"
    }  # fmt: skip


async def test_a_long_text_is_spoken_in_parts_that_end_with_a_sentence(upstream: Upstream) -> None:
    text = "A sentence of some words. " * 200
    sound = b"".join(await spoken(endpoint(upstream.base_url), text, ""))
    sent = [row["body"] for row in reversed(upstream.last())]
    assert len(sent) == 3
    assert len(sound) == 3 * 40 * 417
    assert all(len(body["input"]) <= MAX_CHARACTERS and body["input"].endswith(".") for body in sent)
    assert " ".join(body["input"] for body in sent) == text.strip()
    assert sent[0]["voice"] == "alloy"


@pytest.mark.parametrize("text", ["x" * 5000, "字" * 5000, "a " * 2500, "。" * 4001])
def test_every_text_is_cut_into_parts_that_fit(text: str) -> None:
    parts = list(spoken_parts(text))
    assert all(0 < len(part) <= MAX_CHARACTERS for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@pytest.mark.parametrize("text", ["", " \n "])
async def test_nothing_to_say_is_an_error(upstream: Upstream, text: str) -> None:
    with pytest.raises(ProviderBadAnswer, match="the speech is empty"):
        await spoken(endpoint(upstream.base_url), text)


async def test_failures_have_the_providers_words(upstream: Upstream) -> None:
    where = endpoint(upstream.base_url)
    with pytest.raises(ProviderUnavailable, match="fake failure 503"):
        await spoken(where, model=ModelSpec("fail-503", "tts"))
    with pytest.raises(ProviderUnavailable, match="fake failure 503"):
        await driver().transcribe(where, ModelSpec("fail-503", "speech2text"), SILENCE)


async def test_an_error_that_looks_like_a_success_is_no_sound() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\nConnection: close\r\n\r\n"
    async with serving(head + b'{"error": "nope"}') as wire:
        with pytest.raises(ProviderBadAnswer, match='not sound: {"error"'):
            await spoken(endpoint(wire.url))


async def test_the_check_of_a_speech_model_makes_one_small_call(upstream: Upstream) -> None:
    where = endpoint(upstream.base_url)
    await driver().check(where, HEARS)
    await driver().check(where, SAYS)
    assert [row["path"] for row in upstream.last()] == ["/v1/audio/speech", "/v1/audio/transcriptions"]
    _, body = transcription_body(where, HEARS, SILENCE)
    assert len(SILENCE.data) == 1644
    assert len(body) < 3000


def test_the_catalogue_has_speech_models_with_voices() -> None:
    specs = get_provider("openai").specs
    assert {name for type_, name in specs if type_ == "speech2text"} == {"whisper-1", "gpt-4o-mini-transcribe"}
    assert {name for type_, name in specs if type_ == "tts"} == {"tts-1", "tts-1-hd", "gpt-4o-mini-tts"}
    assert SAYS.voices[0].key == "alloy"
