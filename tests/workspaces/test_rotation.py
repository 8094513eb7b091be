"""Another SECRET_KEY in the place of the present one."""

import json
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command

from apps.common import crypto
from apps.common.errors import InvalidParam
from apps.files import links
from apps.models.selectors import get_configured
from apps.workspaces.models import Workspace
from tests.factories import make_provider, make_workspace

pytestmark = pytest.mark.django_db
NEW = "the-next-secret-key-of-sufficient-length"


def rotate(**options) -> dict:
    out = StringIO()
    call_command("rotate_secret_key", json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def test_credentials_links_and_pages_survive_the_change(settings, upstream) -> None:
    workspace = make_workspace()
    make_provider(workspace, upstream.base_url)
    upload_id = uuid4()
    query = dict(part.split("=") for part in links.file_url(upload_id).partition("?")[2].split("&"))
    before, settings.SECRET_KEY = settings.SECRET_KEY, NEW
    settings.SECRET_KEY_FALLBACKS = [before]
    assert links.is_valid(upload_id, **query)
    assert rotate() == {"rewrapped": 1, "unreadable": 0, "note": rotate()["note"]}
    assert rotate()["rewrapped"] == 0
    settings.SECRET_KEY_FALLBACKS = []
    assert get_configured(workspace=workspace).values("openai_api_compatible")["base_url"] == upstream.base_url
    assert not links.is_valid(upload_id, **query)


def test_what_no_key_opens_is_counted_and_nothing_is_thrown_away(settings, tmp_path) -> None:
    settings.STORAGE_LOCAL_PATH = tmp_path
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "secret_key.former").write_text("kept\n")
    workspace = make_workspace()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, []
    found = rotate()
    assert (found["rewrapped"], found["unreadable"]) == (0, 1)
    assert "add the one" in found["note"]
    assert (tmp_path / "keys" / "secret_key.former").exists()
    wrapped = Workspace.objects.get(pk=workspace.pk).wrapped_private_key
    with pytest.raises(crypto.CredentialsUnreadable):
        crypto.rewrap(bytes(wrapped))


def test_a_generated_key_is_followed_by_another(settings, tmp_path, monkeypatch) -> None:
    settings.STORAGE_LOCAL_PATH = tmp_path
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "secret_key").write_text("first\n")
    with pytest.raises(InvalidParam, match="SECRET_KEY_FALLBACKS"):
        rotate(generate=True)  # tests set SECRET_KEY
    monkeypatch.delenv("SECRET_KEY")
    assert rotate(generate=True)["generated"]
    second = (tmp_path / "keys" / "secret_key").read_text().strip()
    assert len(second) >= 32
    assert rotate(generate=True)["generated"]
    former = tmp_path / "keys" / "secret_key.former"
    assert former.read_text().split() == [second, "first"]
    assert former.stat().st_mode & 0o777 == 0o600
    assert rotate()["unreadable"] == 0
    assert not former.exists()
