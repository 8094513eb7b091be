"""Forms of the pages of a base. What a value may be is checked by the services."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.workspaces.models import Membership, Workspace
from apps.workspaces.services.tags import MAX_NAME as MAX_TAG_NAME

from .choices import IndexingTechnique, MetadataType, Permission
from .models import Dataset, ExternalKnowledgeApi
from .process_forms import RetrievalForm, model_choices, number_input, with_current
from .services.datasets import MAX_DESCRIPTION, MAX_NAME
from .services.external import MAX_KEY, MAX_KNOWLEDGE_ID, MAX_URL
from .services.metadata import MAX_NAME as MAX_FIELD_NAME
from .services.sync import LONGEST_INTERVAL_H
from .wire import MAX_TOP_K


def _text(**attributes: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "input", "autocomplete": "off", **attributes})


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"class": "input", "rows": rows})


def _name() -> forms.CharField:
    return forms.CharField(label=_("Name"), max_length=MAX_NAME, widget=_text())


def _description() -> forms.CharField:
    return forms.CharField(
        label=_("Description"),
        max_length=MAX_DESCRIPTION,
        required=False,
        widget=_area(3),
        help_text=_("What the base is about. A model that chooses among several bases reads it."),
    )


class EmptyBaseForm(forms.Form):
    """A base without documents."""

    name, description = _name(), _description()


class NameForm(forms.Form):
    """The name of a base."""

    name = _name()


class _ExternalSearch(forms.Form):
    """How a base kept elsewhere is searched."""

    external_knowledge_id = forms.CharField(
        label=_("Knowledge id"),
        max_length=MAX_KNOWLEDGE_ID,
        widget=_text(spellcheck="false"),
        help_text=_("What the service calls this knowledge."),
    )
    top_k = forms.IntegerField(
        label=_("Passages"), min_value=1, max_value=MAX_TOP_K, initial=4, widget=number_input(1, MAX_TOP_K)
    )
    has_threshold = forms.BooleanField(label=_("Leave out what scores less than"), required=False)
    threshold = forms.FloatField(
        label=_("Lowest score"), min_value=0, max_value=1, initial=0.5, required=False, widget=number_input(0, 1, 0.05)
    )

    def retrieval_model(self) -> dict[str, Any]:
        """What the fields say, as the service API writes it."""
        fields = self.cleaned_data
        return {
            "top_k": fields["top_k"],
            "score_threshold_enabled": fields["has_threshold"],
            "score_threshold": fields["threshold"],
        }


class ConnectForm(_ExternalSearch):
    """A base kept elsewhere, by a service the workspace knows or gets to know now."""

    name, description = _name(), _description()
    external_api = forms.ModelChoiceField(
        label=_("Service"),
        queryset=ExternalKnowledgeApi.objects.none(),
        required=False,
        empty_label=_("A new service"),
        widget=forms.Select(attrs={"class": "input"}),
    )
    service_name = forms.CharField(label=_("Name of the service"), max_length=MAX_NAME, required=False, widget=_text())
    endpoint = forms.CharField(
        label=_("Address"),
        max_length=MAX_URL,
        required=False,
        widget=_text(type="url", placeholder="https://…"),
        help_text=_("/retrieval is added to it."),
    )
    api_key = forms.CharField(
        label=_("API key"),
        max_length=MAX_KEY,
        required=False,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "new-password"}),
    )
    field_order = (
        "name", "description", "external_api", "service_name", "endpoint", "api_key", "external_knowledge_id", "top_k",
        "has_threshold", "threshold",
    )  # fmt: skip

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        services = ExternalKnowledgeApi.objects.filter(workspace=workspace).order_by("name")
        self.fields["external_api"].queryset = services  # type: ignore[attr-defined]  # a ModelChoiceField


class ExternalForm(_ExternalSearch):
    """The part of a base's settings that says where it is kept."""

    @staticmethod
    def initial_of(dataset: Dataset) -> dict[str, Any]:
        """The fields as the base has them."""
        stored = dataset.external_retrieval_model
        threshold = stored.get("score_threshold")
        return {
            "external_knowledge_id": dataset.external_knowledge_id,
            "top_k": stored.get("top_k", 2),
            "has_threshold": stored.get("score_threshold_enabled", False),
            "threshold": 0.5 if threshold is None else threshold,
        }


