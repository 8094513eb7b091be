"""Several keys of a provider, credentials of single models, prices, stand-ins and trials, on the real database."""

import asyncio
import time
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from apps.billing.errors import TrialUsedUp
from apps.common import caching, perloop
from apps.common.errors import InvalidParam, NotFound
from apps.models import health, ledger
from apps.models.catalogue import get_provider
from apps.models.chains import read_chain
from apps.models.contracts import ChatMessage, ChatRequest, ModelSpec, Substitute, TextDelta
from apps.models.errors import ModelNotFound, ProviderError, ProviderNotInitialized, ProviderRateLimited
from apps.models.handles import ModelHandle
from apps.models.models import DefaultModel, KeyTrouble, ProviderCredential, WorkspaceModel
from apps.models.selectors import get_configured, list_models, list_provider_models
from apps.models.services.credentials import (
    add_key,
    remove_credentials,
    remove_key,
    reset_key_pair,
    set_credentials,
    set_key_enabled,
)
from apps.models.services.models import (
    add_model,
    change_model,
    set_chain,
    set_default,
    set_model_enabled,
    set_prices,
)
from apps.models.services.resolve import resolve_model
from apps.workspaces.models import Workspace
from tests.factories import make_workspace
from tests.fakes.upstream import Upstream
from tests.fakes.wire import serving

from .helpers import KEY, apart

pytestmark = pytest.mark.django_db(transaction=True)
OWN = "openai_api_compatible"
SECOND = "sk-second-0123456789abcdef"
ASK = ChatRequest([ChatMessage("user", "hello")])


@pytest.fixture
def workspace(upstream: Upstream) -> Workspace:
    caching.clear_all()
    health.forget_all()
    workspace = make_workspace()
    values = {"base_url": upstream.base_url, "api_key": KEY}
    set_credentials(workspace=workspace, user=None, provider=OWN, values=values)
    for name in ("fake", "spare"):
        add_model(workspace=workspace, user=None, provider=OWN, spec=ModelSpec(name, "llm"), check=False)
    return workspace


def second(workspace: Workspace, base_url: str, label: str = "second", **more: Any) -> ProviderCredential:
    values = {"base_url": base_url, "api_key": SECOND}
    return add_key(workspace=workspace, user=None, provider=OWN, values=values, label=label, **more)


def resolve(workspace: Workspace, name: str = "fake", provider: str = OWN, model_type: Any = "llm", **more: Any):
    found = resolve_model(workspace_id=workspace.pk, model_type=model_type, provider=provider, name=name, **more)
    return perloop.run(found)


def keys_of(handle: ModelHandle) -> list[str]:
    return [key.endpoint.credentials["api_key"] for key in handle.keys]


# --- several keys -----------------------------------------------------------------------------------------------


def test_keys_of_a_provider_are_used_in_the_order_they_were_entered(workspace: Workspace, upstream: Upstream) -> None:
    key = second(workspace, upstream.base_url)
    assert keys_of(resolve(workspace)) == [KEY, SECOND]
    set_key_enabled(workspace=workspace, user=None, key_id=key.pk, enabled=False)
    assert keys_of(resolve(workspace)) == [KEY]
    set_key_enabled(workspace=workspace, user=None, key_id=key.pk, enabled=True)
    remove_key(workspace=workspace, user=None, key_id=ProviderCredential.objects.earliest("created_at").pk)
    assert keys_of(resolve(workspace)) == [SECOND]


def test_a_key_is_changed_by_its_id_and_keeps_its_secret_only_at_its_address(
    workspace: Workspace, upstream: Upstream
) -> None:
    key = second(workspace, upstream.base_url)
    masked = {"base_url": upstream.base_url, "api_key": "sk-****ef"}
    change: dict[str, Any] = {"workspace": workspace, "user": None, "provider": OWN, "key_id": key.pk}
    set_credentials(**change, values=masked, label="renamed")
    assert keys_of(resolve(workspace)) == [KEY, SECOND]
    assert ProviderCredential.objects.get(pk=key.pk).label == "renamed"
    with pytest.raises(InvalidParam, match="again"):
        set_credentials(**change, values={**masked, "base_url": "http://127.0.0.1:9/v1"}, check=False)
    assert keys_of(resolve(workspace)) == [KEY, SECOND]


