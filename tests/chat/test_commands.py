"""`manage.py app_run`."""

import io
import json

import pytest
from django.core.management import call_command

from apps.common.errors import AppError
from apps.logs.models import Message
from tests.factories import make_app, make_provider, make_workspace, upstream_config

pytestmark = pytest.mark.django_db(transaction=True)


def app_run(app, *arguments):
    output = io.StringIO()
    call_command("app_run", str(app.id), *arguments, stdout=output)
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_the_command_prints_the_same_events_as_sse():
    events = app_run(make_app(make_workspace()), "--query", "What can you do?")
    assert {event["event"] for event in events[:-1]} == {"message"}
    assert events[-1]["event"] == "message_end"
    message = Message.objects.get()
    assert message.answer == "".join(event.get("answer", "") for event in events)
    assert message.status == "normal"


def test_a_failed_run_prints_its_error_and_exits_with_one(upstream):
    workspace = make_workspace()
    make_provider(workspace, upstream.base_url, "fail-500")
    with pytest.raises(SystemExit) as ended:
        app_run(make_app(workspace, upstream_config("fail-500")), "--query", "Hi")
    assert ended.value.code == 1
    assert Message.objects.get().status == "error"


def test_wrong_arguments_are_named():
    app = make_app(make_workspace())
    with pytest.raises(AppError, match="query is required"):
        app_run(app)
    with pytest.raises(AppError, match="--inputs must be a JSON object"):
        app_run(app, "--query", "Hi", "--inputs", "[1]")


@pytest.mark.parametrize(
    "inputs", ['{"a": NaN}', '{"a": 1e400}', '{"a": ' + "[" * 5000 + "]" * 5000 + "}", '{"a": "\\ud800"}']
)
def test_inputs_that_nothing_can_store_are_refused(inputs):
    with pytest.raises(AppError, match="--inputs must be a JSON object|nested"):
        app_run(make_app(make_workspace()), "--query", "Hi", "--inputs", inputs)


def test_arguments_of_another_encoding_lose_what_is_no_text():
    app_run(make_app(make_workspace()), "--query", "Hi \udcff\udcfe there", "--user", "\udcffada")
    assert Message.objects.get().query == "Hi  there"
