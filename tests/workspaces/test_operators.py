"""The operators' admin: every table is there, no secret is, and what may be done goes through services."""

import re
from html import unescape

import pytest
from django.apps import apps as django_apps
from django.contrib import admin
from django.db import models
from django.test import Client
from django.utils import timezone
from pgvector import SparseVector

from apps.billing.models import Budget, TrialUse, Usage
from apps.common.admin import ReadMostlyAdmin
from apps.common.ids import new_id
from apps.knowledge.choices import CrawlStatus, IndexingStatus
from apps.knowledge.contracts import SLOTS
from apps.knowledge.models import (
    Crawl,
    CrawledPage,
    Dataset,
    DatasetMember,
    Document,
    DocumentPart,
    ExternalKnowledgeApi,
    IndexChange,
    LexicalStat,
    MetadataField,
    ProcessRule,
    SearchIndex,
    Segment,
    SegmentLexical,
    SourceConnection,
)
from apps.logs.models import Annotation, BigValue, Feedback, HumanForm, NodeRun, PausedRun, SavedMessage, WorkflowRun
from apps.models.models import DefaultModel, FallbackChain, KeyTrouble, ProviderCredential
from apps.prompts.callers import end_user
from apps.prompts.choices import InvokeFrom
from apps.prompts.models import ApiToken, App, AppTemplate, Site
from apps.prompts.services.keys import create_app_key
from apps.workflows.models import Firing, NodeValue, Trigger
from apps.workspaces.models import (
    AuditEvent,
    Installation,
    Invitation,
    SignInAttempt,
    Tag,
    TagBinding,
    User,
    Workspace,
)
from dify_project import urls  # noqa: F401 - fills the admin
from dify_project.models import Heartbeat
from tests.factories import (
    attach_upload,
    make_app,
    make_conversation,
    make_message,
    make_provider,
    make_user,
    make_workspace,
)
from tests.rows import make_row

pytestmark = pytest.mark.django_db
OURS = [model for model in django_apps.get_models() if model.__module__.startswith(("apps.", "dify_project."))]
SECRET = "sealed-b5f1c0ffee"
# A name that says "secret"; those that say it of something else are listed with what it is.
SUSPICIOUS = re.compile(r"key|secret|password|digest|credential|encrypt|private|device")
HARMLESS = {
    ("workspaces.Workspace", "public_key"): "public",
    ("files.UploadFile", "storage_key"): "the name of a file behind signed links",
    ("knowledge.Segment", "keywords"): "words",
    ("models.KeyTrouble", "credential"): "which one, not what it holds",
    ("workflows.Firing", "key"): "a moment, or what a sender calls its delivery",
}


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace()


@pytest.fixture
def operator() -> User:
    return make_user("operator@example.org", is_staff=True, is_superuser=True)


@pytest.fixture
def browser(operator) -> Client:
    client = Client()
    client.force_login(operator)
    return client


def make_knowledge(workspace: Workspace) -> Dataset:
    owner = workspace.memberships.get().user
    ExternalKnowledgeApi.objects.create(
        workspace=workspace, name="Elsewhere", endpoint="https://example.org", api_key=SECRET
    )
    dataset = Dataset.objects.create(workspace=workspace, name="Handbook", indexing_technique="high_quality")
    rule = ProcessRule.objects.create(dataset=dataset, mode="automatic", rules={})
    document = Document.objects.create(
        workspace=workspace, dataset=dataset, position=1, name="travel.md", process_rule=rule, batch="1"
    )
    segment = Segment.objects.create(
        workspace=workspace, dataset=dataset, document=document, position=1, content="Text", word_count=4, tokens=1,
        index_node_hash="0",
    )  # fmt: skip
    DatasetMember.objects.create(dataset=dataset, user=owner)
    MetadataField.objects.create(dataset=dataset, name="author", type="string")
    DocumentPart.objects.create(document=document, position=1, content="Part")
    SegmentLexical.objects.create(
        segment=segment, dataset=dataset, document_id=document.pk, length=1, terms=[1],
        weights=SparseVector({1: 1.0}, SLOTS),
    )  # fmt: skip
    LexicalStat.objects.create(dataset=dataset, average_length=1.0)
    SearchIndex.objects.create(dataset=dataset, kind="words", name="knowledge_words_1")
    IndexChange.objects.create(dataset=dataset, indexing_technique="economy")
    SourceConnection.objects.create(workspace=workspace, source="notion", account="a", name="N", credentials=SECRET)
    crawl = Crawl.objects.create(workspace=workspace, url="https://example.org")
    CrawledPage.objects.create(crawl=crawl, position=1, url="https://example.org/a", depth=0)
    return dataset


