"""The files a request names: every sentence of the contract, in its order, and whose files they may be."""

from uuid import uuid4

import pytest

from apps.common.errors import InvalidParam
from apps.common.ids import new_id
from apps.common.perloop import run
from apps.files import references
from apps.files.references import FileRules, Owner, load_references
from apps.files.services.uploads import store_upload
from tests.factories import make_workspace
from tests.fakes.wire import serving

pytestmark = pytest.mark.django_db(transaction=True)
RULES = FileRules(enabled=True)
ADA, BOB = new_id(), new_id()
PNG = b"\x89PNG\r\n\x1a\nrest"


@pytest.fixture
def workspace():
    return make_workspace()


@pytest.fixture
def upload(workspace):
    return store_upload(workspace=workspace, name="cat.png", data=PNG, mime_type="image/png", end_user_id=ADA)


def local(upload_id, **more):
    return {"type": "image", "transfer_method": "local_file", "upload_file_id": str(upload_id), **more}


def remote(url="https://example.invalid/a.png", **more):
    return {"type": "image", "transfer_method": "remote_url", "url": url, **more}


def load(workspace, value, rules=RULES, end_user_id=ADA, account_id=None):
    return run(load_references(value, rules, Owner(workspace.id, end_user_id, account_id)))


def refusal(workspace, value, rules=RULES, **owner):
    with pytest.raises(InvalidParam) as caught:
        load(workspace, value, rules, **owner)
    assert (caught.value.code, caught.value.http_status) == ("invalid_param", 400)
    return caught.value.message


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ("x", "Invalid file format, must be dict"),
        (None, "Invalid file format, must be dict"),
        ({}, "Missing file type"),
        ({"type": "image"}, "Missing file transfer method"),
        ({"type": "picture"}, "Invalid file type: picture"),
        ({"type": "image", "transfer_method": "carrier_pigeon"}, "Invalid transfer method: carrier_pigeon"),
        ({"type": "image", "transfer_method": "remote_url"}, "Missing file url"),
        (remote("ftp://example.org/a.png"), "Invalid file url"),
        (remote("httpfoo"), "Invalid file url"),
        (remote(7), "Invalid file url"),
        (remote("http://[::1"), "Invalid file url"),
        ({"type": "image", "transfer_method": "local_file"}, "Missing file upload_file_id"),
        (local("not-a-uuid"), "Invalid upload file"),
        (local(uuid4()), "Invalid upload file"),
        (local([1]), "Invalid upload file"),
    ],
)
def test_each_mistake_has_its_sentence(workspace, item, sentence):
    assert refusal(workspace, [item]) == sentence


def test_the_order_of_checks_is_the_contracts(workspace, upload):
    only_local = FileRules(enabled=True, methods=frozenset({"local_file"}), number_limit=1)
    assert refusal(workspace, [remote(), remote(), local(uuid4())], only_local) == "Invalid upload file"
    assert refusal(workspace, [remote(), remote()], only_local) == "Number of image files exceeds the maximum limit 1"
    assert refusal(workspace, [remote()], only_local) == "Invalid transfer method: remote_url"
    assert refusal(workspace, [remote()]) == "URL does not exist."
    assert refusal(workspace, [remote()] * 500) == "Number of image files exceeds the maximum limit 3"
    several = FileRules(enabled=True, types=frozenset({"image", "document"}), number_limit=1)
    assert refusal(workspace, [remote(), remote()], several) == "Number of files exceeds the maximum limit 1"


@pytest.mark.parametrize("value", [None, [], "", 0])
def test_no_files_are_no_files(workspace, value):
    assert load(workspace, value) == ()


def test_what_is_no_array_is_refused(workspace):
    assert refusal(workspace, {"type": "image"}) == "files must be an array"


def test_where_the_app_takes_none_they_are_ignored(workspace):
    assert load(workspace, ["anything"], FileRules()) == ()


def test_an_upload_is_found_with_what_is_known_of_it(workspace, upload):
    (file,) = load(workspace, [local(upload.id)])
    assert (file.upload_id, file.name, file.extension, file.size_bytes) == (upload.id, "cat.png", "png", len(PNG))
    assert file.storage_key == upload.storage_key
    assert load(workspace, [remote(None, upload_file_id=str(upload.id))])[0].upload_id == upload.id
    assert load(workspace, [file.as_json(workspace.id)]) == (file,)


def test_another_users_upload_does_not_exist(workspace, upload):
    assert refusal(workspace, [local(upload.id)], end_user_id=BOB) == "Invalid upload file"
    assert refusal(workspace, [local(upload.id)], end_user_id=None, account_id=new_id()) == "Invalid upload file"
    other = make_workspace("Other", "other@example.org")
    assert refusal(other, [local(upload.id)]) == "Invalid upload file"


def test_a_member_names_their_own_uploads(workspace):
    user = workspace.memberships.first().user
    own = store_upload(workspace=workspace, name="a.jpg", data=PNG, user=user)
    assert load(workspace, [local(own.id)], end_user_id=None, account_id=user.pk)[0].picture_type == "image/jpeg"
    assert refusal(workspace, [local(own.id)]) == "Invalid upload file"


@pytest.mark.parametrize(
    ("rules", "kind", "name", "allowed"),
    [
        (FileRules(enabled=True), "document", "a.pdf", False),
        (FileRules(enabled=True), "image", "a.pdf", False),
        (FileRules(enabled=True, types=frozenset({"document"})), "document", "a.pdf", True),
        (FileRules(enabled=True, types=frozenset({"document"})), "image", "a.png", False),
        (FileRules(enabled=True, types=frozenset({"custom"}), extensions=frozenset({"log"})), "custom", "a.LOG", True),
        (
            FileRules(enabled=True, types=frozenset({"custom"}), extensions=frozenset({"log"})),
            "document",
            "a.log",
            True,
        ),
        (
            FileRules(enabled=True, types=frozenset({"custom"}), extensions=frozenset({"log"})),
            "document",
            "a.md",
            False,
        ),
    ],
)
def test_types_and_extensions_are_the_apps(workspace, rules, kind, name, allowed):
    upload = store_upload(workspace=workspace, name=name, data=b"x", end_user_id=ADA)
    if allowed:
        assert load(workspace, [local(upload.id, type=kind)], rules)[0].type == kind
    else:
        assert refusal(workspace, [local(upload.id, type=kind)], rules) == f"File validation failed for file: {name}"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/a.png", "http://169.254.169.254/latest/meta-data", "http://localhost/a.png"]
)
def test_addresses_of_inner_networks_are_not_asked(workspace, url):
    assert refusal(workspace, [remote(url)]) == "URL does not exist."


@pytest.mark.parametrize(("status", "exists"), [("200 OK", True), ("404 Not Found", False), ("405 No", False)])
async def test_a_remote_file_is_asked_for_by_head(monkeypatch, status, exists):
    monkeypatch.setattr(references, "_PRIVATE_ALLOWED", True)
    owner = Owner(new_id(), ADA, None)
    async with serving(f"HTTP/1.1 {status}\r\nContent-Length: 9\r\nConnection: close\r\n\r\n".encode()) as wire:
        value = [remote(f"{wire.url}/pictures/my%20cat.png?size=1")]
        if exists:
            (file,) = await load_references(value, RULES, owner)
            assert (file.url, file.name, file.extension) == (value[0]["url"], "my cat.png", "png")
        else:
            with pytest.raises(InvalidParam, match="URL does not exist"):
                await load_references(value, RULES, owner)
        assert wire.requests[0].startswith(b"HEAD /pictures/my%20cat.png?size=1 HTTP/1.1")
