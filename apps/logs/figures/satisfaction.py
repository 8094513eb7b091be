"""What users think of the answers."""

from django.utils.translation import gettext_noop as _

from apps.logs.contracts import Figure, figures


@figures.register
class Satisfaction(Figure):
    """What users think of the answers."""

    key, label = "satisfaction", _("User satisfaction")
    explanation = _("Likes of users for every 1,000 messages. Ratings of your team do not count.")
    unit, position, decimals = _("likes per 1,000"), 50, 1
    of_nothing = None
    sql = "count(f.id) * 1000.0 / nullif(count(*), 0)"
