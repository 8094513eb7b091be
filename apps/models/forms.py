"""Forms of the pages about models. What a value may be is checked by the services."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from .catalogue import Provider
from .contracts import ModelSpec, Prices, Voice
from .selectors import ShownField

TYPE_NAMES: Final = {
    "llm": _("LLM"),
    "text-embedding": _("Embedding"),
    "rerank": _("Rerank"),
    "speech2text": _("Speech to text"),
    "tts": _("Text to speech"),
    "moderation": _("Moderation"),
}
FEATURES: Final = (
    ("vision", _("Sees pictures")),
    ("tool-call", _("Calls tools")),
    ("json", _("Writes JSON")),
    ("reasoning", _("Thinks")),
)
FEATURE_NAMES: Final = dict(FEATURES)
PRICED_BY: Final = {
    "prompt tokens": _("Price of 1,000 prompt tokens, USD"),
    "tokens": _("Price of 1,000 tokens, USD"),
    "characters": _("Price of 1,000 characters, USD"),
    "calls": _("Price of 1,000 calls, USD"),
    "minutes": _("Price of 1,000 minutes, USD"),
}
_FORGET: Final = "forget_"
_PLAIN: Final = {"class": "input", "autocomplete": "off", "spellcheck": "false"}


class CredentialsForm(forms.Form):
    """A provider's credentials. A secret is never sent back to the browser: left empty, the stored one stays.

    Args:
        shown: the fields, and what is stored in them.
        label: what the key is called; None: nobody is asked.
    """

    def __init__(
        self, shown: Sequence[ShownField], data: Mapping[str, Any] | None = None, *, label: str | None = None
    ) -> None:
        super().__init__(data)
        self._shown = shown
        if label is not None:
            self.fields["label"] = forms.CharField(
                label=_("Name"),
                required=False,
                initial=label,
                max_length=60,
                widget=forms.TextInput(attrs=_PLAIN),
                help_text=_("Yours for it, to tell keys apart."),
            )
        self.fields.update(_credentials(shown))

    def values(self) -> dict[str, str]:
        """What is to be stored; a secret that stays is sent as it is shown, which the service knows."""
        return _entered(self._shown, self.cleaned_data)


def _credentials(shown: Iterable[ShownField]) -> dict[str, forms.Field]:
    found: dict[str, forms.Field] = {}
    for one in shown:
        found[one.field.name] = _credential(one)
        if one.field.secret and one.value and not one.field.required:
            label = _("Remove the stored %(field)s") % {"field": one.field.label}
            found[_FORGET + one.field.name] = forms.BooleanField(label=label, required=False)
    return found


def _entered(shown: Iterable[ShownField], cleaned: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for one in shown:
        name = one.field.name
        stays = one.field.secret and not cleaned.get(_FORGET + name)
        found[name] = cleaned[name] or (one.value if stays else "")
    return found


def _credential(shown: ShownField) -> forms.Field:
    field = shown.field
    if field.choices:
        return _choice(shown)
    is_stored = bool(field.secret and shown.value)
    help_text: Any = _("Stored. Leave it empty to keep it.") if is_stored else field.help_text
    attributes = {**_PLAIN, "placeholder": shown.value if is_stored else field.placeholder}
    widget = (
        forms.PasswordInput(attrs={**attributes, "autocomplete": "new-password"})
        if field.secret
        else forms.TextInput(attrs=attributes)
    )
    return forms.CharField(
        label=field.label,
        required=field.required and not is_stored,
        initial="" if field.secret else shown.value,
        help_text=help_text,
        widget=widget,
    )


def _choice(shown: ShownField) -> forms.ChoiceField:
    """Where nothing is chosen the first one is taken, and nothing is stored."""
    field = shown.field
    usual = [] if field.required else [("", _("Usual: %(choice)s") % {"choice": field.choices[0]})]
    return forms.ChoiceField(
        label=field.label,
        required=field.required,
        initial=shown.value,
        choices=[*usual, *((choice, choice) for choice in field.choices)],
        help_text=field.help_text,
        widget=forms.Select(attrs={"class": "input"}),
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
    """A model the workspace enters, or, with `spec`, what is known of one.

    Args:
        shown: fields of credentials that it may have for itself, and what is stored in them.
    """

    type = forms.ChoiceField(label=_("Type"), widget=forms.Select(attrs={"class": "input"}))
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
    prompt_price = _price(PRICED_BY["prompt tokens"])
    completion_price = _price(_("Price of 1,000 answer tokens, USD"))

    def __init__(
        self,
        provider: Provider,
        shown: Sequence[ShownField],
        data: Mapping[str, Any] | None = None,
        *,
        spec: ModelSpec | None = None,
    ) -> None:
        begun = _initial(spec) if spec else {"max_output_tokens": provider.usual_output_tokens}
        super().__init__(data, initial=begun)
        self._known, self._shown = spec, shown
        types = dict.fromkeys((*provider.custom_types, *([spec.type] if spec else ())))
        self.fields["type"].choices = [(key, TYPE_NAMES[key]) for key in types]  # type: ignore[attr-defined]  # it is a ChoiceField
        self.fields.update(_credentials(shown))
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

    def values(self) -> dict[str, str] | None:
        """What was entered of its own credentials; None where its provider's models have none."""
        return _entered(self._shown, self.cleaned_data) if self._shown else None

    @property
    def own_access(self) -> list[forms.BoundField]:
        """The fields of its own credentials."""
        names = {name for shown in self._shown for name in (shown.field.name, _FORGET + shown.field.name)}
        return [field for field in self if field.name in names]

    @property
    def has_own_access(self) -> bool:
        """Whether those are to be seen at once: some are stored, or wrong."""
        return any(shown.value for shown in self._shown) or any(field.errors for field in self.own_access)

    @property
    def facts(self) -> list[forms.BoundField]:
        """All other fields."""
        own = {field.name for field in self.own_access}
        return [field for field in self if field.name not in own]


class PriceForm(forms.Form):
    """What a model costs, in US dollars."""

    prompt_price = _price("")
    completion_price = _price(_("Price of 1,000 answer tokens, USD"))

    def __init__(self, spec: ModelSpec, data: Mapping[str, Any] | None = None) -> None:
        prices = spec.prices
        super().__init__(data, initial=_initial_prices(prices) if prices.currency == "USD" else None)
        has_answer = spec.type == "llm" and prices.per == "tokens"
        self.fields["prompt_price"].label = PRICED_BY["prompt tokens" if has_answer else prices.per]
        if not has_answer:
            del self.fields["completion_price"]

    def prices(self) -> tuple[Decimal, Decimal]:
        """Of prompt and answer."""
        values = self.cleaned_data
        return values["prompt_price"] or Decimal(0), values.get("completion_price") or Decimal(0)


def _initial(spec: ModelSpec) -> dict[str, Any]:
    return {
        "type": spec.type,
        "name": spec.name,
        "context_tokens": spec.context_tokens,
        "max_output_tokens": spec.max_output_tokens,
        "features": sorted(spec.features),
        "mode": spec.mode,
        "voices": ", ".join(voice.key for voice in spec.voices),
        **_initial_prices(spec.prices),
    }


def _initial_prices(prices: Prices) -> dict[str, str]:
    """Without exponents and zeros at the end, which `Decimal` keeps."""
    found = {"prompt_price": prices.prompt, "completion_price": prices.completion}
    return {name: plain(price) for name, price in found.items() if price}


def plain(price: Decimal) -> str:
    """A price as people write it: 0.0000002 and not 2E-7."""
    return f"{price.normalize():f}"


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
