"""The settings, and those of their pages that are about people."""

from django.utils.translation import gettext_noop as _

from apps.common.navigation import Place, places
from apps.workspaces.choices import Role


@places.register
class Settings(Place):
    """The way to all settings."""

    key, label, icon, area, position = "settings", _("Settings"), "settings-2", "main", 90
    url_name = "workspaces:account"
    holds = "settings"


@places.register
class Account(Place):
    """Name, password, language."""

    key, label, icon, area, position = "account", _("Account"), "circle-user", "settings", 10
    url_name = "workspaces:account"
    also = frozenset({"workspaces:change_password"})


@places.register
class WorkspaceSettings(Place):
    """Name, leaving, handing over, closing."""

    key, label, icon, area, position = "workspace", _("Workspace"), "building-2", "settings", 20
    url_name = "workspaces:workspace"
    also = frozenset({"workspaces:new_workspace", "workspaces:transfer", "workspaces:archive"})


@places.register
class Members(Place):
    """People and their roles."""

    key, label, icon, area, position = "members", _("Members"), "users", "settings", 30
    url_name = "workspaces:members"
    also = frozenset({"workspaces:invite"})


@places.register
class Audit(Place):
    """Who did what."""

    key, label, icon, area, position = "audit", _("Audit"), "scroll-text", "settings", 80
    url_name = "workspaces:audit"
    roles = frozenset({Role.OWNER.value, Role.ADMIN.value})
