"""A workspace in which every page of the console has something to show."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.test import Client
from django.utils import timezone

from apps.billing.models import Budget, BudgetSpend, Usage
from apps.billing.selectors import period_start
from apps.billing.services.budgets import create_budget
from apps.common.perloop import run
from apps.knowledge.models import Dataset, Document, Segment
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_text
from apps.knowledge.services.indexing import index_pending
from apps.logs.choices import Rating
from apps.logs.models import HumanForm, Message, NodeRun, WorkflowRun
from apps.logs.services.annotations import improve_answer
from apps.logs.services.feedback import rate_as_operator
from apps.models.models import KeyTrouble, WorkspaceModel
from apps.models.services.credentials import add_key
from apps.models.services.models import set_chain
from apps.prompts.models import App
from apps.prompts.services.apps import create_app, update_app
from apps.prompts.services.keys import create_app_key, create_dataset_key
from apps.prompts.services.templates import save_as_template
from apps.prompts.services.versions import publish, save_draft
from apps.workflows.models import Firing, Trigger
from apps.workflows.services.triggers import renew_secret
from apps.workspaces.choices import TagKind
from apps.workspaces.models import Installation, User, Workspace
from apps.workspaces.services.invitations import invite, path_of
from apps.workspaces.services.members import add_member
from apps.workspaces.services.tags import set_tags
from tests.factories import api_user, make_conversation, make_message, make_provider, make_user, make_workspace
from tests.knowledge.test_hierarchical import rule
from tests.workflows.flows import flow, model, node

TRAVEL: Final = """Travel rules

Flights longer than six hours may be booked in premium class. Shorter ones are booked in economy.

Hotels in Oslo cost at most 210 euros a night, breakfast included. In Bergen the limit is 180 euros.

Receipts are handed in within thirty days after the journey; later ones are paid only with the head's consent."""
LEAVE: Final = """Leave

Everybody has thirty days of leave a year. Up to ten days may be carried over to March of the next year.

Parental leave is asked for three months ahead."""
SECURITY: Final = """Laptops

Laptops are locked when they are left alone, and never left in a car.

Lost devices are reported to the service desk within an hour, at any time of day."""
TALKS: Final = [
    ("Hotels in Oslo", "What may a hotel in Oslo cost?", "At most **210 euros** a night, breakfast included. [1]"),
    ("Days of leave", "How many days of leave do I have?", "Thirty days a year; up to ten move to the next year. [1]"),
    ("A lost laptop", "I lost my laptop. What now?", "Report it to the service desk within an hour. [1]"),
    ("Flights", "Which class may I book to Tokyo?", "Premium class: the flight is longer than six hours. [1]"),
    ("Receipts", "When are receipts due?", "Within thirty days after the journey. [1]"),
]


def furnish(base_url: str) -> tuple[dict[str, str], dict[str, object]]:
    """Makes it; returns the owner's cookies and what stands for the names in addresses.

    Args:
        base_url: of a model server.
    """
    Installation.objects.create()
    workspace = make_workspace("Northwind", "ada@example.org")
    owner = workspace.memberships.get().user
    User.objects.filter(pk=owner.pk).update(name="Ada Berg", is_staff=True, is_superuser=True)
    make_provider(workspace, base_url, "quick-model", "careful-model")
    names = {**_people(workspace, owner), **_knowledge(workspace), **_app(workspace, owner)}
    names |= {**_keys(workspace, base_url), **_money(workspace, App.objects.get(pk=str(names["app"])))}
    names["model"] = WorkspaceModel.objects.filter(workspace=workspace).latest("created_at").pk
    client = Client()
    client.force_login(owner)
    return {"sessionid": client.cookies["sessionid"].value}, names


def _keys(workspace: Workspace, base_url: str) -> dict[str, object]:
    """A second key, which rests, and what stands in for a model."""
    provider, when = "openai_api_compatible", timezone.now()
    values = {"base_url": base_url, "api_key": "sk-second-0123456789"}
    key = add_key(workspace=workspace, user=None, provider=provider, values=values, label="Research", check=False)
    KeyTrouble.objects.create(
        credential=key,
        model="quick-model",
        kind="rate_limited",
        message="API request failed with status code 429: too many requests.",
        since=when,
        until=when + timedelta(minutes=30),
    )
    names = [(provider, "careful-model"), ("demo", "demo-chat")]
    set_chain(workspace=workspace, user=None, model_type="llm", names=names)
    return {"key": key.pk}


