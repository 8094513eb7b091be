"""A message as its page in the log shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.files.links import file_url
from apps.files.models import UploadFile
from apps.workspaces.models import User

from .choices import FeedbackSource
from .entries import version_numbers
from .models import Annotation, Feedback, Message
from .selectors import find_uploads


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of a question or an answer; `url` is signed and good for a while."""

    name: str
    type: str
    url: str


@dataclass(frozen=True, slots=True)
class Detail:
    """A message with what belongs to it.

    Args:
        version: the number of the version that answered, None where it was pruned.
        user: its reader's opinion.
        operator: a member's.
        written_by: who improved the answer.
    """

    message: Message
    version: int | None = None
    files: Sequence[SentFile] = ()
    user: Feedback | None = None
    operator: Feedback | None = None
    annotation: Annotation | None = None
    written_by: str = ""
    sources: Sequence[Mapping[str, Any]] = field(default_factory=list)

    @property
    def total_tokens(self) -> int:
        """Sent and written."""
        return self.message.prompt_tokens + self.message.completion_tokens


def describe(messages: Sequence[Message], *, base_url: str) -> list[Detail]:
    """Messages of `list_entry_messages` in full; the number of queries does not depend on how many there are."""
    versions, uploads = version_numbers(messages), find_uploads(messages)
    annotations = [annotation for message in messages if (annotation := _annotation(message))]
    authors = User.objects.in_bulk({item.account_id for item in annotations if item.account_id})
    return [_describe(message, versions, uploads, authors, base_url) for message in messages]


def describe_one(message: Message) -> Detail:
    """What a rating or an improved answer changes of a message; without files and version."""
    annotation = _annotation(message)
    author = User.objects.filter(pk=annotation.account_id).first() if annotation and annotation.account_id else None
    return Detail(
        message=message,
        user=_opinion(message, FeedbackSource.USER),
        operator=_opinion(message, FeedbackSource.ADMIN),
        annotation=annotation,
        written_by=_name(author),
    )


def _describe(
    message: Message,
    versions: Mapping[UUID, int],
    uploads: Mapping[UUID, UploadFile],
    authors: Mapping[UUID, User],
    base_url: str,
) -> Detail:
    annotation = _annotation(message)
    author = authors.get(annotation.account_id) if annotation and annotation.account_id else None
    return Detail(
        message=message,
        version=versions.get(message.version_id),
        files=_files(message, uploads, base_url),
        user=_opinion(message, FeedbackSource.USER),
        operator=_opinion(message, FeedbackSource.ADMIN),
        annotation=annotation,
        written_by=_name(author),
        sources=message.metadata.get("retriever_resources") or (),
    )


def _files(message: Message, uploads: Mapping[UUID, UploadFile], base_url: str) -> list[SentFile]:
    found = []
    for file in message.files.all():
        upload = uploads.get(file.upload_file_id) if file.upload_file_id else None
        url = file_url(upload.pk, base_url=base_url) if upload else file.url
        found.append(SentFile(upload.name if upload else file.url, file.type, url))
    return found


def _opinion(message: Message, source: FeedbackSource) -> Feedback | None:
    return next((feedback for feedback in message.feedbacks.all() if feedback.source == source), None)


def _annotation(message: Message) -> Annotation | None:
    return getattr(message, "annotation", None)


def _name(user: User | None) -> str:
    return (user.name or user.email) if user else ""
