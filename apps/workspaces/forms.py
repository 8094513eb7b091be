"""Forms of the pages in front of the console and of its settings. What a value may be is checked by the services."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.common.languages import NAMES

from .choices import Role
from .models import Membership

ASSIGNABLE = [(role.value, role.label) for role in Role if role != Role.OWNER]


def _new_password(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "new-password"}),
        help_text=_("At least 8 characters, and not a common word."),
    )


def _name(*, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=_("Your name"),
        max_length=100,
        required=required,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "name"}),
    )


class TimeZoneField(forms.CharField):
    """An IANA name, searched among the known ones while it is typed."""

    def __init__(self) -> None:
        widget = forms.TextInput(
            attrs={"class": "input", "list": "time-zones", "autocomplete": "off", "placeholder": "UTC"}
        )
        super().__init__(
            label=_("Time zone"),
            required=False,
            max_length=64,
            widget=widget,
            help_text=_("Type a city or a region, such as Oslo or Asia."),
        )


def _language() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As the browser asks")), *NAMES.items()],
        widget=forms.Select(attrs={"class": "input"}),
    )


class SignInForm(forms.Form):
    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "current-password"}),
    )


class InstallForm(forms.Form):
    workspace = forms.CharField(
        label=_("Workspace"),
        max_length=100,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "organization", "autofocus": True}),
        help_text=_("Your team's or company's name. Apps and knowledge live in a workspace."),
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "username"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "new-password"}),
        help_text=_("At least 8 characters, and not a common word."),
    )


class ProfileForm(forms.Form):
    name = _name()
    language = _language()
    time_zone = TimeZoneField()
    theme = forms.ChoiceField(
        label=_("Colours"),
        choices=[("auto", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))],
        widget=forms.Select(attrs={"class": "input"}),
        help_text=_("Kept in this browser."),
    )


class NewPasswordForm(forms.Form):
    """A new password, twice."""

    new = _new_password(_("New password"))
    again = forms.CharField(
        label=_("New password again"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or {}
        if fields.get("new") != fields.get("again") and "again" in fields:
            self.add_error("again", _("This is not the same as above."))
        return fields


class ChangePasswordForm(NewPasswordForm):
    old = forms.CharField(
        label=_("Present password"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "current-password"}),
    )
    field_order = ("old", "new", "again")


class ForgotForm(forms.Form):
    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "username", "autofocus": True}),
    )


class RegisterForm(forms.Form):
    """What an invited person without an account says of themselves."""

    name = _name(required=True)
    password = _new_password(_("Password"))
    language = _language()
    time_zone = TimeZoneField()


class WorkspaceForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=100, widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"})
    )


class InviteForm(forms.Form):
    emails = forms.CharField(
        label=_("E-mail addresses"),
        max_length=15_000,
        widget=forms.Textarea(attrs={"class": "input", "rows": 2, "autocomplete": "off"}),
        help_text=_("Up to 50, separated by commas, blanks or new lines."),
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=ASSIGNABLE, initial=Role.NORMAL, widget=forms.Select(attrs={"class": "input"})
    )


class TypedForm(forms.Form):
    """The workspace's name, typed to confirm."""

    typed = forms.CharField(
        label=_("Name of the workspace"),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )


class TransferForm(TypedForm):
    heir = forms.TypedChoiceField(label=_("New owner"), coerce=UUID, widget=forms.Select(attrs={"class": "input"}))
    field_order = ("heir", "typed")

    def __init__(self, *args: Any, heirs: Iterable[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["heir"].choices = [  # type: ignore[attr-defined]  # it is a ChoiceField
            (str(member.user_id), member.user.name or member.user.email) for member in heirs
        ]
