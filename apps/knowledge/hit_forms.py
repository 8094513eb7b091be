"""The form of hit testing: a question, how to search for once, and which documents."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.workspaces.models import Workspace

from .choices import BUILT_IN, DatasetProvider
from .filters import OPERATORS
from .models import Dataset
from .process_forms import RetrievalForm

MAX_QUERY: Final = 250
ROWS: Final = range(3)


def _select(choices: list[tuple[str, Any]], label: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, required=False, choices=choices, widget=forms.Select(attrs={"class": "input"})
    )


class HitForm(RetrievalForm):
    """A question and the settings it is searched with."""

    query = forms.CharField(
        label=_("Question"),
        max_length=MAX_QUERY,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3}),
    )
    field_order = ["query"]

    def __init__(self, *args: Any, workspace: Workspace, dataset: Dataset, **kwargs: Any) -> None:
        super().__init__(*args, workspace=workspace, dataset=dataset, **kwargs)
        self.types = {field.name: str(field.type) for field in dataset.metadata_fields.all()}
        if dataset.built_in_field_enabled:
            self.types |= {name: str(type) for name, type in BUILT_IN.items() if name not in self.types}
        if dataset.provider == DatasetProvider.EXTERNAL:
            for name in ("search_method", "vector_weight", "rerank"):
                del self.fields[name]
        elif self.types:
            self._add_conditions()

    @staticmethod
    def first(dataset: Dataset) -> dict[str, Any]:
        """The form as the base itself is searched."""
        is_external = dataset.provider == DatasetProvider.EXTERNAL
        first = RetrievalForm.initial_of(dataset.external_retrieval_model if is_external else dataset.retrieval_model)
        if dataset.indexing_technique == "economy":
            first["search_method"] = "keyword_search"
        return first

    @property
    def condition_rows(self) -> list[tuple[Any, Any, Any]]:
        """The fields of each condition, for the template."""
        if "field_0" not in self.fields:
            return []
        return [(self[f"field_{row}"], self[f"operator_{row}"], self[f"value_{row}"]) for row in ROWS]

    def retrieval_model(self) -> dict[str, Any]:
        """What the fields say; of a base kept elsewhere as `external_retrieval_model`."""
        if "search_method" in self.fields:
            return super().retrieval_model()
        fields = self.cleaned_data
        return {
            "top_k": fields["top_k"],
            "score_threshold_enabled": fields["has_threshold"],
            "score_threshold": fields["threshold"] if fields["has_threshold"] else None,
        }

    def conditions(self) -> dict[str, Any] | None:
        """What the fields say, as the service API writes `metadata_filtering_conditions`."""
        found = [self._condition(row) for row in ROWS if self.cleaned_data.get(f"field_{row}")]
        if not found:
            return None
        return {"logical_operator": self.cleaned_data.get("logical") or "and", "conditions": found}

    def _condition(self, row: int) -> Mapping[str, Any]:
        parts = {"name": "field", "comparison_operator": "operator", "value": "value"}
        return {part: self.cleaned_data[f"{field}_{row}"] for part, field in parts.items()}

    def _add_conditions(self) -> None:
        names = [("", _("No condition")), *((name, name) for name in self.types)]
        kinds = set(self.types.values())
        operators = dict.fromkeys(name for kind, known in OPERATORS.items() if str(kind) in kinds for name in known)
        for row in ROWS:
            self.fields[f"field_{row}"] = _select(names, _("Field"))
            self.fields[f"operator_{row}"] = _select([(name, name) for name in operators], _("Comparison"))
            self.fields[f"value_{row}"] = forms.CharField(
                label=_("Value"),
                required=False,
                max_length=1_000,
                widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
            )
        self.fields["logical"] = _select(
            [("and", _("All conditions are met")), ("or", _("One condition is met"))], _("Which must be met")
        )
