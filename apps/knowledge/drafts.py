"""What somebody has picked to add and how it is to be cut, kept in their session until it is added.

One draft for a new base and one for each base that gets more documents.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from secrets import token_hex
from typing import Any, Final
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase

_KEY: Final = "knowledge_drafts"
MAX_DRAFTS: Final = 8
# How entries are told apart: a stored file, an item of a source, pages of a crawl.
FILE: Final = "file"
ITEM: Final = "item"
PAGES: Final = "pages"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that becomes a document, or several.

    Args:
        about: of a file `id`, `size_bytes`; of an item `source`, `connection`, `id`, `kind`; of pages `crawl`, `ids`.
    """

    kind: str
    name: str
    about: Mapping[str, Any]
    key: str = field(default_factory=lambda: token_hex(6))

    @property
    def count(self) -> int:
        """Documents it becomes."""
        return len(self.about["ids"]) if self.kind == PAGES else 1


@dataclass(slots=True)
class Draft:
    """What was picked, and the fields of the form that says how it is cut.

    Args:
        crawl: id of the crawl whose pages are being looked at.
    """

    entries: list[Entry] = field(default_factory=list)
    process: dict[str, Any] = field(default_factory=dict)
    crawl: str = ""

    def find(self, key: str) -> Entry | None:
        """The entry of this key; without one the first."""
        return next((entry for entry in self.entries if entry.key == key or not key), None)

    @property
    def count(self) -> int:
        """Documents it becomes."""
        return sum(entry.count for entry in self.entries)


class Drafts:
    """A session's drafts; `workspace_id` and `dataset_id` (None: a new base) say which."""

    def __init__(self, session: SessionBase, workspace_id: UUID, dataset_id: UUID | None) -> None:
        self._session, self._key = session, f"{workspace_id}:{dataset_id or 'new'}"

    def load(self) -> Draft:
        """The draft as it was saved last, else an empty one."""
        kept = self._session.get(_KEY, {}).get(self._key)
        if kept is None:
            return Draft()
        return Draft([Entry(**entry) for entry in kept["entries"]], kept["process"], kept["crawl"])

    def save(self, draft: Draft) -> None:
        """Keeps a draft; of too many the oldest is forgotten."""
        drafts = {key: value for key, value in self._session.get(_KEY, {}).items() if key != self._key}
        drafts[self._key] = asdict(draft)
        self._session[_KEY] = dict(list(drafts.items())[-MAX_DRAFTS:])

    def forget(self) -> None:
        """Drops the draft."""
        drafts = self._session.get(_KEY, {})
        self._session[_KEY] = {key: value for key, value in drafts.items() if key != self._key}
