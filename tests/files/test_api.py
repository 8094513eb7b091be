"""POST files/upload and GET files/{id}/preview."""

import pytest

from apps.files.models import UploadFile
from apps.files.services.uploads import read_upload
from apps.prompts.models import EndUser
from tests.factories import api_user, attach_upload, make_app, make_conversation, make_key, make_message, make_workspace
from tests.http import Client, Part, form

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
SCRIPT = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(document.domain)</script></svg>'


def upload(client, part: Part, path: str = "/v1/files/upload", **fields: str):
    return client.post(path, **form(part, **fields))


def test_an_upload_is_answered_with_the_contracts_fields(client, app):
    answer = upload(client, Part(PNG, "My picture.PNG"), user="ada")
    assert answer.status == 201
    body = answer.json()
    assert list(body)[:7] == ["id", "name", "size", "extension", "mime_type", "created_by", "created_at"]
    assert (body["name"], body["size"], body["extension"]) == ("My picture.PNG", len(PNG), "png")
    assert (body["mime_type"], body["created_by"]) == ("image/png", str(api_user(app).end_user_id))
    assert EndUser.objects.get(pk=body["created_by"]).session_id == "ada"
    stored = UploadFile.objects.get(pk=body["id"])
    assert read_upload(stored) == PNG
    assert stored.workspace_id == app.workspace_id
    link = body["preview_url"].removeprefix(f"http://{client.netloc}")
    shown = client.get(link)
    assert (shown.body, shown.headers["content-type"]) == (PNG, "image/png")


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("a.png", "UPLOAD_IMAGE_FILE_SIZE_LIMIT"),
        ("a.SVG", "UPLOAD_IMAGE_FILE_SIZE_LIMIT"),
        ("a.mp3", "UPLOAD_AUDIO_FILE_SIZE_LIMIT"),
        ("a.webm", "UPLOAD_VIDEO_FILE_SIZE_LIMIT"),
        ("a.pdf", "UPLOAD_FILE_SIZE_LIMIT"),
        ("a", "UPLOAD_FILE_SIZE_LIMIT"),
    ],
)
def test_each_kind_has_its_limit(client, settings, name, setting):
    for kind in ("IMAGE_FILE", "AUDIO_FILE", "VIDEO_FILE", "FILE"):
        setattr(settings, f"UPLOAD_{kind}_SIZE_LIMIT", 2)
    setattr(settings, setting, 1)
    part = Part(b"x" * (2**20 + 1), name, "application/octet-stream")
    answer = upload(client, part)
    assert (answer.status, answer.json()["code"]) == (413, "file_too_large")
    assert answer.json()["message"] == "File size exceeded. The limit for this kind of file is 1 MB."
    assert UploadFile.objects.count() == 0
    assert upload(client, Part(b"x" * 2**20, name, "application/octet-stream")).status == 201


def test_web_14_an_image_of_11_megabytes_is_too_large(client):
    answer = upload(client, Part(b"x" * (11 * 2**20)))
    assert (answer.status, answer.json()["code"]) == (413, "file_too_large")


@pytest.mark.parametrize(
    ("part", "status", "code"),
    [
        (Part(b"", "a.png"), 400, "invalid_param"),
        (Part(PNG, "a.png", ""), 415, "unsupported_file_type"),
        (Part(PNG, "a.png", None), 415, "unsupported_file_type"),
        (Part(PNG, "", "image/png"), 400, "filename_not_exists_error"),
    ],
)
def test_uploads_that_are_none(client, part, status, code):
    answer = upload(client, part)
    assert (answer.status, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\x00b.png", "..", "x" * 400 + ".png", "\u202egnp.exe", "a\\b.png", "' or 1=1"]
)
def test_names_are_only_shown(client, name):
    answer = upload(client, Part(PNG, name))
    assert answer.status in {201, 400}
    if answer.status == 201:
        shown = answer.json()["name"]
        assert len(shown) <= 255
        assert not set(shown) & set("/\\\x00\u202e")


@pytest.mark.parametrize(
    "body", [b"", b"--frontier", b'--frontier\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n']
)
def test_broken_forms_are_bad_requests(client, body):
    headers = {"Content-Type": "multipart/form-data; boundary=frontier"}
    assert client.post("/v1/files/upload", body, headers=headers).status == 400
    assert client.post("/v1/files/upload", body, headers={"Content-Type": "multipart/form-data"}).status == 400


@pytest.mark.parametrize(
    ("data", "name", "mime_type"),
    [
        (SCRIPT, "a.svg", "image/svg+xml"),
        (b"<script>alert(1)</script>", "a.html", "text/html"),
        (b"<script>alert(1)</script>", "a.png", "text/html; charset=utf-8"),
        (b"<script>alert(1)</script>", "a.js", "application/javascript"),
    ],
)
def test_h_09_what_could_run_in_a_browser_is_stored_and_never_shown_in_place(client, app, data, name, mime_type):
    body = upload(client, Part(data, name, mime_type)).json()
    message = make_message(app, api_user(app))
    attach_upload(message)
    message.files.update(upload_file_id=body["id"])
    for path in (body["source_url"].removeprefix(f"http://{client.netloc}"), f"/v1/files/{body['id']}/preview"):
        answer = client.get(path)
        assert (answer.status, answer.body) == (200, data)
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]


def test_a_forged_image_is_served_as_what_it_claims_and_cannot_run(client):
    body = upload(client, Part(SCRIPT, "a.png", "image/png")).json()
    answer = client.get(body["preview_url"].removeprefix(f"http://{client.netloc}"))
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


class TestPreview:
    @pytest.fixture
    def sent(self, app) -> UploadFile:
        """A file that a question of ada's brought."""
        ada = api_user(app)
        return attach_upload(make_message(app, ada, make_conversation(app, ada)), data=PNG)

    def test_files_of_messages_are_served(self, client, sent):
        for query in ("", "?user=ada"):
            answer = client.get(f"/v1/files/{sent.pk}/preview{query}")
            assert (answer.status, answer.body) == (200, PNG)
            assert answer.headers["content-type"] == "image/png"
            assert answer.headers["content-length"] == str(len(PNG))
            assert "attachment" not in answer.headers["content-disposition"]
        answer = client.get(f"/v1/files/{sent.pk}/preview?as_attachment=true")
        assert answer.headers["content-disposition"].startswith("attachment")

    def test_a_file_that_no_message_holds_is_denied(self, client):
        id = upload(client, Part(PNG), user="ada").json()["id"]
        answer = client.get(f"/v1/files/{id}/preview?user=ada")
        assert (answer.status, answer.json()["code"]) == (403, "file_access_denied")

    def test_another_users_file_is_not_there(self, client, sent):
        answer = client.get(f"/v1/files/{sent.pk}/preview?user=bob")
        assert (answer.status, answer.json()["code"]) == (404, "file_not_found")

    def test_another_apps_file_is_denied_and_another_workspaces_is_not_there(self, server, workspace, sent):
        neighbour = Client(server.url, make_key(make_app(workspace)))
        assert neighbour.get(f"/v1/files/{sent.pk}/preview").json()["code"] == "file_access_denied"
        stranger = Client(server.url, make_key(make_app(make_workspace("B", "b@example.org"))))
        assert stranger.get(f"/v1/files/{sent.pk}/preview").json()["code"] == "file_not_found"

    def test_a_large_file_comes_whole(self, client, app):
        data = bytes(range(256)) * 2**13
        sent = attach_upload(make_message(app, api_user(app)), data=data)
        assert client.get(f"/v1/files/{sent.pk}/preview").body == data
