"""Puts our admin site in place of Django's. A module of its own: INSTALLED_APPS loads it before any model."""

from django.contrib.admin.apps import SimpleAdminConfig


class OperatorsConfig(SimpleAdminConfig):
    """Django's admin with `OperatorSite` as its site. `urls.py` fills it: processes without pages start sooner."""

    default_site = "apps.workspaces.operators.OperatorSite"
