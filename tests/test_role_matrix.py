"""Walks every address of the product as everybody who might try it, and compares with tests/role_matrix.yaml."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import yaml
from django.apps import apps as django_apps
from django.contrib.sessions.models import Session as Sessions
from django.db import connection, models
from django.test import Client as Session
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from apps.billing.models import Budget, Usage
from apps.billing.services import meter
from apps.billing.services.budgets import create_budget
from apps.common import crypto
from apps.common.perloop import run
from apps.knowledge.models import Dataset, ExternalKnowledgeApi, IndexChange, Segment, SourceConnection
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_text
from apps.knowledge.services.indexing import index_document
from apps.knowledge.services.metadata import create_field
from apps.logs.models import BigValue, HumanForm, Message, WorkflowRun
from apps.models.models import ProviderCredential, WorkspaceModel
from apps.models.services.credentials import set_credentials, set_key_enabled
from apps.prompts.callers import DEFAULT_USER, Caller, end_user
from apps.prompts.choices import InvokeFrom
from apps.prompts.models import ApiToken, App
from apps.prompts.runtime import app_by_id
from apps.prompts.services.apps import reset_site_code
from apps.prompts.services.keys import create_app_key, create_dataset_key, revoke_key
from apps.prompts.services.templates import save_as_template
from apps.webapp import passports
from apps.workflows.models import Trigger
from apps.workspaces.choices import Role
from apps.workspaces.models import Installation, User, Workspace
from apps.workspaces.services.accounts import reset_password
from apps.workspaces.services.invitations import invite
from apps.workspaces.services.members import add_member
from apps.workspaces.services.tags import create_tag
from dify_project.asgi import router
from tests.conftest import Server
from tests.factories import attach_upload, make_app, make_conversation, make_message, make_user, make_workspace
from tests.http import Answer, Client, Walker
from tests.waiting import eventually

MATRIX = yaml.safe_load((Path(__file__).parent / "role_matrix.yaml").read_text())
OTHER_KIND = {"app_key": "dataset_key", "dataset_key": "app_key", "passport": "app_key"}
KEYS = tuple(OTHER_KIND)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE")
CSRF = "a" * 32
TEXT = "Flights longer than six hours may be booked in premium class."


@dataclass(frozen=True)
class Call:
    """One cell's row: a path, a method and what the matrix says of them."""

    path: str
    method: str
    who: Any
    send: dict[str, Any]
    blind: bool
    own: bool
    once: bool = False
    json: bool = False
    answers: int = 0

    @property
    def is_api(self) -> bool:
        return self.path.startswith(("v1/", "api/"))

    def __str__(self) -> str:
        return f"{self.method} /{self.path}"


def addresses(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, path)
        else:
            yield path


def calls() -> list[Call]:
    """All cells; deletions last and the deepest first, so that there is something left to call."""
    found = []
    for path, methods in MATRIX["routes"].items():
        for method, cell in methods.items():
            cell = cell if isinstance(cell, dict) else {"who": cell}
            flags = {name: cell.get(name, False) for name in ("blind", "own", "once", "json", "answers")}
            found.append(Call(path, method, cell["who"], cell.get("send", {}), **flags))
    return sorted(found, key=lambda call: (call.once or call.method == "DELETE", -call.path.count("/")))


HTTP_CALLS = [call for call in calls() if call.method != "CONNECT"]
SOCKET_CALLS = [call for call in calls() if call.method == "CONNECT"]
CONSOLE_CALLS = [call for call in HTTP_CALLS if isinstance(call.who, list)]
API_CALLS = [call for call in HTTP_CALLS if call.who in KEYS]


def child_of(segment: Segment) -> Segment:
    fields = {
        name: getattr(segment, name) for name in ("workspace", "dataset", "document", "content", "index_node_hash")
    }
    return Segment.objects.create(parent=segment, position=1, word_count=1, tokens=1, **fields)


def external_api(workspace: Workspace) -> ExternalKnowledgeApi:
    key = crypto.encrypt(workspace.public_key, "key").hex()
    return ExternalKnowledgeApi.objects.create(
        workspace=workspace, name="Elsewhere", endpoint="http://127.0.0.1:9", api_key=key
    )


