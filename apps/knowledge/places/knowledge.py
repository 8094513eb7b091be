"""Knowledge, and the pages of one base."""

from django.utils.translation import gettext_noop as _

from apps.common.navigation import Place, places
from apps.knowledge.choices import DatasetProvider
from apps.workspaces.permissions import KNOWLEDGE_BUILDERS


@places.register
class Knowledge(Place):
    """The list of knowledge bases."""

    key, label, icon, area, position = "knowledge", _("Knowledge"), "library", "main", 30
    url_name = "knowledge:list"
    also = frozenset({"knowledge"})


@places.register
class Metadata(Place):
    """Fields that documents of a base are told apart by."""

    key, label, icon, area, position = "dataset-metadata", _("Metadata"), "list-filter", "dataset", 30
    url_name = "knowledge:metadata"
    modes = frozenset({DatasetProvider.VENDOR})
    roles = frozenset(KNOWLEDGE_BUILDERS)


@places.register
class Settings(Place):
    """Name, access, index and retrieval of a base."""

    key, label, icon, area, position = "dataset-settings", _("Settings"), "sliders-horizontal", "dataset", 40
    url_name = "knowledge:settings"
    roles = frozenset(KNOWLEDGE_BUILDERS)


@places.register
class Api(Place):
    """How programs reach a base."""

    key, label, icon, area, position = "dataset-api", _("API"), "code", "dataset", 50
    url_name = "knowledge:api"
    roles = frozenset(KNOWLEDGE_BUILDERS)
