"""How long an answer takes."""

from django.utils.translation import gettext_noop as _

from apps.logs.contracts import Figure, figures
from apps.prompts.choices import AppMode


@figures.register
class ResponseTime(Figure):
    """How long an answer takes."""

    key, label = "response-time", _("Average response time")
    explanation = _("Milliseconds from the question to the end of the answer, of answers that did not fail.")
    unit, position, decimals = _("ms"), 40, 0
    of_nothing = None
    sql = "avg(m.latency_s) filter (where m.status in ('normal', 'stopped')) * 1000"
    modes = frozenset({AppMode.COMPLETION, AppMode.WORKFLOW})
