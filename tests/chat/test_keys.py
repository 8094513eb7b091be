"""Who may call: keys, switches, workspaces."""

import pytest

from apps.prompts.models import ApiToken
from apps.prompts.services.apps import update_app
from apps.prompts.services.keys import create_app_key, create_dataset_key, revoke_key
from apps.prompts.services.versions import publish, save_draft
from apps.workspaces.models import AuditEvent, Workspace
from apps.workspaces.services.workspaces import archive_workspace, reopen_workspace
from tests.factories import make_app, make_key, make_workspace
from tests.http import Client
from tests.waiting import eventually

BODY = {"inputs": {}, "query": "Hello", "user": "ada"}


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "Authorization header must be provided and start with 'Bearer'"),
        ("app-abc", "Authorization header must be provided and start with 'Bearer'"),
        ("Basic app-abc", "Authorization scheme must be 'Bearer'"),
        ("Bearer app-unknown", "Access token is invalid"),
        ("Bearer \u00e4\u00f6", "Access token is invalid"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/chat-messages", "/v1/parameters"])
def test_requests_without_a_valid_key(server, path, header, message):
    headers = {"Authorization": header} if header else {}
    method = "POST" if path.endswith("messages") else "GET"
    answer = Client(server.url).request(method, path, BODY if method == "POST" else None, headers)
    assert answer.status == 401
    assert answer.json() == {"code": "unauthorized", "message": message, "status": 401}
    assert "www-authenticate" not in answer.headers  # as the original's server was observed


def test_the_scheme_word_may_be_written_in_any_case(client, app):
    token, client.token = client.token, None
    answer = client.post("/v1/chat-messages", BODY, headers={"Authorization": f"bEARER {token}"})
    assert answer.status == 200


def test_a_dataset_key_opens_no_app(server, workspace):
    answer = Client(server.url, create_dataset_key(workspace=workspace)).get("/v1/parameters")
    assert (answer.status, answer.json()["message"]) == (401, "Access token is invalid")


def test_a_revoked_key_is_dead_at_once(client, app):
    assert client.post("/v1/chat-messages", BODY).status == 200
    revoke_key(workspace=app.workspace, token_id=ApiToken.objects.get(app=app).id)
    eventually(lambda: client.post("/v1/chat-messages", BODY).status == 401, within_s=1)


def test_keys_are_kept_as_hashes_and_audited(app):
    token = create_app_key(app=app)
    row = ApiToken.objects.get(app=app)
    assert token.startswith("app-")
    assert len(token) == 28
    assert token not in str(row.__dict__)
    assert row.hint.endswith(token[-4:])
    assert AuditEvent.objects.filter(action="key.create", workspace=app.workspace).count() == 1


def test_an_eleventh_key_is_refused(app):
    from apps.prompts.errors import TooManyKeys

    for _ in range(10):
        create_app_key(app=app)
    with pytest.raises(TooManyKeys):
        create_app_key(app=app)


def test_another_workspaces_key_cannot_be_revoked(app):
    from apps.common.errors import NotFound

    make_key(app)
    with pytest.raises(NotFound):
        revoke_key(workspace=make_workspace("Other", "other@example.org"), token_id=ApiToken.objects.get().id)
    assert ApiToken.objects.count() == 1


def test_a_switched_off_api_is_forbidden(client, app):
    assert client.get("/v1/info").status == 200
    update_app(app=app, enable_api=False)
    eventually(lambda: client.get("/v1/info").status == 403, within_s=1)
    assert client.get("/v1/info").json()["message"] == "The app's API service has been disabled."


def test_an_archived_workspace_is_forbidden(client, app):
    Workspace.objects.update(status="archived")
    answer = client.post("/v1/chat-messages", BODY)
    assert (answer.status, answer.json()["message"]) == (403, "The workspace's status is archived.")


def test_a_draft_is_not_heard_until_it_is_published(client, app):
    save_draft(app=app, config={"opening_statement": "Draft"})
    assert client.get("/v1/parameters").json()["opening_statement"] == ""
    app.refresh_from_db()
    publish(app=app)
    eventually(lambda: client.get("/v1/parameters").json()["opening_statement"] == "Draft", within_s=1)


def test_parameters_info_and_welcome(server, workspace):
    form = [{"text-input": {"variable": "topic", "label": "Topic", "required": True}}]
    app = make_app(workspace, {"user_input_form": form, "retriever_resource": {"enabled": True}})
    client = Client(server.url, make_key(app))
    parameters = client.get("/v1/parameters?user=ada", headers={"Content-Type": "application/json"}).json()
    assert parameters["user_input_form"] == form
    assert parameters["retriever_resource"] == {"enabled": True}
    assert parameters["system_parameters"] == {
        "image_file_size_limit": 10, "video_file_size_limit": 100, "audio_file_size_limit": 50,
        "file_size_limit": 15, "workflow_file_upload_limit": 10,
    }  # fmt: skip
    assert set(parameters) >= {
        "opening_statement", "suggested_questions", "suggested_questions_after_answer", "speech_to_text",
        "text_to_speech", "annotation_reply", "more_like_this", "sensitive_word_avoidance", "file_upload",
    }  # fmt: skip
    assert client.get("/v1/info").json() == {
        "name": "Helper", "description": "", "tags": [], "mode": "chat", "author_name": ""
    }  # fmt: skip
    welcome = Client(server.url).get("/v1/").json()
    assert welcome["api_version"] == "v1"


def test_an_unknown_path_and_a_preflight(server):
    client = Client(server.url)
    assert client.get("/v1/nothing").json() == {"code": "not_found", "message": "Not found.", "status": 404}
    answer = client.request("OPTIONS", "/v1/chat-messages")
    assert answer.status == 204
    assert "Authorization" in answer.headers["access-control-allow-headers"]


def test_the_use_of_a_key_is_noted(client, app):
    client.get("/v1/info")
    eventually(lambda: ApiToken.objects.get(app=app).last_used_at is not None)


def test_a_closed_workspace_s_keys_and_pages_are_closed_at_once(client, server, app):
    owner = app.workspace.memberships.get()
    knowledge = Client(server.url, create_dataset_key(workspace=app.workspace))
    page = Client(server.url)
    assert client.post("/v1/chat-messages", BODY).status == 200
    assert knowledge.get("/v1/datasets").status == 200
    assert page.get(f"/chat/{app.site_code}").status == 200
    archive_workspace(owner=owner, typed=app.workspace.name)
    eventually(lambda: client.post("/v1/chat-messages", BODY).status == 403)
    assert client.post("/v1/chat-messages", BODY).json()["message"] == "The workspace's status is archived."
    assert knowledge.get("/v1/datasets").status == 401
    assert page.get(f"/chat/{app.site_code}").status == 404
    reopen_workspace(workspace=app.workspace, by=owner.user)
    eventually(lambda: client.post("/v1/chat-messages", BODY).status == 200)
    assert page.get(f"/chat/{app.site_code}").status == 200