def test_keys_are_told_apart_by_their_names(workspace: Workspace, upstream: Upstream) -> None:
    second(workspace, upstream.base_url)
    for label in ("second", " second ", ""):
        with pytest.raises(InvalidParam) as caught:
            second(workspace, upstream.base_url, label=label)
        assert caught.value.params == "label"
    with pytest.raises(InvalidParam, match="60"):
        second(workspace, upstream.base_url, label="x" * 61)
    assert ProviderCredential.objects.count() == 2


def test_a_masked_secret_makes_no_new_key(workspace: Workspace, upstream: Upstream) -> None:
    values = {"base_url": upstream.base_url, "api_key": "sk-****ef"}
    with pytest.raises(InvalidParam):
        add_key(workspace=workspace, user=None, provider=OWN, values=values, label="x", check=False)


def test_the_keys_of_another_workspace_and_of_another_provider_are_not_there(
    workspace: Workspace, upstream: Upstream
) -> None:
    key, other = ProviderCredential.objects.get(), make_workspace(email="other@example.org")
    with pytest.raises(NotFound):
        remove_key(workspace=other, user=None, key_id=key.pk)
    with pytest.raises(NotFound):
        set_key_enabled(workspace=other, user=None, key_id=key.pk, enabled=False)
    values = {"base_url": upstream.base_url}
    with pytest.raises(NotFound):
        set_credentials(workspace=other, user=None, provider=OWN, values=values, key_id=key.pk)
    with pytest.raises(NotFound):
        set_credentials(workspace=workspace, user=None, provider="ollama", values=values, key_id=key.pk)
    assert keys_of(resolve(workspace)) == [KEY]


def test_the_last_key_takes_the_defaults_with_it(workspace: Workspace, upstream: Upstream) -> None:
    set_default(workspace=workspace, user=None, model_type="llm", provider=OWN, name="fake")
    key = second(workspace, upstream.base_url)
    remove_key(workspace=workspace, user=None, key_id=key.pk)
    assert DefaultModel.objects.exists()
    remove_key(workspace=workspace, user=None, key_id=ProviderCredential.objects.get().pk)
    assert not DefaultModel.objects.exists()
    with pytest.raises(NotFound):
        remove_credentials(workspace=workspace, user=None, provider=OWN)


def test_a_key_that_rests_is_written_down_and_struck_out_when_it_works_again(
    workspace: Workspace, upstream: Upstream
) -> None:
    handle = resolve(workspace)

    async def report(state: health.Health | None) -> None:
        assert handle.watch is not None
        handle.watch(handle.keys[0], "fake", state)
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not asyncio.current_task()))

    error = ProviderRateLimited("[x] Error: slow down", retry_after_s=30)
    perloop.run(report(health.failed(handle.keys[0], "fake", error, time.monotonic())))
    trouble = KeyTrouble.objects.get()
    assert (trouble.model, trouble.kind, trouble.message) == ("fake", "rate_limited", error.message)
    assert 25 < (trouble.until - trouble.since).total_seconds() <= 31
    perloop.run(report(None))
    assert not KeyTrouble.objects.exists()


def test_a_key_that_is_entered_again_begins_anew(workspace: Workspace, upstream: Upstream) -> None:
    health.failed(resolve(workspace).keys[0], "fake", ProviderRateLimited("slow", retry_after_s=60), time.monotonic())
    assert health.health_of(resolve(workspace).keys[0], "fake").rest_s
    values = {"base_url": upstream.base_url, "api_key": "sk-****ef"}
    set_credentials(workspace=workspace, user=None, provider=OWN, values=values)
    caching.clear_all()
    assert not health.health_of(resolve(workspace).keys[0], "fake").rest_s


# --- credentials of single models -------------------------------------------------------------------------------


