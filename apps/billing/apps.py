"""What calls of models cost, budgets, the hosted trial."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "apps.billing"
