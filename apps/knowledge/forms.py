"""Forms of the pages about knowledge. What a value may be is checked by the services."""

from django import forms

from .source_contract import Source, SourceField


def connect_form(source: Source) -> forms.Form:
    """A form with the credentials a source asks for; ids begin with its key, for a page holds several."""
    form = forms.Form(auto_id=f"{source.key}-%s")
    for field in source.fields:
        form.fields[field.name] = forms.CharField(
            label=field.label,
            required=field.required and not field.default,
            initial=field.default,
            help_text=field.help,
            widget=_widget(field),
        )
    return form


def _widget(field: SourceField) -> forms.Widget:
    attributes = {"class": "input", "autocomplete": "off", "spellcheck": "false"}
    if field.secret:
        return forms.PasswordInput(attrs={**attributes, "autocomplete": "new-password"})
    return forms.TextInput(attrs=attributes)
