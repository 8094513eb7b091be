"""Running a workflow, and what is known of its runs."""

from django.utils.translation import gettext_noop as _

from apps.prompts.choices import FLOW_MODES, AppMode
from apps.prompts.endpoints import INPUTS as FORM
from apps.prompts.endpoints import Endpoint, Parameter, Section, sections

from ._parts import AT, FILES, ID, INPUTS, LIMIT, MODE, SUCCESS, TASK, USER, USER_IN_QUERY

RUN = Parameter("run_id", "UUID", _("The run: workflow_run_id in its events."), required=True, where="path")
VERSION = Parameter("workflow_id", "UUID", _("A version that was published at some time."), required=True, where="path")
TOKEN = Parameter("form_token", "text", _("Stands in the event that asks for the form."), required=True, where="path")
OUTCOME = {
    "id": ID,
    "workflow_id": ID,
    "status": "succeeded",
    "outputs": {"text": "…"},
    "error": None,
    "elapsed_time": 1.2,
    "total_tokens": 321,
    "total_steps": 3,
    "created_at": AT,
    "finished_at": AT,
}
STREAM = (
    'data: {"event": "workflow_started", "workflow_run_id": "…", "task_id": "…", "data": {…}}\n\n'
    'data: {"event": "node_started", "workflow_run_id": "…", "task_id": "…", "data": {…}}\n\n'
    'data: {"event": "workflow_finished", "workflow_run_id": "…", "task_id": "…", "data": {…}}'
)


@sections.register
class Workflows(Section):
    """Runs of a workflow app."""

    key, label, position, modes = "workflows", _("Run"), 10, frozenset({AppMode.WORKFLOW})
    endpoints = (
        Endpoint(
            "POST",
            "/workflows/run",
            _("Run the workflow"),
            _("Runs what is published. A run that failed is answered with 200 as well: look at its status."),
            (INPUTS, USER, MODE, FILES),
            body={"inputs": FORM, "response_mode": "blocking", "user": "ada"},
            answer={"task_id": ID, "workflow_run_id": ID, "data": OUTCOME},
            stream=STREAM,
        ),
        Endpoint(
            "POST",
            "/workflows/{workflow_id}/run",
            _("Run a version"),
            _("Runs one version, whatever is published by now."),
            (VERSION, INPUTS, USER, MODE, FILES),
            body={"inputs": FORM, "response_mode": "blocking", "user": "ada"},
            answer={"task_id": ID, "workflow_run_id": ID, "data": OUTCOME},
            stream=STREAM,
        ),
        Endpoint(
            "POST",
            "/workflows/tasks/{task_id}/stop",
            _("Stop a run"),
            _("Ends a run; what was there by then is stored."),
            (TASK, USER),
            body={"user": "ada"},
            answer=SUCCESS,
        ),
    )


@sections.register
class Runs(Section):
    """What is known of runs of flows."""

    key, label, position, modes = "runs", _("Runs"), 15, FLOW_MODES
    endpoints = (
        Endpoint(
            "GET",
            "/workflows/run/{run_id}",
            _("Look at a run"),
            _("How it stands, what went in and what came out, as JSON text."),
            (RUN,),
            answer={"id": ID, "status": "succeeded", "inputs": "{…}", "outputs": "{…}", "total_steps": 3},
        ),
        Endpoint(
            "GET",
            "/workflows/logs",
            _("List runs"),
            _("The app's runs, newest first."),
            (
                Parameter("status", "text", _("Only runs that stand so."), where="query"),
                Parameter("keyword", "text", _("Only runs with this in their inputs or outputs."), where="query"),
                Parameter("page", "number", _("Which page, 1 if absent."), where="query"),
                LIMIT,
            ),
            answer={"page": 1, "limit": 20, "total": 1, "has_more": False, "data": ["…"]},
        ),
        Endpoint(
            "GET",
            "/workflow/{run_id}/events",
            _("Follow a run"),
            _("The events of a run from the first on; of one that has ended, its end."),
            (RUN, USER_IN_QUERY),
            query={"user": "ada"},
            stream=STREAM,
        ),
        Endpoint(
            "GET",
            "/form/human_input/{form_token}",
            _("Read a form"),
            _("What a run that is paused asks a person."),
            (TOKEN, USER_IN_QUERY),
            query={"user": "ada"},
            answer={"form_content": "…", "inputs": ["…"], "user_actions": ["…"], "expiration_time": AT},
        ),
        Endpoint(
            "POST",
            "/form/human_input/{form_token}",
            _("Fill in a form"),
            _("The run goes on with it. A form can be filled in once."),
            (
                TOKEN,
                Parameter("inputs", "object", _("Values of its fields, by name.")),
                Parameter("action", "text", _("The button: the id of one of the user_actions."), required=True),
                USER,
            ),
            body={"inputs": {"remarks": "…"}, "action": "approve", "user": "ada"},
            answer={},
        ),
    )