def test_a_model_may_have_a_server_of_its_own_to_which_no_other_key_goes(
    workspace: Workspace, upstream: Upstream
) -> None:
    spec = ModelSpec("own", "llm")
    add: dict[str, Any] = {"workspace": workspace, "user": None, "provider": OWN, "spec": spec, "check": False}
    model = add_model(**add, values={"base_url": "http://127.0.0.1:9/v1"})
    assert resolve(workspace, "own").keys[0].endpoint.credentials == {"base_url": "http://127.0.0.1:9/v1"}
    own = {"base_url": "http://127.0.0.1:9/v1", "api_key": SECOND}
    change_model(workspace=workspace, user=None, model_id=model.pk, spec=spec, values=own)
    handle = resolve(workspace, "own")
    assert handle.keys[0].endpoint.credentials == own
    assert list(handle.keys[0].endpoint.secrets) == [SECOND]
    assert SECOND.encode() not in bytes(WorkspaceModel.objects.get(pk=model.pk).encrypted or b"")
    moved = {"base_url": "http://127.0.0.1:8/v1", "api_key": "sk-****ef"}
    with pytest.raises(InvalidParam, match="again"):
        change_model(workspace=workspace, user=None, model_id=model.pk, spec=spec, values=moved)
    assert keys_of(resolve(workspace)) == [KEY]


def test_a_models_own_key_does_not_follow_the_provider_to_another_address(
    workspace: Workspace, upstream: Upstream
) -> None:
    spec = ModelSpec("own", "llm")
    add: dict[str, Any] = {"workspace": workspace, "user": None, "provider": OWN, "spec": spec, "check": False}
    model = add_model(**add, values={"api_key": SECOND})
    assert keys_of(resolve(workspace, "own")) == [SECOND]
    assert resolve(workspace, "own").keys[0].credential_id is None
    second(workspace, upstream.base_url)
    assert keys_of(resolve(workspace, "own")) == [SECOND]  # one way, not one for each key of the provider
    first = ProviderCredential.objects.earliest("created_at")
    moved = {"base_url": "http://127.0.0.1:9/v1", "api_key": KEY}
    set_credentials(workspace=workspace, user=None, provider=OWN, values=moved, key_id=first.pk, check=False)
    with pytest.raises(ProviderNotInitialized, match="Enter it again"):
        resolve(workspace, "own")
    change: dict[str, Any] = {"workspace": workspace, "user": None, "model_id": model.pk, "spec": spec}
    change_model(**change, values={"api_key": "sk-****ef"})
    with pytest.raises(ProviderNotInitialized, match="Enter it again"):
        resolve(workspace, "own")
    change_model(**change, values={"api_key": SECOND})
    handle = resolve(workspace, "own")
    assert handle.keys[0].endpoint.credentials == {"base_url": "http://127.0.0.1:9/v1", "api_key": SECOND}


def test_mdl_26_model_by_model_needs_no_key_of_the_provider(workspace: Workspace, upstream: Upstream) -> None:
    other = make_workspace(email="other@example.org")
    spec = ModelSpec("own", "llm")
    values = {"base_url": upstream.base_url, "api_key": KEY}
    with pytest.raises(ProviderNotInitialized):
        add_model(workspace=other, user=None, provider=OWN, spec=spec)
    add_model(workspace=other, user=None, provider=OWN, spec=spec, values=values, check=True)
    assert keys_of(resolve(other, "own")) == [KEY]
    assert ("own", OWN) in [(one.spec.name, one.provider.key) for one in list_models(workspace=other, model_type="llm")]
    reset_key_pair(workspace=other, user=None)
    with pytest.raises(ProviderNotInitialized):
        resolve(other, "own")


# --- prices -----------------------------------------------------------------------------------------------------


