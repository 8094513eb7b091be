"""The pages of model providers: keys, models, defaults, trying one."""

import pytest
from django.test import Client

from apps.common import crypto
from apps.knowledge.services.datasets import create_dataset
from apps.models.models import DefaultModel, ProviderCredential, WorkspaceModel
from apps.models.selectors import get_configured
from apps.models.services.credentials import set_credentials
from apps.workspaces.choices import Role
from apps.workspaces.models import Workspace
from apps.workspaces.services.members import add_member
from tests.factories import make_app, make_user, make_workspace
from tests.fakes.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)
OWN = "/settings/models/openai_api_compatible"
KEY = "sk-canary-0123456789abcdef"


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace("Acme", "owner@a.org")


@pytest.fixture
def browser(workspace: Workspace) -> Client:
    browser = Client()
    browser.force_login(workspace.memberships.get().user)
    return browser


def connect(workspace: Workspace, upstream: Upstream, **more: str) -> None:
    values = {"base_url": upstream.base_url, "api_key": KEY, **more}
    set_credentials(workspace=workspace, user=None, provider="openai_api_compatible", values=values, check=False)


def values_of(workspace: Workspace) -> dict[str, str]:
    return get_configured(workspace=workspace).values("openai_api_compatible")


def add(browser: Client, **fields: object) -> object:
    given = {"type": "llm", "name": "gen-3-0", "context_tokens": 8192, "mode": "chat", "unchecked": "1", **fields}
    return browser.post(f"{OWN}/add", given)


def test_a_key_is_checked_and_stored_and_never_shown_again(browser: Client, workspace: Workspace, upstream: Upstream):
    answer = browser.post(OWN, {"base_url": upstream.base_url, "api_key": KEY}, follow=True)
    assert "accepted the key" in answer.content.decode()
    assert ProviderCredential.objects.get().validated_at
    page = browser.get(OWN).content.decode()
    assert KEY not in page
    assert crypto.mask(KEY) in page


def test_what_the_provider_says_of_a_wrong_address_is_shown(browser: Client, workspace: Workspace):
    answer = browser.post(OWN, {"base_url": "http://127.0.0.1:9/v1", "api_key": KEY})
    assert answer.status_code == 422
    assert "Could not connect" in answer.content.decode()
    assert KEY not in answer.content.decode()
    assert not ProviderCredential.objects.exists()


def test_an_empty_secret_stays_until_it_is_removed(browser: Client, workspace: Workspace, upstream: Upstream):
    connect(workspace, upstream)
    browser.post(OWN, {"base_url": upstream.base_url, "api_key": "", "unchecked": "1"})
    assert values_of(workspace)["api_key"] == KEY
    browser.post(OWN, {"base_url": upstream.base_url, "api_key": "", "forget_api_key": "on", "unchecked": "1"})
    assert "api_key" not in values_of(workspace)


def test_another_address_asks_for_the_secret_again(browser: Client, workspace: Workspace, upstream: Upstream):
    connect(workspace, upstream)
    answer = browser.post(OWN, {"base_url": "http://127.0.0.1:9/v1", "api_key": "", "unchecked": "1"})
    assert answer.status_code == 422
    assert "Enter the API key again" in answer.content.decode()
    assert values_of(workspace)["base_url"] == upstream.base_url


def test_removing_a_key_names_what_runs_on_it(browser: Client, workspace: Workspace, upstream: Upstream):
    connect(workspace, upstream)
    make_app(workspace, config={"model": {"provider": "langgenius/x/openai_api_compatible", "name": "a"}})
    add(browser, type="text-embedding", name="embed-a")
    create_dataset(
        workspace=workspace,
        name="Rules",
        indexing_technique="high_quality",
        embedding_provider="openai_api_compatible",
        embedding_model="embed-a",
    )
    browser.post("/settings/models/default", {"type": "text-embedding", "model": "openai_api_compatible embed-a"})
    asked = browser.get(f"{OWN}/remove").content.decode()
    assert all(word in asked for word in ("Helper", "Rules", "Embedding"))
    browser.post(f"{OWN}/remove")
    assert not ProviderCredential.objects.exists()
    assert not DefaultModel.objects.exists()
    assert "No app and no knowledge base" not in asked


def test_own_models_are_added_changed_and_removed(browser: Client, workspace: Workspace, upstream: Upstream):
    connect(workspace, upstream)
    assert add(browser, features=["vision"], prompt_price="0.002").status_code == 302
    model = WorkspaceModel.objects.get()
    usable = get_configured(workspace=workspace).spec("llm", "openai_api_compatible", "gen-3-0")
    assert (usable.context_tokens, usable.features, str(usable.prices.prompt)) == (8192, frozenset({"vision"}), "0.002")
    browser.post(f"{OWN}/switch", {"type": "llm", "name": "gen-3-0", "enabled": "off"})
    browser.post(f"/settings/models/own/{model.pk}", {"context_tokens": 4000, "mode": "chat"})
    model.refresh_from_db()
    assert (model.context_tokens, model.is_enabled, model.features) == (4000, False, [])
    browser.post(f"/settings/models/own/{model.pk}/remove")
    assert not WorkspaceModel.objects.exists()


