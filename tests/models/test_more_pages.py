"""The pages of several keys, of prices, of models' own access, of what stands in, of trials."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from apps.billing.models import TrialUse
from apps.models.catalogue import get_provider
from apps.models.contracts import Prices
from apps.models.models import DefaultModel, FallbackChain, KeyTrouble, ProviderCredential, WorkspaceModel
from apps.models.selectors import get_configured
from apps.models.services.credentials import set_credentials
from apps.workspaces.models import Workspace
from tests.factories import make_app, make_workspace
from tests.fakes.upstream import Upstream

from .test_pages import KEY, OWN, add, connect, values_of

pytestmark = pytest.mark.django_db(transaction=True)
CHAINS = "/settings/models/fallbacks"
A, B = "openai_api_compatible a", "openai_api_compatible b"


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace("Acme", "owner@a.org")


@pytest.fixture
def browser(workspace: Workspace) -> Client:
    browser = Client()
    browser.force_login(workspace.memberships.get().user)
    return browser


def a_second_key(browser: Client, upstream: Upstream, **fields: str) -> object:
    given = {"base_url": upstream.base_url, "label": "Spare", "unchecked": "1", **fields}
    return browser.post(f"{OWN}/keys/add", given)


def test_several_keys_are_told_apart_and_taken_out_of_use(browser: Client, workspace: Workspace, upstream: Upstream):
    connect(workspace, upstream)
    assert a_second_key(browser, upstream).status_code == 302
    again = a_second_key(browser, upstream)
    assert again.status_code == 422
    assert "has that name" in again.content.decode()
    spare = ProviderCredential.objects.get(label="Spare")
    page = browser.get(OWN).content.decode()
    assert "Spare" in page
    assert "Calls take the keys in turn" in page
    browser.post(f"/settings/models/keys/{spare.pk}/switch", {"enabled": "off"})
    spare.refresh_from_db()
    assert not spare.is_enabled
    assert "2 keys" in browser.get("/settings/models").content.decode()


def test_a_key_is_changed_and_its_secret_stays(browser: Client, workspace: Workspace, upstream: Upstream):
    connect(workspace, upstream)
    key = ProviderCredential.objects.get()
    form = browser.get(f"/settings/models/keys/{key.pk}").content.decode()
    assert "Stored. Leave it empty to keep it." in form
    assert KEY not in form
    sent = {"base_url": upstream.base_url, "api_key": "", "label": "Team"}
    assert browser.post(f"/settings/models/keys/{key.pk}", sent).status_code == 302
    key.refresh_from_db()
    assert (key.label, values_of(workspace)["api_key"]) == ("Team", KEY)


def test_a_stored_key_is_checked_again(browser: Client, workspace: Workspace, upstream: Upstream):
    connect(workspace, upstream)
    key = ProviderCredential.objects.get()
    page = browser.post(f"/settings/models/keys/{key.pk}/check", follow=True).content.decode()
    assert "accepted the key" in page
    key.refresh_from_db()
    assert key.validated_at
    assert values_of(workspace)["api_key"] == KEY
    set_credentials(
        workspace=workspace,
        user=None,
        provider="openai_api_compatible",
        values={"base_url": "http://127.0.0.1:9", "api_key": KEY},
        check=False,
    )
    page = browser.post(f"/settings/models/keys/{key.pk}/check", follow=True).content.decode()
    assert "Could not connect" in page


def test_only_the_last_key_is_missed(browser: Client, workspace: Workspace, upstream: Upstream):
    connect(workspace, upstream)
    a_second_key(browser, upstream)
    make_app(workspace, config={"model": {"provider": "openai_api_compatible", "name": "a"}})
    first, second = ProviderCredential.objects.order_by("created_at")
    asked = browser.get(f"/settings/models/keys/{second.pk}/remove").content.decode()
    assert "Calls go on with" in asked
    assert "Helper" not in asked
    browser.post(f"/settings/models/keys/{second.pk}/remove")
    assert "Helper" in browser.get(f"/settings/models/keys/{first.pk}/remove").content.decode()
    browser.post(f"/settings/models/keys/{first.pk}/remove")
    assert not ProviderCredential.objects.exists()


def test_a_key_out_of_use_does_not_count_among_those_that_are_left(
    browser: Client, workspace: Workspace, upstream: Upstream
):
    connect(workspace, upstream)
    a_second_key(browser, upstream)
    add(browser)
    browser.post("/settings/models/default", {"type": "llm", "model": "openai_api_compatible gen-3-0"})
    assert DefaultModel.objects.exists()
    first, second = ProviderCredential.objects.order_by("created_at")
    browser.post(f"/settings/models/keys/{second.pk}/switch", {"enabled": "off"})
    asked = browser.get(f"/settings/models/keys/{first.pk}/remove").content.decode()
    assert "Default models" in asked
    browser.post(f"/settings/models/keys/{first.pk}/remove")
    assert not DefaultModel.objects.exists()


def test_a_key_of_another_workspace_is_not_found(browser: Client, upstream: Upstream):
    connect(make_workspace("Other", "other@b.org"), upstream)
    key = ProviderCredential.objects.get()
    for step in ("", "/check", "/switch", "/remove"):
        assert browser.post(f"/settings/models/keys/{key.pk}{step}").status_code == 404
    assert ProviderCredential.objects.get().is_enabled


def test_a_key_that_rests_is_shown_with_the_provider_s_sentence(
    browser: Client, workspace: Workspace, upstream: Upstream
):
    connect(workspace, upstream)
    until = {"since": timezone.now(), "until": timezone.now() + timedelta(minutes=1)}
    trouble = KeyTrouble.objects.create(
        credential=ProviderCredential.objects.get(), model="m", kind="quota", message="Pay first.", **until
    )
    page = browser.get(OWN).content.decode()
    assert all(word in page for word in ("Resting", "Rests for m until", "out of credit", "Pay first."))
    assert "1 key rests" in browser.get("/settings/models").content.decode()
    KeyTrouble.objects.filter(pk=trouble.pk).update(until=timezone.now())
    assert "Resting" not in browser.get(OWN).content.decode()


def test_a_field_with_choices_is_a_list_of_which_nothing_needs_choosing(browser: Client, workspace: Workspace):
    set_credentials(workspace=workspace, user=None, provider="huggingface_hub", values={"api_key": KEY}, check=False)
    page = browser.get("/settings/models/huggingface_hub/add").content.decode()
    assert '<select name="endpoint_type"' in page
    assert "Usual: Hosted Inference API" in page
    given = {"type": "llm", "name": "gen", "context_tokens": 8192, "mode": "chat", "unchecked": "1"}
    browser.post("/settings/models/huggingface_hub/add", {**given, "endpoint_type": "", "task_type": ""})
    assert WorkspaceModel.objects.get().encrypted is None
    browser.post("/settings/models/huggingface_hub/add", {**given, "name": "b", "endpoint_type": "Inference Endpoint"})
    key: Any = ("huggingface_hub", "llm", "b")
    assert get_configured(workspace=workspace).model_values(key) == {"endpoint_type": "Inference Endpoint"}


def test_a_model_has_access_of_its_own(browser: Client, workspace: Workspace, upstream: Upstream):
    page = browser.get("/settings/models/azure_openai/add").content.decode()
    assert "Access of its own" in page
    assert '<option value="rerank"' not in page
    own = {"base_url": upstream.base_url, "api_key": KEY}
    given = {"type": "llm", "name": "gen", "context_tokens": 8192, "mode": "chat", "unchecked": "1", **own}
    assert browser.post("/settings/models/azure_openai/add", given).status_code == 302
    model = WorkspaceModel.objects.get()
    configured = get_configured(workspace=workspace)
    assert configured.model_values(("azure_openai", "llm", "gen")) == own
    assert "Own access" in browser.get("/settings/models/azure_openai").content.decode()
    changed = {"context_tokens": 4000, "mode": "chat", "base_url": upstream.base_url, "api_key": ""}
    browser.post(f"/settings/models/own/{model.pk}", changed)
    configured = get_configured(workspace=workspace)
    assert configured.model_values(("azure_openai", "llm", "gen")) == own
    assert KEY not in browser.get(f"/settings/models/own/{model.pk}").content.decode()


def price_of(workspace: Workspace, name: str, model_type: Any = "llm") -> Prices:
    return get_configured(workspace=workspace).spec(model_type, "openai", name).prices


def test_the_price_of_a_model_of_the_catalogue_is_changed_and_taken_back(browser: Client, workspace: Workspace):
    set_credentials(workspace=workspace, user=None, provider="openai", values={"api_key": KEY}, check=False)
    listed = price_of(workspace, "gpt-4o-mini")
    path = "/settings/models/openai/price?type=llm&name=gpt-4o-mini"
    assert f"{listed.prompt.normalize():f}" in browser.get(path).content.decode()
    assert browser.post(path, {"prompt_price": "-1"}).status_code == 422
    browser.post(path, {"prompt_price": "0.5", "completion_price": "0.0000002"})
    assert price_of(workspace, "gpt-4o-mini").prompt == Decimal("0.5")
    page = browser.get("/settings/models/openai").content.decode()
    assert "0.5 / 0.0000002 USD" in page
    assert "Your price" in page
    assert "In the catalogue" in browser.get(path).content.decode()
    browser.post(path, {"reset": "1"})
    assert price_of(workspace, "gpt-4o-mini") == listed
    assert browser.get("/settings/models/openai/price?type=llm&name=none").status_code == 404


def test_what_a_price_is_for_stays_when_it_is_changed(browser: Client, workspace: Workspace):
    set_credentials(workspace=workspace, user=None, provider="openai", values={"api_key": KEY}, check=False)
    path = "/settings/models/openai/price?type=tts&name=tts-1"
    form = browser.get(path).content.decode()
    assert "1,000 characters" in form
    assert "completion_price" not in form
    browser.post(path, {"prompt_price": "0.5"})
    changed = price_of(workspace, "tts-1", "tts")
    assert (changed.prompt, changed.per) == (Decimal("0.5"), "characters")


def test_prices_say_when_and_where_they_were_read(browser: Client):
    page = browser.get("/settings/models/openai").content.decode()
    provider = get_provider("openai")
    assert provider.priced_on
    assert provider.prices_from in page
    assert f"as read on {date_format(provider.priced_on)}" in page


@pytest.mark.parametrize(
    ("do", "added", "expected"),
    [
        ("up 1", "", [B, A]),
        ("down 0", "", [B, A]),
        ("remove 0", "", [B]),
        ("add", "demo demo-chat", [A, B, "demo demo-chat"]),
        ("up 0", "", [A, B]),
        ("down 1", "", [A, B]),
        ("up 9", "", [A, B]),
        ("nonsense", "", [A, B]),
    ],
)
def test_a_list_of_stand_ins_is_arranged_before_it_is_stored(
    browser: Client, workspace: Workspace, upstream: Upstream, do: str, added: str, expected: list[str]
):
    connect(workspace, upstream)
    for name in "ab":
        add(browser, name=name)
    page = browser.post(f"{CHAINS}/llm", {"model": [A, B], "do": do, "added": added}).content.decode()
    assert re.findall(r'name="model" value="([^"]+)"', page) == expected
    assert "Not saved yet" in page
    assert not FallbackChain.objects.exists()


def test_stand_ins_are_stored_and_missing_ones_are_shown(browser: Client, workspace: Workspace, upstream: Upstream):
    connect(workspace, upstream)
    add(browser, name="a")
    assert browser.post(f"{CHAINS}/llm", {"model": [A, "demo demo-chat"], "do": "save"}).status_code == 302
    assert [row["name"] for row in FallbackChain.objects.get().chain] == ["a", "demo-chat"]
    assert ">missing<" not in browser.get(CHAINS).content.decode()
    WorkspaceModel.objects.all().delete()
    page = browser.get(CHAINS).content.decode()
    assert "missing</span>" in page
    refused = browser.post(f"{CHAINS}/llm", {"model": [A], "do": "save"})
    assert refused.status_code == 422
    assert "is not available" in refused.content.decode()


def test_nothing_stands_in_for_an_embedding_model(browser: Client):
    page = browser.get(CHAINS).content.decode()
    assert "fallbacks/text-embedding" not in page
    refused = browser.post(f"{CHAINS}/text-embedding", {"model": ["demo demo-embedding"], "do": "save"})
    assert refused.status_code == 422
    assert browser.post(f"{CHAINS}/nonsense", {"do": "save"}).status_code == 400


def test_what_is_left_of_a_trial_is_shown(browser: Client, workspace: Workspace, settings):
    settings.HOSTED_API_KEYS = {"openai": "sk-hosted"}
    trial = get_provider("openai").trial
    assert trial
    TrialUse.objects.create(workspace=workspace, provider="openai", used=68, granted=trial.calls)
    left = f"{trial.calls - 68} of {trial.calls} trial calls left"
    assert left in browser.get("/settings/models").content.decode()
    page = browser.get("/settings/models/openai").content.decode()
    assert left in page
    assert page.count("In the trial") == len(trial.models)
    tried = set(re.findall(r'<option value="llm ([^"]+)"', page))
    assert tried == set(trial.models) & {spec.name for spec in get_provider("openai").specs.values()}
    assert 'value="openai ' not in browser.get(CHAINS).content.decode()
    set_credentials(workspace=workspace, user=None, provider="openai", values={"api_key": KEY}, check=False)
    assert "trial calls left" not in browser.get("/settings/models").content.decode()


def test_mdl_08_the_form_of_an_ollama_model_begins_with_the_manuals_figures(browser: Client, workspace: Workspace):
    values = {"base_url": "http://127.0.0.1:11434"}
    set_credentials(workspace=workspace, user=None, provider="ollama", values=values, check=False)
    page = browser.get("/settings/models/ollama/add").content.decode()
    for name in ("context_tokens", "max_output_tokens"):
        assert re.search(rf'name="{name}"[^>]* value="4096"|value="4096"[^>]* name="{name}"', page)
    assert 'value="vision"' in page
    assert 'value="completion"' in page
    assert "11434" in browser.get("/settings/models/ollama/keys/add").content.decode()