def test_a_model_of_the_catalogue_is_repriced_and_priced_as_before_again(workspace: Workspace) -> None:
    which: dict[str, Any] = {"provider": "demo", "model_type": "llm", "name": "demo-chat"}
    by: dict[str, Any] = {"workspace": workspace, "user": None}
    set_prices(**by, **which, prices=(Decimal("0.5"), Decimal(2)))
    assert resolve(workspace, "demo-chat", "demo").spec.prices.prompt == Decimal("0.5")
    provider = list_models(workspace=workspace, model_type="llm")[-1].provider
    listed = list_provider_models(workspace=workspace, provider=provider)
    assert next(one for one in listed if one.spec.name == "demo-chat").spec.prices.completion == 2
    set_model_enabled(**by, **which, enabled=False)
    set_model_enabled(**by, **which, enabled=True)
    assert resolve(workspace, "demo-chat", "demo").spec.prices.prompt == Decimal("0.5")
    set_prices(**by, **which, prices=None)
    assert resolve(workspace, "demo-chat", "demo").spec.prices.prompt == 0
    assert not WorkspaceModel.objects.filter(provider="demo").exists()


@pytest.mark.parametrize("price", ["-1", "1001"])
def test_a_price_is_within_reason(workspace: Workspace, price: str) -> None:
    with pytest.raises(InvalidParam):
        set_prices(
            workspace=workspace, user=None, provider=OWN, model_type="llm", name="fake",
            prices=(Decimal(price), Decimal(0)),
        )  # fmt: skip
    with pytest.raises(NotFound):
        set_prices(workspace=workspace, user=None, provider=OWN, model_type="llm", name="nope", prices=None)


# --- stand-ins --------------------------------------------------------------------------------------------------


def test_the_workspaces_stand_in_answers_and_an_app_may_choose_others_or_none(
    workspace: Workspace, upstream: Upstream
) -> None:
    add_model(workspace=workspace, user=None, provider=OWN, spec=ModelSpec("fail-500", "llm"), check=False)
    set_chain(workspace=workspace, user=None, model_type="llm", names=[(OWN, "spare"), ("demo", "demo-chat")])

    async def ask(**more: Any) -> tuple[str, Substitute]:
        handle = await resolve_model(workspace_id=workspace.pk, model_type="llm", provider=OWN, name="fail-500", **more)
        pieces = [piece async for piece in handle.stream_chat(ASK)]
        return "".join(one.text for one in pieces if isinstance(one, TextDelta)), pieces[0]  # type: ignore[return-value]

    text, answering = perloop.run(ask())
    assert text.startswith("tok0 ")
    assert (answering.provider, answering.spec.name) == (OWN, "spare")
    _, answering = perloop.run(ask(stand_ins=[("demo", "demo-chat")]))
    assert answering.provider == "demo"
    with pytest.raises(ProviderError):
        perloop.run(ask(stand_ins=[]))


def test_a_chain_names_models_that_are_there_each_once(workspace: Workspace) -> None:
    by: dict[str, Any] = {"workspace": workspace, "user": None}
    for names in ([(OWN, "spare"), (OWN, "spare")], [(OWN, "spare"), (f"a/b/{OWN}", "spare")], [("demo", "x")] * 6):
        with pytest.raises(InvalidParam):
            set_chain(**by, model_type="llm", names=names)
    with pytest.raises(ModelNotFound):
        set_chain(**by, model_type="llm", names=[(OWN, "nope")])
    with pytest.raises(InvalidParam, match="vectors"):
        set_chain(**by, model_type="text-embedding", names=[("demo", "demo-embedding")])


def test_a_stand_in_that_is_gone_is_passed_over(workspace: Workspace) -> None:
    set_chain(workspace=workspace, user=None, model_type="llm", names=[(OWN, "spare"), ("demo", "demo-chat")])
    set_model_enabled(workspace=workspace, user=None, provider=OWN, model_type="llm", name="spare", enabled=False)
    assert [one.name for one in resolve(workspace).fallbacks] == ["demo-chat"]
    assert [one.name for one in resolve(workspace, "demo-chat", "demo").fallbacks] == []


# --- trials -----------------------------------------------------------------------------------------------------


