"""Forms of the pages about models. What a value may be is checked by the services."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from .contracts import MODEL_TYPES, ModelSpec, Prices, Voice
from .selectors import ProviderState, ShownField

TYPE_NAMES: Final = {
    "llm": _("LLM"),
    "text-embedding": _("Embedding"),
    "rerank": _("Rerank"),
    "speech2text": _("Speech to text"),
    "tts": _("Text to speech"),
    "moderation": _("Moderation"),
}
FEATURES: Final = (("vision", _("Sees pictures")), ("tool-call", _("Calls tools")), ("json", _("Writes JSON")))
_FORGET: Final = "forget_"


class CredentialsForm(forms.Form):
    """A provider's credentials. A secret is never sent back to the browser: left empty, the stored one stays."""

    def __init__(self, state: ProviderState, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.state = state
        for shown in state.fields:
            self.fields[shown.field.name] = _credential(shown)
            if shown.field.secret and shown.value and not shown.field.required:
                label = _("Remove the stored %(field)s") % {"field": shown.field.label}
                self.fields[_FORGET + shown.field.name] = forms.BooleanField(label=label, required=False)

    def values(self) -> dict[str, str]:
        """What is to be stored; a secret that stays is sent as it is shown, which the service knows."""
        found = {}
        for shown in self.state.fields:
            name = shown.field.name
            stays = shown.field.secret and not self.cleaned_data.get(_FORGET + name)
            found[name] = self.cleaned_data[name] or (shown.value if stays else "")
        return found


def _credential(shown: ShownField) -> forms.CharField:
    attributes = {"class": "input", "autocomplete": "off", "spellcheck": "false"}
    if not shown.field.secret:
        widget: forms.TextInput = forms.TextInput(attrs={**attributes, "placeholder": shown.field.placeholder})
        return forms.CharField(
            label=shown.field.label, required=shown.field.required, initial=shown.value, widget=widget
        )
    hint = shown.value or shown.field.placeholder
    return forms.CharField(
        label=shown.field.label,
        required=shown.field.required and not shown.value,
        help_text=_("Stored. Leave it empty to keep it.") if shown.value else "",
        widget=forms.PasswordInput(attrs={**attributes, "autocomplete": "new-password", "placeholder": hint}),
    )


def _number(label: Any, help_text: Any = "", **options: Any) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"class": "input"})
    return forms.IntegerField(label=label, help_text=help_text, widget=widget, **options)


def _price(label: Any) -> forms.DecimalField:
    widget = forms.NumberInput(attrs={"class": "input", "step": "any"})
    return forms.DecimalField(
        label=label, required=False, min_value=0, max_value=1000, max_digits=14, decimal_places=10, widget=widget
    )


class ModelForm(forms.Form):
    """A model the workspace enters, or, with `spec`, what is known of one."""

    type = forms.ChoiceField(
        label=_("Type"),
        choices=[(key, TYPE_NAMES[key]) for key in MODEL_TYPES if key != "moderation"],
        widget=forms.Select(attrs={"class": "input"}),
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("As the provider calls it, such as llama3.1:8b."),
    )
    context_tokens = _number(
        _("Context, tokens"), _("Prompt and answer together."), min_value=1, max_value=100_000_000, initial=4096
    )
    max_output_tokens = _number(_("Longest answer, tokens"), min_value=1, max_value=100_000_000, required=False)
    features = forms.MultipleChoiceField(
        label=_("What it can do"), choices=FEATURES, required=False, widget=forms.CheckboxSelectMultiple
    )
    mode = forms.ChoiceField(
        label=_("Takes"),
        choices=[("chat", _("Messages (chat)")), ("completion", _("One text (completion)"))],
        widget=forms.Select(attrs={"class": "input"}),
    )
    voices = forms.CharField(
        label=_("Voices"),
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
        help_text=_("Of a text to speech model: separated by commas, the default first."),
    )
    prompt_price = _price(_("Price of 1,000 prompt tokens, USD"))
    completion_price = _price(_("Price of 1,000 answer tokens, USD"))

    def __init__(self, data: Mapping[str, Any] | None = None, *, spec: ModelSpec | None = None) -> None:
        super().__init__(data, initial=_initial(spec) if spec else None)
        self._known = spec
        if spec:
            for name in ("type", "name"):
                self.fields[name].disabled = True

    def spec(self) -> ModelSpec:
        """What was entered."""
        values = self.cleaned_data
        voices = [voice.strip() for voice in values["voices"].split(",") if voice.strip()]
        return ModelSpec(
            name=values["name"].strip(),
            type=values["type"],
            context_tokens=values["context_tokens"],
            max_output_tokens=values["max_output_tokens"],
            dimensions=self._known.dimensions if self._known else None,
            features=frozenset(values["features"]),
            mode=values["mode"],
            voices=tuple(Voice(voice, voice.title()) for voice in voices),
            prices=Prices(values["prompt_price"] or Decimal(0), values["completion_price"] or Decimal(0)),
        )


def _initial(spec: ModelSpec) -> dict[str, Any]:
    return {
        "type": spec.type,
        "name": spec.name,
        "context_tokens": spec.context_tokens,
        "max_output_tokens": spec.max_output_tokens,
        "features": sorted(spec.features),
        "mode": spec.mode,
        "voices": ", ".join(voice.key for voice in spec.voices),
        "prompt_price": spec.prices.prompt or None,
        "completion_price": spec.prices.completion or None,
    }


class TrialForm(forms.Form):
    """A model of a provider, and what to give it."""

    model = forms.ChoiceField(label=_("Model"), widget=forms.Select(attrs={"class": "input"}))
    text = forms.CharField(
        label=_("Text"),
        max_length=4000,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3}),
        help_text=_("For a rerank model: the question, and below it one passage a line."),
    )

    def __init__(self, specs: Iterable[ModelSpec], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, auto_id="try-%s")
        choices = [
            (f"{spec.type} {spec.name}", f"{spec.label or spec.name} · {TYPE_NAMES[spec.type]}") for spec in specs
        ]
        self.fields["model"].choices = choices  # type: ignore[attr-defined]  # it is a ChoiceField
