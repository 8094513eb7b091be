"""Puts our admin site in place of Django's. A module of its own: INSTALLED_APPS loads it before any model."""

from django.contrib.admin.apps import AdminConfig


class OperatorsConfig(AdminConfig):
    """Django's admin with `OperatorSite` as its site."""

    default_site = "apps.workspaces.operators.OperatorSite"
