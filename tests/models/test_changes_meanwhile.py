"""What two members change at the same time: nothing is undone, nothing that was removed comes back."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from django.test import Client

from apps.common import caching
from apps.common.errors import InvalidParam, NotFound
from apps.models.catalogue import get_provider
from apps.models.contracts import ModelSpec
from apps.models.models import ProviderCredential, WorkspaceModel
from apps.models.selectors import get_configured
from apps.models.services import models as service
from apps.models.services.credentials import add_key, remove_key, reset_key_pair, set_credentials, set_key_enabled
from apps.models.services.models import add_model, set_model_enabled
from apps.workspaces.models import Workspace
from tests.factories import make_workspace

from .helpers import KEY, apart

pytestmark = pytest.mark.django_db(transaction=True)
OWN = "openai_api_compatible"
URL = "http://127.0.0.1:9/v1"
OTHER = "sk-other-0123456789abcdef"
MASKED = {"base_url": URL, "api_key": "sk-****ef"}
SPEC = ModelSpec("own", "llm")


@pytest.fixture
def workspace() -> Workspace:
    caching.clear_all()
    return make_workspace()


def store(workspace: Workspace, secret: str = KEY, **more: Any) -> ProviderCredential:
    values = {"base_url": URL, "api_key": secret}
    return set_credentials(workspace=workspace, user=None, provider=OWN, values=values, check=False, **more)


def add(workspace: Workspace, secret: str) -> WorkspaceModel:
    values = {"base_url": URL, "api_key": secret}
    return add_model(workspace=workspace, user=None, provider=OWN, spec=SPEC, values=values, check=False)


def secret_of(workspace: Workspace) -> str:
    return get_configured(workspace=workspace).values(OWN)["api_key"]


def while_asked(monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]) -> None:
    """The provider accepts every key, and something happens before its answer is here."""

    async def check(_driver: object, _endpoint: object, _model: object) -> None:
        await asyncio.to_thread(apart, action)

    monkeypatch.setattr(type(get_provider(OWN).make_driver()), "check", check)


def test_a_key_that_is_removed_while_it_is_checked_stays_removed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = store(workspace)
    change: dict[str, Any] = {"workspace": workspace, "user": None, "provider": OWN, "key_id": key.pk}
    while_asked(monkeypatch, partial(remove_key, workspace=workspace, user=None, key_id=key.pk))
    with pytest.raises(NotFound):
        set_credentials(**change, values=MASKED)
    assert not ProviderCredential.objects.exists()


def test_a_key_that_is_dropped_with_the_key_pair_while_it_is_checked_stays_dropped(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(workspace)
    while_asked(monkeypatch, partial(reset_key_pair, workspace=workspace, user=None))
    with pytest.raises(NotFound):
        set_credentials(workspace=workspace, user=None, provider=OWN, values=MASKED)
    assert not ProviderCredential.objects.exists()


def test_a_key_that_is_changed_while_it_is_checked_keeps_the_change(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = store(workspace)
    while_asked(monkeypatch, partial(store, workspace, OTHER, key_id=key.pk, label="Team"))
    with pytest.raises(InvalidParam, match="changed meanwhile"):
        set_credentials(workspace=workspace, user=None, provider=OWN, values=MASKED, key_id=key.pk)
    assert secret_of(workspace) == OTHER
    assert ProviderCredential.objects.get().label == "Team"


def test_a_key_taken_out_of_use_while_it_is_checked_stays_out_of_use(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = store(workspace)
    while_asked(monkeypatch, partial(set_key_enabled, workspace=workspace, user=None, key_id=key.pk, enabled=False))
    set_credentials(workspace=workspace, user=None, provider=OWN, values=MASKED, key_id=key.pk)
    assert not ProviderCredential.objects.get().is_enabled


@pytest.mark.parametrize("label", ["", "Team"])
def test_of_two_new_keys_of_one_name_the_first_one_stays(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    values = {"base_url": URL, "api_key": KEY}
    new = partial(add_key, workspace=workspace, user=None, provider=OWN, label=label)
    while_asked(monkeypatch, partial(new, values={**values, "api_key": OTHER}, check=False))
    with pytest.raises(InvalidParam, match="has that name"):
        new(values=values)
    assert secret_of(workspace) == OTHER


def test_the_page_says_that_a_key_is_gone(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    key, browser = store(workspace), Client()
    browser.force_login(workspace.memberships.get().user)
    while_asked(monkeypatch, partial(remove_key, workspace=workspace, user=None, key_id=key.pk))
    page = browser.post(f"/settings/models/keys/{key.pk}/check", follow=True).content.decode()
    assert "The key was removed meanwhile." in page
    assert not ProviderCredential.objects.exists()


def test_a_models_own_credentials_that_are_changed_while_it_is_called_keep_the_change(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(workspace, KEY)
    change: dict[str, Any] = {"workspace": workspace, "user": None, "provider": OWN, "spec": SPEC}
    while_asked(monkeypatch, partial(add, workspace, OTHER))
    add_model(**change)
    own: Any = (OWN, "llm", "own")
    assert get_configured(workspace=workspace).model_values(own)["api_key"] == OTHER
    while_asked(monkeypatch, partial(add, workspace, KEY))
    with pytest.raises(InvalidParam, match="changed meanwhile"):
        add_model(**change, values=MASKED)
    assert get_configured(workspace=workspace).model_values(own)["api_key"] == KEY


def test_two_first_changes_of_one_model_of_the_catalogue_are_both_made(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, both = service._keep, threading.Barrier(2)

    def keep_when_both_are_here(row: WorkspaceModel) -> None:
        with suppress(threading.BrokenBarrierError):
            both.wait(0.2)  # where they take turns, the second one does not come
        keep(row)

    monkeypatch.setattr(service, "_keep", keep_when_both_are_here)
    switch = partial(set_model_enabled, workspace=workspace, user=None, provider="demo", model_type="llm")
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(apart, partial(switch, name="demo-chat", enabled=False)) for _ in range(2)]:
            done.result(timeout=10)
    assert not WorkspaceModel.objects.get(name="demo-chat").is_enabled
