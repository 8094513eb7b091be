"""The draft a request is about: of a new base, or of the base its address names with `base`."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from apps.common.errors import InvalidParam
from apps.knowledge.drafts import Draft, Drafts, Entry
from apps.knowledge.models import Dataset
from apps.knowledge.services.imports import MAX_ITEMS
from apps.knowledge.services.limits import check_file_count
from apps.workspaces.permissions import ConsoleRequest

from ._base import own_base_of


@dataclass(slots=True)
class Work:
    """A draft at hand, and where its pages are."""

    request: ConsoleRequest
    dataset: Dataset | None
    draft: Draft
    drafts: Drafts

    @classmethod
    def of(cls, request: ConsoleRequest) -> "Work":
        """Raises NotFound: the person does not see the base, or it is kept elsewhere."""
        base = request.GET.get("base", "")
        dataset = own_base_of(request, base) if base else None
        drafts = Drafts(request.session, request.workspace.pk, dataset.pk if dataset else None)
        return cls(request, dataset, drafts.load(), drafts)

    @property
    def suffix(self) -> str:
        """What the addresses of the draft's pages end with."""
        return f"?base={self.dataset.pk}" if self.dataset else ""

    def url(self, name: str, *args: Any) -> str:
        """The address of one of its pages."""
        return reverse(f"knowledge:{name}", args=args) + self.suffix

    def way_url(self, way: str) -> str:
        """The address of step 1 with one way in open."""
        return f"{self.url('new')}{'&' if self.suffix else '?'}from={way}"

    def save(self) -> None:
        """Keeps the draft."""
        self.drafts.save(self.draft)

    def check_file_room(self) -> None:
        """Raises TooManyFiles: no further file fits."""
        check_file_count(sum(entry.kind == "file" for entry in self.draft.entries) + 1)

    def add(self, *entries: Entry) -> None:
        """Picks more. Raises InvalidParam: too many."""
        if self.draft.count + sum(entry.count for entry in entries) > MAX_ITEMS:
            raise InvalidParam(f"At most {MAX_ITEMS} documents can be added at once.")
        self.draft.entries += entries
        self.save()

    def context(self, **more: Any) -> dict[str, Any]:
        """What its templates read."""
        return {
            "dataset": self.dataset,
            "draft": self.draft,
            "suffix": self.suffix,
            "entries": self.draft.entries,
            **more,
        }
