"""Usage of models, budgets and what was spent of them, trial calls."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from apps.common.ids import new_id
from apps.workspaces.models import Workspace

from .choices import Action, Period, Scope

PLACES = 10  # of a dollar: one token of a cheap embedding model costs 0.00000002


class Usage(models.Model):
    """What one model was used for on one day (UTC), for one app or for none."""

    id = models.BigAutoField(primary_key=True)
    workspace_id = models.UUIDField()
    day = models.DateField()
    app_id = models.UUIDField(null=True, help_text="none for background work and the console")
    provider = models.CharField(max_length=64)
    model = models.CharField(max_length=255)
    type = models.CharField(max_length=32)
    currency = models.CharField(max_length=8)
    calls = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0, help_text="of the calls")
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    completion_tokens = models.PositiveBigIntegerField(default=0)
    cost = models.DecimalField(max_digits=20, decimal_places=PLACES, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "day", "app_id", "provider", "model", "type", "currency"],
                name="billing_usage_key",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.provider}/{self.model}"


class Budget(models.Model):
    """How much may be spent in a period by a workspace, or by each or one of its apps, keys or end users."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="budgets")
    scope = models.CharField(max_length=16, choices=Scope)
    subject_id = models.UUIDField(null=True, blank=True, help_text="none: each one of the scope by itself")
    period = models.CharField(max_length=8, choices=Period)
    limit_usd = models.DecimalField(max_digits=14, decimal_places=4, validators=[MinValueValidator(Decimal("0.0001"))])
    warn_percent = models.PositiveSmallIntegerField(
        default=80, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    action = models.CharField(max_length=8, choices=Action, default=Action.STOP)
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "scope", "subject_id", "period"], name="billing_budget_key", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_scope_display()}, {self.limit_usd:f} USD a {self.get_period_display().lower()}"


class BudgetSpend(models.Model):
    """What was spent of a budget in one period by one subject (of the scope `workspace`: the workspace).

    Like holds, without a foreign key to the budget: it is written on the path of every turn.
    """

    pk = models.CompositePrimaryKey("budget_id", "subject_id", "period_start")
    budget_id = models.UUIDField()
    subject_id = models.UUIDField()
    period_start = models.DateField()
    spent_usd = models.DecimalField(max_digits=20, decimal_places=PLACES, default=0)
    held_usd = models.DecimalField(max_digits=20, decimal_places=PLACES, default=0, help_text="by runs under way")
    warned_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.budget_id} {self.period_start}"


class BudgetHold(models.Model):
    """The most that a run under way may still cost a budget."""

    pk = models.CompositePrimaryKey("run_id", "budget_id", "subject_id")
    run_id = models.UUIDField(help_text="of a message or a workflow's run")
    budget_id = models.UUIDField()  # without an index: rows are few, and written and deleted by every turn
    subject_id = models.UUIDField()
    period_start = models.DateField()
    amount_usd = models.DecimalField(max_digits=20, decimal_places=PLACES)

    def __str__(self) -> str:
        return f"{self.run_id} {self.amount_usd:f}"


class TrialUse(models.Model):
    """How many calls of a hosted provider a workspace has made of those it was given."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="trials")
    provider = models.CharField(max_length=64)
    used = models.PositiveIntegerField(default=0)
    granted = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "provider"], name="billing_trial_key")]

    def __str__(self) -> str:
        return f"{self.provider} {self.used}/{self.granted}"