def open_form(run: WorkflowRun) -> str:
    """The token of a form that the run waits for."""
    actions = [{"id": "yes", "title": "Yes"}]
    about = {"workspace_id": run.workspace_id, "app_id": run.app_id, "run": run, "node_id": "ask", "actions": actions}
    expires_at = timezone.now() + timedelta(days=1)
    return HumanForm.objects.create(token="form-of-a", expires_at=expires_at, **about).token


def own_model(workspace: Workspace) -> WorkspaceModel:
    return WorkspaceModel.objects.create(
        workspace=workspace, provider="openai_api_compatible", name="mine", type="llm", context_tokens=8192
    )


def own_key(workspace: Workspace) -> ProviderCredential:
    """Switched off, so that apps go on with the demo model."""
    values = {"api_key": "sk-of-a"}
    key = set_credentials(workspace=workspace, user=None, provider="deepseek", values=values, check=False)
    set_key_enabled(workspace=workspace, user=None, key_id=key.pk, enabled=False)
    return key


def own_budget(workspace: Workspace) -> Budget:
    return create_budget(
        workspace=workspace, user=None, scope="workspace", subject_id=None, period="month", limit_usd="50"
    )


def flow_run(app: App) -> WorkflowRun:
    ids = {"workspace_id": app.workspace_id, "app_id": app.pk, "version_id": uuid4(), "task_id": uuid4()}
    return WorkflowRun.objects.create(**ids, status="succeeded")


def big_value(run: WorkflowRun) -> BigValue:
    about = {"workspace_id": run.workspace_id, "app_id": run.app_id, "run": run, "node_index": 0, "characters": 2}
    return BigValue.objects.create(field="outputs", content="{}", **about)


def webhook(app: App) -> Trigger:
    return Trigger.objects.create(workspace_id=app.workspace_id, app=app, node_id="hook", kind="trigger-webhook")


def external_base(workspace: Workspace) -> Dataset:
    service = ExternalKnowledgeApi.objects.get(workspace=workspace)
    fields = {"provider": "external", "permission": "all_team_members", "external_knowledge_id": "a"}
    return Dataset.objects.create(workspace=workspace, name="Elsewhere", external_api=service, **fields)


