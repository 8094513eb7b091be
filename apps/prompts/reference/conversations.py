"""A user's conversations."""

from django.utils.translation import gettext_noop as _

from apps.prompts.choices import CHAT_FAMILY
from apps.prompts.endpoints import Endpoint, Parameter, Section, sections

from ._parts import AT, CONVERSATION, ID, LIMIT, SUCCESS, USER, USER_IN_QUERY

_CONVERSATION = {
    "id": ID,
    "name": "What can you help me with?",
    "inputs": {},
    "status": "normal",
    "introduction": "",
    "created_at": AT,
    "updated_at": AT,
}
_PAGE = {"limit": 20, "has_more": False}


@sections.register
class Conversations(Section):
    """Lists, names, messages."""

    key, label, position, modes = "conversations", _("Conversations"), 20, CHAT_FAMILY
    endpoints = (
        Endpoint(
            "GET",
            "/conversations",
            _("List conversations"),
            _("Those of one user, the last used first."),
            (
                USER_IN_QUERY,
                Parameter("last_id", "UUID", _("The last one you have; what follows is listed."), where="query"),
                LIMIT,
                Parameter(
                    "sort_by", "text", _("-updated_at (if absent), updated_at, -created_at, created_at."), where="query"
                ),
            ),
            query={"user": "ada", "limit": "20"},
            answer={**_PAGE, "data": [_CONVERSATION]},
        ),
        Endpoint(
            "GET",
            "/messages",
            _("List messages"),
            _("Those of one conversation: the newest, and with first_id what came before them."),
            (
                Parameter("conversation_id", "UUID", CONVERSATION.about, required=True, where="query"),
                USER_IN_QUERY,
                Parameter("first_id", "UUID", _("The first one you have."), where="query"),
                LIMIT,
            ),
            query={"user": "ada", "conversation_id": "CONVERSATION_ID"},
            answer={
                **_PAGE,
                "data": [
                    {"id": ID, "conversation_id": ID, "query": "…", "answer": "…", "feedback": None, "created_at": AT}
                ],
            },
        ),
        Endpoint(
            "POST",
            "/conversations/{conversation_id}/name",
            _("Rename a conversation"),
            _("Gives it a name, or has one made of its first question."),
            (
                CONVERSATION,
                USER,
                Parameter("name", "text", _("1 to 255 characters.")),
                Parameter("auto_generate", "bool", _("The workspace's default model finds a name.")),
            ),
            body={"name": "First steps", "user": "ada"},
            answer={**_CONVERSATION, "name": "First steps"},
        ),
        Endpoint(
            "GET",
            "/conversations/{conversation_id}/variables",
            _("List variables of a conversation"),
            _("What a chatflow keeps from turn to turn; chat apps keep nothing."),
            (CONVERSATION, USER_IN_QUERY),
            query={"user": "ada"},
            answer={**_PAGE, "data": []},
        ),
        Endpoint(
            "PUT",
            "/conversations/{conversation_id}/variables/{variable_id}",
            _("Set a variable of a conversation"),
            _("Its value must be of the variable's type. Chat apps have no variables: the answer is 404."),
            (
                CONVERSATION,
                Parameter("variable_id", "UUID", _("The variable."), required=True, where="path"),
                Parameter("value", "any", _("Its new value."), required=True),
                USER,
            ),
            body={"value": "…", "user": "ada"},
            answer={"code": "not_found", "message": "…", "status": 404},
        ),
        Endpoint(
            "DELETE",
            "/conversations/{conversation_id}",
            _("Delete a conversation"),
            _("Its user cannot reach it or its messages any more; your log keeps them."),
            (CONVERSATION, USER),
            body={"user": "ada"},
            answer=SUCCESS,
        ),
    )
