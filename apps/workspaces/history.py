"""Audit events told in sentences."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.common.ids import parse_uuid

from .contracts import deeds
from .models import AuditEvent


@dataclass(frozen=True, slots=True)
class Told:
    """An event as the page shows it.

    Args:
        sentence: who did what, as HTML.
        detail: what else is known, such as the roles before and after.
    """

    at: datetime
    sentence: SafeString
    detail: str


def actions_of(group: str) -> Collection[str]:
    """The actions of a group of deeds; none for an unknown one."""
    return deeds.get(group).sentences if group in deeds else ()


def tell(events: Sequence[AuditEvent]) -> list[Told]:
    """Every event in the page's language; takes a fixed number of queries, for the names."""
    sentences = {action: text for group in deeds.all().values() for action, text in group.sentences.items()}
    ids = {id for event in events if (id := parse_uuid(event.object_id))}
    names = {str(id): name for group in deeds.all().values() for id, name in group.names(ids).items()}
    return [_told(event, sentences, names) for event in events]


def _told(event: AuditEvent, sentences: dict[str, str], names: dict[str, str]) -> Told:
    person = (event.user.name or event.user.email) if event.user else _("The system")
    what = str(event.data.get("name") or names.get(event.object_id) or event.object_id[:8])
    text = _(sentences[event.action]) if event.action in sentences else "{who}: " + event.action + " {what}"
    sentence = format_html(text, who=_strong(person), what=_strong(what))
    return Told(event.created_at, sentence, _detail(event))


def _strong(text: str) -> SafeString:
    return format_html("<strong>{}</strong>", text)


def _detail(event: AuditEvent) -> str:
    data = event.data
    if "from" in data:
        return f"{data['from']} → {data.get('to') or data.get('name', '')}"
    return str(data.get("reason") or data.get("role") or "")