class World:
    """Workspace A with a person in each role and one object of each kind, and workspace B beside it."""

    def __init__(self, server: Server) -> None:
        self.url, self.walker = server.url, Walker(server.url)
        Installation.objects.create()
        self.a, self.b = make_workspace("A", "owner@a.org"), make_workspace("B", "owner@b.org")
        people = {role: make_user(f"{role}@a.org") for role in Role.values if role != Role.OWNER}
        for role, user in people.items():
            add_member(workspace=self.a, user=user, role=role)
        self.spare = make_user("spare@a.org")
        add_member(workspace=self.a, user=self.spare, role=Role.NORMAL)
        owner = User.objects.get(email="owner@a.org")
        invited = invite(workspace=self.a, emails=["invited@a.org"], role=Role.NORMAL, by=owner)
        self.people: dict[str, User] = {**people, "owner": User.objects.get(email="owner@a.org")}
        self.stranger = User.objects.get(email="owner@b.org")
        self.app_of_a, app_of_b = make_app(self.a), make_app(self.b)
        self.dataset = create_dataset(
            workspace=self.a, name="Rules", indexing_technique="economy", permission="all_team_members"
        )
        document = create_document_from_text(dataset=self.dataset, name="rules", text=TEXT)
        run(index_document(document.pk))
        connection = SourceConnection.objects.create(workspace=self.a, source="notion", account="a", name="Wiki")
        IndexChange.objects.create(dataset=self.dataset, indexing_technique="high_quality", embedding_provider="demo")
        self.keys, self.foreign_keys = keys_of(self.app_of_a), keys_of(app_of_b)
        # What stands for a name in a path or in `send`. A new kind of id needs a line here.
        self.objects = {
            "workspace_id": self.a.pk,
            "app_id": self.app_of_a.pk,
            "dataset_id": self.dataset.pk,
            "document_id": document.pk,
            "action": "enable",
            "number": 1,
            "segment_id": document.segments.order_by("position")[0].pk,
            "child_chunk_id": child_of(document.segments.order_by("position")[0]).pk,
            "external_api_id": external_api(self.a).pk,
            "batch": document.batch,
            "field_id": create_field(dataset=self.dataset, name="Year", type="number").pk,
            "model_type": "llm",
            "provider": "openai_api_compatible",
            "model_id": own_model(self.a).pk,
            "key_id": own_key(self.a).pk,
            "budget_id": own_budget(self.a).pk,
            "task_id": uuid4(),
            "node_id": "start",
            "form_token": open_form(flow_run(self.app_of_a)),
            "run_id": (of_a := flow_run(self.app_of_a)).pk,
            "value_id": big_value(of_a).pk,
            "trigger_id": webhook(self.app_of_a).pk,
            "workflow_id": self.app_of_a.published_id,
            "upload_id": uuid4(),
            "message_id": message_of(server, self.keys["passport"]),
            "code": self.app_of_a.site_code,
            "variable_id": uuid4(),
            "tag_id": create_tag(workspace=self.a, kind="app", name="Sales").pk,
            "knowledge_tag_id": create_tag(workspace=self.a, kind="knowledge", name="Rules").pk,
            "user_id": self.spare.pk,
            "invitation_id": invited.invitations[0].pk,
            "secret": "no-such-secret",
            "token": "no-such-token",
            "template_id": save_as_template(app=self.app_of_a).pk,
            "source": "notion",
            "connection_id": connection.pk,
            "token_id": ApiToken.objects.get(app=self.app_of_a).pk,
            "knowledge_token_id": ApiToken.objects.filter(workspace=self.a, kind="dataset")[0].pk,
            "external_dataset_id": external_base(self.a).pk,
            **things_of(self.app_of_a, end_user(self.app_of_a.pk, InvokeFrom.SERVICE_API, DEFAULT_USER)),
        }
        visitor = run(passports.read(self.keys["passport"])).caller
        self.visitors_objects = {**self.objects, **things_of(self.app_of_a, visitor)}

    def fill(self, text: str, path: str = "") -> str:
        objects = self.visitors_objects if path.startswith("api/") else self.objects
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(objects[match[1]]), text)

    def checksum(self) -> dict[str, set[str]]:
        """Every row of A in every table of ours, as text; one statement, as it is asked for after each call."""
        found: dict[str, set[str]] = {}
        with connection.cursor() as cursor:
            cursor.execute(*self._every_row)
            for table, row in cursor.fetchall():
                found.setdefault(table, set()).add(row)
        return found

    @cached_property
    def _every_row(self) -> tuple[str, list[Any]]:
        parts, values = list[str](), list[Any]()
        for model in django_apps.get_models():
            if model.__module__.startswith("apps.") and (path := way_to_workspace(model)):
                rows, its = model._default_manager.filter(**{path: self.a.pk}).values_list().query.sql_with_params()
                parts.append(f"select '{model._meta.label}', rows::text from ({rows}) rows")
                values += its
        return " union all ".join(parts), values

    def session(self, user: User) -> dict[str, str]:
        browser = Session()
        browser.force_login(user)
        return {"Cookie": f"sessionid={browser.cookies['sessionid'].value}; csrftoken={CSRF}", "X-CSRFToken": CSRF}

    def call(self, call: Call, headers: dict[str, str], method: str | None = None) -> Answer:
        send = json.loads(self.fill(json.dumps(call.send), call.path))
        is_form = not (call.is_api or call.json)
        kind = "application/x-www-form-urlencoded" if is_form else "application/json"
        body = (urlencode(send) if is_form else json.dumps(send)).encode()
        if (method or call.method) in {"GET", "TRACE", "DELETE"}:
            body = b""
        headers = {"Content-Type": kind, **headers}
        return self.walker.request(method or call.method, "/" + self.fill(call.path, call.path), body or None, headers)


def message_of(server: Server, passport: str) -> str:
    """A visitor's turn."""
    answer = Client(server.url, passport).post("/api/chat-messages", {"inputs": {}, "query": "Hello"})
    server.in_loop(meter.flush)  # else a second later
    eventually(Usage.objects.exists)
    return str(answer.json()["message_id"])


def keys_of(app: App) -> dict[str, str]:
    runtime = run(app_by_id(app.pk, app.workspace_id))
    return {
        "app_key": create_app_key(app=app),
        "dataset_key": create_dataset_key(workspace=app.workspace),
        "passport": passports.issue(runtime),
    }