def _money(workspace: Workspace, app: App) -> dict[str, object]:
    """Budgets, one of them nearly used up, and four weeks of usage."""
    about: dict[str, Any] = {"workspace": workspace, "user": None}
    whole = create_budget(**about, scope="workspace", subject_id=None, period="month", limit_usd="50")
    each = create_budget(**about, scope="app", subject_id=None, period="day", limit_usd="4", action="warn")
    _spend(whole, workspace.pk, "42.10")
    _spend(each, app.pk, "1.35")
    for age in range(28):
        for name, calls in (("quick-model", 40 + 7 * age % 31), ("careful-model", 12 + 5 * age % 17)):
            Usage.objects.create(
                workspace_id=workspace.pk,
                day=timezone.now().date() - timedelta(days=age),
                app_id=app.pk if name == "careful-model" else None,
                provider="openai_api_compatible",
                model=name,
                type="llm",
                currency="USD",
                calls=calls,
                failed=calls // 30,
                prompt_tokens=calls * 900,
                completion_tokens=calls * 120,
                cost=Decimal(calls) / 60,
            )
    return {"budget": whole.pk}


def _spend(budget: Budget, subject_id: UUID, amount_usd: str) -> None:
    start = period_start(budget.period, timezone.now().date())
    is_warned = 100 * Decimal(amount_usd) >= budget.warn_percent * budget.limit_usd
    BudgetSpend.objects.create(
        budget_id=budget.pk,
        subject_id=subject_id,
        period_start=start,
        spent_usd=amount_usd,
        warned_at=timezone.now() if is_warned else None,
    )


def _people(workspace: Workspace, owner: User) -> dict[str, object]:
    for name, email, role in (
        ("Kenji Mori", "kenji@example.org", "editor"),
        ("Mara Klein", "mara@example.org", "admin"),
    ):
        add_member(workspace=workspace, user=make_user(email, name=name), role=role)
    invited = invite(workspace=workspace, emails=["olga@example.org"], role="normal", by=owner)
    return {"invitation": path_of(invited.invitations[0]).rsplit("/", 1)[-1]}


def _knowledge(workspace: Workspace) -> dict[str, object]:
    base = create_dataset(
        workspace=workspace,
        name="Company handbook",
        description="Rules of travel, leave and security.",
        indexing_technique="economy",
    )
    for name, text in (("Travel rules", TRAVEL), ("Leave", LEAVE)):
        create_document_from_text(dataset=base, name=name, text=text)
    document = create_document_from_text(
        dataset=base, name="Security", text=SECURITY, process_rule=rule(), doc_form="hierarchical_model"
    )
    create_dataset(workspace=workspace, name="Product notes", indexing_technique="economy")
    set_tags(workspace=workspace, kind=TagKind.KNOWLEDGE, names=["Staff"], target_id=base.pk)
    create_dataset_key(workspace=workspace)
    run(index_pending())
    segment = Segment.objects.filter(document=document, parent=None).earliest("position")
    chunk = Segment.objects.filter(parent=segment).earliest("position")
    batch = Document.objects.get(pk=document.pk).batch
    return {"base": base.pk, "document": document.pk, "segment": segment.pk, "chunk": chunk.pk, "batch": batch}


def _app(workspace: Workspace, owner: User) -> dict[str, object]:
    base_id = str(Dataset.objects.get(workspace=workspace, name="Company handbook").pk)
    config = {
        "pre_prompt": "You help colleagues with the handbook. Answer {{tone}}, and name the passage you rest on.",
        "user_input_form": [{"select": {"variable": "tone", "label": "Tone", "options": ["briefly", "in detail"]}}],
        "opening_statement": "Good day. I know the **handbook** by heart.",
        "suggested_questions": ["What may a hotel in Oslo cost?", "How many days of leave do I have?"],
        "retriever_resource": {"enabled": True},
        "dataset_configs": {"datasets": {"datasets": [{"dataset": {"enabled": True, "id": base_id}}]}},
    }
    app = create_app(workspace=workspace, name="Ask the handbook", mode="chat", config=config, user=owner)
    update_app(app=app, description="Answers colleagues from travel rules, leave and security.", icon="📚")
    publish(app=app, user=owner, note="First version")
    save_draft(app=app, config={**config, "pre_prompt": f"{config['pre_prompt']} Be kind."}, user=owner)
    publish(app=app, user=owner, note="Kinder")
    app.refresh_from_db()
    letters = create_app(
        workspace=workspace,
        name="Letters",
        mode="completion",
        config={
            "pre_prompt": "Write a letter about {{topic}}.",
            "user_input_form": [{"text-input": {"variable": "topic", "label": "Topic"}}],
        },
        user=owner,
    )
    publish(app=letters, user=owner)
    letters.refresh_from_db()
    set_tags(workspace=workspace, kind=TagKind.APP, names=["Staff"], target_id=app.pk)
    save_as_template(app=letters, category="Office", user=owner)
    create_app_key(app=app)
    message = {**_log(app, owner), **_flow(workspace, owner), **_triggered(workspace, owner)}
    return {"app": app.pk, "site": app.site_code, "letters": letters.site_code, **message}


