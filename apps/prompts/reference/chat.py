"""Asking a chat app."""

from django.utils.translation import gettext_noop as _

from apps.prompts.choices import CHAT_FAMILY
from apps.prompts.endpoints import INPUTS as FORM
from apps.prompts.endpoints import Endpoint, Parameter, Section, sections

from ._parts import AT, FILES, ID, INPUTS, MESSAGE, METADATA, MODE, STREAM_END, SUCCESS, TASK, USER, USER_IN_QUERY


@sections.register
class Chat(Section):
    """Question and answer."""

    key, label, position, modes = "chat", _("Ask"), 10, CHAT_FAMILY
    endpoints = (
        Endpoint(
            "POST",
            "/chat-messages",
            _("Ask a question"),
            _("Begins a conversation or goes on with one. If you hang up, the answer is still finished and stored."),
            (
                Parameter("query", "text", _("The question."), required=True),
                INPUTS,
                USER,
                MODE,
                Parameter("conversation_id", "UUID", _("Goes on with this conversation; absent, a new one begins.")),
                FILES,
                Parameter(
                    "auto_generate_name", "bool", _("Names the conversation after its first question (if absent).")
                ),
            ),
            body={"inputs": FORM, "query": "What can you help me with?", "response_mode": "blocking", "user": "ada"},
            answer={
                "event": "message",
                "task_id": ID,
                "message_id": ID,
                "conversation_id": ID,
                "mode": "chat",
                "answer": "I answer questions about …",
                "metadata": METADATA,
                "created_at": AT,
            },
            stream='data: {"event": "message", "task_id": "…", "message_id": "…", "conversation_id": "…", '
            f'"answer": "I answer"}}\n\n{STREAM_END}',
        ),
        Endpoint(
            "POST",
            "/chat-messages/{task_id}/stop",
            _("Stop an answer"),
            _("Ends an answer that is being streamed; what came so far is stored."),
            (TASK, USER),
            body={"user": "ada"},
            answer=SUCCESS,
        ),
        Endpoint(
            "GET",
            "/messages/{message_id}/suggested",
            _("Suggest next questions"),
            _("Three questions the user might ask next, written by the app's model."),
            (MESSAGE, USER_IN_QUERY),
            query={"user": "ada"},
            answer={**SUCCESS, "data": ["…", "…", "…"]},
            feature="suggested_questions_after_answer",
        ),
    )