def things_of(app: App, caller: Caller) -> dict[str, Any]:
    """A conversation, and a message apart from it, so that deleting the one leaves the other; it holds a file."""
    conversation = make_conversation(app, caller)
    message = make_message(app, caller)
    file = attach_upload(message)
    ids = {"conversation_id": conversation.pk, "message_id": message.pk, "file_id": file.pk}
    ids["entry_id"] = conversation.pk  # of the log of a chat app
    return {**ids, "end_user_id": caller.end_user_id}


def way_to_workspace(model: type[models.Model], seen: tuple[type[models.Model], ...] = ()) -> str | None:
    """The look-up from a table to its workspace's id, None for tables that have no tenant."""
    if model is Workspace:
        return "pk"
    if "workspace_id" in {field.attname for field in model._meta.concrete_fields}:
        return "workspace_id"
    for field in model._meta.concrete_fields:
        related = field.related_model
        if isinstance(related, type) and issubclass(related, models.Model) and related not in (*seen, model):
            rest = way_to_workspace(related, (*seen, model))
            if rest:
                return f"{field.name}__{rest}"
    return None


def is_refused(answer: Answer) -> bool:
    sent_away = answer.status == 302 and answer.headers["location"].startswith("/signin")
    return sent_away or answer.status in {401, 403}


@pytest.fixture
def world(server) -> World:
    return World(server)


def problems(items: list[Any], check: Callable[[Any], str | None]) -> list[str]:
    return [f"{item}: {problem}" for item in items if (problem := check(item))]


def test_every_address_is_written_down():
    operators = tuple(MATRIX["operators"])
    real = {path for path in addresses(get_resolver().url_patterns) if not path.startswith(operators)}
    real |= set(addresses(router.routes))
    written = set(MATRIX["routes"])
    assert not real - written, "add these to tests/role_matrix.yaml"
    assert not written - real, "these are in tests/role_matrix.yaml, but not in any urls.py"


def test_every_tenant_table_is_watched():
    ours = [model for model in django_apps.get_models() if model.__module__.startswith("apps.")]
    without = {model._meta.label for model in ours if way_to_workspace(model) is None}
    known_by_their_budget = {"billing.BudgetSpend", "billing.BudgetHold"}
    assert without == {"workspaces.User", "workspaces.SignInAttempt", "workspaces.Installation"} | known_by_their_budget


def test_nobody_gets_past_the_door(world: World):
    before = world.checksum()
    session = world.session(world.people["owner"])
    key = world.keys

    def check(call: Call) -> str | None:
        if call.who in KEYS:
            tries = {
                "no key": {},
                "a wrong key": {"Authorization": "Bearer app-0123456789"},
                "a key of the other kind": {"Authorization": f"Bearer {key[OTHER_KIND[call.who]]}"},
                "a session": session,
                "the key in x-api-key": {"x-api-key": key[call.who]},
                "the key as a cookie": {"Cookie": f"token={key[call.who]}"},
                "Basic": {"Authorization": f"Basic {key[call.who]}"},
            }
            return next((name for name, headers in tries.items() if world.call(call, headers).status != 401), None)
        no_session = {"Cookie": f"csrftoken={CSRF}", "X-CSRFToken": CSRF}
        answer = world.call(call, {**no_session, "Authorization": f"Bearer {key['app_key']}"})
        if call.who == "public":
            return None if answer.status < 500 else str(answer.status)
        return None if is_refused(answer) else f"answered {answer.status}"

    assert problems(HTTP_CALLS, check) == []
    assert world.checksum() == before


def test_a_revoked_key_is_dead_at_once(world: World):
    headers = {name: {"Authorization": f"Bearer {key}"} for name, key in world.keys.items()}
    for call in API_CALLS:
        if call.method == "GET":
            world.call(call, headers[call.who])  # now it is cached
    for token in ApiToken.objects.filter(workspace=world.a):
        revoke_key(workspace=world.a, token_id=token.pk)
    reset_site_code(app=world.app_of_a)
    world_calls = [call for call in API_CALLS if call.method != "DELETE"]
    # The word of it reaches the server's cache a moment after the commit.
    eventually(lambda: world.call(world_calls[0], headers[world_calls[0].who]).status == 401)
    assert (
        problems(world_calls, lambda call: None if world.call(call, headers[call.who]).status == 401 else "alive") == []
    )


