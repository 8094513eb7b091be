"""What a caller may read and change of its own conversations (service API 5.3, 6.1, 6.2, 6.4; extensions 5.5)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.errors import InvalidParam, NotFound
from apps.common.paging import (
    MAX_PAGE,
    cursor_json,
    following,
    read_choice,
    read_id,
    read_limit,
    read_number,
    take,
)
from apps.files.models import UploadFile
from apps.files.views import file_response
from apps.logs.models import Conversation, Message
from apps.logs.selectors import (
    find_uploads,
    get_conversation,
    get_message,
    get_sent_file,
    list_conversations,
    list_feedback,
    list_messages,
    list_saved,
)
from apps.logs.services.conversations import delete_conversation, pin_conversation
from apps.logs.services.feedback import rate_message
from apps.logs.services.saved import forget_message, save_message
from apps.logs.services.variables import set_variable
from apps.logs.variables import get_variable, list_variables
from apps.prompts.api.views import AppView
from apps.prompts.choices import CHAT_FAMILY, AppMode
from apps.prompts.errors import NotChatApp, NotCompletionApp

from .payloads import conversation_json, feedback_json, message_json, variable_json

SUCCESS = {"result": "success"}
ORDERS = ("created_at", "-created_at", "updated_at", "-updated_at")


class ChatAppView(AppView):
    """A view of apps that converse; keys and pages of others are told so."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.app.mode not in CHAT_FAMILY:
            raise NotChatApp

    def conversation(self, conversation_id: str) -> Conversation:
        return get_conversation(access=self.access, conversation_id=conversation_id)


class MessagesView(ChatAppView):
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Pages lead back in time; within a page the oldest message stands first."""
        query = self.fields
        conversation_id = read_id(query, "conversation_id")
        if conversation_id is None:
            raise InvalidParam("Missing required parameter in the query string", params="conversation_id")
        first_id, limit = read_id(query, "first_id"), read_limit(query)
        conversation = get_conversation(access=self.access, conversation_id=conversation_id)
        messages = list_messages(access=self.access).filter(conversation=conversation)
        first = messages.filter(pk=first_id).first() if first_id else None
        if first_id and first is None:
            raise NotFound("First Message Not Exists.")
        page, has_more = take(following(messages, "-created_at", first), limit)
        uploads = find_uploads(page)
        return Response(
            cursor_json(page[::-1], lambda message: self.show(message, uploads), limit=limit, has_more=has_more)
        )

    def show(self, message: Message, uploads: Mapping[UUID, UploadFile]) -> dict[str, Any]:
        return message_json(message, uploads, base_url=self.base_url)


class FeedbackView(AppView):
    def post(self, request: Request, message_id: str, **kwargs: Any) -> Response:
        fields = self.fields
        message = get_message(access=self.access, message_id=message_id)
        rate_message(message=message, caller=self.caller, rating=fields.get("rating"), content=fields.get("content"))
        return Response(SUCCESS)


class AppFeedbacksView(AppView):
    def get(self, request: Request, **kwargs: Any) -> Response:
        """All opinions on the app's answers, whoever's; the contract's limit is 101."""
        page = read_number(self.fields, "page", default=1, maximum=MAX_PAGE)
        limit = read_limit(self.fields, maximum=101)
        found = list_feedback(workspace_id=self.app.workspace_id, app_id=self.app.app_id)
        return Response({"data": [feedback_json(row) for row in found[(page - 1) * limit : page * limit]]})


class ConversationsView(ChatAppView):
    """Conversations, the last used first.

    Args:
        can_pin: the query parameter `pinned` is heard; the service API's clients send it without meaning it.
    """

    can_pin: ClassVar[bool] = False

    def get(self, request: Request, **kwargs: Any) -> Response:
        query = self.fields
        limit, last_id = read_limit(query), read_id(query, "last_id")
        order = read_choice(query, "sort_by", ORDERS, "-updated_at")
        pinned = read_choice(query, "pinned", ("true", "false"), "") if self.can_pin else ""
        conversations = list_conversations(access=self.access, is_pinned=pinned == "true" if pinned else None)
        last = None
        if last_id is not None:
            last = get_conversation(
                access=self.access, conversation_id=last_id, missing="Last Conversation Not Exists."
            )
        page, has_more = take(following(conversations, order, last), limit)

        def show(conversation: Conversation) -> dict[str, Any]:
            return conversation_json(conversation, base_url=self.base_url)

        return Response(cursor_json(page, show, limit=limit, has_more=has_more))


