"""What a model does for a conversation beside its answers: follow-up questions, a title (service API 6.3, 6.4).

Both APIs serve these views; each is made with the admission of its own.
"""

from channels.db import database_sync_to_async
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.chat.attributing import attribute_access
from apps.chat.naming import generated_name
from apps.chat.suggestions import TURNS, suggest_questions
from apps.common.api import View, base_url, json_response, service_view
from apps.common.errors import BadRequest
from apps.logs.api.payloads import conversation_json
from apps.logs.selectors import get_conversation, get_first_query, get_message, list_turns_until
from apps.logs.services.conversations import rename_conversation
from apps.prompts.api.auth import Admission
from apps.prompts.choices import CHAT_FAMILY
from apps.prompts.errors import NotChatApp


def suggested_view(admit: Admission) -> View:
    """GET messages/{id}/suggested."""

    @service_view("GET")
    async def suggested(request: HttpRequest, message_id: str) -> HttpResponseBase:
        access, _ = await admit(request)
        if access.app.mode not in CHAT_FAMILY:
            raise NotChatApp
        message = await database_sync_to_async(get_message)(access=access, message_id=message_id)
        config = access.app.require_config()
        if not config.features["suggested_questions_after_answer"].get("enabled"):
            raise BadRequest("Suggested Questions Is Disabled.")
        turns = await database_sync_to_async(list_turns_until)(access=access, message=message, limit=TURNS)
        attribute_access(access)
        questions = await suggest_questions(workspace_id=access.app.workspace_id, config=config, turns=turns)
        return json_response({"result": "success", "data": questions})

    return suggested


def rename_view(admit: Admission) -> View:
    """POST conversations/{id}/name."""

    @service_view("POST")
    async def rename(request: HttpRequest, conversation_id: str) -> HttpResponseBase:
        access, fields = await admit(request)
        if access.app.mode not in CHAT_FAMILY:
            raise NotChatApp
        conversation = await database_sync_to_async(get_conversation)(access=access, conversation_id=conversation_id)
        name = fields.get("name")
        if fields.get("auto_generate") is True:
            query = await database_sync_to_async(get_first_query)(access=access, conversation=conversation)
            attribute_access(access)
            name = await generated_name(workspace_id=access.app.workspace_id, query=query)
        renamed = await database_sync_to_async(rename_conversation)(conversation=conversation, name=name)
        return json_response(conversation_json(renamed, base_url=base_url(request)))

    return rename
