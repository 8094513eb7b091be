"""Forms of the pages about documents and segments. What a value may be is checked by the services."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from .choices import MetadataType
from .models import Document, MetadataField, Segment
from .services.job_control import PRIORITIES

MAX_CONTENT: Final = 500_000
MAX_NAME: Final = 255
_WHEN: Final = "%Y-%m-%dT%H:%M"


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"class": "input", "rows": rows})


class RenameForm(forms.Form):
    """A document's name."""

    name = forms.CharField(
        label=_("Name"), max_length=MAX_NAME, widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"})
    )


class PriorityForm(forms.Form):
    """How early a document that waits is taken."""

    priority = forms.IntegerField(
        label=_("Priority"),
        min_value=PRIORITIES.start,
        max_value=PRIORITIES.stop - 1,
        widget=forms.NumberInput(attrs={"class": "input"}),
        help_text=_("-100 to 100. The highest is indexed first; documents of equal priority by age."),
    )


class SegmentForm(forms.Form):
    """A passage: its text or question, the answer where the document has answers, and keywords."""

    content = forms.CharField(label=_("Text"), max_length=MAX_CONTENT, widget=_area(10))
    answer = forms.CharField(label=_("Answer"), max_length=MAX_CONTENT, widget=_area(6))
    keywords = forms.CharField(
        label=_("Keywords"),
        max_length=5_000,
        required=False,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
        help_text=_("Separated by commas. Searches by words find the segment by them as by its text."),
    )
    regenerate = forms.BooleanField(
        label=_("Cut the child chunks anew"),
        required=False,
        initial=True,
        help_text=_("Chunks that people wrote or changed go as well. Without this the chunks stay as they are."),
    )

    def __init__(self, *args: Any, document: Document, segment: Segment | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if document.doc_form == "qa_model":
            self.fields["content"].label = _("Question")
            self.fields["content"].widget.attrs["rows"] = 3
        else:
            del self.fields["answer"]
        if document.doc_form != "hierarchical_model" or segment is None:
            del self.fields["regenerate"]

    @staticmethod
    def initial_of(segment: Segment) -> dict[str, Any]:
        """The fields of a passage."""
        return {
            "content": segment.content,
            "answer": segment.answer or "",
            "keywords": ", ".join(segment.keywords or []),
            "regenerate": True,
        }

    def record(self) -> dict[str, Any]:
        """The fields as services take them."""
        fields: dict[str, Any] = {
            name: self.cleaned_data[name] for name in ("content", "answer") if name in self.cleaned_data
        }
        words = [word.strip() for word in self.cleaned_data["keywords"].replace("，", ",").split(",")]
        return {**fields, "keywords": [word for word in words if word]}


class ChunkForm(forms.Form):
    """The text of a child chunk."""

    content = forms.CharField(label=_("Text"), max_length=MAX_CONTENT, widget=_area(6))


class SegmentFileForm(forms.Form):
    """Passages in a CSV file."""

    file = forms.FileField(
        label=_("CSV file"),
        widget=forms.ClearableFileInput(attrs={"class": "input", "accept": ".csv,text/csv"}),
        help_text=_("It is taken whole or not at all: rows that are not valid are named by their line."),
    )


class MetadataForm(forms.Form):
    """Values of the base's fields, each of its type.

    Args:
        keeps_empty: an empty field leaves values as they are; else it takes the value away.
    """

    def __init__(
        self,
        *args: Any,
        metadata_fields: Sequence[MetadataField],
        values: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.metadata_fields = metadata_fields
        for field in metadata_fields:
            self.fields[_key(field)] = _input(field, (values or {}).get(field.name))

    def entries(self, *, with_empty: bool) -> list[dict[str, Any]]:
        """The values as `set_documents_metadata` takes them."""
        found = [(field, self.cleaned_data[_key(field)]) for field in self.metadata_fields]
        return [
            {"id": str(field.pk), "value": _written(value)}
            for field, value in found
            if with_empty or value not in (None, "")
        ]


def _key(field: MetadataField) -> str:
    return f"field-{field.pk}"


def _input(field: MetadataField, value: Any) -> forms.Field:
    options: dict[str, Any] = {"label": field.name, "required": False, "initial": value}
    if field.type == MetadataType.NUMBER:
        return forms.FloatField(**options, widget=forms.NumberInput(attrs={"class": "input", "step": "any"}))
    if field.type == MetadataType.TIME:
        options["initial"] = _moment(value)
        return forms.DateTimeField(
            **options,
            input_formats=[_WHEN, f"{_WHEN}:%S"],
            widget=forms.DateTimeInput(attrs={"class": "input", "type": "datetime-local"}, format=_WHEN),
        )
    return forms.CharField(**options, max_length=10_000, widget=forms.TextInput(attrs={"class": "input"}))


def _moment(value: Any) -> datetime | None:
    """Seconds since 1970 as a moment; the form shows it in the reader's time zone."""
    try:
        return datetime.fromtimestamp(value, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _written(value: Any) -> str | int | float | None:
    if isinstance(value, datetime):
        return int(value.timestamp())
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if value not in (None, "") else None
