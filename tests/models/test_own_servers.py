"""Models with a server of their own: the key that was entered for it gets there, and no other does."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from apps.common import caching, perloop
from apps.models.catalogue import all_providers
from apps.models.contracts import ModelSpec
from apps.models.errors import ProviderUnauthorised
from apps.models.fake_servers import KEY, FakeServer, serving
from apps.models.fakes.huggingface import HuggingFaceFake
from apps.models.fakes.tei import TEIFake
from apps.models.services.credentials import set_credentials
from apps.models.services.models import add_model
from apps.models.services.resolve import resolve_model
from apps.workspaces.models import Workspace
from tests.factories import make_workspace

from .helpers import apart

PROVIDERS_KEY = "hf_of_the_provider_0123456789"
SPEC = ModelSpec("acme/own-model", "text-embedding")


def huggingface() -> HuggingFaceFake:
    fake = HuggingFaceFake()
    fake.task = "feature-extraction"
    return fake


SERVERS: Mapping[str, tuple[Any, Mapping[str, str], Mapping[str, str]]] = {
    "huggingface_hub": (huggingface, {}, {"endpoint_type": "Inference Endpoint", "task_type": "feature-extraction"}),
    "huggingface_tei": (TEIFake, {"base_url": "http://127.0.0.1:9"}, {}),
}


async def embedded(workspace: Workspace, provider: str, fake: FakeServer, more: Mapping[str, str]) -> None:
    """A model is added with its own server, checked, and called."""
    async with serving(fake) as address:
        by: dict[str, Any] = {"workspace": workspace, "user": None, "provider": provider, "spec": SPEC}
        await asyncio.to_thread(apart, partial(add_model, **by, values={"base_url": address, **more}))
        handle = await resolve_model(
            workspace_id=workspace.pk, model_type="text-embedding", provider=provider, name=SPEC.name
        )
        assert len((await handle.embed(["hello"])).vectors) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("provider", SERVERS)
def test_a_protected_server_of_one_model_gets_the_key_entered_for_it(provider: str) -> None:
    caching.clear_all()
    make, of_provider, more = SERVERS[provider]
    workspace, fake = make_workspace(), make()
    values = {"api_key": PROVIDERS_KEY, **of_provider}
    set_credentials(workspace=workspace, user=None, provider=provider, values=values, check=False)
    perloop.run(embedded(workspace, provider, fake, {"api_key": KEY, **more}))
    assert {received.headers["authorization"] for received in fake.received} == {f"Bearer {KEY}"}
    with pytest.raises(ProviderUnauthorised):
        perloop.run(embedded(workspace, provider, fake, more))
    assert "authorization" not in fake.received[-1].headers


@pytest.mark.parametrize("key", all_providers())
def test_wherever_a_model_may_have_a_server_it_may_have_its_key(key: str) -> None:
    provider = all_providers()[key]
    names = {field.name for field in provider.model_credentials}
    secrets = {field.name for field in provider.credentials if field.secret}
    assert "base_url" not in names or secrets <= names