class BaseForm(forms.Form):
    """Name, access and tags of a base."""

    name, description = _name(), _description()
    tags = forms.CharField(
        label=_("Tags"),
        max_length=MAX_TAG_NAME * 40,
        required=False,
        widget=_text(),
        help_text=_("Separated by commas; new ones are made."),
    )
    permission = forms.ChoiceField(
        label=_("Who sees it"),
        choices=[
            (Permission.ONLY_ME.value, _("Only me")),
            (Permission.ALL_TEAM_MEMBERS.value, _("All team members")),
            (Permission.PARTIAL_MEMBERS.value, _("Chosen members")),
        ],
        widget=forms.RadioSelect(),
    )
    members = forms.MultipleChoiceField(label=_("Members"), required=False, widget=forms.CheckboxSelectMultiple())
    sync_interval = forms.IntegerField(
        label=_("Look at the sources every … hours"),
        min_value=1,
        max_value=LONGEST_INTERVAL_H,
        required=False,
        widget=number_input(1, LONGEST_INTERVAL_H),
        help_text=_("For documents of web sites and connections. Empty: only when somebody asks for it."),
    )

    def __init__(self, *args: Any, dataset: Dataset, may_share: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Membership.objects.filter(workspace=dataset.workspace_id).exclude(user=dataset.created_by_id)
        self.fields["members"].choices = [  # type: ignore[attr-defined]  # a MultipleChoiceField
            (str(member.user_id), f"{member.user.name or member.user.email} · {member.get_role_display()}")
            for member in people.select_related("user").order_by("user__email")
        ]
        if not may_share:
            del self.fields["permission"], self.fields["members"]

    @staticmethod
    def initial_of(dataset: Dataset, tags: list[str]) -> dict[str, Any]:
        """The fields as the base has them."""
        return {
            "name": dataset.name,
            "description": dataset.description,
            "tags": ", ".join(tags),
            "permission": dataset.permission,
            "members": [str(member.user_id) for member in dataset.members.all()],
            "sync_interval": dataset.sync_interval_h,
        }

    def clean_tags(self) -> list[str]:
        """The names between the commas."""
        return [name for name in self.cleaned_data["tags"].split(",") if name.strip()]


class IndexForm(RetrievalForm):
    """Index and retrieval of a base that is kept here."""

    technique = forms.ChoiceField(
        label=_("Index"),
        choices=[
            (IndexingTechnique.HIGH_QUALITY.value, _("High quality")),
            (IndexingTechnique.ECONOMY.value, _("Economical")),
        ],
        widget=forms.RadioSelect(),
    )
    embedding = forms.ChoiceField(
        label=_("Embedding model"), required=False, widget=forms.Select(attrs={"class": "input"})
    )

    def __init__(self, *args: Any, workspace: Workspace, dataset: Dataset, **kwargs: Any) -> None:
        super().__init__(*args, workspace=workspace, dataset=dataset, **kwargs)
        current = self.initial_index(dataset)["embedding"]
        choices = with_current(model_choices(workspace, "text-embedding"), current)
        self.fields["embedding"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    @staticmethod
    def initial_index(dataset: Dataset) -> dict[str, Any]:
        """Technique and model as the base has them."""
        has_model = bool(dataset.embedding_model)
        return {
            "technique": dataset.indexing_technique or IndexingTechnique.HIGH_QUALITY.value,
            "embedding": f"{dataset.embedding_provider}/{dataset.embedding_model}" if has_model else "",
        }


class FieldForm(forms.Form):
    """A new metadata field."""

    name = forms.CharField(label=_("Name"), max_length=MAX_FIELD_NAME, widget=_text())
    type = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            (MetadataType.STRING.value, _("Text")),
            (MetadataType.NUMBER.value, _("Number")),
            (MetadataType.TIME.value, _("Time")),
        ],
        widget=forms.Select(attrs={"class": "input"}),
    )
