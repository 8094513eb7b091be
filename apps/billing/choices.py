"""Closed sets of budgets."""

from django.db import models


class Scope(models.TextChoices):
    """Whose spending a budget limits."""

    WORKSPACE = "workspace"
    APP = "app"
    API_KEY = "api_key", "API key"
    END_USER = "end_user"


class Period(models.TextChoices):
    """How long a budget has to last; both begin at midnight UTC. The values are words of Postgres' `date_trunc`."""

    DAY = "day"
    MONTH = "month"


class Action(models.TextChoices):
    """What happens when a budget is used up."""

    WARN = "warn"
    STOP = "stop"
