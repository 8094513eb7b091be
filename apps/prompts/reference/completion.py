"""Asking a text generator."""

from django.utils.translation import gettext_noop as _

from apps.prompts.choices import AppMode
from apps.prompts.endpoints import INPUTS as FORM
from apps.prompts.endpoints import Endpoint, Parameter, Section, sections

from ._parts import AT, FILES, ID, INPUTS, METADATA, MODE, STREAM_END, SUCCESS, TASK, USER


@sections.register
class Completion(Section):
    """Form and text."""

    key, label, position, modes = "completion", _("Generate"), 10, frozenset({AppMode.COMPLETION})
    endpoints = (
        Endpoint(
            "POST",
            "/completion-messages",
            _("Generate a text"),
            _("Fills the app's form in and writes one text. If you hang up, it is still finished and stored."),
            (INPUTS, USER, MODE, Parameter("query", "text", _("Stands after the prompt.")), FILES),
            body={"inputs": FORM, "response_mode": "blocking", "user": "ada"},
            answer={
                "event": "message",
                "task_id": ID,
                "message_id": ID,
                "mode": "completion",
                "answer": "Once upon a time …",
                "metadata": METADATA,
                "created_at": AT,
            },
            stream='data: {"event": "message", "task_id": "…", "message_id": "…", "answer": "Once upon"}\n\n'
            + STREAM_END,
        ),
        Endpoint(
            "POST",
            "/completion-messages/{task_id}/stop",
            _("Stop a text"),
            _("Ends a text that is being streamed; what came so far is stored."),
            (TASK, USER),
            body={"user": "ada"},
            answer=SUCCESS,
        ),
    )
