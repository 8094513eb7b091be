"""Forms of the pages about budgets. What a value may be is checked by the services."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.common.ids import parse_uuid
from apps.workspaces.models import Workspace

from .choices import Action, Period, Scope
from .models import Budget
from .subjects import choices_of

SCOPES: Final = {
    Scope.WORKSPACE: _("The whole workspace"),
    Scope.APP: _("Apps"),
    Scope.API_KEY: _("API keys"),
    Scope.END_USER: _("End users"),
}
EACH: Final = {
    Scope.WORKSPACE: _("The whole workspace"),
    Scope.APP: _("Each app"),
    Scope.API_KEY: _("Each API key"),
    Scope.END_USER: _("Each end user"),
}
PERIODS: Final = {Period.DAY: _("a day"), Period.MONTH: _("a month")}
ACTIONS: Final = {Action.STOP: _("Refuse further calls"), Action.WARN: _("Only warn")}
_INPUT: Final = {"class": "input"}


def _select(label: Any, choices: Mapping[Any, Any], **options: Any) -> forms.ChoiceField:
    pairs = [(str(key.value), text) for key, text in choices.items()]
    return forms.ChoiceField(label=label, choices=pairs, widget=forms.Select(attrs=_INPUT), **options)


class LimitForm(forms.Form):
    """What a budget allows."""

    limit_usd = forms.DecimalField(
        label=_("Limit, USD"),
        max_digits=14,
        decimal_places=4,
        widget=forms.NumberInput(attrs={**_INPUT, "step": "any", "min": "0.0001"}),
    )
    warn_percent = forms.IntegerField(
        label=_("Warn at, percent"),
        min_value=1,
        max_value=100,
        initial=80,
        widget=forms.NumberInput(attrs=_INPUT),
        help_text=_("Of the limit: then this page and the audit say so."),
    )
    action = _select(_("When it is used up"), ACTIONS)


class ChangeForm(LimitForm):
    """What may be changed of a budget; whose it is and how long it lasts stay."""

    is_enabled = forms.BooleanField(label=_("In force"), required=False)

    def __init__(self, budget: Budget, data: Mapping[str, Any] | None = None) -> None:
        initial = {name: getattr(budget, name) for name in ("warn_percent", "action", "is_enabled")}
        super().__init__(data, initial={**initial, "limit_usd": f"{budget.limit_usd.normalize():f}"})


class BudgetForm(LimitForm):
    """A new budget: whose, how long, how much. One of the fields for a subject counts, that of the scope."""

    scope = _select(_("Whose spending"), SCOPES)
    app = forms.ChoiceField(label=_("App"), required=False, widget=forms.Select(attrs=_INPUT))
    api_key = forms.ChoiceField(label=_("API key"), required=False, widget=forms.Select(attrs=_INPUT))
    end_user = forms.CharField(
        label=_("End user"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={**_INPUT, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("As your callers name them in `user`; empty: each one may spend the limit."),
    )
    period = _select(_("Lasts"), PERIODS, initial=Period.MONTH)
    field_order = ("scope", "app", "api_key", "end_user", "limit_usd", "period", "warn_percent", "action")

    def __init__(self, workspace: Workspace, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self._workspace = workspace
        for name in (Scope.APP, Scope.API_KEY):
            each = [("", EACH[name])]
            field: Any = self.fields[name]
            field.choices = each + [(str(pk), label) for pk, label in choices_of(workspace, name)]

    def clean_end_user(self) -> str:
        """The id of the person, "" for each one."""
        words = self.cleaned_data["end_user"].strip()
        if not words or self.cleaned_data.get("scope") != Scope.END_USER:
            return ""
        found = choices_of(self._workspace, Scope.END_USER, words)
        if not found:
            raise forms.ValidationError(_("Nobody of this name has used an app yet."))
        if len(found) > 1:
            names = ", ".join(label for _pk, label in found[:5])
            raise forms.ValidationError(_("Several are called so; write one of: %(names)s") % {"names": names})
        return str(found[0][0])

    def values(self) -> dict[str, Any]:
        """As the service takes them; no subject for each one of the scope, and for the workspace."""
        values = {name: self.cleaned_data[name] for name in ("scope", "period", "limit_usd", "warn_percent", "action")}
        return {**values, "subject_id": parse_uuid(self.cleaned_data.get(values["scope"]))}
