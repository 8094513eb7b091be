"""How much an app is used."""

from django.utils.translation import gettext_noop as _

from apps.logs.contracts import Figure, figures


@figures.register
class Messages(Figure):
    """How much an app is used."""

    key, label = "messages", _("Messages")
    explanation = _("Questions that were asked and answers that were given, failed ones too. Debugging does not count.")
    unit, position, decimals = _("messages"), 10, 0
    sql = "count(*)"