def make_everything(workspace: Workspace) -> None:
    """One row at least of every table the admin shows."""
    owner = workspace.memberships.get().user
    make_provider(workspace, "http://127.0.0.1:9/v1", "m")
    DefaultModel.objects.create(workspace=workspace, type="llm", provider="demo", name="demo-chat")
    FallbackChain.objects.create(workspace=workspace, type="llm", chain=[{"provider": "demo", "name": "demo-chat"}])
    key = ProviderCredential.objects.get(workspace=workspace)
    KeyTrouble.objects.create(
        credential=key, kind="quota", message="No credit.", since=timezone.now(), until=timezone.now()
    )
    app = make_app(workspace)
    create_app_key(app=app)
    Site.objects.get_or_create(app=app)
    AppTemplate.objects.create(workspace=workspace, name="T", mode="chat", content="app: {}")
    make_knowledge(workspace)
    make_talk(app)
    hook = Trigger.objects.create(
        workspace_id=workspace.pk, app=app, node_id="a", kind="trigger-webhook", token=SECRET, secret=SECRET.encode()
    )
    Firing.objects.create(trigger=hook, key="a")
    for model in (Usage, Budget, TrialUse):
        make_row(model, workspace_id=workspace.pk)
    NodeValue.objects.create(workspace_id=workspace.pk, app=app, account=owner, node_id="a", source="edited")
    tag = Tag.objects.create(workspace=workspace, kind="app", name="Team")
    TagBinding.objects.create(tag=tag, target_id=app.pk)
    Invitation.objects.create(
        workspace=workspace, email="b@example.org", digest=SECRET, expires_at=workspace.created_at
    )  # fmt: skip
    SignInAttempt.objects.create(account="b@example.org", device=SECRET, address="192.0.2.1")
    Installation.objects.get_or_create(pk=1)
    AuditEvent.objects.create(workspace=workspace, user=owner, action="test.made")
    Heartbeat.objects.create(part="worker", host="h", pid=1, version="1", beat_at=workspace.created_at)


def make_talk(app: App) -> None:
    ids = {"workspace_id": app.workspace_id, "app_id": app.pk}
    caller = end_user(app.pk, InvokeFrom.SERVICE_API, "ada")
    message = make_message(app, caller, make_conversation(app, caller))
    attach_upload(message)
    Feedback.objects.create(**ids, message=message, rating="like", source="user")
    SavedMessage.objects.create(**ids, message=message, end_user_id=message.end_user_id or new_id())
    Annotation.objects.create(**ids, question="Q", answer="A")
    run = WorkflowRun.objects.create(**ids, version_id=new_id(), task_id=new_id())
    NodeRun.objects.create(**ids, run=run, index=1, node_id="a", node_type="start", status="succeeded")
    BigValue.objects.create(**ids, run=run, node_index=0, field="outputs", content='"long"', characters=6)
    PausedRun.objects.create(**ids, run=run, state=b"sealed-state")
    HumanForm.objects.create(**ids, run=run, node_id="a", token="token-of-a-form", expires_at=timezone.now())


def secrets_of(workspace: Workspace) -> set[str]:
    """Values that no page may show."""
    key = "sk-secret-of-the-workspace"
    sealed = ProviderCredential.objects.get(workspace=workspace).encrypted
    return {
        SECRET,
        key,
        "token-of-a-form",
        "sealed-state",
        bytes(sealed).hex(),
        str(bytes(sealed)),
        bytes(workspace.wrapped_private_key).hex(),
        str(bytes(workspace.wrapped_private_key)),
        ApiToken.objects.get().digest,
        *User.objects.values_list("password", flat=True),
    }


def test_every_table_is_in_the_admin_or_has_a_reason_not_to():
    left_out = {model._meta.label for model in OURS if not admin.site.is_registered(model)}
    composite = {model._meta.label for model in OURS if isinstance(model._meta.pk, models.CompositePrimaryKey)}
    of_budgets = {"billing.BudgetHold", "billing.BudgetSpend"}
    assert left_out == composite == {"knowledge.TermStat", "knowledge.SegmentEmbedding", *of_budgets}


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_a_table_has_columns_and_words_to_search_and_hides_what_is_secret(model):
    if not admin.site.is_registered(model):
        return
    page = admin.site.get_model_admin(model)
    assert isinstance(page, ReadMostlyAdmin)
    assert "__str__" not in page.list_display
    assert page.search_fields or model is Installation
    named = {field.name for field in model._meta.concrete_fields if SUSPICIOUS.search(field.name)}
    named -= {name for label, name in HARMLESS if label == model._meta.label}
    assert named <= set(page.secret), "hide these, or say in HARMLESS why not"


