"""Pictures in questions and files in forms, on their way to a vision model (APP-24)."""

import base64

import pytest

from apps.chat.outcome import NOT_SENT
from apps.files import storage
from apps.files.models import UploadFile
from apps.files.services.uploads import store_upload
from apps.logs.models import Message, MessageFile
from apps.models.contracts import ModelSpec
from apps.models.services.models import add_model
from apps.prompts.choices import InvokeFrom
from apps.prompts.models import end_user_id
from tests.factories import make_app, make_key, make_provider
from tests.http import Client

PROVIDER = "openai_api_compatible"
PNG = b"\x89PNG\r\n\x1a\nrest"
DATA_URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
ON = {"image": {"enabled": True, "number_limits": 2, "detail": "low", "transfer_methods": ["local_file"]}}


@pytest.fixture
def vision(server, workspace, upstream):
    """(client, upload) of a chat app on a model that sees, or one that does not."""

    def make(sees=True, window=16_000, file_upload=ON, mode="chat", **config):
        make_provider(workspace, upstream.base_url)
        features = frozenset({"vision"} if sees else ())
        spec = ModelSpec("fake", "llm", context_tokens=window, features=features)
        add_model(workspace=workspace, user=None, provider=PROVIDER, spec=spec, check=False)
        model = {"provider": PROVIDER, "name": "fake", "mode": "chat"}
        app = make_app(workspace, {"model": model, "file_upload": file_upload, **config}, mode=mode)

        def upload(name="cat.png", user="ada", mime_type="image/png"):
            owner = end_user_id(app.id, InvokeFrom.SERVICE_API, user)
            file = store_upload(workspace=workspace, name=name, data=PNG, mime_type=mime_type, end_user_id=owner)
            return {"type": "image", "transfer_method": "local_file", "upload_file_id": str(file.id)}

        return Client(server.url, make_key(app)), upload

    return make


def ask(client, status=200, path="/v1/chat-messages", **changes):
    answer = client.post(path, {"inputs": {}, "query": "What is it?", "user": "ada", **changes})
    assert answer.status == status, answer.body
    return answer.json()


def picture(url=DATA_URL, detail="low"):
    return {"type": "image_url", "image_url": {"url": url, "detail": detail}}


def last(upstream):
    return upstream.last()[0]["body"]["messages"]


def test_a_picture_goes_within_the_request_and_is_kept_with_the_message(vision, upstream):
    client, upload = vision()
    file = upload()
    events = client.post(
        "/v1/chat-messages",
        {"inputs": {}, "query": "What is it?", "user": "ada", "response_mode": "streaming", "files": [file]},
    ).events()
    assert {event["event"] for event in events} == {"message", "message_end"}
    assert last(upstream) == [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, picture()]}]
    row = MessageFile.objects.get()
    assert (str(row.upload_file_id), row.type, row.transfer_method, row.belongs_to, row.position) == (
        file["upload_file_id"], "image", "local_file", "user", 1
    )  # fmt: skip
    assert str(row.message_id) == events[0]["message_id"]
    log = Message.objects.get().prompt
    assert log[-1]["text"] == "What is it?"
    assert log[-1]["files"][0]["upload_file_id"] == file["upload_file_id"]
    assert "base64" not in str(log)


def test_mdl_33_pictures_may_go_as_signed_links(vision, upstream, settings, server):
    settings.MULTIMODAL_SEND_IMAGE_FORMAT, settings.FILES_URL = "url", server.url
    asking, upload = vision()
    ask(asking, files=[upload()])
    url = last(upstream)[0]["content"][1]["image_url"]["url"]
    assert url.startswith(f"{server.url}/files/")
    assert Client(server.url).get(url.removeprefix(server.url)).body == PNG


def test_mdl_33_without_an_address_of_this_server_they_go_within_the_request(vision, upstream, settings):
    settings.MULTIMODAL_SEND_IMAGE_FORMAT, settings.FILES_URL = "url", ""
    client, upload = vision()
    ask(client, files=[upload()])
    assert last(upstream)[0]["content"][1] == picture()


def test_earlier_pictures_are_sent_again(vision, upstream):
    client, upload = vision()
    first = ask(client, files=[upload()])
    ask(client, query="And its colour?", conversation_id=first["conversation_id"])
    sent = last(upstream)
    assert sent[0]["content"] == [{"type": "text", "text": "What is it?"}, picture()]
    assert sent[-1] == {"role": "user", "content": "And its colour?"}


def test_earlier_pictures_without_room_are_left_out(vision, upstream):
    client, upload = vision(window=520)
    first = ask(client, files=[upload(), upload()])
    ask(client, query="word " * 190, conversation_id=first["conversation_id"])
    assert all(isinstance(message["content"], str) for message in last(upstream))


