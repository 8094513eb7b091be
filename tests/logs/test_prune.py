"""prune_logs removes what nobody has touched for some days, with files, and nothing else."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.common.errors import InvalidParam
from apps.common.fsck import run_checks
from apps.files.models import UploadFile
from apps.logs.models import Annotation, Conversation, Feedback, Message, SavedMessage
from apps.workspaces.models import AuditEvent
from tests.factories import api_user, attach_upload, make_app, make_conversation, make_message, make_workspace

pytestmark = pytest.mark.django_db(transaction=True)


def prune(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("prune_logs", "--days", "30", *arguments, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def aged(row: Any, days: int) -> Any:
    moment = timezone.now() - timedelta(days=days)
    changes = {"created_at": moment, **({"updated_at": moment} if isinstance(row, Conversation) else {})}
    type(row).objects.filter(pk=row.pk).update(**changes)
    return row


@pytest.fixture
def app():
    return make_app(make_workspace())


def test_log_08_old_conversations_go_with_all_that_hangs_on_them(app):
    caller = api_user(app)
    old, new, active = (aged(make_conversation(app, caller), days) for days in (31, 1, 31))
    gone = aged(make_message(app, caller, old), 31)
    attach_upload(gone)
    Feedback.objects.create(
        workspace_id=app.workspace_id, app_id=app.pk, message=gone, rating="like", source="user"
    )  # fmt: skip
    note = Annotation.objects.create(
        workspace_id=app.workspace_id, app_id=app.pk, message=gone, question="q", answer="a"
    )  # fmt: skip
    kept = [
        make_message(app, caller, new),
        aged(make_message(app, caller, active), 31),
        make_message(app, caller, active),
    ]
    assert prune("--dry-run")["messages"] == 1
    assert Message.objects.count() == 4
    found = prune()
    assert (found["conversations"], found["messages"], found["dry_run"]) == (1, 1, False)
    assert set(Message.objects.all()) == set(kept)
    assert set(Conversation.objects.all()) == {new, active}
    assert not UploadFile.objects.exists()
    assert not Feedback.objects.exists()
    note.refresh_from_db()
    assert note.message_id is None
    assert AuditEvent.objects.filter(action="logs.prune").count() == 1
    assert run_checks().found == {}


def test_single_messages_go_and_runs_and_saved_answers_stay(app):
    caller = api_user(app)
    aged(make_message(app, caller), 31)
    running = aged(make_message(app, caller, status="running", lease_until=timezone.now() + timedelta(minutes=1)), 31)
    saved, young = aged(make_message(app, caller), 31), aged(make_message(app, caller), 29)
    assert caller.end_user_id
    SavedMessage.objects.create(
        workspace_id=app.workspace_id, app_id=app.pk, message=saved, end_user_id=caller.end_user_id
    )  # fmt: skip
    assert prune()["messages"] == 1
    assert set(Message.objects.all()) == {running, saved, young}


def test_only_the_workspace_named(app):
    other = make_app(make_workspace("Other", "other@example.org"))
    for one in (app, other):
        aged(make_message(one, api_user(one)), 31)
    assert prune("--workspace", "Other")["messages"] == 1
    assert Message.objects.get().app_id == app.pk


@pytest.mark.parametrize("days", ["0", "-3", "99999999"])
def test_days_have_bounds(app, days):
    with pytest.raises(InvalidParam, match="1 to"):
        call_command("prune_logs", "--days", days)
