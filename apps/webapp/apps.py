"""Public pages of apps, the browser API behind them, and the bubble for other sites."""

from django.apps import AppConfig


class WebappConfig(AppConfig):
    name = "apps.webapp"
