"""setup and reset_password, as a script calls them."""

import json
import os
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.db import connection

from apps.common.errors import InvalidParam, NotFound
from apps.workspaces.errors import AlreadyInstalled, AlreadyMember
from apps.workspaces.models import User, Workspace

GOOD = "correct horse 7"


@pytest.mark.django_db
def test_setup_reports_what_it_made(capsys):
    call_command("setup", email="Ada@example.org", password=GOOD, workspace="Acme", json=True)
    answer = json.loads(capsys.readouterr().out)
    assert answer == {
        "created": True,
        "workspace_id": str(Workspace.objects.get().pk),
        "workspace": "Acme",
        "email": "ada@example.org",
    }


@pytest.mark.django_db
def test_a_second_setup_fails_unless_told_otherwise(capsys):
    call_command("setup", email="ada@example.org", password=GOOD)
    with pytest.raises(AlreadyInstalled):
        call_command("setup", email="eve@example.org", password=GOOD)
    capsys.readouterr()
    call_command("setup", email="eve@example.org", password=GOOD, if_empty=True)
    assert capsys.readouterr().out == "Created: False\n"
    assert User.objects.get().email == "ada@example.org"


@pytest.mark.django_db
def test_reset_password_sets_it(monkeypatch):
    call_command("setup", email="ada@example.org", password=GOOD)
    monkeypatch.setenv("NEW_PASSWORD", "another horse 8")
    call_command("reset_password", email="ADA@example.org")
    assert User.objects.get().check_password("another horse 8")
    with pytest.raises(NotFound):
        call_command("reset_password", email="nobody@example.org")


@pytest.mark.django_db(transaction=True)
def test_on_the_command_line_errors_are_json_on_stderr_with_exit_code_1():
    options = connection.settings_dict
    url = f"postgresql://{options['USER']}@/{options['NAME']}?host={options['HOST']}"

    def setup(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "DATABASE_URL": url, "ADMIN_PASSWORD": GOOD}
        command = [sys.executable, "manage.py", "setup", *arguments, "--json"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    first = setup("--email", "ada@example.org")
    assert (first.returncode, json.loads(first.stdout)["created"], first.stderr) == (0, True, "")
    second = setup("--email", "ada@example.org")
    assert (second.returncode, second.stdout) == (1, "")
    assert json.loads(second.stderr) == {
        "code": "already_installed",
        "message": "The first owner exists already; sign in instead.",
        "status": 403,
    }
    missing = setup()
    assert missing.returncode == 1
    assert json.loads(missing.stderr)["code"] == "invalid_param"


@pytest.mark.django_db
def test_member_add_makes_the_account_where_there_is_none(capsys):
    call_command("setup", email="ada@example.org", password=GOOD, workspace="Acme")
    with pytest.raises(InvalidParam):
        call_command("member_add", email="ben@example.org", role="editor")
    with pytest.raises(InvalidParam):
        call_command("member_add", email="ben@example.org", role="king", password=GOOD)
    assert User.objects.count() == 1, "a refused member leaves no account behind"
    capsys.readouterr()
    call_command("member_add", email="Ben@example.org", role="editor", password=GOOD, json=True)
    answer = {"email": "ben@example.org", "role": "editor", "workspace": "Acme"}
    assert json.loads(capsys.readouterr().out) == answer
    with pytest.raises(AlreadyMember):
        call_command("member_add", email="ben@example.org", role="editor")
