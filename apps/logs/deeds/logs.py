"""Deeds about the log."""

from django.utils.translation import gettext_noop as _

from apps.workspaces.contracts import Deeds, deeds


@deeds.register
class Logs(Deeds):
    """What becomes of answers that were given."""

    key, label = "logs", _("Logs")
    sentences = {
        "annotation.write": _("{who} improved an answer"),
        "annotation.delete": _("{who} took back an improved answer"),
        "feedback.rate": _("{who} rated an answer"),
        "logs.prune": _("{who} deleted old entries of the log"),
    }
