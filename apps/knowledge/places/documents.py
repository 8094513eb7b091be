"""Documents of a base, and testing how they are found."""

from django.utils.translation import gettext_noop as _

from apps.common.navigation import Place, places
from apps.knowledge.choices import DatasetProvider
from apps.workspaces.permissions import KNOWLEDGE_BUILDERS


@places.register
class Documents(Place):
    """The documents of a base; a base kept elsewhere has none here."""

    key, label, icon, area, position = "dataset-documents", _("Documents"), "files", "dataset", 10
    url_name = "knowledge:documents"
    also = frozenset({"knowledge:document"})
    roles = frozenset(KNOWLEDGE_BUILDERS)
    modes = frozenset({DatasetProvider.VENDOR.value})


@places.register
class HitTesting(Place):
    """What a question finds, and why."""

    key, label, icon, area, position = "dataset-hit-testing", _("Hit testing"), "target", "dataset", 20
    url_name = "knowledge:hit_testing"
    roles = frozenset(KNOWLEDGE_BUILDERS)
