"""Better answers that members write."""

from django.db import transaction

from apps.common.errors import InvalidParam
from apps.common.text import storable
from apps.logs.models import Annotation, Message
from apps.workspaces.models import User, Workspace
from apps.workspaces.services import audit

MAX_ANSWER = 50_000  # characters
NO_QUESTION = "(no question)"


@transaction.atomic
def improve_answer(*, message: Message, user: User, answer: object) -> Annotation:
    """Writes the answer that should have been given, over one that is there: the last one counts.

    What it said before is kept in the audit trail.

    Args:
        answer: 1 to 50,000 characters.

    Raises:
        InvalidParam: no text, empty, or too long.
    """
    text = _read(answer)
    list(Message.objects.select_for_update(no_key=True).filter(pk=message.pk).values_list("pk"))
    before = Annotation.objects.filter(message=message).values_list("answer", flat=True).first()
    annotation, _ = Annotation.objects.update_or_create(
        message=message,
        defaults={"answer": text, "account_id": user.pk},
        create_defaults={
            "workspace_id": message.workspace_id,
            "app_id": message.app_id,
            "conversation_id": message.conversation_id,
            "question": message.query or NO_QUESTION,
            "answer": text,
            "account_id": user.pk,
        },
    )
    _record(message, user, "annotation.write", before)
    return annotation


@transaction.atomic
def delete_improved_answer(*, message: Message, user: User) -> None:
    """Takes an improved answer away; the given one stands again. Nothing happens where there is none."""
    annotation = Annotation.objects.select_for_update().filter(message=message).first()
    if annotation is None:
        return
    _record(message, user, "annotation.delete", annotation.answer)
    annotation.delete()


def _read(answer: object) -> str:
    if not isinstance(answer, str) or not (text := storable(answer).strip()):
        raise InvalidParam("Write the answer that should have been given.", params="answer")
    if len(text) > MAX_ANSWER:
        raise InvalidParam(f"An answer has at most {MAX_ANSWER:,} characters.", params="answer")
    return text


def _record(message: Message, user: User, action: str, before: str | None) -> None:
    audit.record(
        workspace=Workspace.objects.get(pk=message.workspace_id),
        user=user,
        action=action,
        object_type="message",
        object_id=message.pk,
        data={"app_id": str(message.app_id), **({} if before is None else {"before": before})},
    )
