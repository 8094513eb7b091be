"""The first owner: made once, whoever asks how often."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from apps.common.errors import InvalidParam
from apps.workspaces.choices import Role
from apps.workspaces.errors import AlreadyInstalled
from apps.workspaces.models import AuditEvent, Installation, Membership, User, Workspace
from apps.workspaces.services.accounts import create_first_owner
from tests.visitor import Visitor

FIELDS = {"workspace": "Acme", "name": "Ada", "email": "ada@example.org", "password": "correct horse 7"}


def test_fifty_parallel_posts_make_one_owner(server):
    start = Barrier(50)

    def post(number: int) -> tuple[int, str]:
        visitor = Visitor(server.url)
        visitor.get("/install")
        start.wait(60)
        answer = visitor.post("/install", {**FIELDS, "email": f"owner{number}@example.org"})
        return answer.status, answer.headers.get("location", "")

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(post, range(50)))

    assert sorted(answers) == [(302, "/apps"), *[(403, "")] * 49]
    assert (User.objects.count(), Workspace.objects.count(), Installation.objects.count()) == (1, 1, 1)
    assert Membership.objects.get().role == Role.OWNER
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert actions == {"user.create", "workspace.create", "installation.complete"}


@pytest.mark.django_db
def test_the_owner_is_signed_in_and_may_open_the_operators_admin(client):
    answer = client.post("/install", FIELDS)
    assert answer.headers["Location"] == "/apps"
    assert client.get("/apps").status_code == 200
    assert client.get("/operator/").status_code == 200


@pytest.mark.django_db
def test_install_stays_closed_after_the_owner_is_gone(client):
    create_first_owner(email="ada@example.org", password="correct horse 7", workspace_name="Acme")
    Workspace.objects.all().delete()
    User.objects.all().delete()
    assert client.get("/install").headers["Location"] == "/signin"
    assert client.post("/install", FIELDS).status_code == 403
    with pytest.raises(AlreadyInstalled):
        create_first_owner(email="eve@example.org", password="correct horse 7", workspace_name="Evil")
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "short"),
        ("password", "password"),
        ("email", "not an address"),
        ("email", ""),
        ("workspace", ""),
        ("workspace", "x" * 101),
        ("workspace", "nul\x00"),
        ("name", "x" * 101),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_made(client, field, value):
    answer = client.post("/install", {**FIELDS, field: value})
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not User.objects.exists()
    assert not Installation.objects.exists()


@pytest.mark.django_db
def test_a_failed_first_try_leaves_the_door_open():
    with pytest.raises(InvalidParam):
        create_first_owner(email="ada@example.org", password="short", workspace_name="Acme")
    workspace = create_first_owner(email="ADA@Example.org ", password="correct horse 7", workspace_name="Acme")
    assert workspace.memberships.get().user.email == "ada@example.org"
    assert workspace.public_key.startswith("-----BEGIN PUBLIC KEY-----")


@pytest.mark.django_db
def test_before_installation_everything_leads_to_it(client):
    assert client.get("/").headers["Location"] == "/install"
    assert client.get("/signin").headers["Location"] == "/install"