def _triggered(workspace: Workspace, owner: User) -> dict[str, object]:
    """A workflow that a schedule and a webhook start, with a run of the former."""
    title = {"title": "Every Monday"}
    clock = node(
        "clock", "trigger-schedule", frequency="weekly", visual_config={"weekdays": ["mon"]}, timezone="Europe/Oslo"
    )
    hook = node("hook", "trigger-webhook", method="post", body=[{"name": "order", "type": "string", "required": True}])
    clock["data"].update(title)
    hook["data"].update({"title": "New order"})
    graph = flow([clock, hook, node("end", "end")], "clock -> end", "hook -> end")
    app = create_app(workspace=workspace, name="Orders", mode="workflow", config=graph, user=owner)
    version = publish(app=app, user=owner)
    trigger = Trigger.objects.get(app=app, node_id="clock")
    firing = Firing.objects.create(trigger=trigger, key="last Monday", status="started")
    ids = {"id": firing.pk, "workspace_id": workspace.pk, "app_id": app.pk, "version_id": version.pk}
    WorkflowRun.objects.create(**ids, task_id=firing.pk, invoke_from="schedule", status="succeeded", outputs={})
    renew_secret(trigger=Trigger.objects.get(app=app, node_id="hook"), user=owner)
    return {"triggered": app.pk}


def _flow(workspace: Workspace, owner: User) -> dict[str, object]:
    """A workflow with a run."""
    graph = flow(
        [node("start", "start"), model("write", "Hello"), node("end", "end", outputs=[])],
        "start -> write",
        "write -> end",
    )
    app = create_app(workspace=workspace, name="Weekly letter", mode="workflow", config=graph, user=owner)
    publish(app=app, user=owner)
    ids = {"workspace_id": workspace.pk, "app_id": app.pk}
    done = {
        "version_id": app.pk,
        "task_id": app.pk,
        "status": "succeeded",
        "total_steps": 3,
        "total_tokens": 240,
        "elapsed_s": 2.4,
    }
    run = WorkflowRun.objects.create(**ids, **done, inputs={"week": 48}, outputs={"letter": "Dear all, …"})
    for index, (name, kind) in enumerate((("Start", "start"), ("Write the letter", "llm"), ("End", "end")), 1):
        NodeRun.objects.create(
            **ids,
            run=run,
            index=index,
            node_id=kind,
            node_type=kind,
            title=name,
            status="succeeded",
            elapsed_s=0.8 * (index == 2),
        )
    form = HumanForm.objects.create(
        **ids,
        run=run,
        node_id="ask",
        node_title="Approve the letter",
        token="form-of-the-letter",
        content="**Dear all**, the office is closed on Friday.\n\n{{#$output.remarks#}}",
        inputs=[{"type": "paragraph", "output_variable_name": "remarks"}],
        actions=[{"id": "yes", "title": "Approve", "button_style": "primary"}, {"id": "no", "title": "Send back"}],
        expires_at=timezone.now() + timedelta(days=1),
    )
    return {"flow": app.pk, "run": run.pk, "flow_site": app.site_code, "form": form.token}


def _log(app: App, owner: User) -> dict[str, object]:
    caller = api_user(app, "kenji")
    for age, (name, query, answer) in enumerate(TALKS):
        conversation = make_conversation(app, caller, name=name)
        prompt = [{"role": "system", "text": "You help colleagues with the handbook."}, {"role": "user", "text": query}]
        message = make_message(
            app,
            caller,
            conversation,
            query=query,
            answer=answer,
            prompt=prompt,
            prompt_tokens=420,
            completion_tokens=36,
        )
        when = timezone.now() - timedelta(days=age)
        Message.objects.filter(pk=message.pk).update(created_at=when, latency_s=1.2 + age / 10)
    rate_as_operator(message=message, user=owner, rating=Rating.LIKE)
    improve_answer(message=message, answer="Within thirty days; ask the head if you are late.", user=owner)
    return {"message": message.pk, "entry": conversation.pk}