def test_a_stranger_finds_nothing_and_changes_nothing(world: World):
    session = world.session(world.stranger)
    before = world.checksum()

    def check(call: Call) -> str | None:
        headers = session
        if call.who in KEYS:
            headers = {"Authorization": f"Bearer {world.foreign_keys[call.who]}"}
        answer = world.call(call, headers)
        names_an_object = "<" in call.path or "<" in json.dumps(call.send)
        if names_an_object and not call.blind and answer.status != 404:
            return f"answered {answer.status} {answer.body[:200]!r}"
        return None if answer.status < 500 else str(answer.status)

    private = [call for call in HTTP_CALLS if call.who not in ("public", "closed")]
    for some in (private[start : start + 25] for start in range(0, len(private), 25)):
        assert problems(some, check) == []
        assert world.checksum() == before, f"one of these changed something: {', '.join(map(str, some))}"


ODD_IDS = ["%00", "not-a-uuid", "..%2f..", "%252e%252e", "a%2f..%2fb", "x" * 20_000, "0", "null", "%ff"]
STRICT = re.compile(r"<(uuid|int):\w+>")  # no view ever sees what such a part of an address does not allow


def test_odd_ids_are_not_found(world: World):
    session = world.session(world.people["owner"])

    def check(call: Call) -> str | None:
        headers = {"Authorization": f"Bearer {world.keys[call.who]}"} if call.who in KEYS else session
        is_strict = "<" not in STRICT.sub("", call.path)
        for odd in ODD_IDS[:2] if is_strict else ODD_IDS:
            path = re.sub(r"<[^>]+>", odd, call.path)
            answer = world.walker.request(call.method, f"/{path}", json.dumps(call.send).encode(), headers)
            if answer.status >= 500 or (answer.status < 300 and not call.blind):
                return f"{odd[:20]} answered {answer.status}"
        return None

    assert problems([call for call in HTTP_CALLS if "<" in call.path], check) == []


def test_each_role_may_do_what_the_matrix_says(world: World):
    sessions = {role: world.session(user) for role, user in world.people.items()}

    def check_denied(call: Call) -> str | None:
        denied = set(sessions) - set(call.who)
        return next((f"let {role} in" for role in denied if world.call(call, sessions[role]).status != 403), None)

    def check_allowed(call: Call) -> str | None:
        for role in call.who[:1] if call.once else call.who:
            answer = world.call(call, sessions[role])
            is_told = (call.own and answer.status in {400, 404, 415}) or answer.status == call.answers
            if not is_told and (is_refused(answer) or answer.status >= 400):
                return f"answered {role} {answer.status}"
        return None

    before = world.checksum()
    assert problems(CONSOLE_CALLS, check_denied) == []
    assert world.checksum() == before
    assert problems(CONSOLE_CALLS, check_allowed) == []


def test_keys_open_what_the_matrix_says(world: World):
    def check(call: Call) -> str | None:
        answer = world.call(call, {"Authorization": f"Bearer {world.keys[call.who]}"})
        return f"answered {answer.status}" if is_refused(answer) or answer.status in {404, 405, 500} else None

    assert problems(API_CALLS, check) == []


def test_closed_doors_are_closed_to_owners_too(world: World):
    closed = [call for call in HTTP_CALLS if call.who == "closed"]
    session = world.session(world.people["owner"])
    assert closed
    assert problems(closed, lambda call: None if world.call(call, session).status == 403 else "open") == []


def test_other_methods_are_refused(world: World):
    session = world.session(world.people["owner"])

    def check(path: str) -> str | None:
        cells = [call for call in HTTP_CALLS if call.path == path]
        headers = {"Authorization": f"Bearer {world.keys[cells[0].who]}"} if cells[0].who in KEYS else session
        for method in set(METHODS) - {call.method for call in cells}:
            # Who honours this header does so where it comes with a POST.
            overrides = [{"X-HTTP-Method-Override": cells[0].method}] if method == "POST" else []
            for extra in ({}, *overrides):
                answer = world.call(cells[0], {**headers, **extra}, method)
                if answer.status not in {404, 405}:
                    return f"{method} answered {answer.status}"
        return None

    assert problems(sorted({call.path for call in HTTP_CALLS}), check) == []