class ConversationView(ChatAppView):
    def delete(self, request: Request, conversation_id: str, **kwargs: Any) -> Response:
        delete_conversation(conversation=self.conversation(conversation_id))
        return Response(SUCCESS)


class PinView(ChatAppView):
    """Pins a conversation, or unpins it."""

    pinned: ClassVar[bool] = True

    def patch(self, request: Request, conversation_id: str, **kwargs: Any) -> Response:
        pin_conversation(conversation=self.conversation(conversation_id), pinned=self.pinned)
        return Response(SUCCESS)


class VariablesView(ChatAppView):
    """The variables a conversation keeps; only chatflows have any."""

    def get(self, request: Request, conversation_id: str, **kwargs: Any) -> Response:
        query = self.fields
        limit, last_id = read_limit(query), read_id(query, "last_id")
        conversation = self.conversation(conversation_id)
        found = list_variables(access=self.access, conversation=conversation)
        if name := query.get("variable_name"):
            found = [variable for variable in found if variable.name == name]
        if last_id is not None:
            found = found[1 + next((at for at, one in enumerate(found) if one.id == last_id), len(found)) :]
        data = [variable_json(variable, conversation) for variable in found[:limit]]
        return Response({"limit": limit, "has_more": len(found) > limit, "data": data})


class VariableView(ChatAppView):
    def put(self, request: Request, conversation_id: str, variable_id: str, **kwargs: Any) -> Response:
        fields = self.fields
        conversation = self.conversation(conversation_id)
        if "value" not in fields:
            raise InvalidParam("Missing required parameter in the JSON body", params="value")
        variable = get_variable(access=self.access, conversation=conversation, variable_id=variable_id)
        changed = set_variable(conversation=conversation, variable=variable, value=fields["value"])
        return Response(variable_json(replace(variable, value=changed.variables[variable.name]), changed))


class SavedView(AppView):
    """A view of what a visitor keeps of a text generator's answers."""

    def message(self, message_id: str | UUID) -> Message:
        """The visitor's own message. Raises NotFound, NotCompletionApp."""
        message = get_message(access=self.access, message_id=message_id)
        self.require_generator()
        return message

    def require_generator(self) -> None:
        if self.app.mode != AppMode.COMPLETION:
            raise NotCompletionApp

    @property
    def end_user_id(self) -> UUID:
        assert self.caller.end_user_id is not None  # members have neither keys nor passports
        return self.caller.end_user_id


class SavedMessagesView(SavedView):
    def get(self, request: Request, **kwargs: Any) -> Response:
        """The last kept first; `last_id` is a message's id."""
        self.require_generator()
        query = self.fields
        limit, last_id = read_limit(query), read_id(query, "last_id")
        saved = list_saved(workspace_id=self.app.workspace_id, app_id=self.app.app_id, end_user_id=self.end_user_id)
        last = saved.filter(message_id=last_id).first() if last_id else None
        if last_id and last is None:
            raise NotFound("Last Message Not Exists.")
        rows, has_more = take(following(saved, "-created_at", last), limit)
        messages = list_messages(access=self.access).in_bulk([row.message_id for row in rows])
        uploads = find_uploads(messages.values())
        kept = [messages[row.message_id] for row in rows if row.message_id in messages]

        def show(message: Message) -> dict[str, Any]:
            return message_json(message, uploads, base_url=self.base_url)

        return Response(cursor_json(kept, show, limit=limit, has_more=has_more))

    def post(self, request: Request, **kwargs: Any) -> Response:
        message_id = read_id(self.fields, "message_id")
        if message_id is None:
            raise InvalidParam("Missing required parameter in the JSON body", params="message_id")
        save_message(message=self.message(message_id), end_user_id=self.end_user_id)
        return Response(SUCCESS)


class SavedMessageView(SavedView):
    def delete(self, request: Request, message_id: str, **kwargs: Any) -> Response:
        forget_message(message=self.message(message_id), end_user_id=self.end_user_id)
        return Response(SUCCESS)


class FilePreviewView(AppView):
    def get(self, request: Request, file_id: str, **kwargs: Any) -> HttpResponseBase:
        """The bytes of a file that one of the app's messages holds."""
        query = self.fields
        upload = get_sent_file(access=self.access, file_id=file_id, is_named=bool(query.get("user")))
        as_attachment = str(query.get("as_attachment", "")).lower() in {"true", "1"}
        return file_response(upload, as_attachment=as_attachment)
