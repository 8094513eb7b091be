"""What an app uses up."""

from django.utils.translation import gettext_noop as _

from apps.logs.contracts import Figure, figures


@figures.register
class Tokens(Figure):
    """What an app uses up."""

    key, label = "tokens", _("Token usage")
    explanation = _("Tokens sent to models and written by them. The price is what the provider's prices make of them.")
    unit, position, decimals = _("tokens"), 60, 0
    sql = "sum(m.prompt_tokens + m.completion_tokens)"