def test_no_list_and_no_row_shows_a_secret(workspace, browser):
    make_everything(workspace)
    secrets = secrets_of(workspace)
    for model in OURS:
        if not admin.site.is_registered(model):
            continue
        options = model._meta
        address = f"/operator/{options.app_label}/{options.model_name}/"
        row = model._default_manager.first()
        assert row is not None, f"make_everything lacks {options.label}"
        for path in (f"{address}?q=a", f"{address}{row.pk}/change/"):
            answer = browser.get(path)
            assert answer.status_code == 200, path
            shown = answer.content.decode()
            assert not [secret for secret in secrets if secret in shown], path


def test_lists_do_not_ask_the_database_row_by_row(workspace, browser, django_assert_max_num_queries):
    make_everything(workspace)
    for model in OURS:
        if admin.site.is_registered(model):
            with django_assert_max_num_queries(12):
                browser.get(f"/operator/{model._meta.app_label}/{model._meta.model_name}/")


def act(browser: Client, path: str, action: str, *rows: models.Model) -> str:
    form = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    answer = browser.post(f"/operator/{path}/", form, follow=True)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_documents_are_steered_by_the_services(workspace, browser, operator):
    make_knowledge(workspace)
    document = Document.objects.get()
    steps = [
        ("pause", IndexingStatus.PAUSED),
        ("resume", IndexingStatus.WAITING),
        ("cancel", IndexingStatus.ERROR),
        ("retry", IndexingStatus.WAITING),
    ]
    for action, status in steps:
        act(browser, "knowledge/document", action, document)
        document.refresh_from_db()
        assert document.indexing_status == status
        assert AuditEvent.objects.filter(user=operator, action=f"document.{action}").count() == 1
    said = act(browser, "knowledge/document", "reindex", document)
    assert "The document is being indexed already. Cancel that first. (travel.md)" in said
    act(browser, "knowledge/document", "cancel", document)
    act(browser, "knowledge/document", "reindex", document)
    document.refresh_from_db()
    assert document.indexing_status == IndexingStatus.WAITING


def test_changes_crawls_connections_keys_and_apps_too(workspace, browser):
    make_knowledge(workspace)
    change, crawl, connection = IndexChange.objects.get(), Crawl.objects.get(), SourceConnection.objects.get()
    assert "nothing to try again" in act(browser, "knowledge/indexchange", "retry", change)
    IndexChange.objects.update(error="no credit", attempt=5)
    act(browser, "knowledge/indexchange", "retry", change)
    change.refresh_from_db()
    assert (change.error, change.attempt) == (None, 0)
    act(browser, "knowledge/indexchange", "cancel", change)
    assert "No change of the index is under way" in act(browser, "knowledge/indexchange", "cancel", change)
    assert "nothing to try again" in act(browser, "knowledge/crawl", "retry", crawl)
    Crawl.objects.update(status=CrawlStatus.FAILED, error="no answer", attempt=6)
    act(browser, "knowledge/crawl", "retry", crawl)
    crawl.refresh_from_db()
    assert (crawl.status, crawl.error, crawl.attempt) == (CrawlStatus.RUNNING, None, 0)
    act(browser, "knowledge/crawl", "stop", crawl)
    crawl.refresh_from_db()
    assert crawl.status == CrawlStatus.STOPPED
    for action, enabled in [("disable", False), ("enable", True)]:
        act(browser, "knowledge/sourceconnection", action, connection)
        connection.refresh_from_db()
        assert connection.enabled is enabled
    app = make_app(workspace)
    create_app_key(app=app)
    act(browser, "prompts/apitoken", "revoke", ApiToken.objects.get())
    assert not ApiToken.objects.exists()
    for action, is_open in [("close", False), ("reopen", True)]:
        act(browser, "prompts/app", action, app)
        app.refresh_from_db()
        assert (app.enable_site, app.enable_api) == (is_open, is_open)


def test_triggers_are_switched_by_their_service(workspace, browser, operator):
    hook = Trigger.objects.create(
        workspace_id=workspace.pk, app=make_app(workspace), node_id="a", kind="trigger-webhook"
    )
    for action, is_enabled in (("switch_off", False), ("switch_on", True)):
        act(browser, "workflows/trigger", action, hook)
        hook.refresh_from_db()
        assert hook.is_enabled is is_enabled
    assert AuditEvent.objects.filter(user=operator, action="trigger.update").count() == 2
