"""How fast models write."""

from django.utils.translation import gettext_noop as _

from apps.logs.contracts import Figure, figures


@figures.register
class Speed(Figure):
    """How fast models write."""

    key, label = "speed", _("Token output speed")
    explanation = _("Tokens that models wrote, divided by the seconds it took from question to end of answer.")
    unit, position, decimals = _("tokens/s"), 70, 1
    of_nothing = None
    sql = "sum(m.completion_tokens) filter (where m.latency_s > 0) / nullif(sum(m.latency_s), 0)"