def test_a_model_that_sees_nothing_is_sent_nothing_and_the_log_says_so(vision, upstream):
    client, upload = vision(sees=False)
    ask(client, files=[upload()])
    assert last(upstream) == [{"role": "user", "content": "What is it?"}]
    assert MessageFile.objects.count() == 1
    assert Message.objects.get().prompt[-1]["files"][0]["note"] == NOT_SENT


def test_where_pictures_are_off_they_are_ignored(vision, upstream):
    client, upload = vision(file_upload={})
    ask(client, files=[upload(), "nonsense", None])
    assert last(upstream) == [{"role": "user", "content": "What is it?"}]
    assert MessageFile.objects.count() == 0


def test_a_drawing_that_may_hold_script_is_kept_and_not_sent(vision, upstream):
    client, upload = vision()
    ask(client, files=[upload("a.svg", mime_type="image/svg+xml")])
    assert last(upstream) == [{"role": "user", "content": "What is it?"}]
    assert MessageFile.objects.count() == 1


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (["x"], "Invalid file format, must be dict"),
        ([{"type": "image", "transfer_method": "remote_url", "url": "https://example.invalid/a.png"}],
         "Invalid transfer method: remote_url"),
        ([{"type": "image", "transfer_method": "local_file"}], "Missing file upload_file_id"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_before_anything_is_stored(vision, files, sentence):
    client, _ = vision()
    for mode in ("blocking", "streaming"):
        assert ask(client, 400, files=files, response_mode=mode)["message"] == sentence
    assert Message.objects.count() == 0


def test_another_users_upload_is_refused(vision):
    client, upload = vision()
    assert ask(client, 400, files=[upload(user="bob")])["message"] == "Invalid upload file"
    assert ask(client, 400, files=[upload()] * 3)["message"] == "Number of image files exceeds the maximum limit 2"


def test_a_text_generator_takes_pictures_too(vision, upstream):
    client, upload = vision(mode="completion", pre_prompt="Describe.")
    ask(client, path="/v1/completion-messages", query="", files=[upload()])
    assert last(upstream) == [{"role": "user", "content": [{"type": "text", "text": "Describe."}, picture()]}]


def test_a_picture_that_storage_has_lost_does_not_end_the_conversation(vision, upstream):
    client, upload = vision()
    first = ask(client, files=[upload()])
    storage.delete(UploadFile.objects.get().storage_key)
    ask(client, query="And now?", conversation_id=first["conversation_id"])
    assert last(upstream)[0]["content"] == [{"type": "text", "text": "What is it?"}]


# --- fields of the form --------------------------------------------------------------------------------------------

FORM = [
    {"file": {"variable": "photo", "label": "Photo", "required": True, "allowed_file_types": ["image"]}},
    {"file-list": {"variable": "more", "label": "More", "max_length": 2}},
]


def test_app_24_a_file_field_is_checked_stored_and_seen(vision, upstream):
    client, upload = vision(file_upload={}, pre_prompt="Photo:{{photo}}.", user_input_form=FORM)
    file = upload()
    first = ask(client, inputs={"photo": file})
    assert last(upstream) == [
        {"role": "system", "content": "Photo:."},
        {"role": "user", "content": [{"type": "text", "text": "What is it?"}, picture(detail="high")]},
    ]
    stored = Message.objects.get().inputs
    assert stored["photo"]["dify_model_identity"] == "__dify__file__"
    assert (stored["photo"]["related_id"], stored["photo"]["filename"]) == (file["upload_file_id"], "cat.png")
    assert stored["more"] == []
    ask(client, query="Again?", conversation_id=first["conversation_id"])
    assert last(upstream)[-1]["content"][1] == picture(detail="high")


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ({}, "photo is required in input form"),
        ({"photo": "x"}, "photo in input form must be a file"),
        ({"photo": {"type": "image"}}, "Missing file transfer method"),
        ({"photo": {"type": "document", "transfer_method": "local_file", "upload_file_id": "own"}},
         "File validation failed for file: cat.png"),
        ({"photo": {"type": "image", "transfer_method": "local_file", "upload_file_id": "bobs"}},
         "Invalid upload file"),
    ],
)  # fmt: skip
def test_app_24_what_does_not_fit_a_file_field_is_refused(vision, inputs, sentence):
    client, upload = vision(user_input_form=FORM)
    ids = {"own": upload()["upload_file_id"], "bobs": upload(user="bob")["upload_file_id"]}
    for value in inputs.values():
        if isinstance(value, dict) and "upload_file_id" in value:
            value["upload_file_id"] = ids[value["upload_file_id"]]
    assert ask(client, 400, inputs=inputs)["message"] == sentence
