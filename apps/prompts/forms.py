"""Forms of the pages about apps. What a value may be is checked by the services; here stand labels and widgets."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.common.forms import attempt as attempt  # noqa: PLC0414 - views take it from here
from apps.workspaces.services.tags import MAX_NAME as MAX_TAG_NAME

from .choices import AppMode, SiteLanguage
from .icons import DEFAULT_COLOUR, IMAGE
from .models import App, Site
from .services.apps import MAX_DESCRIPTION, MAX_NAME
from .services.sites import LENGTHS
from .services.templates import MAX_CATEGORY
from .services.transfer import RUNNABLE_MODES

MAX_PROMPT = 50_000
WITH_STEPS = frozenset({AppMode.WORKFLOW, AppMode.ADVANCED_CHAT})


def _text(**attributes: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "input", **attributes})


def _area(rows: int, **attributes: Any) -> forms.Textarea:
    return forms.Textarea(attrs={"class": "input", "rows": rows, **attributes})


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "input"})


def _colour() -> forms.TextInput:
    return forms.TextInput(attrs={"class": "input colour", "type": "color"})


class BlankAppForm(forms.Form):
    """An app from nothing."""

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME, widget=_text(autocomplete="off"))
    mode = forms.ChoiceField(
        label=_("Kind"),
        choices=[(mode.value, mode.label) for mode in AppMode if mode in RUNNABLE_MODES],
        initial=AppMode.CHAT.value,
        widget=_select(),
        help_text=_("A chat app keeps a conversation; a text generator makes one text of a form."),
    )
    description = forms.CharField(label=_("Description"), max_length=MAX_DESCRIPTION, required=False, widget=_area(2))
    instructions = forms.CharField(
        label=_("Instructions"),
        max_length=MAX_PROMPT,
        required=False,
        widget=_area(4),
        help_text=_("What the model is told before each question: its task, its tone, its limits."),
    )


class AppFileForm(forms.Form):
    """An app from a file: uploaded, fetched or pasted."""

    file = forms.FileField(
        label=_("App file"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"class": "input", "accept": ".yml,.yaml"}),
    )
    url = forms.CharField(
        label=_("or its address"),
        max_length=2048,
        required=False,
        widget=_text(type="url", placeholder="https://…"),
        help_text=_("GitHub's page of a file will do."),
    )
    content = forms.CharField(label=_("or its text"), required=False, widget=_area(3, spellcheck="false"))
    accept_newer = forms.BooleanField(
        label=_("Also if it is newer than this product"),
        required=False,
        help_text=_("What is unknown in it is kept, and may not run."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if sum(bool(cleaned.get(name)) for name in ("file", "url", "content")) != 1:
            raise forms.ValidationError(_("Give one of the three: a file, an address or the text."))
        return cleaned


class NewLookForm(forms.Form):
    """What an app made of a template is called and looks like."""

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME, widget=_text(autocomplete="off"))
    icon = forms.CharField(
        label=_("Icon"), max_length=30, required=False, widget=_text(), help_text=_("One emoji. Empty: as it is.")
    )
    icon_background = forms.CharField(label=_("Colour behind it"), max_length=7, widget=_colour())


class AppForm(forms.Form):
    """Name, icon and tags of an app."""

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME, widget=_text(autocomplete="off"))
    description = forms.CharField(label=_("Description"), max_length=MAX_DESCRIPTION, required=False, widget=_area(3))
    icon = forms.CharField(
        label=_("Icon"), max_length=30, required=False, widget=_text(), help_text=_("One emoji. Empty: as it is.")
    )
    icon_background = forms.CharField(label=_("Colour behind it"), max_length=7, widget=_colour())
    picture = forms.FileField(
        label=_("Picture instead of the emoji"),
        required=False,
        widget=forms.FileInput(attrs={"class": "input", "accept": "image/png,image/jpeg,image/gif,image/webp"}),
        help_text=_("PNG, JPEG, GIF or WebP, up to 2 MB."),
    )
    tags = forms.CharField(
        label=_("Tags"),
        max_length=MAX_TAG_NAME * 40,
        required=False,
        widget=_text(autocomplete="off"),
        help_text=_("Separated by commas; new ones are made."),
    )

    @staticmethod
    def initial_of(app: App, tags: list[str]) -> dict[str, Any]:
        return {
            "name": app.name,
            "description": app.description,
            "icon": app.icon if app.icon_type == "emoji" else "",
            "icon_background": app.icon_background,
            "tags": ", ".join(tags),
        }

    def clean_tags(self) -> list[str]:
        return [name for name in self.cleaned_data["tags"].split(",") if name.strip()]


class SiteForm(forms.Form):
    """Settings of the public page."""

    title = forms.CharField(
        label=_("Title"),
        max_length=LENGTHS["title"],
        required=False,
        widget=_text(),
        help_text=_("Empty: the app's name."),
    )
    description = forms.CharField(
        label=_("Description"), max_length=LENGTHS["description"], required=False, widget=_area(3)
    )
    icon = forms.CharField(
        label=_("Icon"), max_length=30, required=False, widget=_text(), help_text=_("One emoji. Empty: the app's icon.")
    )
    picture = forms.FileField(
        label=_("Picture instead of the emoji"),
        required=False,
        widget=forms.FileInput(attrs={"class": "input", "accept": "image/png,image/jpeg,image/gif,image/webp"}),
        help_text=_("PNG, JPEG, GIF or WebP, up to 2 MB."),
    )
    drop_picture = forms.BooleanField(label=_("Take the picture away"), required=False)
    has_background = forms.BooleanField(label=_("Put a colour of its own behind the icon"), required=False)
    icon_background = forms.CharField(label=_("Colour behind it"), max_length=7, required=False, widget=_colour())
    default_language = forms.ChoiceField(label=_("Language"), choices=SiteLanguage.choices, widget=_select())
    has_theme = forms.BooleanField(label=_("Use a colour of your own"), required=False)
    chat_color_theme = forms.CharField(label=_("Colour"), max_length=7, required=False, widget=_colour())
    chat_color_theme_inverted = forms.BooleanField(label=_("Colour the header, not the messages"), required=False)
    input_placeholder = forms.CharField(
        label=_("Text in the empty message box"),
        max_length=LENGTHS["input_placeholder"],
        required=False,
        widget=_text(),
    )
    copyright = forms.CharField(label=_("Copyright"), max_length=LENGTHS["copyright"], required=False, widget=_text())
    privacy_policy = forms.CharField(
        label=_("Privacy policy"),
        max_length=LENGTHS["privacy_policy"],
        required=False,
        widget=_text(type="url", placeholder="https://…"),
        help_text=_("Conversations are stored and can be read by your team: say so there."),
    )
    custom_disclaimer = forms.CharField(
        label=_("Disclaimer"), max_length=LENGTHS["custom_disclaimer"], required=False, widget=_area(2)
    )
    allowed_origins = forms.CharField(
        label=_("Sites that may embed it"),
        max_length=20_000,
        required=False,
        widget=_area(3, spellcheck="false", placeholder="https://example.org"),
        help_text=_("One origin a line. Empty: every site."),
    )
    show_workflow_steps = forms.BooleanField(label=_("Show the steps of workflows"), required=False)
    prompt_public = forms.BooleanField(label=_("Visitors may read the instructions"), required=False)

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_picture = site.icon_type == IMAGE
        if not self.has_picture:
            del self.fields["drop_picture"]
        if site.app.mode not in WITH_STEPS:
            del self.fields["show_workflow_steps"]

    @staticmethod
    def initial_of(site: Site) -> dict[str, Any]:
        names = [name for name in SiteForm.base_fields if hasattr(site, name)]
        return {
            **{name: getattr(site, name) for name in names},
            "icon": site.icon if site.icon_type == "emoji" else "",
            "has_background": bool(site.icon_background),
            "icon_background": site.icon_background or DEFAULT_COLOUR,
            "has_theme": bool(site.chat_color_theme),
            "chat_color_theme": site.chat_color_theme or "#0c6a80",
            "allowed_origins": "\n".join(site.allowed_origins),
        }

    def clean_allowed_origins(self) -> list[str]:
        return str(self.cleaned_data["allowed_origins"]).split()

    def settings(self) -> dict[str, Any]:
        """The fields as `update_site` takes them; a picture stays where neither emoji nor picture is given."""
        given = dict(self.cleaned_data)
        keeps_picture = self.has_picture and not given.pop("drop_picture", False) and not given["icon"]
        if given.pop("picture") or keeps_picture:
            given.pop("icon")
        if not given.pop("has_background"):
            given["icon_background"] = ""
        if not given.pop("has_theme"):
            given["chat_color_theme"] = ""
        return given


class TemplateForm(forms.Form):
    """What a team calls a template."""

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME, widget=_text(autocomplete="off"))
    category = forms.CharField(
        label=_("Category"), max_length=MAX_CATEGORY, required=False, widget=_text(autocomplete="off")
    )


class DeleteForm(forms.Form):
    """Deleting takes the app's name, typed."""

    confirmation = forms.CharField(label=_("The app's name"), max_length=MAX_NAME, widget=_text(autocomplete="off"))

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name

    def clean_confirmation(self) -> str:
        typed: str = self.cleaned_data["confirmation"]
        if typed.strip() != self.name.strip():
            raise forms.ValidationError(_("This is not the app's name. Nothing was deleted."))
        return typed


class TagForm(forms.Form):
    """A tag's name."""

    name = forms.CharField(label=_("Name"), max_length=200, widget=_text(autocomplete="off"))