def test_mdl_30_a_workspace_without_a_key_tries_hosted_models_so_many_times(settings, upstream: Upstream) -> None:
    caching.clear_all()
    settings.HOSTED_API_KEYS = {"openai": "sk-of-the-installation"}
    workspace = make_workspace()
    handle = resolve(workspace, "gpt-4o-mini", "openai")
    assert handle.trial_calls == 200
    assert list(handle.keys[0].endpoint.secrets) == ["sk-of-the-installation"]
    with pytest.raises(ModelNotFound):
        resolve(workspace, "gpt-4o", "openai")
    names = {
        one.spec.name for one in list_models(workspace=workspace, model_type="llm") if one.provider.key == "openai"
    }
    assert names == {"gpt-4o-mini", "gpt-4.1-nano", "gpt-3.5-turbo"}

    async def call() -> None:
        for _ in range(200):
            await ledger.use_trial(handle)
        with pytest.raises(TrialUsedUp):
            await ledger.use_trial(handle)

    perloop.run(call())


def test_a_key_of_its_own_ends_the_trial(settings) -> None:
    caching.clear_all()
    settings.HOSTED_API_KEYS = {"openai": "sk-of-the-installation"}
    workspace = make_workspace()
    set_credentials(workspace=workspace, user=None, provider="openai", values={"api_key": KEY}, check=False)
    handle = resolve(workspace, "gpt-4o", "openai")
    assert (keys_of(handle), handle.trial_calls) == ([KEY], None)
    assert get_configured(workspace=workspace).on_trial(get_provider("openai")) is None


def test_a_hundred_calls_over_three_keys_of_which_one_answers_429_and_one_500_are_all_served(
    workspace: Workspace, upstream: Upstream
) -> None:
    refusing = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 20\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    failing = b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

    async def ask(handle: ModelHandle) -> str:
        return "".join([piece.text async for piece in handle.stream_chat(ASK) if isinstance(piece, TextDelta)])

    async def run() -> list[str]:
        async with serving(refusing) as slow, serving(failing) as broken:
            for number, server in enumerate((slow, broken)):
                await asyncio.to_thread(apart, partial(second, workspace, f"{server.url}/v1", str(number), check=False))
            handle = await resolve_model(workspace_id=workspace.pk, model_type="llm", provider=OWN, name="fake")
            answers = await asyncio.gather(*(ask(handle) for _ in range(100)))
            assert slow.requests
            assert broken.requests
            return answers

    assert [len(answer.split()) for answer in perloop.run(run())] == [50] * 100
    kinds = dict(KeyTrouble.objects.values_list("kind", "model"))
    assert kinds == {"rate_limited": "fake", "unavailable": "fake"}


def test_mdl_29_the_installation_says_where_openai_is_for_those_who_leave_it_open(settings, upstream: Upstream) -> None:
    settings.MODEL_BASE_URLS = {"openai": upstream.base_url}
    workspace = make_workspace()
    set_credentials(workspace=workspace, user=None, provider="openai", values={"api_key": KEY})
    caching.clear_all()

    async def ask() -> list[str]:
        handle = await resolve_model(workspace_id=workspace.pk, model_type="llm", provider="openai", name="gpt-4o")
        return [piece.text async for piece in handle.stream_chat(ASK) if isinstance(piece, TextDelta)]

    assert len(perloop.run(ask())) == 51
    assert upstream.last()[0]["headers"]["authorization"] == f"Bearer {KEY}"


def test_a_provider_without_a_list_of_models_is_checked_with_one_of_them(upstream: Upstream) -> None:
    workspace = make_workspace()
    values = {"base_url": upstream.base_url, "api_key": KEY}
    set_credentials(workspace=workspace, user=None, provider="spark", values=values)
    assert upstream.last()[0]["body"]["model"] == "lite"


def test_a_list_of_stand_ins_has_an_end_and_names_each_once() -> None:
    endless = [{"provider": "demo", "name": f"m{number // 2}"} for number in range(20_000)]
    assert read_chain([*endless, "odd", {"name": "x"}]) == [("demo", f"m{number}") for number in range(5)]
    assert read_chain({"provider": "demo"}) == []
