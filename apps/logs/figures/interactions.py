"""How long people converse."""

from django.utils.translation import gettext_noop as _

from apps.logs.contracts import Figure, figures
from apps.prompts.choices import CHAT_FAMILY


@figures.register
class Interactions(Figure):
    """How long people converse."""

    key, label = "interactions", _("Average interactions per conversation")
    explanation = _(
        "Messages divided by the conversations they belong to: how long people stay in a conversation on a day."
    )
    unit, position, decimals = _("messages"), 30, 1
    of_nothing = None
    sql = "count(*)::float / nullif(count(distinct m.conversation_id), 0)"
    modes = CHAT_FAMILY
