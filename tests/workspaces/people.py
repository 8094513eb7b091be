"""Signed-in browsers of a workspace's people, and mail set up on Django's in-memory outbox."""

import pytest
from django.test import Client

from apps.workspaces.models import User, Workspace
from apps.workspaces.services.members import add_member
from tests.factories import make_user

GOOD = "correct horse 7"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def owner_of(workspace: Workspace) -> User:
    return workspace.memberships.get(role="owner").user


def member(workspace: Workspace, email: str = "ben@example.org", role: str = "normal") -> User:
    user = make_user(email)
    add_member(workspace=workspace, user=user, role=role)
    return user


@pytest.fixture
def mail_is_set_up(settings):
    settings.MAIL_TYPE = "smtp"
    settings.DEFAULT_FROM_EMAIL = "no-reply@example.org"
    settings.CONSOLE_WEB_URL = "https://console.example.org"