def test_a_removed_member_is_out_at_the_next_call(world: World):
    admin = world.people["admin"]
    session = world.session(admin)
    assert world.call(next(call for call in CONSOLE_CALLS if not call.own), session).status < 400
    admin.memberships.get().delete()
    assert problems(CONSOLE_CALLS, lambda call: None if is_refused(world.call(call, session)) else "let in") == []


@contextmanager
def socket(world: World, call: Call, user: User | None, origin: str | None = None):
    cookie = world.session(user)["Cookie"] if user else ""
    headers = {"Origin": origin or world.url, "Cookie": cookie}
    address = f"{world.url.replace('http', 'ws')}/{world.fill(call.path)}"
    with connect(address, additional_headers=headers, open_timeout=10) as connection:
        yield connection


def close_code(world: World, call: Call, user: User | None) -> int | None:
    """The code the server closes with; None where it lets the caller stay and answers a ping."""
    with socket(world, call, user) as connection:
        try:
            connection.send('{"type": "ping"}')
            return None if json.loads(connection.recv(timeout=10))["event"] == "pong" else 0
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 0


def answer_to_passport(world: World, call: Call, first: dict[str, Any]) -> str | int:
    """What the server says to a public page's first frame: an event, or the code it closes with."""
    with socket(world, call, world.people["owner"]) as connection:
        try:
            connection.send(json.dumps(first))
            return str(json.loads(connection.recv(timeout=10))["event"])
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 0


def test_websockets_of_public_pages_admit_their_own_passports_alone(world: World):
    before = world.checksum()
    calls = [call for call in SOCKET_CALLS if call.who == "passport"]
    assert calls
    tokens = {
        world.keys["passport"]: "ready",
        world.foreign_keys["passport"]: 4401,
        world.keys["app_key"]: 4401,
        "": 4401,
    }
    for call in calls:
        for token, expected in tokens.items():
            assert answer_to_passport(world, call, {"type": "auth", "token": token}) == expected
        assert answer_to_passport(world, call, {"type": "chat", "query": "Hello"}) == "error"
        with pytest.raises(Exception, match="403"), socket(world, call, None, "https://evil.example"):
            pass
    assert world.checksum() == before
    reset_site_code(app=world.app_of_a)
    # The word of it reaches the server's cache a moment after the commit.
    eventually(lambda: all(answer_to_passport(world, call, {"type": "auth"}) == 4404 for call in calls))


def test_websockets_admit_whom_the_matrix_says(world: World):
    before = world.checksum()
    calls = [call for call in SOCKET_CALLS if isinstance(call.who, list)]
    assert calls
    for call in calls:
        expected = {role: None if role in call.who else 4404 for role in world.people}
        assert {role: close_code(world, call, user) for role, user in world.people.items()} == expected
        assert close_code(world, call, None) == 4401
        assert close_code(world, call, world.stranger) == 4404
        with pytest.raises(Exception, match="403"), socket(world, call, world.people["owner"], "https://evil.example"):
            pass
    assert world.checksum() == before


ENDINGS: dict[str, Callable[[User], object]] = {
    "removed": lambda user: user.memberships.all().delete(),
    "demoted": lambda user: user.memberships.update(role=Role.DATASET_OPERATOR),
    "locked out": lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
    "signed out": lambda user: Sessions.objects.all().delete(),
    "given a new password": lambda user: reset_password(email=user.email, password="another horse 8"),
}


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS.keys())
def test_a_live_websocket_ends_with_the_membership(world: World, ending: Callable[[User], object]):
    admin = world.people["admin"]
    with socket(world, SOCKET_CALLS[0], admin) as connection:
        connection.send('{"type": "ping"}')
        connection.recv(timeout=10)
        ending(admin)
        before = Message.objects.count()
        connection.send('{"type": "chat", "query": "Hello", "inputs": {}}')
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401
    assert Message.objects.count() == before


def test_the_operators_admin_is_for_operators(world: World):
    patterns: list[URLPattern | URLResolver] = get_resolver().url_patterns
    admin = [path for path in addresses(patterns) if path.startswith(tuple(MATRIX["operators"]))]
    sessions = [{}, world.session(world.people["owner"])]
    assert len(admin) > 50
    for path in admin:
        address = "/" + re.sub(r"<[^>]+>|\(\?P<\w+>[^)]*\)\$?|\^|\$", "1", path)
        for headers in sessions:
            answer = world.walker.get(address, headers=headers)
            assert answer.status in {302, 403, 404}, address
