"""Credentials, models, defaults and what `resolve_model` makes of them, on the real database."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from apps.common import caching, crypto, notify, perloop
from apps.common.errors import AppError, InvalidParam, NotFound
from apps.common.guard import AddressBlocked
from apps.models.contracts import ModelSpec
from apps.models.errors import ModelNotFound, ProviderError, ProviderNotInitialized
from apps.models.handles import ModelHandle
from apps.models.models import DefaultModel, ProviderCredential, WorkspaceModel
from apps.models.selectors import list_chains, list_defaults, list_models, list_providers, list_substitutes
from apps.models.services.credentials import (
    add_key,
    remove_credentials,
    remove_key,
    reset_key_pair,
    set_credentials,
    set_key_enabled,
)
from apps.models.services.models import add_model, clear_default, remove_model, set_chain, set_default
from apps.models.services.resolve import resolve_model
from apps.workspaces.models import AuditEvent, Workspace
from tests.factories import make_workspace
from tests.fakes.upstream import Upstream

from .helpers import KEY, apart

pytestmark = pytest.mark.django_db(transaction=True)
OWN = "openai_api_compatible"


@pytest.fixture
def workspace() -> Workspace:
    caching.clear_all()
    return make_workspace()


def configure(workspace: Workspace, upstream: Upstream, **more: str) -> ProviderCredential:
    values = {"base_url": upstream.base_url, "api_key": KEY, **more}
    return set_credentials(workspace=workspace, user=None, provider=OWN, values=values)


def add(workspace: Workspace, name: str = "fake", type: Any = "llm", **more: Any) -> WorkspaceModel:
    return add_model(workspace=workspace, user=None, provider=OWN, spec=ModelSpec(name, type), **more)


def resolve(
    workspace: Workspace, model_type: Any = "llm", provider: str | None = None, name: str | None = None
) -> ModelHandle:
    return perloop.run(resolve_model(workspace_id=workspace.pk, model_type=model_type, provider=provider, name=name))


# --- credentials ------------------------------------------------------------------------------------------------


def test_credentials_are_checked_sealed_masked_and_used(workspace: Workspace, upstream: Upstream) -> None:
    credential = configure(workspace, upstream)
    assert upstream.last() == []  # the list of models is a GET
    assert credential.validated_at is not None
    assert KEY.encode() not in bytes(credential.encrypted)
    state = next(state for state in list_providers(workspace=workspace) if state.provider.key == OWN)
    assert state.is_configured
    assert {shown.field.name: shown.value for shown in state.keys[0].fields} == {
        "base_url": upstream.base_url,
        "api_key": "sk-****ef",
    }
    add(workspace)
    handle = resolve(workspace, name="fake", provider=OWN)
    assert handle.keys[0].endpoint.credentials == {"base_url": upstream.base_url, "api_key": KEY}
    assert list(handle.keys[0].endpoint.secrets) == [KEY]


def test_mdl_27_a_refused_key_is_not_stored(workspace: Workspace, upstream: Upstream) -> None:
    with pytest.raises(ProviderError, match="fake failure 401") as caught:
        set_credentials(
            workspace=workspace,
            user=None,
            provider=OWN,
            values={"base_url": upstream.base_url, "api_key": KEY},
            check_model=ModelSpec("fail-401", "llm"),
        )
    assert KEY not in caught.value.message
    assert not ProviderCredential.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "base_url"),
        ({"base_url": ""}, "base_url"),
        ({"base_url": "http://127.0.0.1:1/v1", "colour": "red"}, "colour"),
        ({"base_url": 5}, "base_url"),
        ({"base_url": "http://127.0.0.1:1/v1", "api_key": None}, "api_key"),
        ({"base_url": "http://127.0.0.1:1/v1", "api_key": "a\nb"}, "api_key"),
        ({"base_url": "http://127.0.0.1:1/v1", "api_key": "a\0b"}, "api_key"),
        ({"base_url": "http://127.0.0.1:1/v1", "api_key": "x" * 9000}, "api_key"),
        ({"base_url": "http://127.0.0.1:1/v1", "api_key": "****"}, "api_key"),
    ],
)
def test_malformed_values_name_the_field(workspace: Workspace, values: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidParam) as caught:
        set_credentials(workspace=workspace, user=None, provider=OWN, values=values)
    assert caught.value.params == field


@pytest.mark.parametrize("url", ["ftp://x/", "http://169.254.169.254/v1", "nonsense", "http://user:pass@127.0.0.1/v1"])
def test_an_address_is_checked_when_it_is_saved(workspace: Workspace, url: str) -> None:
    with pytest.raises(AddressBlocked):
        set_credentials(workspace=workspace, user=None, provider=OWN, values={"base_url": url}, check=False)


def test_private_addresses_may_be_forbidden(workspace: Workspace, settings) -> None:
    settings.MODEL_PRIVATE_ADDRESSES_ALLOWED = False
    with pytest.raises(AddressBlocked):
        set_credentials(
            workspace=workspace, user=None, provider=OWN, values={"base_url": "http://127.0.0.1/v1"}, check=False
        )


def test_a_masked_secret_stays_while_the_address_stays(workspace: Workspace, upstream: Upstream) -> None:
    configure(workspace, upstream)
    configure(workspace, upstream, api_key="sk-****ef")
    add(workspace)
    assert resolve(workspace, provider=OWN, name="fake").keys[0].endpoint.credentials["api_key"] == KEY


@pytest.mark.parametrize("masked", ["****", "sk-****ef"])
def test_another_address_does_not_get_the_old_secret(workspace: Workspace, upstream: Upstream, masked: str) -> None:
    configure(workspace, upstream)
    upstream.reset()
    elsewhere = f"{upstream.root}/elsewhere"
    with pytest.raises(InvalidParam, match="again"):
        configure(workspace, upstream, base_url=elsewhere, api_key=masked)
    assert not upstream.stats()
    # Leaving the key out clears it: the old one is not sent either.
    set_credentials(workspace=workspace, user=None, provider=OWN, values={"base_url": elsewhere}, check=False)
    add(workspace, check=False)
    assert resolve(workspace, provider=OWN, name="fake").keys[0].endpoint.credentials == {"base_url": elsewhere}


def test_with_the_last_key_in_use_go_the_defaults_that_rest_on_it(workspace: Workspace, upstream: Upstream) -> None:
    first = configure(workspace, upstream)
    values = {"base_url": upstream.base_url, "api_key": KEY}
    by: dict[str, Any] = {"workspace": workspace, "user": None}
    second = add_key(**by, provider=OWN, values=values, label="b", check=False)
    models: list[tuple[str, Any, Any]] = [("gen", "llm", None), ("vec", "text-embedding", values)]
    for name, model_type, own in models:
        add(workspace, name, model_type, check=False, values=own)
        set_default(**by, model_type=model_type, provider=OWN, name=name)
    set_key_enabled(**by, key_id=second.pk, enabled=False)
    assert DefaultModel.objects.count() == 2
    remove_key(**by, key_id=first.pk)
    assert [row.type for row in DefaultModel.objects.all()] == ["text-embedding"]  # that model has its own access
    assert list_defaults(workspace=workspace)["llm"] == ("demo", "demo-chat")
    set_key_enabled(**by, key_id=second.pk, enabled=True)
    set_default(**by, model_type="llm", provider=OWN, name="gen")
    set_key_enabled(**by, key_id=second.pk, enabled=False)
    assert not DefaultModel.objects.filter(type="llm").exists()


def test_models_on_trial_stand_in_for_no_other(workspace: Workspace, settings) -> None:
    settings.HOSTED_API_KEYS = {"openai": "sk-of-the-installation"}
    by: dict[str, Any] = {"workspace": workspace, "user": None}
    names = [("openai", "gpt-4o-mini"), ("demo", "demo-chat")]
    with pytest.raises(InvalidParam, match="on trial") as caught:
        set_chain(**by, model_type="llm", names=names)
    assert caught.value.params == "chain"
    key = set_credentials(**by, provider="openai", values={"api_key": KEY}, check=False)
    set_chain(**by, model_type="llm", names=names)
    assert [link.is_missing for link in list_chains(workspace=workspace)["llm"]] == [False, False]
    set_key_enabled(**by, key_id=key.pk, enabled=False)
    assert [link.is_missing for link in list_chains(workspace=workspace)["llm"]] == [True, False]
    substitutes = {choice.provider.key for choice in list_substitutes(workspace=workspace, model_type="llm")}
    assert substitutes == {"demo"}


def test_openais_optional_address_is_guarded_too(workspace: Workspace) -> None:
    set_credentials(workspace=workspace, user=None, provider="openai", values={"api_key": KEY}, check=False)
    with pytest.raises(InvalidParam, match="again"):
        set_credentials(
            workspace=workspace,
            user=None,
            provider="openai",
            values={"api_key": "****", "base_url": "https://evil.example/v1"},
            check=False,
        )


def test_every_write_is_audited_without_secrets(workspace: Workspace, upstream: Upstream) -> None:
    configure(workspace, upstream)
    model = add(workspace)
    set_default(workspace=workspace, user=None, model_type="llm", provider=OWN, name="fake")
    clear_default(workspace=workspace, user=None, model_type="llm")
    remove_model(workspace=workspace, user=None, model_id=model.pk)
    remove_credentials(workspace=workspace, user=None, provider=OWN)
    rows = list(AuditEvent.objects.filter(workspace=workspace).order_by("id").values_list("action", "data"))
    assert [action for action, _ in rows] == [
        "provider.set", "model.add", "model.set_default", "model.clear_default", "model.remove", "provider.remove",
    ]  # fmt: skip
    assert KEY not in json.dumps(rows)


def test_nothing_in_the_database_shows_the_key(workspace: Workspace, upstream: Upstream) -> None:
    configure(workspace, upstream)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'select count(*) from "{table}" t where t::text like %s', [f"%{KEY}%"])
            assert cursor.fetchone() == (0,), table


# --- models and defaults ----------------------------------------------------------------------------------------


def test_without_configuration_the_demo_models_are_the_defaults(workspace: Workspace) -> None:
    assert list_defaults(workspace=workspace) == {
        "llm": ("demo", "demo-chat"),
        "text-embedding": ("demo", "demo-embedding"),
        "rerank": ("demo", "demo-rerank"),
    }
    assert resolve(workspace).name == "demo-chat"
    assert resolve(workspace, "text-embedding").spec.dimensions == 1024
    with pytest.raises(ProviderNotInitialized, match="tts"):
        resolve(workspace, "tts")


def test_an_own_model_can_be_added_listed_chosen_and_removed(workspace: Workspace, upstream: Upstream) -> None:
    configure(workspace, upstream)
    add(workspace)
    embedder = add(workspace, "text-embedding-3-small", "text-embedding")
    assert embedder.dimensions == 1536  # found out by the check
    set_default(
        workspace=workspace, user=None, model_type="text-embedding", provider=f"x/{OWN}/{OWN}", name=embedder.name
    )
    assert resolve(workspace, "text-embedding").name == "text-embedding-3-small"
    names = [
        (choice.provider.key, choice.spec.name, choice.is_default)
        for choice in list_models(workspace=workspace, model_type="text-embedding")
    ]
    assert names == [(OWN, "text-embedding-3-small", True), ("demo", "demo-embedding", False)]
    remove_model(workspace=workspace, user=None, model_id=embedder.pk)
    assert resolve(workspace, "text-embedding").name == "demo-embedding"
    assert not DefaultModel.objects.exists()


def test_a_catalogued_model_needs_only_the_key(workspace: Workspace) -> None:
    with pytest.raises(ProviderNotInitialized):
        resolve(workspace, provider="openai", name="gpt-4o")
    set_credentials(workspace=workspace, user=None, provider="openai", values={"api_key": KEY}, check=False)
    assert resolve(workspace, provider="langgenius/openai/openai", name="gpt-4o").spec.context_tokens == 128_000
    with pytest.raises(ModelNotFound, match="gpt-nope"):
        resolve(workspace, provider="openai", name="gpt-nope")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"provider": "demo"}, InvalidParam),
        ({"provider": OWN}, ProviderNotInitialized),
        ({"provider": "nope"}, ProviderNotInitialized),
        ({"provider": OWN, "spec": ModelSpec("x", "cooking")}, InvalidParam),  # type: ignore[arg-type]  # on purpose
        ({"provider": OWN, "spec": ModelSpec("", "llm")}, InvalidParam),
        ({"provider": OWN, "spec": ModelSpec("../../admin", "llm")}, InvalidParam),
        ({"provider": OWN, "spec": ModelSpec("x", "llm", context_tokens=0)}, InvalidParam),
    ],
)
def test_a_model_that_cannot_be_added(workspace: Workspace, arguments: dict[str, Any], error: type[AppError]) -> None:
    with pytest.raises(error):
        add_model(workspace=workspace, user=None, **{"spec": ModelSpec("x", "llm"), **arguments})


def test_mdl_25_without_any_model_of_a_type_the_error_says_where_to_add_one(workspace: Workspace, upstream) -> None:
    with pytest.raises(ProviderNotInitialized, match="No speech2text model .* Settings -> Model Provider"):
        resolve(workspace, "speech2text")
    configure(workspace, upstream)
    add(workspace, "whisper", "speech2text")
    assert resolve(workspace, "speech2text").name == "whisper"


def test_another_workspaces_models_and_credentials_do_not_exist(workspace: Workspace, upstream: Upstream) -> None:
    configure(workspace, upstream)
    model = add(workspace)
    stranger = make_workspace("Other", "other@example.org")
    with pytest.raises(ProviderNotInitialized):
        resolve(stranger, provider=OWN, name="fake")
    with pytest.raises(NotFound):
        remove_model(workspace=stranger, user=None, model_id=model.pk)
    with pytest.raises(NotFound):
        remove_credentials(workspace=stranger, user=None, provider=OWN)
    with pytest.raises(ProviderNotInitialized):
        set_default(workspace=stranger, user=None, model_type="llm", provider=OWN, name="fake")
    assert WorkspaceModel.objects.filter(workspace=workspace).count() == 1


def test_a_workspace_that_is_not_there(workspace: Workspace) -> None:
    gone = Workspace.objects.get(pk=workspace.pk)
    workspace.delete()
    with pytest.raises(ProviderNotInitialized):
        resolve(gone)


# --- the cache -----------------------------------------------------------------------------------------------------


def in_one_loop(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def listening() -> None:
        while not notify.listener.get().connected:
            await asyncio.sleep(0.01)
        await main()

    perloop.run(listening())


def test_a_change_is_seen_by_a_process_that_has_cached(workspace: Workspace, upstream: Upstream) -> None:
    configure(workspace, upstream)
    add(workspace)

    async def main() -> None:
        def find() -> Coroutine[Any, Any, ModelHandle]:
            return resolve_model(workspace_id=workspace.pk, model_type="llm", provider=OWN, name="fake")

        before = await find()
        assert await find() is before  # cached, no second decryption
        await asyncio.to_thread(apart, partial(configure, workspace, upstream, api_key="sk-the-new-key-0123456789"))
        for _ in range(100):
            if (await find()).keys[0].endpoint.credentials["api_key"] != KEY:
                return
            await asyncio.sleep(0.02)
        raise AssertionError("the change was not noticed")

    in_one_loop(main)


# --- a lost SECRET_KEY ---------------------------------------------------------------------------------------------


def test_a_lost_secret_key_is_named_and_can_be_recovered_from(
    workspace: Workspace, upstream: Upstream, settings
) -> None:
    configure(workspace, upstream)
    add(workspace)
    settings.SECRET_KEY = "another-secret-key-of-sufficient-length"
    with pytest.raises(crypto.CredentialsUnreadable):
        resolve(workspace, provider=OWN, name="fake")
    assert resolve(workspace, provider="demo", name="demo-chat").name == "demo-chat"
    assert not next(state for state in list_providers(workspace=workspace) if state.provider.key == OWN).is_readable
    assert reset_key_pair(workspace=workspace, user=None) == 1
    with pytest.raises(ProviderNotInitialized):
        resolve(workspace, provider=OWN, name="fake")
    configure(workspace, upstream)
    assert resolve(workspace, provider=OWN, name="fake").keys[0].endpoint.credentials["api_key"] == KEY


# --- commands ------------------------------------------------------------------------------------------------------


def command(*arguments: str) -> Any:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_provider_set_configures_everything_at_once(workspace: Workspace, upstream: Upstream) -> None:
    result = command(
        "provider_set", OWN, "--workspace", str(workspace.pk), "--default",
        "--credentials", json.dumps({"base_url": upstream.base_url, "api_key": KEY}),
        "--model", "fake:llm:16000", "--model", "text-embedding-3-small:text-embedding", "--model", "llama3.1:8b:llm",
    )  # fmt: skip
    assert result["models"] == [
        {"name": "fake", "type": "llm", "context_tokens": 16000, "dimensions": None},
        {"name": "text-embedding-3-small", "type": "text-embedding", "context_tokens": 4096, "dimensions": 1536},
        {"name": "llama3.1:8b", "type": "llm", "context_tokens": 4096, "dimensions": None},
    ]
    assert result["defaults"] == {
        "llm": f"{OWN}/fake",
        "text-embedding": f"{OWN}/text-embedding-3-small",
        "rerank": "demo/demo-rerank",
    }
    assert KEY not in json.dumps(result)
    assert resolve(workspace).spec.context_tokens == 16000


def test_provider_set_takes_models_of_every_type_and_what_is_known_of_them(
    workspace: Workspace, upstream: Upstream
) -> None:
    command(
        "provider_set", OWN, "--credentials", json.dumps({"base_url": upstream.base_url}), "--default",
        "--model", "whisper-1:speech2text", "tts-1:tts::nova,alloy", "old:llm:4096:completion",
        "gpt-4o-mini:llm::vision,json",
    )  # fmt: skip
    paths = [row["path"] for row in reversed(upstream.last())]
    assert paths == ["/v1/audio/transcriptions"] * 2 + ["/v1/audio/speech", "/v1/completions", "/v1/chat/completions"]
    assert resolve(workspace, "speech2text").name == "whisper-1"
    assert [voice.key for voice in resolve(workspace, "tts").spec.voices] == ["nova", "alloy"]
    assert resolve(workspace, provider=OWN, name="old").spec.mode == "completion"
    seen = resolve(workspace, provider=OWN, name="gpt-4o-mini").spec
    assert (seen.mode, seen.context_tokens, seen.features) == ("chat", 4096, frozenset({"vision", "json"}))
    assert {choice.spec.mode for choice in list_models(workspace=workspace, model_type="llm")} == {"chat", "completion"}


def test_provider_set_stores_nothing_when_the_provider_refuses(workspace: Workspace, upstream: Upstream) -> None:
    with pytest.raises(ProviderError, match="fake failure 401"):
        command(
            "provider_set", OWN, "--credentials", json.dumps({"base_url": upstream.base_url}), "--model", "fail-401:llm"
        )
    assert not ProviderCredential.objects.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["nope", "--credentials", "{}"],
        [OWN, "--credentials", "{"],
        [OWN, "--credentials", "[]"],
        [OWN, "--credentials", "{}"],
        ["demo", "--credentials", "{}"],
        [OWN, "--model", "fake"],
        [OWN, "--model", "fake:cooking"],
        [OWN, "--model", "fake:llm:4096:fast"],
        [OWN, "--model", "fake:rerank::vision"],
        [OWN, "--model", "fake:llm"],
    ],
)
def test_provider_set_answers_bad_input_with_a_sentence(workspace: Workspace, arguments: list[str]) -> None:
    with pytest.raises(AppError):
        command("provider_set", *arguments, "--no-check")


def test_the_demo_provider_can_be_made_the_default_again(workspace: Workspace, upstream: Upstream) -> None:
    configure(workspace, upstream)
    add(workspace)
    assert resolve(workspace).name == "fake"
    result = command("provider_set", "demo", "--model", "demo-chat:llm", "--default")
    assert result["defaults"]["llm"] == "demo/demo-chat"


def test_reset_encrypt_key_pair_says_what_it_dropped(workspace: Workspace, upstream: Upstream) -> None:
    configure(workspace, upstream)
    before = Workspace.objects.get(pk=workspace.pk).public_key
    result = command("reset_encrypt_key_pair")
    assert result["workspaces"] == [str(workspace.pk)]
    assert result["dropped_credentials"] == 1
    assert Workspace.objects.get(pk=workspace.pk).public_key != before
