"""POST audio-to-text and text-to-audio, of both APIs."""

import pytest

from tests.factories import api_user, make_app, make_conversation, make_key, make_message, make_passport, make_provider
from tests.http import Client, Part, form

ON = {"speech_to_text": {"enabled": True}, "text_to_speech": {"enabled": True, "voice": "nova"}}
RECORDING = Part(b"RIFF....WAVE", "hello.wav", "audio/wav")
EDGES = {"v1": make_key, "api": lambda app: make_passport(app, "ada")}


@pytest.fixture
def workspace(workspace, upstream):
    """With a model that hears and one that speaks."""
    make_provider(workspace, upstream.base_url, **{"whisper-1": "speech2text", "tts-1": "tts"})
    return workspace


@pytest.fixture
def app(workspace):
    return make_app(workspace, ON)


@pytest.fixture(params=EDGES)
def edge(request, server, app):
    """A caller of one of the APIs, and the path its routes begin with."""
    return Client(server.url, EDGES[request.param](app)), f"/{request.param}"


def test_app_29_a_recording_becomes_text(edge, upstream):
    client, root = edge
    answer = client.post(f"{root}/audio-to-text", **form(RECORDING, user="ada"))
    assert answer.status == 200
    assert answer.json()["text"].startswith("transcript of")
    assert upstream.stats()["/v1/audio/transcriptions"] == 1


@pytest.mark.parametrize(
    ("parts", "status", "code"),
    [
        ([], 400, "no_audio_uploaded"),
        ([Part(b"", "a.mp3", "audio/mpeg")], 400, "no_audio_uploaded"),
        ([RECORDING, Part(b"x", "b.mp3", "audio/mpeg", "more")], 400, "too_many_files"),
        ([Part(b"x", "a.mp3", "text/plain")], 415, "unsupported_audio_type"),
        ([Part(b"x", "a.mp3", None)], 415, "unsupported_audio_type"),
        ([Part(b"x" * (30 * 2**20 + 1), "a.mp3", "audio/mpeg")], 413, "audio_too_large"),
    ],
    ids=["none", "empty", "two", "text", "no type", "31 MB"],
)
def test_recordings_that_are_refused(edge, upstream, parts, status, code):
    client, root = edge
    answer = client.post(f"{root}/audio-to-text", **form(*parts, user="ada"))
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert "/v1/audio/transcriptions" not in upstream.stats()


@pytest.mark.parametrize("name", "mp3 mp4 mpeg mpga m4a wav webm amr x-m4a ogg".split())
def test_types_of_recordings(client, name):
    assert client.post("/v1/audio-to-text", **form(Part(b"x", f"a.{name}", f"audio/{name}"))).status == 200


def test_speech_without_a_model_or_switched_off(server, workspace):
    from apps.models.models import WorkspaceModel

    off = Client(server.url, make_key(make_app(workspace)))
    assert off.post("/v1/audio-to-text", **form(RECORDING)).json()["message"] == "Speech to text is not enabled"
    assert off.post("/v1/text-to-audio", {"text": "Hi"}).json()["message"] == "TTS is not enabled"
    WorkspaceModel.objects.all().delete()
    none = Client(server.url, make_key(make_app(workspace, ON)))
    answer = none.post("/v1/audio-to-text", **form(RECORDING))
    assert (answer.status, answer.json()["code"]) == (400, "provider_not_support_speech_to_text")
    answer = none.post("/v1/text-to-audio", {"text": "Hi"})
    assert (answer.status, answer.json()["code"]) == (400, "provider_not_initialize")


@pytest.mark.parametrize("streaming", [True, False])
def test_app_30_a_text_is_spoken(edge, upstream, streaming):
    client, root = edge
    answer = client.post(f"{root}/text-to-audio", {"text": "Hello.", "user": "ada", "streaming": streaming})
    assert (answer.status, answer.headers["content-type"]) == (200, "audio/mpeg")
    assert answer.body.startswith(b"\xff\xfb")
    assert ("content-length" in answer.headers) is not streaming
    [request] = upstream.last()
    assert (request["body"]["input"], request["body"]["voice"]) == ("Hello.", "nova")


def test_the_callers_voice_goes_before_the_apps(client, upstream):
    client.post("/v1/text-to-audio", {"text": "Hello.", "voice": "onyx"})
    assert upstream.last()[0]["body"]["voice"] == "onyx"
    assert client.post("/v1/text-to-audio", {"text": "Hello.", "voice": 5}).json()["params"] == "voice"


def test_a_message_goes_before_the_text(client, app, upstream):
    ada = api_user(app)
    message = make_message(app, ada, make_conversation(app, ada), answer="The answer.")
    body = {"message_id": str(message.pk), "text": "Other", "user": "ada"}
    assert client.post("/v1/text-to-audio", body).status == 200
    assert upstream.last()[0]["body"]["input"] == "The answer."
    assert client.post("/v1/text-to-audio", {**body, "user": "bob"}).json()["message"] == "Message Not Exists."
    assert client.post("/v1/text-to-audio", {**body, "message_id": "x"}).json()["params"] == "message_id"


@pytest.mark.parametrize("text", [None, "", "  \x00 ", 5, ["x"], "x" * 50_001])
def test_texts_that_are_none(client, upstream, text):
    answer = client.post("/v1/text-to-audio", {"text": text})
    assert (answer.status, answer.json()["params"]) == (400, "text")
    assert upstream.last() == []


def test_app_30_a_long_text_is_spoken_in_parts_that_end_with_a_sentence(client, upstream):
    sentence = "This sentence is said again and again. "
    answer = client.post("/v1/text-to-audio", {"text": sentence * 200})
    assert answer.status == 200
    inputs = [row["body"]["input"] for row in reversed(upstream.last())]
    assert len(inputs) > 1
    assert all(text.endswith(".") and len(text) <= 4096 for text in inputs)
    assert " ".join(inputs) == (sentence * 200).strip()


def test_what_the_provider_refuses_is_an_error_and_no_sound(server, workspace, upstream):
    from apps.models.models import WorkspaceModel

    WorkspaceModel.objects.all().delete()
    make_provider(workspace, upstream.base_url, **{"fail-401": "tts"})
    client = Client(server.url, make_key(make_app(workspace, ON)))
    for streaming in (True, False):
        answer = client.post("/v1/text-to-audio", {"text": "Hi", "streaming": streaming})
        assert (answer.status, answer.json()["code"]) == (400, "completion_request_error")
