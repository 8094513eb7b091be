"""How many people use an app."""

from django.utils.translation import gettext_noop as _

from apps.logs.contracts import Figure, figures


@figures.register
class ActiveUsers(Figure):
    """How many people use an app."""

    key, label = "active-users", _("Active users")
    explanation = _("Different people who asked something. The sum counts everybody once. Debugging does not count.")
    unit, position, decimals = _("users"), 20, 0
    sql = "count(distinct coalesce(m.end_user_id, m.account_id))"