def test_a_model_is_called_before_it_is_added(browser: Client, workspace: Workspace, upstream: Upstream):
    connect(workspace, upstream)
    answer = browser.post(f"{OWN}/add", {"type": "llm", "name": "fail-500", "context_tokens": 1, "mode": "chat"})
    assert answer.status_code == 422
    assert not WorkspaceModel.objects.exists()


def test_a_field_out_of_range_is_named(browser: Client, workspace: Workspace, upstream: Upstream):
    connect(workspace, upstream)
    answer = add(browser, context_tokens=0)
    assert answer.status_code == 422
    assert "greater than or equal to 1" in answer.content.decode()


@pytest.mark.parametrize("name", ["demo-chat", "gen-3-0"])
def test_a_model_that_is_switched_off_is_offered_nowhere(
    browser: Client, workspace: Workspace, upstream: Upstream, name: str
):
    connect(workspace, upstream)
    add(browser)
    provider = "demo" if name == "demo-chat" else "openai_api_compatible"
    which = {"type": "llm", "name": name}
    browser.post("/settings/models/default", {"type": "llm", "model": f"{provider} {name}"})
    browser.post(f"/settings/models/{provider}/switch", {**which, "enabled": "off"})
    configured = get_configured(workspace=workspace)
    assert name not in {spec.name for _, spec in configured.usable("llm")}
    assert not DefaultModel.objects.exists()
    with pytest.raises(Exception, match="switched off"):
        configured.spec("llm", provider, name)
    page = browser.get(f"/settings/models/{provider}").content.decode()
    assert 'aria-checked="false"' in page
    browser.post(f"/settings/models/{provider}/switch", {**which, "enabled": "on"})
    assert name in {spec.name for _, spec in get_configured(workspace=workspace).usable("llm")}
    assert WorkspaceModel.objects.count() == 1


def test_an_unknown_model_cannot_be_switched(browser: Client):
    answer = browser.post("/settings/models/demo/switch", {"type": "llm", "name": "none", "enabled": "off"})
    assert answer.status_code == 404
    assert browser.get("/settings/models/no-such-provider").status_code == 404


def test_a_default_is_chosen_and_taken_back(browser: Client, workspace: Workspace, upstream: Upstream):
    connect(workspace, upstream)
    add(browser)
    browser.post("/settings/models/default", {"type": "llm", "model": "demo demo-chat"})
    assert DefaultModel.objects.get().name == "demo-chat"
    assert "No choice: the first usable" in browser.get("/settings/models").content.decode()
    browser.post("/settings/models/default", {"type": "llm", "model": ""})
    assert not DefaultModel.objects.exists()
    page = browser.post("/settings/models/default", {"type": "llm", "model": "demo none"}, follow=True)
    assert "is not available" in page.content.decode()


@pytest.mark.parametrize(
    ("model", "text", "expected"),
    [
        ("llm demo-chat", "Hello", "demo model"),
        ("text-embedding demo-embedding", "Hello", "A vector of 1024 numbers"),
        ("rerank demo-rerank", "harbour\nThe harbour is deep.\nNo ships.", "The harbour is deep."),
    ],
)
def test_a_model_is_tried(browser: Client, model: str, text: str, expected: str):
    answer = browser.post("/settings/models/demo/try", {"model": model, "text": text}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert expected in answer.content.decode()
    assert "Tokens" in answer.content.decode()


def test_a_failed_trial_says_why(browser: Client, workspace: Workspace, upstream: Upstream):
    connect(workspace, upstream)
    add(browser, name="fail-429")
    answer = browser.post(f"{OWN}/try", {"model": "llm fail-429", "text": "Hello"}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "429" in answer.content.decode()
    answer = browser.post("/settings/models/demo/try", {"model": "rerank demo-rerank", "text": "only a question"})
    assert "at least one passage" in answer.content.decode()


def test_the_list_is_filtered_by_type_and_says_what_is_what(browser: Client):
    page = browser.get("/settings/models").content.decode()
    assert all(text in page for text in ("Built in", "No key", "Ready to use", "More providers", "OpenAI"))
    page = browser.get("/settings/models?type=tts").content.decode()
    assert "OpenAI" in page
    assert "Ready to use" not in page
    assert browser.get("/settings/models?type=nonsense").status_code == 200


def test_editors_look_and_change_nothing(workspace: Workspace):
    editor = make_user("editor@a.org")
    add_member(workspace=workspace, user=editor, role=Role.EDITOR)
    browser = Client()
    browser.force_login(editor)
    page = browser.get("/settings/models/openai").content.decode()
    assert "Owners and admins enter keys." in page
    assert "<form" not in page.split('id="main"')[1]
    assert browser.post("/settings/models/openai", {"api_key": KEY}).status_code == 403


def test_the_command_menu_finds_providers(browser: Client):
    assert "/settings/models/ollama" in browser.get("/find?q=olla").content.decode()
